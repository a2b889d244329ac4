"""Service ranges as objects declare them, load-balancer pools, and the public addresses of Services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlint import addresses
from netlint.findings import Subject
from netlint.model import settings
from netlint.model.declared.declarations import Authority, Declaration, MalformedRange, RangeSource, Role, Standing
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.subjects import subject_of
from netlint.objects.core import Service
from netlint.objects.meta import Path

SHORTEST = {4: 12, 6: 108}
"""Prefix lengths of the widest Service ranges that API servers take."""
LABEL = "range around cluster IPs"
Found = Iterator[Declaration | MalformedRange]


def of_service_cidrs(view: SnapshotView) -> Found:
    """ServiceCIDR objects, the authority from Kubernetes 1.33 on."""
    for declared in view.objects("ServiceCIDR"):
        source = RangeSource(Role.SERVICE, Authority.SERVICE_CIDR, subject_of(declared))
        yield from source.cidr_list(("spec", "cidrs"), declared.spec.cidrs)


def inferred(first: addresses.Range, last: int, subject: Subject, path: Path) -> Declaration | None:
    """Around cluster IPs from the first to the last the least that their range can be; ``path``: what says the first.

    None for a single one, and for more than one range can hold.
    """
    family, low, _ = first
    bits = (low ^ last).bit_length()
    if not 0 < bits <= addresses.BITS[family] - SHORTEST[family]:
        return None
    source = RangeSource(Role.SERVICE, Authority.SERVICE, subject, standing=Standing.INFERRED, label=LABEL)
    start = low >> bits << bits
    return source.declaration(path, addresses.Range(family, start, start + (1 << bits) - 1))


def of_openshift(view: SnapshotView) -> Found:
    """The ranges in force that OpenShift's Network names."""
    for found in view.objects("Network"):
        subject, status = subject_of(found), found.status
        pods = RangeSource(Role.POD, Authority.OPENSHIFT, subject)
        for index, entry in enumerate(status.clusterNetwork or ()):
            if entry.cidr:
                yield pods.cidr(("status", "clusterNetwork", index, "cidr"), entry.cidr)
        services = RangeSource(Role.SERVICE, Authority.OPENSHIFT, subject)
        yield from services.cidr_list(("status", "serviceNetwork"), status.serviceNetwork)


def of_metallb(view: SnapshotView) -> Found:
    """MetalLB's pools: objects, or the ConfigMap of releases before 0.13."""
    for pool in view.objects("IPAddressPool"):
        source = RangeSource(Role.LOAD_BALANCER, Authority.METALLB, subject_of(pool))
        for index, text in enumerate(pool.spec.addresses or ()):
            yield source.span(("spec", "addresses", index), text)
    found = view.config_maps.get(("metallb-system", "config"))
    if found is None:
        return
    source = RangeSource(Role.LOAD_BALANCER, Authority.METALLB, subject_of(found))
    try:
        declared = settings.document((found.data or {}).get("config", ""))
    except ValueError as error:
        yield MalformedRange(source.subject, ("data", "config"), str(error))
        return
    pools = declared.get("address-pools")
    for pool in pools if isinstance(pools, list) else ():
        for text in settings.texts(settings.at(pool, "addresses")):
            yield source.span(("data", "config"), text)


def of_services(services: Iterable[Service]) -> Iterator[Declaration]:
    """External and load-balancer addresses of Services."""
    for service in services:
        for index, text in enumerate(service.spec.externalIPs or ()):
            if text:
                yield _one(service, ("spec", "externalIPs", index), text)
        for index, entry in enumerate(service.balanced):
            if entry.ip:
                yield _one(service, ("status", "loadBalancer", "ingress", index, "ip"), entry.ip)


def _one(service: Service, path: tuple[str | int, ...], text: str) -> Declaration:
    family, value = addresses.parse(text)
    source = RangeSource(Role.PUBLIC, Authority.SERVICE, subject_of(service))
    return source.declaration(path, addresses.Range(family, value, value))
