"""How packets and routes get from node to node: Calico's BGP, next hops on a common link, room for encapsulation."""

from __future__ import annotations

from collections.abc import Iterator

from netlint import addresses
from netlint.cluster import Cluster
from netlint.dataplane import node_links
from netlint.dataplane.node_links import Address, Need, Uplink
from netlint.findings import Related, Undecided, Violation
from netlint.model.cni import Detected
from netlint.model.cni.plugins import calico, calico_bgp, calico_ipam
from netlint.model.cni.plugins.calico_bgp import Apart, Exchange
from netlint.model.subjects import subject_of
from netlint.objects.calico_crds import IPPool
from netlint.phrases import shortened
from netlint.snapshot import Reason

MESH = ("spec", "nodeToNodeMeshEnabled")
NO_DUMPS = Undecided(None, "no node dump shows the links of a node (--node-dumps)", Reason.NOT_APPLICABLE)


def disconnected_bgp_peers(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Nodes do not learn the routes of other nodes from Calico's BGP sessions."""
    if not cluster.network.in_force(calico.PLUGIN.name):
        return
    try:
        exchange = Exchange(cluster.view)
        apart = exchange.apart
    except ValueError as error:
        yield Undecided(None, f"the sessions cannot be told: {error}")
        return
    pools = calico_bgp.routed_pools(cluster.view)
    unknown = [kind for kind in ("BGPPeer", "IPPool", "Node") if not cluster.view.is_complete(kind)]
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
        f"{worst.nodes[0]} learns no routes of {shortened(worst.without)}{why}",
        {"apart": [{"nodes": [*group.nodes], "without": [*group.without]} for group in apart]},
        (*others, *(Related(subject_of(pool), ("spec", "cidr"), "needs the routes") for pool in pools)),
        mitigated=all(calico_bgp.is_encapsulated(pool) for pool in pools),
    )


def _causes(exchange: Exchange) -> Iterator[Related]:
    for peer, node in exchange.refused:
        declared_as, node_as = peer.spec.asNumber, exchange.as_number(node)
        yield Related(
            subject_of(peer), ("spec", "asNumber"), f"the peer is AS {declared_as}, but {node.name} is AS {node_as}"
        )
    if exchange.configuration and not exchange.has_mesh:
        yield Related(subject_of(exchange.configuration), MESH, "the mesh is off")


def unexported_pools(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Addresses of a pool without encapsulation are not announced to other nodes."""
    if not cluster.network.in_force(calico.PLUGIN.name) or len(calico.joined_nodes(cluster.view)) < 2:
        return
    if not calico_ipam.pools(cluster.view) and not cluster.view.is_complete("IPPool"):
        yield Undecided(None, "Calico's pools are not in the input", Reason.MISSING)
    for pool in calico_bgp.routed_pools(cluster.view):
        if pool.spec.disableBGPExport and not calico_bgp.is_encapsulated(pool):
            yield Violation(
                subject_of(pool),
                ("spec", "disableBGPExport"),
                f"routes of {pool.spec.cidr} are not exported, and nothing encapsulates its packets",
                {"cidr": pool.spec.cidr},
            )


def off_link_next_hops(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A node's address is not on the links of nodes that route to it directly."""
    for plugin, transport in cluster.network.transports:
        nodes = cluster.network.reached(plugin, transport) if transport.by_next_hop else []
        if len(nodes) < 2:
            continue
        uplinks = node_links.uplinks_of(cluster.hosts, nodes)
        if not uplinks:
            yield NO_DUMPS
        missing = node_links.off_link(uplinks, nodes)
        if missing:
            yield _off_link(plugin, missing)


def _off_link(plugin: Detected, missing: list[tuple[Address, list[Uplink]]]) -> Violation:
    (peer, uplinks), *others = missing
    address = addresses.text(peer.family, peer.value)
    return Violation(
        subject_of(peer.node),
        peer.path,
        f"{address} of {peer.node.name} is on no link of {shortened(uplink.host.node for uplink in uplinks)}, "
        f"where {plugin.name} routes to it directly",
        {"plugin": plugin.name, "address": address, "hosts": [uplink.host.node for uplink in uplinks]},
        (
            *(
                Related(uplink.file, (), f"{uplink.link.ifname} of {uplink.host.node} reaches {_reach(uplink)}")
                for uplink in uplinks
            ),
            *(Related(subject_of(other.node), other.path, "is off the link of others too") for other, _ in others),
        ),
    )


def _reach(uplink: Uplink) -> str:
    return shortened(sorted(uplink.reach))


def oversized_mtus(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A declared MTU does not fit the nodes' links."""
    declared = node_links.mtu_needs(transport for _, transport in cluster.network.transports)
    if not declared or len(cluster.view.nodes) < 2:
        return
    for need in declared:
        for other in declared:
            if other.mtu.of_link and not need.mtu.of_link and need.size > other.mtu.size:
                declaration = Related(other.mtu.subject, other.mtu.path, f"declares {other.mtu.size} for links")
                yield _oversized(need, f"links of {other.mtu.size} bytes are declared", [declaration])
    uplinks = node_links.uplinks_of(cluster.hosts, cluster.view.nodes)
    if not uplinks:
        yield NO_DUMPS
        return
    for need in declared:
        too_small = sorted((uplink for uplink in uplinks if need.exceeds(uplink)), key=lambda uplink: uplink.link.mtu)
        if too_small:
            sides = [
                Related(uplink.file, (), f"{uplink.link.ifname} has MTU {uplink.link.mtu}") for uplink in too_small
            ]
            least = too_small[0]
            yield _oversized(need, f"{least.link.ifname} of {least.host.node} has {least.link.mtu}", sides)


def _oversized(need: Need, but: str, sides: list[Related]) -> Violation:
    return Violation(
        need.mtu.subject,
        need.mtu.path,
        f"{need.text}, but {but}",
        {"mtu": need.mtu.size, "overhead": need.size - need.mtu.size, "needed": need.size},
        tuple(sides),
        key=str(need.mtu.path[-1]),
        mitigated=need.transport.only_remote,
    )


CHECKS = (disconnected_bgp_peers, off_link_next_hops, oversized_mtus, unexported_pools)
