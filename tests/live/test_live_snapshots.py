"""Snapshots and exports say what the cluster itself says; what is in a snapshot, and what is left when it fails."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from netlint.objects import CONFIG_MAPS
from tests.support.controlplane import ControlPlane
from tests.support.live import faults, reading
from tests.support.live.objects import Object
from tests.support.live.relay import Answer, Forward, GoneError, Relay, Request
from tests.support.live.running import NOT_APPLICABLE, Run, check, command_line, environment, netlint
from tests.support.program import running

LISTS = {kind.name: reading.path(kind) for kind in reading.served()}
EXPORTED = ",".join([*(kind.resource for kind in reading.served()), "configmaps"])
TOTAL = len(LISTS) + len(CONFIG_MAPS)
CLUSTER_SCOPED = {kind.name for kind in reading.served() if not kind.namespaced}
PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
SERVICES = {"apiGroups": [""], "resources": ["services"], "verbs": ["list"]}


def _snapshot(file: Path, kubeconfig: Path, *arguments: str) -> Run:
    return netlint("snapshot", "-o", file, *arguments, kubeconfig=kubeconfig)


def _told(run: Run) -> object:
    """All that a report tells of the cluster, without the places in files."""
    return _without_places([run.report[part] for part in ("findings", "skips", "failures", "summary")])


def _without_places(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _without_places(value) for name, value in part.items() if name != "location"}
    return [_without_places(value) for value in part] if isinstance(part, list) else part


# Agreement


@pytest.mark.parametrize("name", ["cluster.json", "cluster.json.gz"])
def test_a_snapshot_says_what_the_cluster_says(faulty: ControlPlane, tmp_path: Path, name: str) -> None:
    live = check(faulty.kubeconfig())

    written = _snapshot(tmp_path / name, faulty.kubeconfig())
    read = check(None, tmp_path / name)

    messages = (
        f"netlint: reading admin at {faulty.url}\nnetlint: {TOTAL} of {TOTAL} lists written to {tmp_path / name}\n"
    )
    assert (written.code, written.out, written.err) == (0, "", messages)
    assert live.findings == faults.findings()
    assert (_told(read), read.errors, read.code) == (_told(live), [], 1)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_kubectl_export_says_what_the_cluster_says(faulty: ControlPlane, form: str) -> None:
    live = check(faulty.kubeconfig())

    export = check(None, "-", stdin=faulty.kubectl("get", EXPORTED, "-A", "-o", form))

    assert live.findings == faults.findings()
    assert (export.findings, export.errors, export.code) == (live.findings, [], 1)
    not_exported = {skip[0] for skip in live.not_applicable}
    assert live.skips == []
    assert [skip for skip in export.skips if skip[0] not in not_exported] == []


def test_a_snapshot_that_is_piped_says_the_same(faulty: ControlPlane) -> None:
    """A device is written itself, not replaced."""
    snapshot = _snapshot(Path("/dev/stdout"), faulty.kubeconfig())

    assert _told(check(None, "-", stdin=snapshot.out)) == _told(check(faulty.kubeconfig()))


def test_a_snapshot_of_namespaces_says_what_they_say(faulty: ControlPlane, tmp_path: Path) -> None:
    _snapshot(tmp_path / "lab.json", faulty.kubeconfig(), "-n", "lab")

    assert _told(check(None, tmp_path / "lab.json")) == _told(check(faulty.kubeconfig(), "-n", "lab"))


def test_a_snapshot_with_fewer_rights_says_what_its_user_may_know(faulty: ControlPlane, tmp_path: Path) -> None:
    """Each rule that is skipped live is skipped for the same reason, of which the terminal spoke."""
    faulty.grant("recorder", [PODS, SERVICES], namespace="lab")
    faulty.grant("recorder", [SERVICES], namespace="shop")
    namespaces = ("-n", "lab", "-n", "shop")

    written = _snapshot(tmp_path / "part.json", faulty.kubeconfig("recorder"), *namespaces)
    read = check(None, tmp_path / "part.json", "--strict")
    live = check(faulty.kubeconfig("recorder"), *namespaces, "--strict")

    assert (_told(read), read.errors, read.code) == (_told(live), [], live.code)
    pods = 'pods is forbidden: User "recorder" cannot list resource "pods" in API group "" in the namespace "shop"'
    assert ("duplicate-pod-ips", "forbidden", ["Pod"], ["Namespace shop"], pods) in read.skips
    of_two = sum(1 if kind.name in CLUSTER_SCOPED else 2 for kind in reading.served()) + len(CONFIG_MAPS)
    assert (written.code, written.err.splitlines()[-1]) == (
        0,
        f"netlint: 3 of {of_two} lists written to {tmp_path / 'part.json'}",
    )
    assert f"netlint: not in it: {pods}" in written.err.splitlines()


@pytest.mark.parametrize("left", [1, 3, -1])
def test_a_snapshot_that_was_cut_off_is_no_whole_one(faulty: ControlPlane, tmp_path: Path, left: int) -> None:
    """At the end of a line, where what is left of it is whole documents."""
    cut = tmp_path / "cut.json"
    _snapshot(cut, faulty.kubeconfig())
    lines = cut.read_text().splitlines(keepends=True)
    cut.write_text("".join(lines[:left]))

    run = check(None, cut)

    assert (run.code, run.errors) == (2, [f"{cut}: the snapshot was cut off; take it again"])
    assert [finding for finding in run.findings if finding not in faults.findings()] == []


# What is in it


def test_a_snapshot_holds_whole_objects_without_secrets(faulty: ControlPlane, tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    _snapshot(tmp_path / "cluster.json.gz", faulty.kubeconfig())

    with gzip.open(tmp_path / "cluster.json.gz", "rt") as file:
        text = file.read()
    header, *documents, trailer = map(json.loads, text.splitlines())
    assert header == {"apiVersion": "netlint.dev/v1", "kind": "SnapshotHeader"}
    assert not [word for word in ("SECRET", "managedFields", "last-applied", '"env', "settings") if word in text]
    lists = {each["kind"].removesuffix("List"): each for each in documents if each["kind"] != "ConfigMap"}
    objects = {kind: each["items"] for kind, each in lists.items()}
    assert objects == {kind: list(map(_stripped, faulty.admin.get(path)["items"])) for kind, path in LISTS.items()}
    kubeadm_config = faulty.admin.get("/api/v1/namespaces/kube-system/configmaps/kubeadm-config")
    assert [each for each in documents if each["kind"] == "ConfigMap"] == [_stripped(kubeadm_config)]

    assert before <= datetime.fromisoformat(trailer.pop("takenAt")) <= datetime.now(UTC)
    versions = {kind: each["metadata"]["resourceVersion"] for kind, each in lists.items()}
    assert all(int(version) > 0 for version in versions.values())
    complete = {"reason": None, "message": ""}
    config_maps = [("ConfigMap", within) for within, _ in CONFIG_MAPS]
    trailer["lists"] = [each for each in trailer["lists"] if each["reason"] != NOT_APPLICABLE]
    assert trailer == {
        "apiVersion": "netlint.dev/v1",
        "kind": "Snapshot",
        "server": {"context": "admin", "version": "v1.36.3"},
        "lists": [
            *({"kind": kind, "namespace": "*", "resourceVersion": versions[kind], **complete} for kind in LISTS),
            *({"kind": kind, "namespace": within, "resourceVersion": "", **complete} for kind, within in config_maps),
        ],
    }


def _stripped(served: Object) -> Object:
    """The object as a snapshot holds it."""
    served["metadata"].pop("managedFields", None)
    annotations = served["metadata"].get("annotations", {})
    annotations.pop("kubectl.kubernetes.io/last-applied-configuration", None)
    spec = served.get("spec", {})
    for inner in ("jobTemplate", "template"):
        spec = spec.get(inner, {}).get("spec", spec)
    for container in [*spec.get("initContainers", []), *spec.get("containers", [])]:
        container.pop("env", None)
        container.pop("envFrom", None)
    return served


def test_a_snapshot_holds_what_was_denied(faulty: ControlPlane, tmp_path: Path) -> None:
    faulty.grant("keeper", [PODS])

    written = _snapshot(tmp_path / "cluster.json", faulty.kubeconfig("keeper"))

    _, *documents, trailer = map(json.loads, (tmp_path / "cluster.json").read_text().splitlines())
    assert [each["kind"] for each in documents] == ["PodList"]
    lists = [each for each in trailer["lists"] if each["reason"] != NOT_APPLICABLE]
    reasons = [(each["kind"], each["namespace"], each["reason"]) for each in lists]
    assert reasons == [
        ("EndpointSlice", "*", "forbidden"),
        ("Pod", "*", None),
        *((kind, "*", "forbidden") for kind in sorted(LISTS.keys() - {"EndpointSlice", "Pod"})),
        *(("ConfigMap", within, "forbidden") for within, _ in CONFIG_MAPS),
    ]
    messages = [each["message"] for each in lists if each["reason"]]
    assert written.err.splitlines() == [
        f"netlint: reading keeper at {faulty.url}",
        *(f"netlint: not in it: {message}" for message in messages),
        f"netlint: 1 of {TOTAL} lists written to {tmp_path / 'cluster.json'}",
    ]
    forbidden = 'nodes is forbidden: User "keeper" cannot list resource "nodes" in API group "" at the cluster scope'
    assert forbidden in messages


# The file


def test_a_snapshot_replaces_the_file_and_is_its_owners(faulty: ControlPlane, tmp_path: Path) -> None:
    """The mode is that of a new file, whoever could read the old one; a link stays one."""
    old, link = tmp_path / "old.json", tmp_path / "link.json"
    old.write_text("{}")
    old.chmod(0o644)
    link.symlink_to(old)

    assert _snapshot(link, faulty.kubeconfig()).code == 0

    assert sorted(tmp_path.iterdir()) == [link, old]
    assert link.readlink() == old
    assert old.stat().st_mode & 0o777 == 0o600
    assert check(None, link).findings == faults.findings()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_snapshot_leaves_the_old_file(
    faulty: ControlPlane, tmp_path: Path, number: signal.Signals
) -> None:
    """While the server is silent on one list, and others are written."""
    file = tmp_path / "cluster.json"
    file.write_text("old")

    with _silent_on_pods(faulty) as (relay, asked):
        command = command_line("snapshot", "-o", file, kubeconfig=relay.kubeconfig())
        with running(*command, env=environment(), cwd="/", stderr=subprocess.PIPE, text=True) as run:
            assert asked.wait(30)
            assert len(list(tmp_path.iterdir())) == 2
            run.send_signal(number)
            _, messages = run.communicate()

    assert (run.returncode, messages) == (130, f"netlint: reading admin at {relay.url}\nnetlint: interrupted\n")
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {"cluster.json": "old"}


def test_an_interrupted_check_ends_at_once(faulty: ControlPlane, tmp_path: Path) -> None:
    with _silent_on_pods(faulty) as (relay, asked):
        command = command_line("check", "-o", f"json={tmp_path / 'report'}", kubeconfig=relay.kubeconfig())
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with running(*command, env=environment(), cwd="/", text=True, **streams) as run:
            assert asked.wait(30)
            run.send_signal(signal.SIGINT)
            out, messages = run.communicate()

    told = f"netlint: reading admin at {relay.url}\nnetlint: interrupted\n"
    assert (run.returncode, out, messages) == (130, "", told)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def _silent_on_pods(plane: ControlPlane) -> Iterator[tuple[Relay, threading.Event]]:
    """A relay that says nothing when it is asked for pods, and an event: that it was."""
    asked, released = threading.Event(), threading.Event()

    def answer(request: Request, forward: Forward) -> Answer:
        if request.path != LISTS["Pod"]:
            return forward(request)
        asked.set()
        released.wait(60)
        raise GoneError

    with Relay(plane, answer) as relay:
        yield relay, asked
        released.set()


def test_a_snapshot_that_a_server_breaks_off_leaves_no_file(faulty: ControlPlane, tmp_path: Path) -> None:
    def go_away(request: Request, forward: Forward) -> Answer:
        if request.path == LISTS["Service"]:
            raise GoneError
        return forward(request)

    with Relay(faulty, go_away) as relay:
        run = _snapshot(tmp_path / "cluster.json", relay.kubeconfig())

    assert_not_written(run, tmp_path, f"admin at {relay.url}: the connection broke off")


def test_nothing_is_written_of_what_nobody_may_read(faulty: ControlPlane, tmp_path: Path) -> None:
    run = _snapshot(tmp_path / "cluster.json", faulty.kubeconfig("stranger"))

    slices = 'endpointslices.discovery.k8s.io is forbidden: User "stranger" cannot list resource "endpointslices"'
    refused = f'{slices} in API group "discovery.k8s.io" at the cluster scope'
    assert_not_written(
        run, tmp_path, f"stranger: nothing may be read, starting with: {refused}; netlint rbac prints the roles"
    )


def test_nothing_is_written_of_a_namespace_that_does_not_exist(faulty: ControlPlane, tmp_path: Path) -> None:
    run = _snapshot(tmp_path / "cluster.json", faulty.kubeconfig(), "-n", "lab", "-n", "shoop")

    assert_not_written(run, tmp_path, "admin: there is no namespace 'shoop'")


def test_places_that_cannot_be_written(faulty: ControlPlane, tmp_path: Path) -> None:
    absent, full = tmp_path / "absent" / "cluster.json", Path("/dev/full")

    assert_not_written(_snapshot(absent, faulty.kubeconfig()), tmp_path, f"{absent}: No such file or directory")
    assert_not_written(_snapshot(tmp_path, faulty.kubeconfig()), tmp_path, f"{tmp_path}: Is a directory")
    assert_not_written(_snapshot(full, faulty.kubeconfig()), tmp_path, f"{full}: No space left on device")


def assert_not_written(run: Run, folder: Path, problem: str) -> None:
    """One line says why, after that which says what is read."""
    reading, *others = run.err.splitlines()
    assert reading.startswith("netlint: reading ")
    assert (run.code, run.out, others) == (2, "", [f"netlint: {problem}"])
    assert list(folder.iterdir()) == []
