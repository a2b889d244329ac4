"""Whether a rule may speak: what it needs held against what is known, in each namespace."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlint.evaluability import Evaluability, evaluability, kinds
from netlint.findings import Rule, Severity, Skip, Subject
from netlint.objects import WORKLOADS
from netlint.objects.core import Node, Service
from netlint.objects.discovery import EndpointSlice
from netlint.objects.meta import Object, ObjectMeta
from netlint.snapshot import Reason, Snapshot

ALL = "*"
Gaps = dict[tuple[str, str], tuple[Reason, str]]


def rule(examines: Iterable[str], needs: Iterable[str] = ()) -> Rule:
    return Rule("a-rule", "topic", "", Severity.ERROR, tuple(examines), tuple(needs))


def snapshot(objects: Iterable[str], complete: Iterable[tuple[str, str]] = (), gaps: Gaps | None = None) -> Snapshot:
    """Services and EndpointSlices, as ``kind namespace/name``, and Nodes, with what is known."""
    found = Snapshot()
    for text in objects:
        kind, _, full_name = text.partition(" ")
        namespace, _, name = full_name.rpartition("/")
        item: Object = {"Node": Node, "Service": Service, "EndpointSlice": EndpointSlice}[kind]()
        item.kind, item.metadata = kind, ObjectMeta(name=name, namespace=namespace)
        if isinstance(item, EndpointSlice):
            found.slices.add(item)
        else:
            found.objects.setdefault(kind, []).append(item)
    for kind, namespace in complete:
        found.knowledge.completed(kind, namespace)
    for (kind, namespace), (reason, message) in (gaps or {}).items():
        found.knowledge.withdraw(kind, namespace, reason, message)
    return found


def namespace(name: str) -> Subject:
    return Subject("v1", "Namespace", "", name)


def nowhere(reason: Reason, needs: tuple[str, ...], message: str) -> Evaluability:
    return Evaluability(False, set(), [Skip("a-rule", reason, needs, message)])


EVERYWHERE = Evaluability()
SHOP_AND_LAB = ("Service shop/web", "Service lab/web")
FORBIDDEN, INCOMPLETE, MISSING = Reason.FORBIDDEN, Reason.INCOMPLETE, Reason.MISSING
NO_POD = "no Pod in the input"


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(rule(["Service"]), snapshot(SHOP_AND_LAB), EVERYWHERE, id="nothing is needed"),
        pytest.param(rule([]), snapshot([]), EVERYWHERE, id="nothing is examined"),
        pytest.param(
            rule(["Service"]),
            snapshot([]),
            nowhere(MISSING, ("Service",), "no Service in the input"),
            id="nothing to examine",
        ),
        pytest.param(rule(["Service"]), snapshot([], [("Service", ALL)]), EVERYWHERE, id="surely nothing to examine"),
        pytest.param(
            rule(["Service", "EndpointSlice"]),
            snapshot(["EndpointSlice shop/a"]),
            EVERYWHERE,
            id="one of two to examine",
        ),
        pytest.param(
            rule(["Service"], ["Node"]),
            snapshot(SHOP_AND_LAB),
            nowhere(MISSING, ("Node",), "no Node in the input"),
            id="a need of the whole cluster",
        ),
        pytest.param(
            rule(["Service"], ["Pod"]),
            snapshot(SHOP_AND_LAB, [("Pod", "shop")]),
            Evaluability(True, {"lab"}, [Skip("a-rule", MISSING, ("Pod",), NO_POD, (namespace("lab"),))]),
            id="a need in one of two namespaces",
        ),
        pytest.param(
            rule(["Service"], ["Pod"]),
            snapshot(SHOP_AND_LAB),
            nowhere(MISSING, ("Pod",), NO_POD),
            id="a need in no namespace",
        ),
        pytest.param(
            rule(["Service"], ["Pod", "EndpointSlice"]),
            snapshot(SHOP_AND_LAB, [("Pod", "shop"), ("EndpointSlice", "lab")]),
            nowhere(MISSING, ("Pod", "EndpointSlice"), "no Pod or EndpointSlice in the input"),
            id="each namespace lacks another need",
        ),
        pytest.param(
            rule(["Service"], ["Pod", "EndpointSlice"]),
            snapshot(SHOP_AND_LAB, [], {("Pod", ALL): (FORBIDDEN, "pods: no")}),
            Evaluability(
                False,
                set(),
                [
                    Skip("a-rule", MISSING, ("EndpointSlice",), "no EndpointSlice in the input"),
                    Skip("a-rule", FORBIDDEN, ("Pod",), "pods: no"),
                ],
            ),
            id="two reasons",
        ),
        pytest.param(
            rule(["Service"], ["Pod"]),
            snapshot(
                ["Service default/kubernetes", "EndpointSlice default/kubernetes", "Service shop/web"],
                [("Pod", "shop")],
            ),
            EVERYWHERE,
            id="the API server's own Service asks for no pods",
        ),
        pytest.param(
            rule(["Service"], ["Pod"]),
            snapshot(["Service shop/web"], [("Pod", "shop")], {("Pod", "shop"): (INCOMPLETE, "Pod x is malformed")}),
            nowhere(INCOMPLETE, ("Pod",), "Pod x is malformed"),
            id="what was read is withdrawn",
        ),
        pytest.param(
            rule(["Service"], ["Pod"]),
            snapshot(
                SHOP_AND_LAB,
                [("Pod", ALL), ("Service", ALL)],
                {("Service", "lab"): (INCOMPLETE, "Service x is malformed")},
            ),
            Evaluability(
                True, set(), [Skip("a-rule", INCOMPLETE, ("Service",), "Service x is malformed", (namespace("lab"),))]
            ),
            id="something to examine is lost in a namespace",
        ),
        pytest.param(
            rule(["Node"]),
            snapshot(["Node a"], [("Node", ALL)], {("*", ALL): (INCOMPLETE, "a document cannot be read")}),
            Evaluability(
                True,
                set(),
                [Skip("a-rule", INCOMPLETE, ("Node",), "a document cannot be read", (Subject("v1", "Node", "", "*"),))],
            ),
            id="something of any kind is lost",
        ),
    ],
)
def test_where_a_rule_may_speak(asked: Rule, known: Snapshot, expected: Evaluability) -> None:
    assert evaluability(asked, known) == expected


WORKLOADS_KNOWN = [(kind, ALL) for kind in WORKLOADS]


@pytest.mark.parametrize(
    ("complete", "gaps", "message"),
    [
        pytest.param([("Pod", "shop")], {}, "", id="pods in a file"),
        pytest.param([("Deployment", "shop")], {}, "", id="workloads in a file"),
        pytest.param([("Deployment", "lab")], {}, NO_POD, id="workloads elsewhere"),
        pytest.param([("Pod", ALL)], {("Job", ALL): (FORBIDDEN, "jobs: no")}, "", id="all pods, but not all workloads"),
        pytest.param(
            WORKLOADS_KNOWN, {("Pod", ALL): (FORBIDDEN, "pods: no")}, "pods: no", id="operators make pods too"
        ),
        pytest.param(
            [("Pod", "shop"), ("StatefulSet", "shop")],
            {("Deployment", "shop"): (INCOMPLETE, "Deployment x is malformed")},
            "Deployment x is malformed",
            id="some pods in a file, but not all workloads",
        ),
        pytest.param(
            [("Pod", "shop")],
            {("Deployment", "lab"): (INCOMPLETE, "Deployment x is malformed")},
            "",
            id="not all workloads elsewhere",
        ),
        pytest.param(
            [("Pod", ALL)],
            {("Pod", "shop"): (INCOMPLETE, "Pod x is malformed")},
            "Pod x is malformed",
            id="all pods, but one could not be understood",
        ),
        pytest.param(
            [("Deployment", "shop")],
            {("Job", ALL): (Reason.NOT_APPLICABLE, "the server does not serve jobs")},
            "",
            id="a kind that the server does not know",
        ),
    ],
)
def test_alternatives(complete: list[tuple[str, str]], gaps: Gaps, message: str) -> None:
    """``Pod|Workload``: one that is known is enough, unless another one may hold what nobody could read."""
    found = evaluability(rule(["Service"], ["Pod|Workload"]), snapshot(["Service shop/web"], complete, gaps))
    reason = next((reason for reason, told in gaps.values() if told == message), MISSING)
    assert found == (nowhere(reason, ("Pod|Workload",), message) if message else EVERYWHERE)


def test_what_could_not_be_read_goes_before_what_is_not_there() -> None:
    """A kind that the server does not serve hides none that the user may not read."""
    gaps = {
        ("CiliumNode", ALL): (Reason.NOT_APPLICABLE, "the server does not serve ciliumnodes"),
        ("Node", ALL): (FORBIDDEN, "nodes is forbidden"),
    }
    found = evaluability(rule(["CiliumNode", "Node"]), snapshot([], (), gaps))
    assert found == nowhere(FORBIDDEN, ("Node",), "nodes is forbidden")


def test_names_that_stand_for_several_kinds() -> None:
    assert kinds(["Node", "Pod|Workload"]) == ["Node", "Pod", *WORKLOADS]


NAMESPACES = ("shop", "lab", "edge")
needed = st.sampled_from(["Pod", "EndpointSlice", "Node", "Pod|Deployment"])
places = st.sets(
    st.tuples(st.sampled_from(["Pod", "Deployment", "EndpointSlice"]), st.sampled_from([*NAMESPACES, ALL]))
)


@given(st.sets(needed), st.sets(st.sampled_from(NAMESPACES), min_size=1), places, places, st.booleans())
def test_where_a_rule_may_speak_in_random_knowledge(
    needs: set[str], there: set[str], complete: set[tuple[str, str]], lost: set[tuple[str, str]], nodes: bool
) -> None:
    gaps = dict.fromkeys(lost, (INCOMPLETE, "lost"))
    of_nodes = [("Node", ALL)] if nodes else []
    known = snapshot([f"Service {name}/web" for name in there], [*complete, *of_nodes], gaps)
    found = evaluability(rule(["Service"], sorted(needs)), known)

    def is_lost(kind: str, where: str) -> bool:
        return bool({(kind, where), (kind, ALL)} & lost)

    def is_known(kind: str, where: str) -> bool:
        return bool({(kind, where), (kind, ALL)} & complete) and not is_lost(kind, where)

    def is_met(need: str, where: str) -> bool:
        if need == "Node":
            return nodes
        alternatives = need.split("|")
        if any(is_lost(kind, where) for kind in alternatives):
            return (alternatives[0], ALL) in complete and is_known(alternatives[0], where)
        return any(is_known(kind, where) for kind in alternatives)

    blocked = {where for where in there if not all(is_met(need, where) for need in needs)}
    assert found.at_all is (blocked != there)
    assert found.blocked == (blocked if found.at_all else set())
    named = {subject.name for skip in found.skips for subject in skip.scope}
    assert named == (blocked if found.at_all else set())
    assert bool(found.skips) is bool(blocked)
