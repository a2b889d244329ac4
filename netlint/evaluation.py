"""The verdicts of each rule, before severities and suppressions; large clusters keep two processes busy."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field

from netlint.checks import CHECKS
from netlint.cluster import Cluster
from netlint.evaluability import Evaluability, evaluability
from netlint.findings import Failure, Rule, Undecided, Violation
from netlint.forks import Children, cores
from netlint.memory import resident, uncollected

WORTH_A_PROCESS = 10_000
"""From so many objects on the rules take longer than a second process needs to start."""
MOST_COPIED = 180 << 20
"""From so many bytes on a second process would cost more memory than time: it copies every object that it looks at."""
OF_ADDRESSES = {"addressing", "nodes", "pods"}
"""The topics whose rules look up the addresses of all nodes and pods, as those about the address plan do."""


@dataclass(slots=True)
class Evaluation:
    """The verdicts of one rule, where it may speak at all."""

    rule: Rule
    possible: Evaluability
    verdicts: list[Violation | Undecided] = field(default_factory=list)
    failure: Failure | None = None


def evaluate(rules: list[Rule], cluster: Cluster) -> list[Evaluation]:
    """Evaluate the rules that have a check, in the order of the rules."""
    checked = [rule for rule in rules if rule.name in CHECKS]
    snapshot = cluster.view.snapshot
    size = len(snapshot.pods) + len(snapshot.slices) + sum(map(len, snapshot.objects.values()))
    with uncollected(), Children() as children:
        if size < WORTH_A_PROCESS or cores() == 1 or resident() > MOST_COPIED:
            return _evaluations(checked, cluster)
        others = _part(checked, of_addresses=False)
        children.start(lambda stream: pickle.dump(_evaluations(others, cluster), stream))
        evaluations = _evaluations(_part(checked, of_addresses=True), cluster)
        for child in children:
            evaluations += child.received()
    order = {rule.name: number for number, rule in enumerate(checked)}
    return sorted(evaluations, key=lambda evaluation: order[evaluation.rule.name])


def _part(rules: list[Rule], of_addresses: bool) -> list[Rule]:
    """The rules that share the address plan and the pods' addresses, or those that share the model of endpoints."""
    return [rule for rule in rules if _is_of_addresses(rule) is of_addresses]


def _is_of_addresses(rule: Rule) -> bool:
    return rule.topic in OF_ADDRESSES or "AddressPlan" in (*rule.examines, *rule.needs, *rule.consults)


def _evaluations(rules: Iterable[Rule], cluster: Cluster) -> list[Evaluation]:
    inhabited: dict[str, set[str]] = {}
    return [_evaluation(rule, cluster, evaluability(rule, cluster.view.snapshot, inhabited)) for rule in rules]


def _evaluation(rule: Rule, cluster: Cluster, possible: Evaluability) -> Evaluation:
    evaluation = Evaluation(rule, possible)
    if possible.at_all:
        try:
            evaluation.verdicts = list(CHECKS[rule.name](cluster))
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            evaluation.failure = Failure(rule.name, message, traceback.format_exc())
    return evaluation
