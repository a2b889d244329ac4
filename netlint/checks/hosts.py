"""What hosts show of themselves, held against what the API says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlint import addresses
from netlint.addresses import FAMILY_NAMES, Range
from netlint.checks.wording import as_on, listed, of_no_node, sides, with_owner, without_file
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
    yield from _missing_files(cluster, LINKS)
    for host in cluster.hosts:
        bridges = host.pod_bridges
        configured = {subnet for _, subnet in host.subnets.values()} | {host.docker_bridge}  # itself judged by others
        for link, _, address, network in host.links:
            pod_ranges = _pod_ranges_of(cluster, host, network.family)
            is_inside = any(declared.range.covers(network) for declared in pod_ranges)
            if link.ifname in bridges and network not in configured and pod_ranges and not is_inside:
                yield _stale_bridge(host, link, address, network, pod_ranges)


def _stale_bridge(host: Host, link: Link, address: int, network: Range, pod_ranges: list[Declaration]) -> Violation:
    length = addresses.BITS[network.family] - network.size.bit_length() + 1
    return Violation(
        host.subject,
        (),
        f"{link.ifname} has {addresses.text(network.family, address)}/{length}, which is outside {listed(pod_ranges)}",
        {"interface": link.ifname, "network": str(network), "podCIDRs": list(map(str, pod_ranges))},
        sides(pod_ranges),
        key=f"{link.ifname}/{FAMILY_NAMES[network.family]}",
        spot=host.spot(LINKS),
    )


def stale_flannel_subnets(cluster: Cluster) -> Iterator[Violation]:
    """flannel works with a subnet that is not the Node's range, or in a network that is not the ConfigMap's."""
    networks: dict[str, list[Declaration]] = {}
    for network in cluster.ranges.plan.of(Role.POD):
        if network.authority == flannel.NAME:
            networks.setdefault(network.subject.name if network.subject.kind == "File" else "", []).append(network)
    for host in cluster.hosts:
        yield from _differing_subnets(cluster, host)
        for network in networks.get(f"{host.dump.folder}/{SUBNET_ENV}", ()):
            expected = [declared for declared in networks.get("", ()) if declared.range.family == network.range.family]
            if expected and network.range not in {declared.range for declared in expected}:
                key = f"network/{FAMILY_NAMES[network.range.family]}"
                yield _differing(host, "FLANNEL_NETWORK", str(network), expected, key)


def _differing_subnets(cluster: Cluster, host: Host) -> Iterator[Violation]:
    for family, (text, subnet) in host.subnets.items():
        pod_ranges = _pod_ranges_of(cluster, host, family)
        if pod_ranges and subnet not in {declared.range for declared in pod_ranges}:
            yield _differing(host, "FLANNEL_SUBNET", text, pod_ranges, FAMILY_NAMES[family])


def _differing(host: Host, variable: str, text: str, expected: list[Declaration], key: str) -> Violation:
    return Violation(
        host.subject,
        (),
        f"{variable} is {text}, and not {listed(expected)}",
        {"written": text, "declared": [str(declared) for declared in expected]},
        sides(expected),
        key=key,
        spot=host.spot(SUBNET_ENV),
    )


def mismatched_docker_bridges(cluster: Cluster) -> Iterator[Violation]:
    """Docker connects the pods of a host otherwise than flannel has told it."""
    for host in cluster.hosts:
        for mismatch in docker_bridge.mismatches(host):
            value = str(mismatch.value).lower() if isinstance(mismatch.value, bool) else mismatch.value
            yield Violation(
                host.subject,
                (),
                f"{mismatch.setting} of Docker is {value}, and {mismatch.variable} is {mismatch.expected}",
                {"setting": mismatch.setting, "value": mismatch.value, "expected": mismatch.expected},
                (Related(host.file(SUBNET_ENV), (mismatch.variable,), f"is {mismatch.expected}"),),
                key=mismatch.setting,
                spot=host.spot(DOCKER_FILE),
            )


def routes_in_weave_range(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A host has a route into the range from which Weave gives addresses."""
    weave_ranges = [declared for declared in cluster.ranges.plan.of(Role.POD) if declared.authority == weave.NAME]
    if not weave_ranges:
        return
    yield from _missing_files(cluster, ROUTES, bound=False)
    obstructed: dict[tuple[str, Declaration], list[tuple[Host, str]]] = {}
    for host in cluster.hosts:
        for route in host.unicast_routes:
            of_link = route.entry.dev in weave.LINKS or route.entry.protocol == "kernel"  # which the plan knows
            for declared in weave_ranges if not (of_link or route.is_default) else ():
                if declared.range.overlaps(route.destination):
                    obstructed.setdefault((route.entry.dst, declared), []).append((host, route.file))
    for (destination, declared), places in obstructed.items():
        yield _obstructed(declared, destination, places)


def _obstructed(weave_range: Declaration, destination: str, places: list[tuple[Host, str]]) -> Violation:
    """Hosts with a route to the destination; ``places``: each with the file of its dump that has the route."""
    first, *others = [host for host, _ in places]
    return Violation(
        first.subject,
        (),
        f"the route to {destination} overlaps {with_owner(weave_range)}{as_on(others)}",
        {"destination": destination, "hosts": [host.node or host.dump.name for host, _ in places]},
        (*sides([weave_range]), *(Related(host.subject, (), "has the route") for host in others[:NAMED])),
        key=destination,
        mitigated=weave_range.standing is Standing.INFERRED,
        spot=first.spot(places[0][1]),
    )


def mismatched_vtep_macs(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """The tunnel of a node has another MAC address than the one that its peers are told."""
    yield from _missing_files(cluster, LINKS)
    for host in cluster.hosts:
        node = cluster.view.node_named.get(host.node)
        for family, prefix in ((4, "flannel"), (6, "flannel-v6")) if node else ():
            vxlan = flannel.backend_data(node, family) if node else {}
            name = f"{prefix}.{vxlan.get('VNI', 1)}"
            link = next((link for link in host.dump.links or () if link.ifname == name), None)
            mac = vxlan.get("VtepMAC")
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
    yield from _missing_files(cluster, ROUTES)
    disputed = {declared.node for group in cluster.ranges.overlapping_pod_cidrs for declared in group}
    for host in cluster.hosts:
        local = {(family, address) for _, family, address, _ in host.links}
        for route in host.unicast_routes:
            elsewhere = [addresses.text(*gateway) for gateway in route.gateways if gateway not in local]
            span, entry = route.destination, route.entry
            own = [declared for declared in _pod_ranges_of(cluster, host, span.family) if declared.range.covers(span)]
            if elsewhere and own and span.size > 1 and host.node not in disputed:
                yield Violation(
                    host.subject,
                    (),
                    f"the route to {entry.dst} leads to {elsewhere[0]} on {entry.dev or 'another host'}, although "
                    f"{listed(own)} is the host's own",
                    {"destination": entry.dst, "gateway": elsewhere[0], "interface": entry.dev or None},
                    sides(own),
                    key=entry.dst,
                    spot=host.spot(route.file),
                )


def shared_host_addresses(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Several hosts have the same address."""
    yield from _missing_files(cluster, LINKS, bound=False)
    for (family, address), holders in sorted(_links_by_address(cluster.hosts).items()):
        hosts = list(dict.fromkeys(host for host, _ in holders))
        owners = {declared.node for declared in cluster.ranges.node_addresses.get((family, address), ())}
        if len(hosts) > 1 and len(owners) < 2 and not cluster.ranges.share_pod_cidrs({host.node for host in hosts}):
            by_ownership = sorted(holders, key=lambda holder: holder[0].node in owners)
            is_mild = not owners and not any(is_bridge(link) for _, link in holders)
            yield _shared_address(addresses.text(family, address), by_ownership, hosts, is_mild)


def _links_by_address(hosts: Iterable[Host]) -> dict[tuple[int, int], list[tuple[Host, Link]]]:
    """The links that have an address of the hosts' own networks, or that of a gateway of pods."""
    holders: dict[tuple[int, int], list[tuple[Host, Link]]] = {}
    for host in hosts:
        for link, family, address, network in host.links:
            if link.kind not in REPEATED and (not is_bridge(link) or _carries_pods(host, link)) and network.size > 1:
                holders.setdefault((family, address), []).append((host, link))
    return holders


def _shared_address(text: str, holders: list[tuple[Host, Link]], hosts: list[Host], is_mild: bool) -> Violation:
    (first, link), *others = holders
    return Violation(
        first.subject,
        (),
        f"{link.ifname} has {text}, as has {shortened(f'{other.ifname} of {host.subject}' for host, other in others)}",
        {"address": text, "hosts": [host.node or host.dump.name for host in hosts]},
        tuple(Related(host.subject, (), f"{other.ifname} has {text}") for host, other in others),
        key=text,
        mitigated=is_mild,
        spot=first.spot(LINKS),
    )


def _carries_pods(host: Host, link: Link) -> bool:
    return link.ifname in host.pod_bridges and bool(host.ports_of(link.ifname))


def _pod_ranges_of(cluster: Cluster, host: Host, family: int) -> list[Declaration]:
    """The ranges of the host's pods, of one family."""
    return [declared for declared in cluster.network.node_ranges.get(host.node, ()) if declared.range.family == family]


def _not_from_nodes(cluster: Cluster) -> Undecided:
    plugins = ", ".join(plugin.name for plugin in cluster.network.plugins) or "the CNI plugin"
    known = cluster.network.allocates_from_node is False
    verb = "does not allocate" if known else "may not allocate"
    reason = Reason.NOT_APPLICABLE if known else Reason.UNDECIDED
    return Undecided(None, f"{plugins} {verb} from spec.podCIDRs", reason)


def _missing_files(cluster: Cluster, file: str, bound: bool = True) -> Iterator[Undecided]:
    """The dumps that do not have a file, and those of which nobody knows which Node's they are."""
    for host in cluster.hosts:
        if host.dump.links is None if file == LINKS else not host.dump.routes:
            yield without_file(host, file)
        elif bound and not host.node:
            yield of_no_node(host)


CHECKS = (
    mismatched_docker_bridges,
    mismatched_vtep_macs,
    misrouted_own_subnets,
    routes_in_weave_range,
    shared_host_addresses,
    stale_bridge_addresses,
    stale_flannel_subnets,
)
