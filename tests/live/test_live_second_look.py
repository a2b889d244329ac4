"""What differs for a moment only, because lists are read one after the other, is not reported; what persists is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer

import pytest

from tests.support.controlplane import ControlPlane
from tests.support.live import objects, reading
from tests.support.live.objects import CONTROLLER, MANAGED_BY, SERVICE_NAME, SLICES, Object
from tests.support.live.relay import Answer, Forward, GoneError, Relay, Request, refusal
from tests.support.live.running import Run, check, netlint

STALE = ("10.244.1.98", "10.244.1.99")


@pytest.fixture(scope="module")
def plane(binaries: Path) -> Iterator[ControlPlane]:
    """Two Services with one pod each, in namespaces of their own; no controller looks after their slices."""
    with ControlPlane(binaries, users={"linter": []}, controller_manager=False) as running:
        running.add_node("node-1", ["192.168.0.1"], spec={"podCIDR": "10.244.1.0/24", "podCIDRs": ["10.244.1.0/24"]})
        running.admin.apply_many([objects.namespace(within) for within in ("shop", "lab")])
        for number, within in enumerate(("shop", "lab")):
            running.admin.create(objects.service("web", {"app": "web"}, within=within))
            pod = objects.pod("web-0", "node-1", within=within, labels={"app": "web"})
            running.run_pod(pod, f"10.244.1.1{number}")
        yield running


def _slice(within: str, *more: str) -> Object:
    """The slice of the Service there: its pod, and these addresses, which nobody has."""
    own = {"shop": "10.244.1.10", "lab": "10.244.1.11"}[within]
    endpoints: list[Object] = [
        {
            "addresses": [own],
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "nodeName": "node-1",
            "targetRef": {"kind": "Pod", "name": "web-0", "namespace": within},
        }
    ]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "web-1",
            "namespace": within,
            "labels": {SERVICE_NAME: "web", MANAGED_BY: CONTROLLER},
        },
        "addressType": "IPv4",
        "endpoints": [*endpoints, *({"addresses": [address]} for address in more)],
        "ports": [{"port": 80, "protocol": "TCP"}],
    }


def _write(plane: ControlPlane, **stale: tuple[str, ...]) -> None:
    for within in ("shop", "lab"):
        plane.admin.apply(_slice(within, *stale.get(within, ())))


def _finding(within: str, said: str) -> tuple[str, str, str, str]:
    return ("stale-endpoint-addresses", "error", f"Service {within}/web", said)


def _is_stale(address: str) -> str:
    return f"{address} is listed as IPv4 endpoint, but no live pod of the Service has it"


def _soon_after_the_slices_were_read(act: Callable[[], None]) -> Callable[[Request, Forward], Answer]:
    """Within the two seconds for which netlint waits, for which the lists that are still to be read take no time."""

    def answer(request: Request, forward: Forward) -> Answer:
        found = forward(request)
        if request.path == SLICES:
            Timer(0.8, act).start()
        return found

    return answer


def _asked_again(relay: Relay) -> list[str]:
    """What was asked for beyond the first reading, sorted."""
    return sorted((Counter(relay.targets) - Counter(reading.targets())).elements())


def test_what_heals_within_two_seconds_is_not_reported(plane: ControlPlane) -> None:
    """What persists is; only the namespaces of both were read once more."""
    _write(plane, shop=STALE[:1], lab=STALE[:1])

    with Relay(plane, _soon_after_the_slices_were_read(lambda: _write(plane, lab=STALE[:1]))) as relay:
        run = check(relay.kubeconfig(), patient=True)

    assert (run.findings, run.skips, run.errors, run.code) == ([_finding("lab", _is_stale(STALE[0]))], [], [], 1)
    assert run.err == f"netlint: reading admin at {relay.url}\n"
    assert _asked_again(relay) == reading.targets_again(("lab", "shop"), "EndpointSlice", "Node", "Pod", "Service")
    times = sorted(request.time for request in relay.requests)
    once = len(reading.targets())
    assert times[once] - times[once - 1] >= 2
    assert relay.most_in_flight <= 4


def test_of_several_addresses_those_that_persist_are_named(plane: ControlPlane) -> None:
    _write(plane, shop=STALE)

    with Relay(plane, _soon_after_the_slices_were_read(lambda: _write(plane, shop=STALE[1:]))) as relay:
        run = check(relay.kubeconfig(), patient=True)

    assert (run.findings, run.code) == ([_finding("shop", _is_stale(STALE[1]))], 1)


def test_one_fault_after_the_other_is_none_that_persists(plane: ControlPlane) -> None:
    """As while the pods of a Service are replaced one by one."""
    _write(plane, shop=STALE[:1])

    with Relay(plane, _soon_after_the_slices_were_read(lambda: _write(plane, shop=STALE[1:]))) as relay:
        run = check(relay.kubeconfig(), patient=True)

    assert (run.findings, run.skips, run.errors, run.code) == ([], [], [], 0)


def test_an_object_that_is_gone_is_no_fault(plane: ControlPlane) -> None:
    """A Service without pods, which is deleted."""
    _write(plane)
    passing = objects.service("passing", {"app": "passing"}, within="lab")
    plane.admin.create(passing)

    with Relay(plane, _soon_after_the_slices_were_read(lambda: plane.admin.delete(passing))) as relay:
        run = check(relay.kubeconfig(), patient=True)

    assert (run.findings, run.code) == ([], 0)
    assert _asked_again(relay) == reading.targets_again(["lab"], "Pod", "Service")


def test_where_nothing_is_found_nothing_is_read_again(plane: ControlPlane) -> None:
    _write(plane)

    with Relay(plane) as relay:
        run = check(relay.kubeconfig(), patient=True)

    assert (run.findings, run.code) == ([], 0)
    assert relay.targets == reading.targets()


def _denied(request: Request, forward: Forward) -> Answer:
    return refusal(403, "Forbidden", "pods is forbidden by now") if _is_pods_again(request) else forward(request)


def _gone(request: Request, forward: Forward) -> Answer:
    if _is_pods_again(request):
        raise GoneError
    return forward(request)


def _is_pods_again(request: Request) -> bool:
    return request.path == "/api/v1/namespaces/shop/pods"


@pytest.mark.parametrize(
    ("behave", "reason"), [(_denied, "pods is forbidden by now"), (_gone, "the list of pods broke off")]
)
def test_what_cannot_be_read_again_stays(
    plane: ControlPlane, behave: Callable[[Request, Forward], Answer], reason: str
) -> None:
    """Although it has healed: nobody knows. What could be read again was judged."""
    _write(plane, shop=STALE[:1], lab=STALE[:1])
    heal = _soon_after_the_slices_were_read(lambda: _write(plane))

    with Relay(plane, lambda request, forward: behave(request, lambda each: heal(each, forward))) as relay:
        run = check(relay.kubeconfig(), patient=True)

    assert (run.findings, run.skips, run.errors, run.code) == ([_finding("shop", _is_stale(STALE[0]))], [], [], 1)
    assert run.err == (
        f"netlint: reading admin at {relay.url}\nnetlint: could not look again, what was found stays: {reason}\n"
    )


def test_the_roles_that_netlint_prints_are_enough_to_look_again(plane: ControlPlane) -> None:
    _write(plane, shop=STALE[:1])
    plane.kubectl("apply", "-f", "-", stdin=netlint("rbac", "--user", "linter").out)

    run = check(plane.kubeconfig("linter"), "--strict")

    assert (run.findings, run.skips, run.errors, run.code) == ([_finding("shop", _is_stale(STALE[0]))], [], [], 1)
    assert run.err.count("\n") == 1


def test_a_snapshot_is_not_looked_at_twice(plane: ControlPlane, tmp_path: Path) -> None:
    """It says what was there when it was written, whatever the cluster that a kubeconfig names says by now."""
    _write(plane, shop=STALE[:1])
    netlint("snapshot", "-o", tmp_path / "cluster.json", kubeconfig=plane.kubeconfig())
    live = check(plane.kubeconfig(), patient=True)
    _write(plane)

    with Relay(plane) as relay:
        read = check(None, tmp_path / "cluster.json", env={"KUBECONFIG": str(relay.kubeconfig())}, patient=True)

    assert live.findings == read.findings == [_finding("shop", _is_stale(STALE[0]))]
    assert relay.targets == []


def test_a_service_is_looked_at_twice_where_something_is_wrong_with_it(plane: ControlPlane) -> None:
    """What is wrong with others is no reason to wait."""
    _write(plane, shop=STALE[:1], lab=STALE[:1])

    with Relay(plane, _soon_after_the_slices_were_read(lambda: _write(plane, shop=STALE[:1]))) as relay:
        healed = _service("lab/web", relay)
    _write(plane, shop=STALE[:1])
    with Relay(plane) as relay:
        right = _service("lab/web", relay)

    assert (healed.out, healed.code) == (right.out, right.code)
    assert right.code == 0
    assert _asked_again(relay) == []


def _service(name: str, relay: Relay) -> Run:
    return netlint("service", name, kubeconfig=relay.kubeconfig(), patient=True)
