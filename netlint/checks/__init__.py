"""One pure function per rule.

A check has the name of its rule, takes the cluster, and yields what it found. It knows no severity, no
configuration, no format and no clock, and cannot change what it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netlint.checks import (
    addressing,
    allocation,
    dns,
    endpoints,
    entrypoints,
    exposure,
    fabric,
    fabric_paths,
    families,
    hosts,
    hosts_cni,
    ingress,
    ingress_routes,
    input,
    ipam,
    masquerade,
    nodes,
    pods,
    ports,
    proxy,
    ranges,
    services,
)
from netlint.findings import Undecided, Violation
from netlint.model.cluster import Cluster

Check = Callable[[Cluster], Iterator[Violation | Undecided]]

_TOPICS = (
    addressing,
    allocation,
    dns,
    endpoints,
    entrypoints,
    exposure,
    fabric,
    fabric_paths,
    families,
    hosts,
    hosts_cni,
    ingress,
    ingress_routes,
    input,
    ipam,
    masquerade,
    nodes,
    pods,
    ports,
    proxy,
    ranges,
    services,
)
CHECKS: dict[str, Check] = {check.__name__.replace("_", "-"): check for topic in _TOPICS for check in topic.CHECKS}
