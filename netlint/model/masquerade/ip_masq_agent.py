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
LIST = "nonMasqueradeCIDRs"
MOST = 64
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
class SparedList:
    """What the agent spares, and who says so; ``problem``: why it does not take what stands there."""

    subject: Subject
    path: Path
    ranges: tuple[Range, ...]
    families: tuple[int, ...]
    said: str
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


def spared_list(view: SnapshotView) -> SparedList | None:
    """The list in force; None where no agent runs, or one whose configuration is not to be seen."""
    agent = _agent(view)
    if agent is None:
        return None
    found = view.config_maps.get(agent.config_map) or view.config_map(agent.config_map[1])
    if found is None:
        return _by_default(agent, agent.subject)
    problem = _unread(agent, found)
    if problem:
        return _by_default(agent, subject_of(found), ("data",), problem)
    path = ("data", agent.key)
    try:
        listed = _listed(agent, settings.document((found.data or {})[agent.key]))
    except ValueError as error:
        return _by_default(agent, subject_of(found), path, str(error))
    if listed is None:
        return _by_default(agent, subject_of(found), path)
    said = f"{LIST} {', '.join(listed) or '(empty)'} of {subject_of(found)}"
    return SparedList(subject_of(found), path, _ranges(listed), agent.families, said)


def _agent(view: SnapshotView) -> _Agent | None:
    """By its DaemonSet; by its ConfigMap where no DaemonSet of that namespace is in the input."""
    workload = view.daemon_set(NAME)
    if workload is not None:
        return _started(workload)
    found = view.config_maps.get((NAMESPACE, NAME))
    shown = any(workload.namespace == NAMESPACE for workload in view.daemon_sets)
    return _Agent(subject_of(found)) if found and not shown else None


def _started(workload: Workload) -> _Agent | None:
    """None where its volumes show something else than a ConfigMap."""
    given = frozenset(name for name, (_, value) in flags(workload).items() if value.lower() not in {"false", "0", "f"})
    volumes = (workload.template.spec.volumes if workload.template else None) or ()
    if not volumes:
        return _Agent(subject_of(workload), given, (workload.namespace, NAME))
    for volume in volumes:
        if volume.configMap is not None and volume.configMap.name:
            keys = [item.key for item in volume.configMap.items or () if item.path == FILE and item.key]
            config_map = (workload.namespace, volume.configMap.name)
            return _Agent(subject_of(workload), given, config_map, keys[0] if keys else FILE)
    return None


def _unread(agent: _Agent, found: ConfigMap) -> str:
    """Why the agent does not look at a ConfigMap."""
    if found.namespace != agent.config_map[0]:
        return f"the agent reads its ConfigMap in {agent.config_map[0]}"
    if agent.key not in (found.data or {}):
        keys = ", ".join(sorted(found.data or {})) or "none"
        return f"the agent reads the key {agent.key}, and the keys are: {keys}"
    return ""


def _by_default(agent: _Agent, subject: Subject, path: Path = (), problem: str = "") -> SparedList:
    reserved = ", that of all reserved ranges," if len(agent.defaults) > len(PRIVATE) else f" {', '.join(PRIVATE)}"
    said = f"the agent's default list{reserved}"
    return SparedList(subject, path, _ranges(agent.defaults), agent.families, said, problem)


def _listed(agent: _Agent, declared: dict[str, Any]) -> list[str] | None:
    """The list; None where there is none. Raises ValueError for what makes the agent refuse all of it."""
    fields = {name.lower(): value for name, value in declared.items()}  # Go takes names in any case
    for name in ("masqLinkLocal", "masqLinkLocalIPv6"):
        if not isinstance(fields.get(name.lower(), False), bool | None):
            raise ValueError(f"{name} is neither true nor false")
    interval = fields.get("resyncinterval", "60s")
    if not (isinstance(interval, str) and _DURATION.fullmatch(interval)):
        raise ValueError(f"resyncInterval {interval!r} is no duration such as '60s'")
    listed = fields.get(LIST.lower())
    if listed is None:
        return None
    if not isinstance(listed, list) or not all(isinstance(entry, str) for entry in listed):
        raise ValueError(f"{LIST} is no list of texts")
    if len(listed) > MOST:
        raise ValueError(f"{LIST} has {len(listed)} entries, and the agent takes {MOST}")
    for entry in listed:
        _demand_usable(agent, entry)
    return listed


def _demand_usable(agent: _Agent, entry: str) -> None:
    cidr = addresses.parse_cidr(entry)
    if cidr.has_host_bits:
        raise ValueError(f"{entry} has host bits set: the range is {cidr.range}")
    if cidr.range.family not in agent.families:
        raise ValueError(f"{entry} is IPv6, for which the agent was not started (--enable-ipv6)")


def _ranges(listed: Sequence[str]) -> tuple[Range, ...]:
    return tuple(addresses.parse_cidr(entry).range for entry in listed)


def masquerades(view: SnapshotView, pods: Sequence[Declaration]) -> Iterator[Masquerade]:
    """Pods that the list in force does not spare, else nodes. A list that the agent refuses is another fault."""
    found = spared_list(view)
    if found is None or found.problem:
        return
    why = f"{found.said} does not hold them"
    lost = beyond(found.ranges, pods, found.families)
    nodes = nodes_beyond(found.ranges, view, found.families)
    if lost:
        yield Masquerade(Whom.PODS, why, found.subject, found.path, toward=lost, spared=found.ranges)
    elif nodes:
        yield Masquerade(Whom.NODES, why, found.subject, found.path, toward=nodes)
