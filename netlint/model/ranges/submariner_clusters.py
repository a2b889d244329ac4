"""What Submariner's objects say of the clusters that it joins.

Source: github.com/submariner-io/submariner, pkg/apis/submariner.io/v1/types.go and docs/globalnet.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint.model.declared.declarations import Declaration, Role, Trouble, Voice
from netlint.model.declared.inventory import Inventory
from netlint.model.subjects import subject_of

AUTHORITY = "Submariner"


def of_submariner(inventory: Inventory) -> Iterator[Declaration | Trouble]:
    """What is routed between the joined clusters; of the own one only what Globalnet has given to it."""
    own = {found.spec.clusterID for found in inventory.objects("Submariner")}
    for cluster in inventory.objects("Cluster.submariner.io"):
        spec, name = cluster.spec, cluster.spec.cluster_id or cluster.name
        known = name in own
        voice = Voice(Role.INTERNAL if known else Role.REMOTE, AUTHORITY, subject_of(cluster), label=_label(name))
        yield from voice.lists(("spec", "global_cidr"), spec.global_cidr)
        if not (known or spec.global_cidr):
            yield from voice.lists(("spec", "cluster_cidr"), spec.cluster_cidr)
            yield from voice.lists(("spec", "service_cidr"), spec.service_cidr)
    for gateway in inventory.objects("Endpoint.submariner.io"):
        name = gateway.spec.cluster_id or gateway.name
        if name not in own:
            voice = Voice(Role.REMOTE, AUTHORITY, subject_of(gateway), label=_label(name))
            yield from voice.lists(("spec", "subnets"), gateway.spec.subnets)


def _label(name: str) -> str:
    return f"range of cluster {name}"
