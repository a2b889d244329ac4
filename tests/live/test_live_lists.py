"""Lists of the API: pages, lists that expire, servers that are busy or go away, and what is asked for at all."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from netlint import __version__, addresses, sources
from netlint.sources.live import apiserver
from tests.support.controlplane import ControlPlane
from tests.support.live import objects, reading
from tests.support.live.objects import Object
from tests.support.live.relay import (
    Answer,
    Behaviour,
    Forward,
    GoneError,
    Relay,
    Request,
    in_pages_of,
    passing_on,
    refusal,
)
from tests.support.live.running import Run, check, netlint

PODS = 603  # two pages
TWINS = ("duplicate-pod-ips", "error", "Pod lab/pod-0000", "10.0.0.0 also belongs to Pod shop/pod-0602")
LONELY = ("services-without-pods", "warning", "Service shop/web", "app=web selects no pod in namespace shop")
# One rule that looks at pods, one that concludes from their absence, and one that does without them.
OF_PODS = ("duplicate-pod-ips", "services-without-pods", "overlapping-pod-cidrs")
BROKEN_OFF = [
    ("duplicate-pod-ips", "incomplete", ["Pod"], ["Pod *"], "the list of pods broke off"),
    ("services-without-pods", "incomplete", ["Pod|Workload"], [], "the list of pods broke off"),
]


@pytest.fixture(scope="module")
def crowded(binaries: Path) -> Iterator[ControlPlane]:
    """A cluster whose pods fill more than a page; the first and the last one have the same address."""
    flags = ["--feature-gates=ListFromCacheSnapshot=false"]  # so that lists expire when etcd forgets the past
    with ControlPlane(binaries, controller_manager=False, api_server_flags=flags) as plane:
        plane.admin.apply_many([*map(objects.namespace, ("lab", "shop")), *map(_node, range(3))])
        plane.admin.create(objects.service("web", {"app": "web"}, within="shop"))
        plane.admin.in_parallel(lambda pod: _run(plane, pod), map(_pod, range(PODS)))
        yield plane


def _node(number: int) -> Object:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{number}"}}


def _pod(number: int) -> Object:
    within = "lab" if number < PODS // 2 else "shop"
    return objects.pod(f"pod-{number:04}", f"node-{number % 3}", within=within)


def _run(plane: ControlPlane, pod: Object) -> None:
    number = int(pod["metadata"]["name"].removeprefix("pod-")) % (PODS - 1)
    plane.admin.create(pod)
    plane.admin.patch_status(pod, {"phase": "Running", "podIPs": [{"ip": f"10.0.{number // 250}.{number % 250}"}]})


def _rules(*names: str) -> list[str]:
    return [word for name in names for word in ("--select", name)]


# Pages


def test_all_pages_are_read(crowded: ControlPlane) -> None:
    """A fault between pods of the first and the last page is found."""
    run = check(crowded.kubeconfig())

    assert (run.findings, run.seen["Pod"], run.errors, run.code) == ([TWINS, LONELY], PODS, [], 1)


@pytest.mark.parametrize("size", [apiserver.PAGE, 37])
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the client of the API keeps its connections
def test_every_pod_is_read_once(crowded: ControlPlane, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(apiserver, "PAGE", size)

    snapshot, _ = sources.read(sources.LiveCluster(crowded.kubeconfig()), ["Pod"], "default")

    table = snapshot.pods
    read = [
        (table.shapes[shape].namespace, name, addresses.text(4, address))
        for shape, name, address in zip(table.shape, table.names, table.v4, strict=True)
    ]
    pods = crowded.admin.list("/api/v1/pods")
    assert read == [(*objects.key(pod), pod["status"]["podIP"]) for pod in pods]
    assert len(read) == PODS


def test_small_pages_give_the_same_report(crowded: ControlPlane) -> None:
    whole = check(crowded.kubeconfig())

    with Relay(crowded, in_pages_of(49)) as relay:
        paged = check(relay.kubeconfig())

    assert _told(paged) == _told(whole)
    asked = Counter(request.path for request in relay.requests if request.continues and "rbac" not in request.path)
    again = "/api/v1/namespaces/shop/pods"  # where a Service has no pods
    assert asked == {"/api/v1/pods": PODS // 49, again: (PODS - PODS // 2) // 49}


def _told(run: Run) -> object:
    """All that a report tells of the cluster."""
    return [run.report[part] for part in ("coverage", "findings", "skips", "failures", "summary")]


# Lists that expire


def test_a_list_that_expires_is_read_anew(crowded: ControlPlane) -> None:
    """What changed in the meantime is read, too, and what was read before is not counted twice."""
    late = objects.pod("a-late-one", "node-0", within="lab")

    def forget_once(request: Request, forward: Forward) -> Answer:
        if request.continues and 410 not in relay.statuses:
            crowded.admin.create(late)
            crowded.compact()
        return forward(request)

    with Relay(crowded, forget_once) as relay:
        try:
            run = check(relay.kubeconfig())
        finally:
            crowded.admin.delete(late)

    assert (run.findings, run.seen["Pod"], run.skips, run.errors, run.code) == (
        [TWINS, LONELY],
        PODS + 1,
        [],
        [],
        1,
    )
    assert relay.statuses.count(410) == 1


def _forgetting(plane: ControlPlane) -> Behaviour:
    """The server never knows where a list was."""

    def forget(request: Request, forward: Forward) -> Answer:
        if request.continues:
            plane.compact()
        return forward(request)

    return forget


def test_a_list_that_always_expires_is_incomplete(crowded: ControlPlane) -> None:
    """Of the pods that were read, two have the same address in no part of the list."""
    with Relay(crowded, _forgetting(crowded)) as relay:
        run = check(relay.kubeconfig(), *_rules(*OF_PODS))

    error = f"admin at {relay.url}: the list of pods expired 3 times while it was read"
    assert (run.findings, run.skips, run.errors, run.code) == ([], BROKEN_OFF, [error], 2)
    assert relay.statuses.count(410) == 3


def test_a_snapshot_holds_a_list_that_expired_once(crowded: ControlPlane, tmp_path: Path) -> None:
    """Every page of it is from the same moment."""

    def forget_once(request: Request, forward: Forward) -> Answer:
        if request.continues and 410 not in relay.statuses:
            crowded.compact()
        return forward(request)

    with Relay(crowded, forget_once) as relay:
        run = netlint("snapshot", "-o", tmp_path / "cluster.json.gz", kubeconfig=relay.kubeconfig())

    assert run.code == 0
    with gzip.open(tmp_path / "cluster.json.gz") as file:
        documents = list(map(json.loads, file))
    pages = [document for document in documents if document["kind"] == "PodList"]
    names = [pod["metadata"]["name"] for page in pages for pod in page["items"]]
    assert names == [f"pod-{number:04}" for number in range(PODS)]
    assert len({page["metadata"]["resourceVersion"] for page in pages}) == 1


def test_a_snapshot_is_not_written_where_a_list_always_expires(crowded: ControlPlane, tmp_path: Path) -> None:
    with Relay(crowded, _forgetting(crowded)) as relay:
        run = netlint("snapshot", "-o", tmp_path / "cluster.json", kubeconfig=relay.kubeconfig())

    error = f"admin at {relay.url}: the list of pods expired 3 times while it was read"
    assert (run.code, run.err) == (2, f"netlint: reading admin at {relay.url}\nnetlint: {error}\n")
    assert list(tmp_path.iterdir()) == []


# Servers that are busy


@pytest.mark.parametrize(("status", "reason"), [(429, "TooManyRequests"), (503, "ServiceUnavailable")])
def test_a_busy_server_is_asked_again_when_it_says(crowded: ControlPlane, status: int, reason: str) -> None:
    def busy_at_first(request: Request, forward: Forward) -> Answer:
        if sum(request.path == other.path for other in relay.requests) == 1:
            return refusal(status, reason, "too busy", Retry_After="1")
        return forward(request)

    with Relay(crowded, busy_at_first) as relay:
        run = check(relay.kubeconfig(), *_rules("duplicate-pod-ips"))

    assert (run.findings, run.errors, run.seen, run.code) == ([TWINS], [], {"Node": 3, "Pod": PODS}, 1)
    requests = [request for request in relay.requests if request.path != "/api/v1/nodes"]
    (version, version_again), (pods, pods_again) = requests[:2], requests[2:4]
    assert (version.target, pods.target) == (version_again.target, pods_again.target)
    assert version_again.time - version.time >= 1
    assert pods_again.time - pods.time >= 1


def test_nobody_waits_beyond_the_timeout_for_a_busy_server(crowded: ControlPlane) -> None:
    def busy(request: Request, forward: Forward) -> Answer:
        return refusal(429, "TooManyRequests", "too busy", Retry_After="30")

    started = time.monotonic()
    with Relay(crowded, busy) as relay:
        run = check(relay.kubeconfig(), "--request-timeout", "20", *_rules("duplicate-pod-ips"))

    assert time.monotonic() - started < 20
    assert (run.findings, run.errors, run.code) == ([], [f"admin at {relay.url}: too busy"], 2)
    assert run.skips == [("duplicate-pod-ips", "incomplete", ["Pod"], [], "the cluster could not be read")]


# Servers that go away


def _too_busy(request: Request, forward: Forward) -> Answer:
    return refusal(429, "TooManyRequests", "too busy", Retry_After="90")


def _broken(request: Request, forward: Forward) -> Answer:
    return refusal(500, "InternalError", "etcd is gone")


def _logged_out(request: Request, forward: Forward) -> Answer:
    return refusal(401, "Unauthorized", "Unauthorized")


def _silent(request: Request, forward: Forward) -> Answer:
    raise GoneError


def _half(request: Request, forward: Forward) -> Answer:
    return replace(forward(request), cut_at=1000)


def _no_list(request: Request, forward: Forward) -> Answer:
    return Answer(200, b"<html>Please log in</html>")


@pytest.mark.parametrize(
    ("going_on", "problem"),
    [
        (_too_busy, "the list of pods broke off: too busy"),
        (_broken, "the list of pods broke off: etcd is gone"),
        (_logged_out, "the list of pods broke off: Unauthorized: the credentials are not accepted; log in again"),
        (_silent, "the connection broke off"),
        (_half, "the connection broke off"),
        (_no_list, "the list of pods is no list: JSON is malformed: invalid character (byte 0)"),
    ],
)
def test_a_list_that_breaks_off_is_an_error_and_a_gap(crowded: ControlPlane, going_on: Behaviour, problem: str) -> None:
    """Rules that need all pods are skipped; those that look at pods have looked at the first page."""

    def break_off(request: Request, forward: Forward) -> Answer:
        return (going_on if request.continues else passing_on)(request, forward)

    with Relay(crowded, break_off) as relay:
        run = check(relay.kubeconfig(), *_rules(*OF_PODS))

    error = f"admin at {relay.url}: {problem}"
    assert (run.findings, run.skips, run.errors, run.code) == ([], BROKEN_OFF, [error], 2)
    assert run.seen["Pod"] == apiserver.PAGE
    assert run.err == f"netlint: reading admin at {relay.url}\nnetlint: {error}\n"


def test_a_server_that_goes_away_for_good_is_told_once(crowded: ControlPlane) -> None:
    """In the middle of the list of pods, when all other lists are read; the ConfigMaps cannot be read, either."""

    def go_away(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if not request.continues:
            lists_read.release()
            return answer
        for _ in ("/version", "/apis", *KINDS_OF_RANGES):
            assert lists_read.acquire(timeout=30)
        relay.stop()
        raise GoneError

    lists_read = threading.Semaphore(0)
    with Relay(crowded, go_away) as relay:
        run = netlint("check", "--select", "overlapping-pod-cidrs", kubeconfig=relay.kubeconfig())

    assert run.code == 2
    assert run.err == f"netlint: reading admin at {relay.url}\n"
    assert [line for line in run.out.splitlines() if line.startswith("error")] == [
        f"error: admin at {relay.url}: the connection broke off",
        f"error: admin at {relay.url}: the connection is refused; is the server running?",
    ]


KINDS_OF_RANGES = ("DaemonSet", "Node", "Pod")  # which the rule reads, besides ConfigMaps


# What is asked for


def test_only_what_the_rules_read_is_asked_for(crowded: ControlPlane) -> None:
    """Lists of some kinds, and ConfigMaps by name; no Secrets, and nothing but reading."""
    with Relay(crowded) as relay:
        check(relay.kubeconfig())

    again = reading.targets_again(["shop"], "Pod", "Service")  # where a Service has no pods
    assert _first_pages(relay) == sorted([*reading.targets(), *again])
    assert {request.method for request in relay.requests} == {"GET"}
    assert {request.headers["User-Agent"] for request in relay.requests} == {f"netlint/{__version__}"}


def test_a_snapshot_asks_for_the_same(crowded: ControlPlane, tmp_path: Path) -> None:
    with Relay(crowded) as relay:
        netlint("snapshot", "-o", tmp_path / "cluster.json", kubeconfig=relay.kubeconfig())

    assert _first_pages(relay) == reading.targets()
    assert {request.method for request in relay.requests} == {"GET"}


def _first_pages(relay: Relay) -> list[str]:
    return sorted(request.target for request in relay.requests if not request.continues)


def test_one_rule_asks_only_for_its_kinds(crowded: ControlPlane) -> None:
    with Relay(crowded) as relay:
        check(relay.kubeconfig(), *_rules("duplicate-pod-ips"))

    asked = [(request.path, sorted(request.query)) for request in relay.requests]
    assert asked[0] == ("/version", [])
    assert sorted(asked[1:]) == [  # side by side
        ("/api/v1/nodes", ["limit"]),
        ("/api/v1/pods", ["continue", "limit"]),
        ("/api/v1/pods", ["limit"]),
    ]


def test_namespaces_are_asked_for_one_by_one(crowded: ControlPlane) -> None:
    with Relay(crowded, in_pages_of(1000)) as relay:
        check(relay.kubeconfig(), "-n", "lab", "-n", "shop", *_rules("pod-ips-outside-node-range"))

    lists = reading.targets("pod-ips-outside-node-range", namespaces=["lab", "shop"])
    assert relay.targets == sorted(["/api/v1/namespaces/lab", "/api/v1/namespaces/shop", *lists])


def test_at_most_four_requests_are_in_flight(crowded: ControlPlane) -> None:
    """The first four are held until they are there together, and a while longer for a fifth one to come."""

    def hold(request: Request, forward: Forward) -> Answer:
        if request.path not in ("/version", "/apis") and not together.is_set():
            if relay.in_flight == 4:
                time.sleep(0.3)
                together.set()
            together.wait(10)
        return forward(request)

    together = threading.Event()
    with Relay(crowded, hold) as relay:
        run = check(relay.kubeconfig())

    assert (relay.most_in_flight, run.findings, run.code) == (4, [TWINS, LONELY], 1)
