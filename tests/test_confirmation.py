"""What a second look leaves of the findings: only what is still there, and what could not be looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from netlint import catalogue, confirmation, engine, sources
from netlint.config import Config
from netlint.confirmation import Places
from netlint.engine import Result
from netlint.snapshot import Knowledge, Reason, Snapshot
from netlint.snapshot.knowledge import ALL

TODAY = date(2026, 11, 1)
RULES = ("stale-endpoint-addresses", "services-without-pods", "unallocated-cluster-ips")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirmation, "PAUSE", 0)


class Cluster:
    """Services with one pod each, as lists of all namespaces would show them."""

    def __init__(self, folder: Path, **stale: list[str]) -> None:
        """``stale``: addresses that nobody has in the slices of these namespaces' Services."""
        self.folder = folder
        self.stale = stale
        self.without_pods: set[str] = set()

    def read(self, *namespaces: str) -> Snapshot:
        """All of these namespaces, of all that there are without any."""
        text = "---\n".join(self._objects(namespace) for namespace in namespaces or self.stale)
        file = self.folder / "cluster.yaml"
        file.write_text(text or "{}", encoding="utf-8")
        snapshot, _ = sources.read(sources.Files((str(file),)), (), "default")
        snapshot.knowledge = Knowledge()
        for kind in ("EndpointSlice", "Pod", "Service"):
            for namespace in namespaces or (ALL,):
                snapshot.knowledge.completed(kind, namespace)
        return snapshot

    def _objects(self, namespace: str) -> str:
        if namespace not in self.stale:
            return ""
        number = list(self.stale).index(namespace)
        phase = "Failed" if namespace in self.without_pods else "Running"
        endpoints = [f"{{addresses: [{address}]}}" for address in self.stale[namespace]]
        right = (
            f"{{addresses: [10.1.0.{number}], conditions: {{ready: true, serving: true, terminating: false}}, "
            "nodeName: n1, targetRef: {kind: Pod, name: web}}"
        )
        return f"""\
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: {namespace}}}
spec: {{clusterIP: None, ipFamilies: [IPv4], selector: {{app: web}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: {namespace}, labels: {{app: web}}}}
spec: {{nodeName: n1, containers: [{{name: web}}]}}
status:
  phase: {phase}
  podIPs: [{{ip: 10.1.0.{number}}}]
  conditions: [{{type: Ready, status: "True"}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: web-1
  namespace: {namespace}
  labels: {{kubernetes.io/service-name: web, endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}}
addressType: IPv4
endpoints: [{", ".join([right, *endpoints])}]
ports: [{{port: 80, protocol: TCP}}]
"""


def run(snapshot: Snapshot) -> Result:
    return engine.run(snapshot, map(catalogue.named, RULES), Config(), TODAY)


def told(result: Result) -> list[tuple[str, str, str]]:
    return [
        (found.rule.name, found.violation.subject.namespace, found.violation.message.partition(" is ")[0])
        for found in result.findings
    ]


STALE = "stale-endpoint-addresses"


def test_only_what_persists_is_left(tmp_path: Path) -> None:
    """Entry for entry; what is found only now has not persisted."""
    cluster = Cluster(tmp_path, a=["10.1.9.1"], b=["10.1.9.2"], c=["10.1.9.3", "10.1.9.4"], d=["10.1.9.5"], e=[])
    result = run(cluster.read())
    asked: list[Places] = []

    def look(places: Places) -> Snapshot:
        asked.append(places)
        cluster.stale.update(a=[], c=["10.1.9.4"], d=["10.1.9.6"], e=["10.1.9.7"])
        return cluster.read(*places["Pod"])

    assert confirmation.confirm(result, result.open, Config(), TODAY, look) == []
    assert told(result) == [(STALE, "b", "10.1.9.2"), (STALE, "c", "10.1.9.4")]
    assert asked == [{"Node": {ALL}, **{kind: {"a", "b", "c", "d"} for kind in ("EndpointSlice", "Pod", "Service")}}]


def test_what_is_gone_is_no_fault(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, a=["10.1.9.1"], b=["10.1.9.2"])
    result = run(cluster.read())

    def look(places: Places) -> Snapshot:
        del cluster.stale["a"]
        return cluster.read(*places["Pod"])

    confirmation.confirm(result, result.open, Config(), TODAY, look)

    assert told(result) == [(STALE, "b", "10.1.9.2")]
    assert [result.snapshot.count(kind) for kind in ("EndpointSlice", "Pod", "Service")] == [1, 1, 1]


def test_another_shape_of_pods_leaves_nothing_of_the_old_one(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, a=["10.1.9.1"], b=[])
    result = run(cluster.read())
    confirmation.confirm(result, result.open, Config(), TODAY, lambda _: cluster.read("a"))
    assert sorted(shape.namespace for shape in result.snapshot.pods.shapes) == ["a", "b"]


def test_what_could_not_be_read_stays(tmp_path: Path) -> None:
    """Although it has healed; what could be read is judged."""
    cluster = Cluster(tmp_path, a=["10.1.9.1"], b=["10.1.9.2"])
    result = run(cluster.read())

    def look(_: Places) -> Snapshot:
        cluster.stale.update(a=[], b=[])
        later = cluster.read("a")
        later.knowledge.withdraw("Pod", "b", Reason.FORBIDDEN, "pods is forbidden")
        return later

    reasons = confirmation.confirm(result, result.open, Config(), TODAY, look)

    assert (told(result), reasons) == ([(STALE, "b", "10.1.9.2")], ["pods is forbidden"])


def test_what_was_not_readable_the_first_time_is_not_asked_for(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, a=["10.1.9.1"])
    snapshot = cluster.read()
    result = run(snapshot)
    snapshot.knowledge.withdraw("Service", ALL, Reason.FORBIDDEN, "services is forbidden")
    asked: list[Places] = []

    confirmation.confirm(result, result.open, Config(), TODAY, lambda places: asked.append(places) or cluster.read("a"))

    assert asked == [{"EndpointSlice": {"a"}, "Node": {ALL}, "Pod": {"a"}, "Service": set()}]


def test_a_rule_that_crashes_the_second_time_confirms_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(tmp_path, a=["10.1.9.1"])
    result = run(cluster.read())

    def crash(_: object) -> Iterator[None]:
        raise RuntimeError

    monkeypatch.setitem(engine.CHECKS, STALE, crash)
    confirmation.confirm(result, result.open, Config(), TODAY, lambda _: cluster.read("a"))

    assert (told(result), result.failures) == ([(STALE, "a", "10.1.9.1")], [])


def test_many_namespaces_are_read_in_one_list(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, **{f"n{number}": ["10.1.9.1"] for number in range(confirmation.FEW + 1)})
    result = run(cluster.read())
    asked: list[Places] = []

    confirmation.confirm(result, result.open, Config(), TODAY, lambda places: asked.append(places) or cluster.read())

    assert asked == [{kind: {ALL} for kind in ("EndpointSlice", "Node", "Pod", "Service")}]
    assert len(told(result)) == confirmation.FEW + 1


def test_namespaces_are_read_one_by_one_where_a_list_of_everything_has_more_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {f"n{number}" for number in range(confirmation.FEW + 1)}
    cluster = Cluster(tmp_path, **{name: ["10.1.9.1"] for name in sorted(names)})
    result = run(cluster.read())
    asked: list[Places] = []
    monkeypatch.setattr(confirmation, "PAGE", 1)

    confirmation.confirm(result, result.open, Config(), TODAY, lambda places: asked.append(places) or cluster.read())

    assert asked == [{"Node": {ALL}, **dict.fromkeys(("EndpointSlice", "Pod", "Service"), names)}]
