"""What packet filters and policy routing of hosts do to packets of pods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from netlint.addresses import Range, text, touching
from netlint.checks.wording import listed, sides
from netlint.cluster import Cluster
from netlint.dataplane.hiding_rules import Hiding
from netlint.dataplane.netfilter.host_filters import NFT_FILE, lacking
from netlint.dataplane.policy_routes import Gap, gaps
from netlint.dataplane.rival_agents import Rivalry, rivalries
from netlint.findings import Related, Undecided, Violation
from netlint.model.cni.plugin import Datapath
from netlint.model.cni.plugins import aws_vpc_cni
from netlint.model.hosts.host import Host, addresses_by_node
from netlint.phrases import NAMED, shortened
from netlint.snapshot import Reason, Spot

FILTER, POLICY = "iptables-save.txt", "ip-rule.json"
OWN = "pods on the node"


def masquerading_host_rules(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Rules of hosts replace the source address of packets between pods."""
    passing = _passing(cluster)
    if passing:
        yield passing
        return
    yield from _unread(cluster)
    for host, doubt in cluster.data_plane.hiding_rules.doubts:
        yield _untold(host, doubt)
    for hiding in cluster.data_plane.hiding_rules.hidings:
        yield _hidden(cluster, hiding)


def _untold(host: Host, doubt: str) -> Undecided:
    return Undecided(host.subject, f"what rules with {doubt} do cannot be told")


def _passing(cluster: Cluster) -> Undecided | None:
    datapaths = {found.name: found.plugin.datapath(cluster.view) for found in cluster.network.in_force()}
    for name in (name for name, datapath in datapaths.items() if datapath is Datapath.OPEN_VSWITCH):
        why = f"{name} connects pods by Open vSwitch, past the host's rules"
        return Undecided(None, why, Reason.NOT_APPLICABLE)
    for name in (name for name, datapath in datapaths.items() if datapath is Datapath.EBPF):
        return Undecided(None, f"eBPF programs of {name} may carry packets past the host's rules")
    return None


def _unread(cluster: Cluster) -> Iterator[Undecided]:
    if not any(host.dump.filters or host.dump.nft for host in cluster.hosts):
        yield Undecided(None, f"no node dump has {FILTER} or {NFT_FILE}", Reason.NOT_APPLICABLE)
        return
    families: defaultdict[Host, list[int]] = defaultdict(list)
    for stream in cluster.data_plane.traffic:
        families[stream.host].append(stream.family)
    for host in cluster.hosts:
        if not host.node:
            yield Undecided(host.subject, "the node dump belongs to no Node", Reason.MISSING)
        elif host.is_bridged:
            why = "its pods are on the segment of a network card, past the host's rules"
            yield Undecided(host.subject, why, Reason.NOT_APPLICABLE)
        elif not families[host] and not cluster.network.node_ranges.get(host.node):
            yield Undecided(host.subject, "no addresses of pods on the node and of others are known", Reason.MISSING)
        for file in (lacking(host.dump, family) for family in families[host]):
            if file:
                yield Undecided(host.subject, f"the node dump has no {file}", Reason.MISSING)


def _hidden(cluster: Cluster, found: Hiding) -> Violation:
    host, *others = found.hosts
    away = found.toward if found.outbound else found.hidden
    declared = [one for one in cluster.ranges.pod_ranges if one.node != host.node]
    declared = [declared[number] for number in touching([one.range for one in declared], away)]
    there = listed(declared) if declared else shortened([_written(span) for span in away])
    sender, receiver = (OWN, f"pods in {there}") if found.outbound else (f"pods in {there}", OWN)
    return Violation(
        host.subject,
        (),
        f"addresses of {sender} are hidden from {receiver}: {found.placed.rule.text}{_also(others)}",
        {
            "rule": found.placed.rule.text,
            "hidden": [str(span) for span in found.hidden],
            "toward": [str(span) for span in found.toward],
            "hosts": [one.node for one in found.hosts],
        },
        (*(Related(one.subject, (), "has the rule") for one in others[:NAMED]), *sides(declared[:NAMED])),
        key=found.placed.rule.likeness,
        spot=_spot(host, found.placed.file, found.placed.line),
    )


def _written(span: Range) -> str:
    return text(span.family, span.first) if span.size == 1 else str(span)


def _also(others: Sequence[Host]) -> str:
    return f", as on {shortened([str(host.subject) for host in others])}" if others else ""


def _spot(host: Host, file: str, line: int | None) -> Spot:
    return Spot(host.spot(file).file, line)


def rival_masquerade_agents(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Two agents on a host masquerade by different lists."""
    yield from _unread(cluster)
    alike: defaultdict[tuple[str, str, tuple[Range, ...]], list[tuple[Host, Rivalry]]] = defaultdict(list)
    for stream in cluster.data_plane.traffic:
        for found in rivalries(stream):
            if isinstance(found, Rivalry):
                alike[found.chain, found.sparing, found.lost].append((stream.host, found))
            else:
                yield _untold(stream.host, found)
    for (chain, sparing, lost), having in alike.items():
        (host, rivalry), *others = having
        yield Violation(
            host.subject,
            (),
            f"{chain} masquerades what pods send to {shortened([str(span) for span in lost])}, which {sparing} spares"
            f"{_also([other for other, _ in others])}",
            {"chain": chain, "sparing": sparing, "ranges": [str(span) for span in lost]},
            tuple(Related(other.subject, (), "has both chains") for other, _ in others[:NAMED]),
            key=f"{chain}/{sparing}",
            spot=_spot(host, rivalry.file, rivalry.line),
        )


def incomplete_policy_routes(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Packets of pods with an address of a secondary interface do not leave through it."""
    if not cluster.network.shows(aws_vpc_cni.NAME):
        why = f"no {aws_vpc_cni.NAME}, which alone routes packets of pods by their source"
        yield Undecided(None, why, Reason.NOT_APPLICABLE)
        return
    carried = addresses_by_node(cluster.pods)
    for host in cluster.hosts:
        yield from _lacking(host)
        pods = {held for held in carried.get(host.node, ()) if held[0] == 4}
        for gap in gaps(host, pods):
            yield _gap(gap)


def _lacking(host: Host) -> Iterator[Undecided]:
    dump = host.dump
    needed = {POLICY: dump.policy_rules.get(4), "ip-route.json": dump.routes, "ip-addr.json": dump.links}
    for file, content in needed.items():
        if content is None:
            yield Undecided(host.subject, f"the node dump has no {file}", Reason.MISSING)


def _gap(found: Gap) -> Violation:
    pods = shortened(list(found.addresses))
    if found.table:
        said = f"packets of pods at {pods} are looked up in table {found.table}, which has no default route"
    else:
        said = f"no rule sends packets of pods at {pods} through {found.link}, whose network holds the address"
    return Violation(
        found.host.subject,
        (),
        said,
        {"addresses": list(found.addresses), "table": found.table or None, "interface": found.link or None},
        key=found.table or found.link,
        spot=found.host.spot(POLICY),
    )


CHECKS = (incomplete_policy_routes, masquerading_host_rules, rival_masquerade_agents)
