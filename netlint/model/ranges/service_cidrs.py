"""Service ranges as objects declare them, load-balancer pools, and the public addresses of Services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlint import addresses
from netlint.findings import Subject
from netlint.model import settings
from netlint.model.declared.declarations import (
    Authority,
    Declaration,
    DeclaredRanges,
    MalformedRange,
    RangeSource,
    Role,
    Standing,
)
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.subjects import subject_of
from netlint.objects.core import Service
from netlint.objects.meta import Path

DEFAULT_SERVICE_CIDR = "kubernetes"
"""The ServiceCIDR that API servers make from their flag, and make again when somebody deletes it; others extend it."""
SHORTEST_PREFIX = {4: 12, 6: 108}
"""Prefix lengths of the widest Service ranges that API servers take."""
INFERRED_LABEL = "range around cluster IPs"


def of_service_cidrs(view: SnapshotView) -> DeclaredRanges:
    """ServiceCIDR objects, the authority from Kubernetes 1.33 on."""
    for service_cidr in view.objects("ServiceCIDR"):
        source = RangeSource(Role.SERVICE, Authority.SERVICE_CIDR, subject_of(service_cidr))
        yield from source.cidr_list(("spec", "cidrs"), service_cidr.spec.cidrs)


def inferred_service_range(first: addresses.Range, last: int, subject: Subject, path: Path) -> Declaration | None:
    """The smallest range that can hold all cluster IPs from ``first`` to the value ``last``.

    ``first``: the range of one address, which the field ``path`` of ``subject`` declares. None for a single address,
    and for addresses that no one Service range can hold.
    """
    family, low, _ = first
    bits = (low ^ last).bit_length()
    if not 0 < bits <= addresses.BITS[family] - SHORTEST_PREFIX[family]:
        return None
    source = RangeSource(Role.SERVICE, Authority.SERVICE, subject, standing=Standing.INFERRED, label=INFERRED_LABEL)
    start = low >> bits << bits
    return source.declaration(path, addresses.Range(family, start, start + (1 << bits) - 1))


def of_openshift(view: SnapshotView) -> DeclaredRanges:
    """Ranges in the status of OpenShift's Network, which are those in force."""
    for network in view.objects("Network"):
        subject, status = subject_of(network), network.status
        pods = RangeSource(Role.POD, Authority.OPENSHIFT, subject)
        for index, entry in enumerate(status.clusterNetwork or ()):
            if entry.cidr:
                yield pods.cidr(("status", "clusterNetwork", index, "cidr"), entry.cidr)
        services = RangeSource(Role.SERVICE, Authority.OPENSHIFT, subject)
        yield from services.cidr_list(("status", "serviceNetwork"), status.serviceNetwork)


def of_metallb(view: SnapshotView) -> DeclaredRanges:
    """MetalLB's pools: objects, or the ConfigMap of releases before 0.13."""
    for pool in view.objects("IPAddressPool"):
        source = RangeSource(Role.LOAD_BALANCER, Authority.METALLB, subject_of(pool))
        for index, text in enumerate(pool.spec.addresses or ()):
            yield source.span(("spec", "addresses", index), text)
    config_map = view.config_maps.get(("metallb-system", "config"))
    if config_map is None:
        return
    source = RangeSource(Role.LOAD_BALANCER, Authority.METALLB, subject_of(config_map))
    try:
        config = settings.document((config_map.data or {}).get("config", ""))
    except ValueError as error:
        yield MalformedRange(source.subject, ("data", "config"), str(error))
        return
    pools = config.get("address-pools")
    for pool in pools if isinstance(pools, list) else ():
        for text in settings.texts(settings.at(pool, "addresses")):
            yield source.span(("data", "config"), text)


def of_services(services: Iterable[Service]) -> Iterator[Declaration]:
    """External and load-balancer addresses of Services, as ranges of one address."""
    for service in services:
        for index, text in enumerate(service.spec.externalIPs or ()):
            if text:
                yield _public_address(service, ("spec", "externalIPs", index), text)
        for index, entry in enumerate(service.balanced):
            if entry.ip:
                yield _public_address(service, ("status", "loadBalancer", "ingress", index, "ip"), entry.ip)


def _public_address(service: Service, path: tuple[str | int, ...], text: str) -> Declaration:
    family, value = addresses.parse(text)
    source = RangeSource(Role.PUBLIC, Authority.SERVICE, subject_of(service))
    return source.declaration(path, addresses.Range(family, value, value))
