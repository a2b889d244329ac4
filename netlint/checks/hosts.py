"""What hosts show of themselves, held against what the API says of them."""

from __future__ import annotations

from collections.abc import Iterator

from netlint import addresses
from netlint.addresses import FAMILY_NAMES
from netlint.checks.wording import listed, said, sides
from netlint.cluster import Cluster
from netlint.findings import Related, Undecided, Violation
from netlint.model.cni.plugins import flannel, weave
from netlint.model.declared.declarations import Declaration, Role, Standing
from netlint.model.hosts import docker_bridge
from netlint.model.hosts.host import DOCKER_FILE, Host, is_bridge
from netlint.objects.host import Link
from netlint.phrases import NAMED, shortened
from netlint.snapshot import Reason

LINKS, ROUTES, SUBNET_ENV, CNI = "ip-addr.json", "ip-route.json", "run-flannel-subnet.env", "cni"
REPEATED = ("dummy", "vxlan", "ipip", "sit", "tun", "macvlan", "ipvlan")
"""Links whose addresses say nothing of the host: those of virtual services, of tunnels and of other segments."""


def stale_bridge_addresses(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """The bridge of a node's pods has a network that is not in the node's pod range."""
    if not cluster.network.allocates_from_node:
        yield _not_from_nodes(cluster)
        return
    yield from _lacking(cluster, LINKS)
    for host in cluster.hosts:
        for link, family, address, network in host.links:
            own = _own(cluster, host, family)
            told = host.subnets.get(family)
            if link.ifname not in host.pod_bridges or not own or any(held.range.covers(network) for held in own):
                continue
            if network not in {told[1] if told else None, host.docker_bridge}:  # else what is written is judged
                length = addresses.BITS[family] - network.size.bit_length() + 1
                yield Violation(
                    host.subject,
                    (),
                    f"{link.ifname} has {addresses.text(family, address)}/{length}, which is outside {listed(own)}",
                    {"interface": link.ifname, "network": str(network), "podCIDRs": [str(held) for held in own]},
                    sides(own),
                    key=f"{link.ifname}/{FAMILY_NAMES[family]}",
                    spot=host.spot(LINKS),
                )


def stale_flannel_subnets(cluster: Cluster) -> Iterator[Violation]:
    """flannel works with a subnet that is not the Node's range, or in a network that is not the ConfigMap's."""
    networks: dict[str, list[Declaration]] = {}
    for found in cluster.ranges.plan.of(Role.POD):
        if found.authority == flannel.NAME:
            networks.setdefault(found.subject.name if found.subject.kind == "File" else "", []).append(found)
    for host in cluster.hosts:
        for family, (text, span) in host.subnets.items():
            own = _own(cluster, host, family)
            if own and span not in {held.range for held in own}:
                yield _written(host, "FLANNEL_SUBNET", text, own, FAMILY_NAMES[family])
        for shown in networks.get(f"{host.dump.folder}/{SUBNET_ENV}", ()):
            declared = [found for found in networks.get("", ()) if found.range.family == shown.range.family]
            if declared and shown.range not in {found.range for found in declared}:
                family_name = FAMILY_NAMES[shown.range.family]
                yield _written(host, "FLANNEL_NETWORK", str(shown), declared, f"network/{family_name}")


def _written(host: Host, name: str, text: str, against: list[Declaration], key: str) -> Violation:
    return Violation(
        host.subject,
        (),
        f"{name} is {text}, and not {listed(against)}",
        {"written": text, "declared": [str(found) for found in against]},
        sides(against),
        key=key,
        spot=host.spot(SUBNET_ENV),
    )


def mismatched_docker_bridges(cluster: Cluster) -> Iterator[Violation]:
    """Docker connects the pods of a host otherwise than flannel has told it."""
    for host in cluster.hosts:
        for found in docker_bridge.mismatches(host):
            value = str(found.value).lower() if isinstance(found.value, bool) else found.value
            yield Violation(
                host.subject,
                (),
                f"{found.setting} of Docker is {value}, and {found.variable} is {found.expected}",
                {"setting": found.setting, "value": found.value, "expected": found.expected},
                (Related(host.file(SUBNET_ENV), (found.variable,), f"is {found.expected}"),),
                key=found.setting,
                spot=host.spot(DOCKER_FILE),
            )


def routes_in_weave_range(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A host has a route into the range from which Weave gives addresses."""
    ranges = [found for found in cluster.ranges.plan.of(Role.POD) if found.authority == weave.NAME]
    if not ranges:
        return
    yield from _lacking(cluster, ROUTES, bound=False)
    obstructed: dict[tuple[str, Declaration], list[Host]] = {}
    for host in cluster.hosts:
        for route, span in host.routes:
            is_own = route.dev in weave.LINKS or route.protocol == "kernel"  # of links, which the plan knows
            for held in (found for found in ranges if not is_own and found.range.overlaps(span)):
                obstructed.setdefault((route.dst, held), []).append(host)
    for (destination, held), (first, *others) in obstructed.items():
        more = f", as on {shortened([str(host.subject) for host in others])}" if others else ""
        yield Violation(
            first.subject,
            (),
            f"the route to {destination} overlaps {said(held)}{more}",
            {"destination": destination, "hosts": [host.node or host.dump.name for host in (first, *others)]},
            (*sides([held]), *(Related(host.subject, (), "has the route") for host in others[:NAMED])),
            key=destination,
            mitigated=held.standing is Standing.INFERRED,
            spot=first.spot(ROUTES),
        )


def mismatched_vtep_macs(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """The tunnel of a node has another MAC address than the one that its peers are told."""
    yield from _lacking(cluster, LINKS)
    for host in cluster.hosts:
        node = cluster.view.node_named.get(host.node)
        for family, name in ((4, "flannel"), (6, "flannel-v6")) if node else ():
            told = flannel.backend_data(node, family) if node else {}
            link = next((link for link in host.dump.links or () if link.ifname == f"{name}.{told.get('VNI', 1)}"), None)
            mac = told.get("VtepMAC")
            if link is not None and isinstance(mac, str) and link.address and mac.lower() != link.address.lower():
                annotation = flannel.BACKEND_DATA[family]
                yield Violation(
                    host.subject,
                    ("metadata", "annotations", annotation),
                    f"VtepMAC is {mac}, and {link.ifname} in {host.dump.folder}/{LINKS} has {link.address}",
                    {"annotation": mac, "interface": link.ifname, "address": link.address},
                    key=FAMILY_NAMES[family],
                )


def misrouted_own_subnets(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A host sends packets for its own pods to another one."""
    yield from _lacking(cluster, ROUTES)
    disputed = {declared.node for group in cluster.ranges.disputed_pod_cidrs for declared in group}
    for host in cluster.hosts:
        local = {(family, address) for _, family, address, _ in host.links}
        for route, span in host.routes:
            ways = [hop.gateway for hop in route.nexthops] or [route.gateway]
            away = [way for way in ways if way and addresses.parse(way) not in local]
            own = [held for held in _own(cluster, host, span.family) if held.range.covers(span)]
            if away and own and span.size > 1 and host.node not in disputed:
                yield Violation(
                    host.subject,
                    (),
                    f"the route to {route.dst} leads to {away[0]} on {route.dev or 'another host'}, although "
                    f"{listed(own)} is the host's own",
                    {"destination": route.dst, "gateway": away[0], "interface": route.dev or None},
                    sides(own),
                    key=route.dst,
                    spot=host.spot(ROUTES),
                )


def shared_host_addresses(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Several hosts have the same address."""
    yield from _lacking(cluster, LINKS, bound=False)
    holders: dict[tuple[int, int], list[tuple[Host, Link]]] = {}
    for host in cluster.hosts:
        for link, family, address, network in host.links:
            if link.kind not in REPEATED and (not is_bridge(link) or _carries_pods(host, link)) and network.size > 1:
                holders.setdefault((family, address), []).append((host, link))
    owners: dict[tuple[int, int], set[str]] = {}
    for found in cluster.ranges.plan.of(Role.NODE):
        if found.range.size == 1:
            owners.setdefault((found.range.family, found.range.first), set()).add(found.node)
    for (family, address), having in sorted(holders.items(), key=lambda entry: entry[0]):
        hosts = list(dict.fromkeys(host for host, _ in having))
        used = owners.get((family, address), set())
        if len(hosts) < 2 or len(used) > 1 or cluster.ranges.share_pod_cidrs({host.node for host in hosts}):
            continue
        bridge = any(is_bridge(link) for _, link in having)
        (first, link), *others = sorted(having, key=lambda entry: entry[0].node in used)
        text = addresses.text(family, address)
        sides_of = tuple(Related(host.subject, (), f"{other.ifname} has {text}") for host, other in others)
        yield Violation(
            first.subject,
            (),
            f"{link.ifname} has {text}, as has {shortened([f'{o.ifname} of {h.subject}' for h, o in others])}",
            {"address": text, "hosts": [host.node or host.dump.name for host in hosts]},
            sides_of,
            key=text,
            mitigated=not used and not bridge,
            spot=first.spot(LINKS),
        )


def _carries_pods(host: Host, link: Link) -> bool:
    return link.ifname in host.pod_bridges and bool(host.ports_of(link.ifname))


def _own(cluster: Cluster, host: Host, family: int) -> list[Declaration]:
    """The ranges of the host's pods, of one family."""
    return [held for held in cluster.network.node_ranges.get(host.node, ()) if held.range.family == family]


def _not_from_nodes(cluster: Cluster) -> Undecided:
    plugins = ", ".join(plugin.name for plugin in cluster.network.plugins) or "the CNI plugin"
    known = cluster.network.allocates_from_node is False
    said = "does not allocate" if known else "may not allocate"
    reason = Reason.NOT_APPLICABLE if known else Reason.UNDECIDED
    return Undecided(None, f"{plugins} {said} from spec.podCIDRs", reason)


def _lacking(cluster: Cluster, file: str, bound: bool = True) -> Iterator[Undecided]:
    """The dumps that do not have a file, and those of which nobody knows which Node's they are."""
    for host in cluster.hosts:
        if (host.dump.links if file == LINKS else host.dump.routes) is None:
            yield Undecided(host.subject, f"the node dump has no {file}", Reason.MISSING)
        elif bound and not host.node:
            yield Undecided(host.subject, "the node dump belongs to no Node", Reason.MISSING)


CHECKS = (
    mismatched_docker_bridges,
    mismatched_vtep_macs,
    misrouted_own_subnets,
    routes_in_weave_range,
    shared_host_addresses,
    stale_bridge_addresses,
    stale_flannel_subnets,
)
