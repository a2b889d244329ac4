"""How packets and routes get from node to node: Calico's BGP, next hops on a common link, room for encapsulation."""

from __future__ import annotations

from collections.abc import Iterator

from netlint.checks.wording import shortened
from netlint.findings import Related, Undecided, Violation
from netlint.model.cluster import Cluster
from netlint.model.cni import calico, calico_bgp
from netlint.model.cni.calico_bgp import Apart, Exchange
from netlint.model.subjects import subject_of
from netlint.objects.calico import IPPool
from netlint.snapshot import Reason

MESH = ("spec", "nodeToNodeMeshEnabled")


def disconnected_bgp_peers(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Nodes do not learn the routes of other nodes from Calico's BGP sessions."""
    if not cluster.fabric.in_force(calico.NAME):
        return
    try:
        exchange = Exchange(cluster.inventory)
        apart = exchange.apart
    except ValueError as error:
        yield Undecided(None, f"the sessions cannot be told: {error}")
        return
    pools = calico_bgp.routed_pools(cluster.inventory)
    unknown = [kind for kind in ("BGPPeer", "IPPool", "Node") if not cluster.is_complete(kind)]
    if not apart or not (pools or "IPPool" in unknown):
        return
    if unknown:
        yield Undecided(None, f"not every {' and '.join(unknown)} is known", Reason.MISSING)
        return
    yield _disconnected(exchange, apart, pools)


def _disconnected(exchange: Exchange, apart: list[Apart], pools: list[IPPool]) -> Violation:
    worst, causes = apart[0], _causes(exchange)
    node = Related(subject_of(exchange.nodes[worst.nodes[0]]), (), "learns no routes of others")
    blamed, *others = [*causes, node] if exchange.refused or not exchange.peerings else [node, *causes]
    why = f": {blamed.text}" if blamed is not node else ""
    return Violation(
        blamed.subject,
        blamed.path,
        f"{worst.nodes[0]} learns no routes of {shortened([*worst.without])}{why}",
        {"apart": [{"nodes": [*one.nodes], "without": [*one.without]} for one in apart]},
        (*others, *(Related(subject_of(pool), ("spec", "cidr"), "needs the routes") for pool in pools)),
        mitigated=all(calico_bgp.is_encapsulated(pool) for pool in pools),
    )


def _causes(exchange: Exchange) -> Iterator[Related]:
    for peer, node in exchange.refused:
        said, own = peer.spec.asNumber, exchange.as_number(node)
        yield Related(subject_of(peer), ("spec", "asNumber"), f"the peer is AS {said}, but {node.name} is AS {own}")
    if exchange.configuration and not exchange.has_mesh:
        yield Related(subject_of(exchange.configuration), MESH, "the mesh is off")


def unexported_pools(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Addresses of a pool without encapsulation are not announced to other nodes."""
    if not cluster.fabric.in_force(calico.NAME) or len(calico.members(cluster.inventory)) < 2:
        return
    if not calico.pools(cluster.inventory) and not cluster.is_complete("IPPool"):
        yield Undecided(None, "Calico's pools are not in the input", Reason.MISSING)
    for pool in calico_bgp.routed_pools(cluster.inventory):
        if pool.spec.disableBGPExport and not calico_bgp.is_encapsulated(pool):
            yield Violation(
                subject_of(pool),
                ("spec", "disableBGPExport"),
                f"routes of {pool.spec.cidr} are not exported, and nothing encapsulates its packets",
                {"cidr": pool.spec.cidr},
            )


CHECKS = (disconnected_bgp_peers, unexported_pools)
