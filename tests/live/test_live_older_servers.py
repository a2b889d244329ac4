"""Servers that do not serve all kinds, or serve them in older versions."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

from netlint.objects import CONFIG_MAPS
from tests.support.controlplane import ControlPlane
from tests.support.live import faults, reading
from tests.support.live.relay import Answer, Forward, Relay, Request
from tests.support.live.running import check, netlint

SERVICE_CIDRS = "/apis/networking.k8s.io/v1/servicecidrs"
AS_1_32 = [
    "--emulated-version=1.33",  # the oldest that this server can be; 1.32 had no ServiceCIDRs by default
    "--feature-gates=MultiCIDRServiceAllocator=false",
    "--runtime-config=networking.k8s.io/v1/servicecidrs=false,networking.k8s.io/v1/ipaddresses=false",
]
UNDECLARED = (
    "cluster-ips-outside-service-cidrs",
    "missing",
    [],
    [],
    "nothing in the input declares the range of cluster IPs",
)
INFERRED = (
    "overlapping-cluster-ranges",
    "warning",
    "Node node-6",
    "node address 10.96.0.66 of Node node-6 overlaps range around cluster IPs of Service default/kubernetes",
)
AROUND = re.compile(r"around cluster IPs \S+")
NOT_SERVED = "the server does not serve servicecidrs.networking.k8s.io"


def test_a_kind_that_is_not_served_is_not_applicable(
    new_control_plane: Callable[..., ControlPlane], tmp_path: Path
) -> None:
    """Live and in a snapshot nothing is incomplete; a range around the cluster IPs stands in for the ServiceCIDR."""
    older = new_control_plane(controller_manager=False, api_server_flags=AS_1_32)
    faults.plant(older)
    file = tmp_path / "cluster.json"

    written = netlint("snapshot", "-o", file, kubeconfig=older.kubeconfig())
    runs = [
        check(source, *files, "--strict", "--fail-on", "never")
        for source, *files in ((older.kubeconfig(),), (None, file))
    ]

    total = len(reading.served()) - 2 + len(CONFIG_MAPS)  # neither ServiceCIDR nor IPAddress
    assert written.err.splitlines()[1:] == [f"netlint: {total} of {total} lists written to {file}"]
    for run in runs:
        found = [(*each[:3], AROUND.sub("around cluster IPs", each[3])) for each in run.findings]
        assert found == [INFERRED if each[0] == INFERRED[0] else each for each in faults.findings()]
        assert (run.skips, run.errors, run.code) == ([UNDECLARED], [], 3)
        gaps = [kind for kind in run.report["coverage"]["kinds"] if kind["kind"] == "ServiceCIDR"]
        gap = {"reason": "not-applicable", "message": NOT_SERVED}
        assert gaps == [_coverage("ServiceCIDR", gap)]


def _coverage(kind: str, gap: dict[str, str]) -> dict[str, object]:
    unseen = {"seen": 0, "complete": False, "completeIn": []}
    return {"kind": kind, "apiVersion": "networking.k8s.io/v1", **unseen, "gap": gap}


def test_without_batch_jobs(faulty: ControlPlane) -> None:
    """Workloads of other kinds are judged, and Services that select no pod."""

    def without(request: Request, forward: Forward) -> Answer:
        return Answer(404, b"404 page not found") if "/batch/" in request.path else forward(request)

    with Relay(faulty, without) as relay:
        run = check(relay.kubeconfig(), "--strict")

    assert run.findings == [
        each for each in faults.findings() if each[2] not in {"CronJob shop/clashing", "Job shop/clashing"}
    ]
    assert "conflicting-container-ports" not in {skip[0] for skip in run.not_applicable}
    assert (run.skips, run.errors, run.code) == ([], [], 1)


def test_an_older_version_is_asked_for_where_the_newest_is_not_served(faulty: ControlPlane) -> None:
    def only_beta(request: Request, forward: Forward) -> Answer:
        if request.path in (SERVICE_CIDRS, "/apis"):
            return Answer(404, b"404 page not found")
        return forward(
            dataclasses.replace(request, path=request.path.replace("v1beta1/servicecidrs", "v1/servicecidrs"))
        )

    with Relay(faulty, only_beta) as relay:
        run = check(relay.kubeconfig())

    assert (run.findings, run.skips, run.errors, run.code) == (faults.findings(), [], [], 1)
    asked = [request.path for request in relay.requests if "servicecidrs" in request.path]
    assert asked == [SERVICE_CIDRS, SERVICE_CIDRS.replace("v1", "v1beta1")]
