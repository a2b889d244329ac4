"""What Submariner's objects say of the clusters that it joins.

Source: github.com/submariner-io/submariner, pkg/apis/submariner.io/v1/types.go and docs/globalnet.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.subjects import subject_of

AUTHORITY = "Submariner"


def of_submariner(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """Ranges that are routed between the joined clusters; of the own one only what Globalnet has given to it."""
    own_cluster_ids = {submariner.spec.clusterID for submariner in view.objects("Submariner")}
    for cluster in view.objects("Cluster.submariner.io"):
        spec, name = cluster.spec, cluster.spec.cluster_id or cluster.name
        is_own = name in own_cluster_ids
        source = RangeSource(
            Role.INTERNAL if is_own else Role.REMOTE, AUTHORITY, subject_of(cluster), label=_label(name)
        )
        yield from source.cidr_list(("spec", "global_cidr"), spec.global_cidr)
        if not (is_own or spec.global_cidr):
            yield from source.cidr_list(("spec", "cluster_cidr"), spec.cluster_cidr)
            yield from source.cidr_list(("spec", "service_cidr"), spec.service_cidr)
    for gateway in view.objects("Endpoint.submariner.io"):
        name = gateway.spec.cluster_id or gateway.name
        if name not in own_cluster_ids:
            source = RangeSource(Role.REMOTE, AUTHORITY, subject_of(gateway), label=_label(name))
            yield from source.cidr_list(("spec", "subnets"), gateway.spec.subnets)


def _label(name: str) -> str:
    return f"range of cluster {name}"
