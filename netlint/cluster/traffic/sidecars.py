"""Ports of sidecars (init containers that keep running), which older EndpointSlice controllers do not find."""

from __future__ import annotations

from netlint.cluster import Cluster
from netlint.findings import Subject
from netlint.model.declared.release import Release
from netlint.model.pods.selection import PodGroup
from netlint.model.services.service_ports import FIND_SIDECARS, resolved_port
from netlint.objects.core import Service, ServicePort


def overlooked_sidecar(
    cluster: Cluster, service: Service, port: ServicePort, selected: list[PodGroup]
) -> tuple[Subject, Release] | None:
    """The first pod of which a controller leaves out the port, and the release that shows that it does.

    Slices that have the port say that it does not; of kubelets alone, which may be older, slices without it have
    to say so too.
    """
    hidden = [group for group in selected if resolved_port(port, group.containers, sidecars=False) is None]
    release = cluster.services.release if hidden else None
    if release is None or release.number >= FIND_SIDECARS:
        return None
    listed = cluster.services.endpoints.shows_port(service, port.name or "")
    if listed is not False and not release.is_of_control_plane:
        return None
    if listed and len(hidden) == len(selected):
        return None
    return min(
        (cluster.services.selection.example_of(group) for group in hidden), key=lambda subject: subject.order
    ), release
