"""The addresses outside of the cluster's ranges that Services claim: external IPs and those of load balancers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netlint import addresses
from netlint.findings import Subject
from netlint.model.selectors import text_of
from netlint.model.services.service_ports import protocol
from netlint.model.services.service_proxy import is_of_this_proxy
from netlint.model.subjects import subject_of
from netlint.objects.calico_crds import BGPConfiguration
from netlint.objects.cilium_crds import CiliumBGPAdvertisement, CiliumBGPPeeringPolicy
from netlint.objects.core import Service
from netlint.objects.meta import LabelSelector, Path

CLUSTER_IP = "ClusterIP"
PROXY_MODE = "Proxy"  # of a load balancer that keeps its address to itself: nodes do not capture it


class Claimed(NamedTuple):
    """An address that nodes capture for a Service; ``external``: the Service's author wrote it."""

    service: Service
    family: int
    value: int
    path: Path
    external: bool

    @property
    def text(self) -> str:
        """The address."""
        return addresses.text(self.family, self.value)

    @property
    def ports(self) -> set[tuple[int, str]]:
        """The ports of the Service, each with its protocol."""
        return {(port.port, protocol(port)) for port in self.service.spec.ports or () if port.port}


def claimed(services: Iterable[Service]) -> Iterator[Claimed]:
    """Every address that a Service claims."""
    for service in filter(is_of_this_proxy, services):
        for index, text in enumerate(service.spec.externalIPs or ()):
            if text:
                yield Claimed(service, *addresses.parse(text), ("spec", "externalIPs", index), True)
        balancer = service.status.loadBalancer if service.status else None
        for index, entry in enumerate((balancer.ingress if balancer else None) or ()):
            if entry.ip and entry.ipMode != PROXY_MODE:
                path = ("status", "loadBalancer", "ingress", index, "ip")
                yield Claimed(service, *addresses.parse(entry.ip), path, False)


class Advertised(NamedTuple):
    """Cluster IPs that routers outside of the cluster are told of; ``what`` says whose, ``by`` which program tells."""

    subject: Subject
    path: Path
    by: str
    what: str


def advertised(
    configurations: Iterable[BGPConfiguration],
    advertisements: Iterable[CiliumBGPAdvertisement],
    policies: Iterable[CiliumBGPPeeringPolicy],
) -> Iterator[Advertised]:
    """What Calico and Cilium are told to advertise."""
    yield from _by_calico(configurations)
    yield from _by_advertisements(advertisements)
    yield from _by_peering_policies(policies)


def _by_calico(configurations: Iterable[BGPConfiguration]) -> Iterator[Advertised]:
    for configuration in configurations:
        for index, entry in enumerate(configuration.spec.serviceClusterIPs or ()):
            if entry.cidr:
                path = ("spec", "serviceClusterIPs", index, "cidr")
                yield Advertised(subject_of(configuration), path, "Calico", f"of {entry.cidr}")


def _by_advertisements(advertisements: Iterable[CiliumBGPAdvertisement]) -> Iterator[Advertised]:
    for advertisement in advertisements:
        for index, entry in enumerate(advertisement.spec.advertisements or ()):
            listed = (entry.service.addresses if entry.service else None) or []
            if entry.advertisementType == "Service" and entry.selector is not None and CLUSTER_IP in listed:
                path = ("spec", "advertisements", index, "service", "addresses", listed.index(CLUSTER_IP))
                yield Advertised(subject_of(advertisement), path, "Cilium", _selected(entry.selector))


def _by_peering_policies(policies: Iterable[CiliumBGPPeeringPolicy]) -> Iterator[Advertised]:
    for policy in policies:
        for index, router in enumerate(policy.spec.virtualRouters or ()):
            listed = router.serviceAdvertisements or []
            if router.serviceSelector is not None and CLUSTER_IP in listed:
                path = ("spec", "virtualRouters", index, "serviceAdvertisements", listed.index(CLUSTER_IP))
                yield Advertised(subject_of(policy), path, "Cilium", _selected(router.serviceSelector))


def _selected(selector: LabelSelector) -> str:
    labels = text_of(selector.matchLabels or {})
    return f"of Services with {labels}" if labels else "of the Services that it selects"
