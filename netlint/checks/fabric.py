"""What connects the nodes: network plugins, their agents, tunnels and routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Undecided, Violation
from netlint.model.cni.plugin import Membership
from netlint.model.cni.plugins import custom_networking, flannel
from netlint.model.declared.node_objects import is_ready, is_virtual
from netlint.model.nodes.daemonset_coverage import DaemonSetCoverage
from netlint.model.pods.scheduling import NETWORK_UNAVAILABLE
from netlint.model.subjects import subject_of
from netlint.objects.core import Node
from netlint.objects.meta import Path
from netlint.phrases import shortened
from netlint.snapshot import Reason

UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized"


def several_network_plugins(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """More than one CNI plugin is set up to connect the pods."""
    rivals = [plugin for plugin in cluster.network.carriers if not plugin.may_ride]
    unclear = [plugin.name for plugin in cluster.network.carriers if plugin.may_ride]
    if unclear and len(cluster.network.carriers) > 1:
        why = f"whether {shortened(unclear)} works on another plugin's network is not in the input"
        yield Undecided(None, why, Reason.MISSING)
    if len(rivals) < 2:
        return
    first, *others = sorted(rivals, key=lambda plugin: (plugin.runs, plugin.name))
    running = [plugin.name for plugin in rivals if plugin.runs]
    yield Violation(
        first.evidence,
        (),
        f"{first.name} is set up beside {shortened(plugin.name for plugin in others)}{_running_agents(running)}",
        {"plugins": [{"name": plugin.name, "runs": plugin.runs} for plugin in rivals]},
        tuple(Related(plugin.evidence, (), f"shows {plugin.name}") for plugin in others),
        mitigated=len(running) < 2,
    )


def _running_agents(running: list[str]) -> str:
    if not running:
        return ", and no agent of them is in the input"
    return f"; only {running[0]} has agents" if len(running) == 1 else f"; {shortened(running)} have agents"


def mixed_flannel_backends(cluster: Cluster) -> Iterator[Violation]:
    """The nodes' flannel agents run different backends, or VXLAN with different VNIs."""
    if not cluster.network.in_force(flannel.NAME):
        return
    yield from _mixed(flannel.by_backend(cluster.view.nodes), "backend-type", "backend")
    yield from _mixed(flannel.by_vxlan_id(cluster.view.nodes), "backend-data", "VNI")


def _mixed(groups: Mapping[str, list[Node]], key: str, setting: str) -> Iterator[Violation]:
    if len(groups) < 2:
        return
    path = ("metadata", "annotations", flannel.PREFIX + key)
    ordered = sorted(groups.items(), key=lambda group: (len(group[1]), group[1][0].name))
    (value, (first, *same)), *others = ordered
    peers = [f"{other} of {_named(nodes)}" for other, nodes in others]
    yield Violation(
        subject_of(first),
        path,
        f"{_named([first, *same])} has {value}, unlike {shortened(peers)}",
        {setting: {group: [node.name for node in nodes] for group, nodes in ordered}},
        (
            *(Related(subject_of(node), path, value) for node in same),
            *(Related(subject_of(nodes[0]), path, other) for other, nodes in others),
        ),
        key=setting,
    )


def nodes_outside_overlay(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A Node lacks what the network plugin has written for its peers."""
    without_agent = {node.name for coverage in cluster.nodes.network_agents for node in coverage.uncovered}
    for detected in cluster.network.in_force():
        membership = detected.plugin.membership
        members = membership.nodes(cluster.view) if membership else set()
        if membership is None or not members:
            continue
        if membership.kind and not cluster.view.is_complete(membership.kind):
            yield Undecided(None, f"not every {membership.kind} is known", Reason.INCOMPLETE)
            continue
        rangeless = {name for name, ranges in cluster.view.pod_cidrs.items() if not ranges}
        explained = members | without_agent | (rangeless if detected.allocation.from_node else set())
        outside = [node for node in cluster.network.expected(detected) if node.name not in explained]
        for node in filter(is_ready, outside):
            peer = min(members & cluster.view.node_named.keys(), default=node.name)
            yield _outsider(detected.name, membership, node, cluster.view.node_named[peer])


def _outsider(plugin: str, membership: Membership, node: Node, peer: Node) -> Violation:
    sign = membership.sign
    return Violation(
        subject_of(node),
        ("metadata", "name") if membership.kind else ("metadata", "annotations"),
        f"{node.name} is Ready without {sign}, which {plugin} writes for every node",
        {"plugin": plugin, "lacks": sign},
        (Related(subject_of(peer), (), f"has {sign}"),),
    )


def nodes_without_network_agent(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A Node has no pod of the network plugin's DaemonSet, or one that is not ready."""
    for coverage in cluster.nodes.network_agents:
        agent = subject_of(coverage.agent)
        if not cluster.view.is_complete("Pod", coverage.agent.namespace):
            yield Undecided(agent, "not every pod of the agent's namespace is known", Reason.MISSING)
        elif coverage.eligible and len(coverage.uncovered) == len(coverage.eligible):
            yield _on_no_node(coverage)
        else:
            yield from _without_agent(cluster, coverage)


def _on_no_node(coverage: DaemonSetCoverage) -> Violation:
    agent = subject_of(coverage.agent)
    nodes = [node.name for node in coverage.eligible]
    return Violation(
        agent,
        (),
        f"{agent} has a pod on none of its nodes, which are {shortened(nodes)}",
        {"nodes": nodes},
        tuple(Related(subject_of(node), (), "has no pod of it") for node in coverage.eligible),
    )


def _without_agent(cluster: Cluster, coverage: DaemonSetCoverage) -> Iterator[Violation]:
    agent, pods = subject_of(coverage.agent), cluster.pods
    for node in coverage.uncovered:
        yield Violation(
            subject_of(node),
            (),
            f"no pod of {agent} runs on {node.name}",
            {"agent": str(agent), "node": node.name},
            (Related(agent, (), "should have a pod there"),),
            key=coverage.agent.name,
            mitigated=not is_ready(node),
        )
    for row in coverage.unready:
        yield Violation(
            pods.subject(row),
            ("status", "conditions"),
            f"the pod of {agent} on {pods.node(row)} is not ready",
            {"agent": str(agent), "node": pods.node(row)},
            (Related(agent, (), "runs on every node"),),
            mitigated=True,
        )


def unavailable_node_networks(cluster: Cluster) -> Iterator[Violation]:
    """A Node says that its network is unavailable."""
    for node in cluster.view.nodes:
        unavailability = _unavailability(node)
        if unavailability is None or is_virtual(node):
            continue
        path, reason = unavailability
        starting = any(taint.key == UNINITIALIZED for taint in node.spec.taints or ())
        yield Violation(
            subject_of(node),
            path,
            f"the network of {node.name} is unavailable" + (f": {reason}" if reason else ""),
            {"reason": reason or None},
            mitigated=starting or not is_ready(node),
        )


def _unavailability(node: Node) -> tuple[Path, str] | None:
    """Where a node says so, and why: its condition, else the taint that follows it."""
    conditions = [
        (number, condition)
        for number, condition in enumerate(node.status.conditions or ())
        if condition.type == "NetworkUnavailable"
    ]
    for number, condition in conditions:  # several, where two writers do not merge theirs
        if condition.status == "True":
            return ("status", "conditions", number, "status"), condition.reason or ""
    for number, taint in enumerate(() if conditions else node.spec.taints or ()):
        if taint.key == NETWORK_UNAVAILABLE:
            return ("spec", "taints", number), ""
    return None


def missing_eniconfigs(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A Node takes an ENIConfig that does not exist, or that of another zone."""
    agent = custom_networking.custom_agent(cluster.view)
    if agent is None:
        return
    if not cluster.view.is_complete("ENIConfig"):
        yield Undecided(subject_of(agent), "not every ENIConfig is known", Reason.MISSING)
        return
    choices = list(custom_networking.choices(cluster.view, agent))
    existing = {eni_config.name: subject_of(eni_config) for eni_config in cluster.view.objects("ENIConfig")}
    yield from _of_other_zones(cluster, choices, existing)
    missing: dict[str, list[custom_networking.ENIConfigChoice]] = {}
    for choice in choices:
        if choice.name not in existing:
            missing.setdefault(choice.name, []).append(choice)
    for name, chosen in missing.items():
        yield _missing_eniconfig(name, chosen, subject_of(agent))


def _of_other_zones(
    cluster: Cluster, choices: Iterable[custom_networking.ENIConfigChoice], existing: Mapping[str, Subject]
) -> Iterator[Violation]:
    """Nodes that take an ENIConfig whose name is a zone, but not theirs."""
    zones = {node.labels.get(custom_networking.ZONE) for node in cluster.view.nodes}
    for choice in choices:
        zone = choice.node.labels.get(custom_networking.ZONE)
        if choice.name in existing and zone and choice.name != zone and choice.name in zones:
            yield Violation(
                subject_of(choice.node),
                choice.path,
                f"{choice.node.name} in zone {zone} takes ENIConfig {choice.name}, which is named after another zone",
                {"zone": zone, "eniConfig": choice.name},
                (Related(existing[choice.name], (), "is taken"),),
                mitigated=True,
            )


def _missing_eniconfig(name: str, choices: list[custom_networking.ENIConfigChoice], agent: Subject) -> Violation:
    first, *others = choices
    nodes = [choice.node for choice in choices]
    return Violation(
        subject_of(first.node),
        first.path,
        f"{_named(nodes)} takes ENIConfig {name}, which does not exist",
        {"eniConfig": name, "nodes": [node.name for node in nodes]},
        (
            Related(agent, (), "has custom networking switched on"),
            *(Related(subject_of(other.node), other.path, "takes it too") for other in others),
        ),
        key=name,
    )


def _named(nodes: list[Node]) -> str:
    return shortened(node.name for node in nodes)


CHECKS = (
    missing_eniconfigs,
    mixed_flannel_backends,
    nodes_outside_overlay,
    nodes_without_network_agent,
    several_network_plugins,
    unavailable_node_networks,
)
