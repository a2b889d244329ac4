"""Whether a rule may speak: what it needs must be known completely, what it examines must be there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from netlint.findings import Rule, Skip, Subject
from netlint.objects import ADDRESS_PLAN, KIND_NAMED, ROUTES, WORKLOADS
from netlint.objects.core import API_SERVER
from netlint.objects.meta import Object
from netlint.snapshot import Gap, Reason, Snapshot
from netlint.snapshot.knowledge import ALL, absence

LOST = {Reason.FORBIDDEN, Reason.INCOMPLETE}
"""The reasons for which something that is there cannot be looked at."""
EVERYWHERE = {"EndpointSlice", "Node", "Pod", "Service"}
"""The kinds that every cluster has objects of: an input without any of them is not the whole."""
ALIASES = {"AddressPlan": ADDRESS_PLAN, "Route": ROUTES, "Workload": WORKLOADS}
"""Names on a rule's page that stand for several kinds."""
NODE_DUMP = "NodeDump"
"""Stands on a rule's page for the node dumps, which are no objects."""


@dataclass(slots=True)
class Evaluability:
    """The namespaces in which a rule may speak: none (not ``at_all``), or all that are not ``blocked``."""

    at_all: bool = True
    blocked: set[str] = field(default_factory=set)
    skips: list[Skip] = field(default_factory=list)


def kinds(names: Iterable[str]) -> list[str]:
    """The kinds behind the names on a rule's page: ``A|B`` and aliases stand for several, node dumps for none."""
    parts = (part for name in names for part in name.split("|") if part != NODE_DUMP)
    return [kind for part in parts for kind in ALIASES.get(part, (part,))]


def evaluability(rule: Rule, snapshot: Snapshot, inhabited: dict[str, set[str]] | None = None) -> Evaluability:
    """The evaluability of a rule: its needs, held against what is known.

    ``inhabited`` keeps the namespaces of each kind, by its name, for the rules that follow.
    """
    evaluable = Evaluability()
    absent = _without_dumps(rule, snapshot) or _nothing_to_examine(rule, snapshot)
    if absent:
        return _nowhere(rule, absent)
    needs = [need for need in rule.needs if need != NODE_DUMP]
    gaps = [gap for need in needs if not _is_namespaced(need) and (gap := _gap(need, ALL, snapshot))]
    if gaps:
        return _nowhere(rule, gaps)
    within = list(filter(_is_namespaced, needs))
    namespaces = _namespaces(rule, snapshot, {} if inhabited is None else inhabited) if within else set()
    blocking: dict[tuple[str, Reason, str], list[str]] = {}
    for need in within:
        for namespace in sorted(namespaces):
            gap = _gap(need, namespace, snapshot)
            if gap is not None:
                blocking.setdefault((need, gap.reason, gap.message), []).append(namespace)
                evaluable.blocked.add(namespace)
    if namespaces and evaluable.blocked == namespaces:
        return _nowhere(rule, [Gap(need, reason, message) for need, reason, message in blocking])
    for (need, reason, message), blocked in blocking.items():
        scope = tuple(Subject("v1", "Namespace", "", namespace) for namespace in blocked)
        evaluable.skips.append(Skip(rule.name, reason, (need,), message, scope))
    evaluable.skips += _partly(rule, snapshot)
    return evaluable


def _nowhere(rule: Rule, gaps: list[Gap]) -> Evaluability:
    """The evaluability of a rule that may speak nowhere: one skip for each reason, which names all that is lacking."""
    skips = []
    for reason in Reason:
        of_reason = [gap for gap in gaps if gap.reason is reason]
        if of_reason:
            needs = tuple(dict.fromkeys(gap.kind for gap in of_reason))
            skips.append(Skip(rule.name, reason, needs, _together(of_reason)))
    return Evaluability(at_all=False, skips=skips)


def _together(gaps: Sequence[Gap]) -> str:
    """The messages of all gaps; kinds that are merely absent are one clause."""
    absent = [gap.kind for gap in gaps if gap.message == absence(gap.kind)]
    others = [gap.message for gap in gaps if gap.message != absence(gap.kind)]
    *most, last = absent or [""]
    clause = absence(f"{', '.join(most)} or {last}" if most else last)
    return "; ".join(dict.fromkeys([clause, *others] if absent else others))


def _without_dumps(rule: Rule, snapshot: Snapshot) -> list[Gap]:
    if NODE_DUMP not in rule.needs or snapshot.dumps:
        return []
    return [Gap(NODE_DUMP, Reason.NOT_APPLICABLE, "there are no node dumps (--node-dumps)")]


def _nothing_to_examine(rule: Rule, snapshot: Snapshot) -> list[Gap]:
    """The gaps that leave a rule without anything to look at; none where there is something, or surely nothing."""
    examined = kinds(rule.examines)
    if not examined or any(snapshot.count(kind) for kind in examined):
        return []
    known = {kind for kind, _ in snapshot.knowledge.complete}
    gaps = [gap for kind in examined if kind not in known and (gap := snapshot.knowledge.gap(kind))]
    if len(gaps) < len(examined):
        return []
    lost = [gap for gap in gaps if gap.reason in LOST]
    if lost or EVERYWHERE.intersection(examined):
        return (lost or [gap for gap in gaps if gap.kind in EVERYWHERE])[:1]
    return [replace(gap, reason=Reason.NOT_APPLICABLE) if gap.reason is Reason.MISSING else gap for gap in gaps]


def _partly(rule: Rule, snapshot: Snapshot) -> list[Skip]:
    """The skips for what the rule would examine too if it could be read."""
    skips = []
    for kind in kinds(rule.examines):
        for (name, where), gap in sorted(snapshot.knowledge.gaps.items()):
            if name in {kind, "*"} and gap.reason is not Reason.NOT_APPLICABLE:
                scope = (Subject("v1", "Namespace", "", where),) if where != ALL else (_all_of(kind),)
                skips.append(Skip(rule.name, gap.reason, (kind,), gap.message, scope))
    return list(dict.fromkeys(skips))  # several gaps of one file say the same


def _all_of(kind: str) -> Subject:
    """Objects of a kind that cannot be named, because they could not be read."""
    return Subject(KIND_NAMED[kind].api_version, kind, "", "*")


def _gap(need: str, namespace: str, snapshot: Snapshot) -> Gap | None:
    """The gap of a need; one of its alternatives being known is enough.

    But one that exists and could not be read leaves a gap, whatever the others say, unless the first one was
    listed to its end everywhere: no other list can add a pod to it.
    """
    knowledge = snapshot.knowledge
    alternatives = kinds([need])
    gaps = [knowledge.gap(kind, namespace) for kind in alternatives]
    lost = [gap for gap in gaps if gap is not None and gap.reason in LOST]
    decisive = gaps[0] is None and (alternatives[0], ALL) in knowledge.complete
    if decisive or (not lost and None in gaps):
        return None
    present = [gap for gap in gaps if gap is not None]
    first = min(lost or present, key=lambda gap: gap.reason is not Reason.UNDECIDED)
    return Gap(need, first.reason, first.message)


def _is_namespaced(need: str) -> bool:
    return KIND_NAMED[kinds([need])[0]].namespaced


def _namespaces(rule: Rule, snapshot: Snapshot, inhabited: dict[str, set[str]]) -> set[str]:
    """The namespaces in which there is something to examine; ``default/kubernetes`` alone is nothing.

    API servers write that Service's slice themselves, without pods.
    """
    examined = kinds(rule.examines)
    for kind in examined:
        if kind not in inhabited:
            inhabited[kind] = _of_kind(kind, snapshot)
    return set().union(*(inhabited[kind] for kind in examined)) - {""}


def _of_kind(kind: str, snapshot: Snapshot) -> set[str]:
    if kind == "Pod":
        return set(snapshot.pods.shapes.namespaces)
    return _inhabited(snapshot.slices.slices if kind == "EndpointSlice" else snapshot.objects.get(kind, ()))


def _inhabited(items: Sequence[Object]) -> set[str]:
    namespaces = {item.namespace for item in items}
    default = API_SERVER[0]
    if default in namespaces and all(_is_api_server(item) for item in items if item.namespace == default):
        namespaces.remove(default)
    return namespaces


def _is_api_server(item: Object) -> bool:
    return item.kind in {"Endpoints", "EndpointSlice", "Service"} and (item.namespace, item.name) == API_SERVER
