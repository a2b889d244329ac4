"""What packet filters and policy routing of hosts do to packets of pods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from netlint.addresses import Range, text, touching
from netlint.checks.wording import as_on, listed, of_no_node, sides, without_file
from netlint.cluster import Cluster
from netlint.dataplane.hiding_rules import Hiding
from netlint.dataplane.netfilter.host_filters import NFT_FILE, lacking
from netlint.dataplane.policy_routes import MisroutedPods, misrouted_pods
from netlint.dataplane.rival_agents import Rivalry, rivalries
from netlint.findings import Related, Undecided, Violation
from netlint.model.cni.plugin import Datapath
from netlint.model.cni.plugins import aws_vpc_cni
from netlint.model.hosts.host import Host, addresses_by_node
from netlint.phrases import NAMED, shortened
from netlint.snapshot import Reason, Spot

FILTER, POLICY = "iptables-save.txt", "ip-rule.json"
LOCAL_PODS = "pods on the node"


def masquerading_host_rules(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Rules of hosts replace the source address of packets between pods."""
    bypass = _bypass(cluster)
    if bypass:
        yield bypass
        return
    yield from _unread(cluster)
    for host, doubt in cluster.data_plane.hiding_rules.doubts:
        yield _undecided_rules(host, doubt)
    for hiding in cluster.data_plane.hiding_rules.hidings:
        yield _hidden_addresses(cluster, hiding)


def _undecided_rules(host: Host, doubt: str) -> Undecided:
    return Undecided(host.subject, f"what rules with {doubt} do cannot be told")


def _bypass(cluster: Cluster) -> Undecided | None:
    datapaths = {detected.name: detected.plugin.datapath(cluster.view) for detected in cluster.network.in_force()}
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
        yield from _unjudged(cluster, host, families[host])
        for file in (lacking(host.dump, family) for family in families[host]):
            if file:
                yield without_file(host, file)


def _unjudged(cluster: Cluster, host: Host, families: list[int]) -> Iterator[Undecided]:
    """Reasons for which a host's rules say nothing; ``families``: of its pods' addresses, where these are known."""
    if not host.node:
        yield of_no_node(host)
    elif host.is_bridged:
        why = "its pods are on the segment of a network card, past the host's rules"
        yield Undecided(host.subject, why, Reason.NOT_APPLICABLE)
    elif not families and not cluster.network.node_ranges.get(host.node):
        yield Undecided(host.subject, "no addresses of pods on the node and of others are known", Reason.MISSING)


def _hidden_addresses(cluster: Cluster, hiding: Hiding) -> Violation:
    (host, *others), rule = hiding.hosts, hiding.placed.rule
    remote_ranges = hiding.toward if hiding.outbound else hiding.hidden
    elsewhere = [declared for declared in cluster.ranges.pod_ranges if declared.node != host.node]
    declared = [elsewhere[number] for number in touching([declared.range for declared in elsewhere], remote_ranges)]
    remote_pods = f"pods in {listed(declared) or shortened(map(_written, remote_ranges))}"
    sender, receiver = (LOCAL_PODS, remote_pods) if hiding.outbound else (remote_pods, LOCAL_PODS)
    return Violation(
        host.subject,
        (),
        f"addresses of {sender} are hidden from {receiver}: {rule.text}{as_on(others)}",
        {
            "rule": rule.text,
            "hidden": [str(span) for span in hiding.hidden],
            "toward": [str(span) for span in hiding.toward],
            "hosts": [host.node for host in hiding.hosts],
        },
        (*(Related(other.subject, (), "has the rule") for other in others[:NAMED]), *sides(declared[:NAMED])),
        key=rule.likeness,
        spot=_spot(host, hiding.placed.file, hiding.placed.line),
    )


def _written(span: Range) -> str:
    return text(span.family, span.first) if span.size == 1 else str(span)


def _spot(host: Host, file: str, line: int | None) -> Spot:
    return Spot(host.spot(file).file, line)


def rival_masquerade_agents(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Two agents on a host masquerade by different lists."""
    yield from _unread(cluster)
    alike: defaultdict[tuple[str, str, tuple[Range, ...]], list[tuple[Host, Rivalry]]] = defaultdict(list)
    for stream in cluster.data_plane.traffic:
        for outcome in rivalries(stream):
            if isinstance(outcome, Rivalry):
                alike[outcome.chain, outcome.sparing, outcome.lost].append((stream.host, outcome))
            else:
                yield _undecided_rules(stream.host, outcome)
    for (chain, sparing, lost), sightings in alike.items():
        (host, rivalry), *others = sightings
        yield Violation(
            host.subject,
            (),
            f"{chain} masquerades what pods send to {shortened(lost)}, which {sparing} spares"
            f"{as_on([other for other, _ in others])}",
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
    carried_by = addresses_by_node(cluster.pods)
    for host in cluster.hosts:
        yield from _missing_files(host)
        of_pods = {(family, address) for family, address in carried_by.get(host.node, ()) if family == 4}
        for misrouted in misrouted_pods(host, of_pods):
            yield _misrouted(misrouted)


def _missing_files(host: Host) -> Iterator[Undecided]:
    dump = host.dump
    needed = {POLICY: dump.policy_rules.get(4), "ip-route.json": dump.routes or None, "ip-addr.json": dump.links}
    for file, content in needed.items():
        if content is None:
            yield without_file(host, file)


def _misrouted(misrouted: MisroutedPods) -> Violation:
    pods = shortened(misrouted.addresses)
    if misrouted.table:
        problem = f"packets of pods at {pods} are looked up in table {misrouted.table}, which has no default route"
    else:
        problem = f"no rule sends packets of pods at {pods} through {misrouted.link}, whose network holds the address"
    return Violation(
        misrouted.host.subject,
        (),
        problem,
        {"addresses": list(misrouted.addresses), "table": misrouted.table or None, "interface": misrouted.link or None},
        key=misrouted.table or misrouted.link,
        spot=misrouted.host.spot(POLICY),
    )


CHECKS = (incomplete_policy_routes, masquerading_host_rules, rival_masquerade_agents)
