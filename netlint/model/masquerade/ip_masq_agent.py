"""ip-masq-agent: masquerades whatever leaves for an address that its list does not spare.

Source: github.com/kubernetes-sigs/ip-masq-agent, README.md, cmd/ip-masq-agent, ip-masq-agent.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from netlint import addresses
from netlint.addresses import Range
from netlint.findings import Subject
from netlint.model import settings
from netlint.model.cni.masquerading import Masquerade, Whom, beyond, nodes_beyond
from netlint.model.declared.declarations import Declaration
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import flags
from netlint.model.subjects import subject_of
from netlint.objects.apps import Workload
from netlint.objects.core import ConfigMap
from netlint.objects.meta import Path

NAME = "ip-masq-agent"
NAMESPACE = "kube-system"
KEY = "config"
FILE = "ip-masq-agent"  # in the folder that the agent reads
LIST_KEY = "nonMasqueradeCIDRs"
MAX_ENTRIES = 64
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
RESERVED = (
    "100.64.0.0/10",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
)
_DURATION = re.compile(r"[+-]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)")


@dataclass(frozen=True, slots=True)
class NonMasqueradeList:
    """Ranges that the agent does not masquerade, and who says so.

    ``description``: a clause for people. ``problem``: why the agent does not take what the object says.
    """

    subject: Subject
    path: Path
    ranges: tuple[Range, ...]
    families: tuple[int, ...]
    description: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Agent:
    """How the agent is started, and from which key of which ConfigMap it reads."""

    subject: Subject
    flags: frozenset[str] = frozenset()
    config_map: tuple[str, str] = (NAMESPACE, NAME)
    key: str = KEY

    @property
    def families(self) -> tuple[int, ...]:
        return (4, 6) if "enable-ipv6" in self.flags else (4,)

    @property
    def defaults(self) -> tuple[str, ...]:
        return PRIVATE + RESERVED if "nomasq-all-reserved-ranges" in self.flags else PRIVATE


def non_masquerade_list(view: SnapshotView) -> NonMasqueradeList | None:
    """The list in force; None where no agent runs, or one whose configuration is not to be seen."""
    agent = _agent(view)
    if agent is None:
        return None
    config_map = view.config_maps.get(agent.config_map) or view.config_map(agent.config_map[1])
    if config_map is None:
        return _by_default(agent, agent.subject)
    problem = _reason_unread(agent, config_map)
    if problem:
        return _by_default(agent, subject_of(config_map), ("data",), problem)
    path = ("data", agent.key)
    try:
        entries = _listed_entries(agent, settings.document((config_map.data or {})[agent.key]))
    except ValueError as error:
        return _by_default(agent, subject_of(config_map), path, str(error))
    if entries is None:
        return _by_default(agent, subject_of(config_map), path)
    description = f"{LIST_KEY} {', '.join(entries) or '(empty)'} of {subject_of(config_map)}"
    return NonMasqueradeList(subject_of(config_map), path, _ranges(entries), agent.families, description)


def _agent(view: SnapshotView) -> _Agent | None:
    """By its DaemonSet; by its ConfigMap where no DaemonSet of that namespace is in the input."""
    workload = view.daemon_set(NAME)
    if workload is not None:
        return _agent_of_workload(workload)
    config_map = view.config_maps.get((NAMESPACE, NAME))
    namespace_known = any(workload.namespace == NAMESPACE for workload in view.daemon_sets)
    return _Agent(subject_of(config_map)) if config_map and not namespace_known else None


def _agent_of_workload(workload: Workload) -> _Agent | None:
    """None where its volumes show something else than a ConfigMap."""
    switches = frozenset(
        name for name, (_, value) in flags(workload).items() if value.lower() not in {"false", "0", "f"}
    )
    volumes = (workload.template.spec.volumes if workload.template else None) or ()
    if not volumes:
        return _Agent(subject_of(workload), switches, (workload.namespace, NAME))
    for volume in volumes:
        if volume.configMap is not None and volume.configMap.name:
            keys = [item.key for item in volume.configMap.items or () if item.path == FILE and item.key]
            config_map = (workload.namespace, volume.configMap.name)
            return _Agent(subject_of(workload), switches, config_map, keys[0] if keys else FILE)
    return None


def _reason_unread(agent: _Agent, config_map: ConfigMap) -> str:
    """Why the agent does not look at a ConfigMap."""
    if config_map.namespace != agent.config_map[0]:
        return f"the agent reads its ConfigMap in {agent.config_map[0]}"
    if agent.key not in (config_map.data or {}):
        keys = ", ".join(sorted(config_map.data or {})) or "none"
        return f"the agent reads the key {agent.key}, and the keys are: {keys}"
    return ""


def _by_default(agent: _Agent, subject: Subject, path: Path = (), problem: str = "") -> NonMasqueradeList:
    reserved = ", that of all reserved ranges," if len(agent.defaults) > len(PRIVATE) else f" {', '.join(PRIVATE)}"
    description = f"the agent's default list{reserved}"
    return NonMasqueradeList(subject, path, _ranges(agent.defaults), agent.families, description, problem)


def _listed_entries(agent: _Agent, declared: dict[str, Any]) -> list[str] | None:
    """The list; None where there is none. Raises ValueError for what makes the agent refuse all of it."""
    fields = {name.lower(): value for name, value in declared.items()}  # Go takes names in any case
    for name in ("masqLinkLocal", "masqLinkLocalIPv6"):
        if not isinstance(fields.get(name.lower(), False), bool | None):
            raise ValueError(f"{name} is neither true nor false")
    interval = fields.get("resyncinterval", "60s")
    if not (isinstance(interval, str) and _DURATION.fullmatch(interval)):
        raise ValueError(f"resyncInterval {interval!r} is no duration such as '60s'")
    entries = fields.get(LIST_KEY.lower())
    if entries is None:
        return None
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise ValueError(f"{LIST_KEY} is no list of texts")
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"{LIST_KEY} has {len(entries)} entries, and the agent takes {MAX_ENTRIES}")
    for entry in entries:
        _refuse_unusable(agent, entry)
    return entries


def _refuse_unusable(agent: _Agent, entry: str) -> None:
    cidr = addresses.parse_cidr(entry)
    if cidr.has_host_bits:
        raise ValueError(f"{entry} has host bits set: the range is {cidr.range}")
    if cidr.range.family not in agent.families:
        raise ValueError(f"{entry} is IPv6, for which the agent was not started (--enable-ipv6)")


def _ranges(entries: Sequence[str]) -> tuple[Range, ...]:
    return tuple(addresses.parse_cidr(entry).range for entry in entries)


def masquerades(view: SnapshotView, pods: Sequence[Declaration]) -> Iterator[Masquerade]:
    """Pods that the list in force does not spare, else nodes. A list that the agent refuses is another fault."""
    spared = non_masquerade_list(view)
    if spared is None or spared.problem:
        return
    reason = f"{spared.description} does not hold them"
    unspared = beyond(spared.ranges, pods, spared.families)
    nodes = nodes_beyond(spared.ranges, view, spared.families)
    if unspared:
        yield Masquerade(Whom.PODS, reason, spared.subject, spared.path, toward=unspared, spared=spared.ranges)
    elif nodes:
        yield Masquerade(Whom.NODES, reason, spared.subject, spared.path, toward=nodes)
