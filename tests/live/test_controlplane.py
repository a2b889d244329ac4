"""The control plane of the live tests behaves like that of a real cluster."""

from __future__ import annotations

import ipaddress
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.controlplane import ApiError, Client, ControlPlane, KubectlError, ServerError, prepare
from tests.support.program import ROOT, execute, running

Object = dict[str, Any]
NewControlPlane = Callable[..., ControlPlane]

PODS_READER = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}


def pod(name: str, node: str, app: str = "web", **spec: Any) -> Object:
    containers = [{"name": "web", "image": "web", "ports": [{"name": "http", "containerPort": 8080}]}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": app}},
        "spec": {"nodeName": node, "containers": containers, **spec},
    }


def service(name: str, **spec: Any) -> Object:
    default = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": default | spec}


def slices_of(plane: ControlPlane, name: str) -> list[Object]:
    path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
    return plane.admin.list(path, labelSelector=f"kubernetes.io/service-name={name}")


def endpoints_of(plane: ControlPlane, name: str) -> set[tuple[str, str, bool, bool, bool]]:
    """Address, pod and the conditions ready, serving and terminating of each endpoint."""
    kinds = ("ready", "serving", "terminating")
    return {
        (address, end["targetRef"]["name"], *(end["conditions"][kind] for kind in kinds))
        for each in slices_of(plane, name)
        for end in each.get("endpoints") or []
        for address in end["addresses"]
    }


def pod_ranges(plane: ControlPlane) -> dict[str, list[str]]:
    return {node["metadata"]["name"]: node["spec"]["podCIDRs"] for node in plane.admin.list("/api/v1/nodes")}


@pytest.fixture(scope="module")
def plane(binaries: Path) -> Iterator[ControlPlane]:
    """A control plane without a controller manager."""
    users = {"stranger": [], "reader": ["team"]}
    with ControlPlane(binaries, users=users, controller_manager=False) as running:
        yield running


def test_server_tells_its_version(control_plane: ControlPlane) -> None:
    version = control_plane.admin.get("/version")

    assert (version["gitVersion"], version["major"], version["minor"]) == ("v1.36.3", "1", "36")
    assert "Server Version: v1.36.3" in control_plane.kubectl("version")


def test_kubernetes_service_has_the_servers_address(control_plane: ControlPlane) -> None:
    [own] = slices_of(control_plane, "kubernetes")

    assert [end["addresses"] for end in own["endpoints"]] == [["192.0.2.10"]]
    assert control_plane.url == f"https://127.0.0.1:{own['ports'][0]['port']}"


def test_certificate_is_signed_by_the_servers_own_authority(plane: ControlPlane, control_plane: ControlPlane) -> None:
    with (
        Client(plane.url, plane.token(), str(control_plane.ca_file)) as client,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        client.get("/version")


def test_nodes_get_disjoint_pod_ranges(new_control_plane: NewControlPlane) -> None:
    plane = new_control_plane(cluster_cidrs=["10.20.0.0/20"], node_mask_ipv4=25)
    for number in range(8):
        plane.add_node(f"node-{number}", [f"192.168.0.{number}"], labels={"topology.kubernetes.io/zone": "a"})
    plane.settle()

    networks = [ipaddress.ip_network(cidr) for [cidr] in pod_ranges(plane).values()]

    assert len(networks) == 8
    assert {network.prefixlen for network in networks} == {25}
    assert all(network.subnet_of(ipaddress.ip_network("10.20.0.0/20")) for network in networks)
    assert not any(one.overlaps(other) for one in networks for other in networks if one is not other)


def test_node_is_ready_with_its_addresses_and_without_taints(new_control_plane: NewControlPlane) -> None:
    plane = new_control_plane(allocate_node_cidrs=False)
    plane.add_node("node-1", ["192.168.0.1"], spec={"podCIDR": "10.9.0.0/24", "podCIDRs": ["10.9.0.0/24"]})
    plane.add_node("node-2", ["192.168.0.2"], ready=False)
    plane.settle()

    one, two = plane.admin.list("/api/v1/nodes")

    assert one["spec"] == {"podCIDR": "10.9.0.0/24", "podCIDRs": ["10.9.0.0/24"]}
    assert two["spec"] == {}
    assert plane.kubectl("get", "nodes", "--no-headers").split()[1::5] == ["Ready", "NotReady"]


def test_slices_list_the_pods_of_a_service_with_their_conditions(new_control_plane: NewControlPlane) -> None:
    plane = new_control_plane()
    plane.add_node("node-1", ["192.168.0.1"], labels={"topology.kubernetes.io/zone": "a"})
    plane.admin.create(service("web"))
    plane.run_pod(pod("ready", "node-1"), "10.244.0.1")
    plane.run_pod(pod("not-ready", "node-1"), "10.244.0.2", ready=False)
    plane.run_pod(pod("unknown", "node-1"), "10.244.0.3", ready=False, phase="Unknown")
    plane.run_pod(pod("ended", "node-1"), "10.244.0.4", phase="Succeeded")
    plane.run_pod(pod("without-address", "node-1"), phase="Pending")
    plane.run_pod(pod("of-the-host", "node-1", hostNetwork=True))
    plane.run_pod(pod("other", "node-1", app="other"), "10.244.0.5")
    terminating = plane.run_pod(pod("terminating", "node-1"), "10.244.0.6")
    plane.admin.delete(terminating, grace_seconds=30)
    plane.settle()

    assert endpoints_of(plane, "web") == {
        ("10.244.0.1", "ready", True, True, False),
        ("10.244.0.2", "not-ready", False, False, False),
        ("10.244.0.3", "unknown", False, False, False),
        ("192.168.0.1", "of-the-host", True, True, False),
        ("10.244.0.6", "terminating", False, True, True),
    }
    [only] = slices_of(plane, "web")
    assert {end["zone"] for end in only["endpoints"]} == {"a"}
    assert [(port["name"], port["port"]) for port in only["ports"]] == [("http", 8080)]


def test_settle_follows_every_change(new_control_plane: NewControlPlane) -> None:
    plane = new_control_plane()
    plane.add_node("node-1", ["192.168.0.1"])
    plane.admin.create(service("web"))
    web = plane.run_pod(pod("web", "node-1"), "10.244.0.1")
    plane.settle()
    assert endpoints_of(plane, "web") == {("10.244.0.1", "web", True, True, False)}

    plane.report_pod(web, "10.244.0.9", ready=False)
    plane.settle()
    assert endpoints_of(plane, "web") == {("10.244.0.9", "web", False, False, False)}

    plane.admin.delete(web)
    plane.settle()
    assert endpoints_of(plane, "web") == set()

    names = {each["metadata"]["name"] for each in plane.admin.list("/api/v1/services")}
    assert names == {"kubernetes", "web"}
    assert {each["metadata"]["name"] for each in plane.admin.list("/api/v1/endpoints")} == names
    assert len(plane.admin.list("/apis/discovery.k8s.io/v1/endpointslices")) == 2
    assert plane.admin.list("/api/v1/pods") == []


def test_full_slices_are_split_and_hand_made_endpoints_mirrored(new_control_plane: NewControlPlane) -> None:
    plane = new_control_plane(max_endpoints_per_slice=10, endpoint_batch_seconds=0.2)
    plane.add_node("node-1", ["192.168.0.1"])
    by_hand = service("by-hand", ports=[{"port": 80}])
    del by_hand["spec"]["selector"]
    subsets = [{"addresses": [{"ip": "10.1.2.3"}], "ports": [{"port": 80}]}]
    plane.admin.apply_many(
        [
            service("web"),
            by_hand,
            {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "by-hand"}, "subsets": subsets},
        ]
    )
    pods = [(pod(f"web-{number}", "node-1"), f"10.244.0.{number}") for number in range(25)]
    plane.admin.in_parallel(lambda one: plane.run_pod(*one), pods)
    plane.settle()

    sizes = [len(each["endpoints"]) for each in slices_of(plane, "web")]
    assert len(sizes) >= 3
    assert max(sizes) <= 10
    assert {end[0] for end in endpoints_of(plane, "web")} == {f"10.244.0.{number}" for number in range(25)}
    [mirrored] = slices_of(plane, "by-hand")
    assert [end["addresses"] for end in mirrored["endpoints"]] == [["10.1.2.3"]]


def test_stopped_controller_manager_repairs_nothing_until_restarted(
    new_control_plane: NewControlPlane,
) -> None:
    plane = new_control_plane()
    plane.add_node("node-1", ["192.168.0.1"])
    plane.admin.create(service("web"))
    plane.run_pod(pod("web", "node-1"), "10.244.0.1")
    plane.settle()
    plane.stop_controller_manager()
    [written] = slices_of(plane, "web")
    wrong = [{"addresses": ["10.244.0.77"], "targetRef": {"kind": "Pod", "name": "web", "namespace": "default"}}]
    plane.admin.patch(written, {"endpoints": wrong})
    plane.add_node("node-2", ["192.168.0.2"])
    with pytest.raises(ServerError, match="does not run"):
        plane.settle()
    assert [end["addresses"] for [end] in [each["endpoints"] for each in slices_of(plane, "web")]] == [["10.244.0.77"]]

    plane.start_controller_manager(concurrent_endpoint_syncs=2)
    plane.settle()

    assert endpoints_of(plane, "web") == {("10.244.0.1", "web", True, True, False)}
    assert pod_ranges(plane).keys() == {"node-1", "node-2"}


def test_dual_stack_cluster(new_control_plane: NewControlPlane) -> None:
    plane = new_control_plane(
        cluster_cidrs=["10.244.0.0/16", "fd00:10:244::/48"],
        service_cidrs=["10.96.0.0/16", "fd00:10:96::/112"],
    )
    plane.add_node("node-1", ["192.168.0.1", "fd00::1"])
    plane.admin.create(service("both", ipFamilyPolicy="RequireDualStack"))
    plane.admin.create(service("six", ipFamilies=["IPv6"]))
    plane.run_pod(pod("two", "node-1"), ["10.244.0.1", "fd00:10:244::1"])
    plane.run_pod(pod("one", "node-1"), "10.244.0.2")
    plane.settle()

    four, six = (ipaddress.ip_network(cidr) for cidr in pod_ranges(plane)["node-1"])
    assert (four.version, four.prefixlen, six.version, six.prefixlen) == (4, 24, 6, 64)
    assert {each["addressType"] for each in slices_of(plane, "both")} == {"IPv4", "IPv6"}
    two_by_six = ("fd00:10:244::1", "two", True, True, False)
    assert endpoints_of(plane, "six") == {two_by_six}
    assert endpoints_of(plane, "both") == {
        two_by_six,
        ("10.244.0.1", "two", True, True, False),
        ("10.244.0.2", "one", True, True, False),
    }


def test_cluster_of_ipv6_alone(new_control_plane: NewControlPlane) -> None:
    plane = new_control_plane(cluster_cidrs=["fd00:10:244::/48"], service_cidrs=["fd00:10:96::/112"])
    plane.add_node("node-1", ["fd00::1"])
    plane.settle()

    [cidr] = pod_ranges(plane)["node-1"]
    assert ipaddress.ip_network(cidr).subnet_of(ipaddress.IPv6Network("fd00:10:244::/48"))


def test_users_have_the_rights_that_rbac_gives_them(plane: ControlPlane) -> None:
    plane.apply_yaml("{apiVersion: v1, kind: Namespace, metadata: {name: team}}")
    plane.grant("reader", [PODS_READER], namespace="team")

    with pytest.raises(ApiError, match=r'403 Forbidden: .*User "stranger" cannot list resource "pods"'):
        plane.client("stranger").list("/api/v1/namespaces/team/pods")
    assert plane.client("reader").list("/api/v1/namespaces/team/pods") == []
    for path in ("/api/v1/namespaces/default/pods", "/api/v1/pods", "/api/v1/namespaces/team/secrets"):
        with pytest.raises(ApiError) as refused:
            plane.client("reader").list(path)
        assert refused.value.status == 403
    assert plane.kubectl("auth", "can-i", "list", "pods", "-n", "team", user="reader") == "yes\n"
    with pytest.raises(KubectlError, match="Forbidden"):
        plane.kubectl("get", "nodes", user="reader")
    with (
        Client(plane.url, "wrong", str(plane.ca_file)) as client,
        pytest.raises(ApiError, match="401 Unauthorized"),
    ):
        client.get("/api/v1/pods")


def test_service_account_finds_its_files_and_has_its_rights(plane: ControlPlane) -> None:
    plane.apply_yaml(
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: linter, namespace: lint}}\n---\n"
        "{apiVersion: v1, kind: Namespace, metadata: {name: lint}}\n"
    )
    user = "system:serviceaccount:lint:linter"
    plane.grant(user, [PODS_READER])

    folder = plane.service_account_folder(user, namespace="lint")

    assert sorted(each.name for each in folder.iterdir()) == ["ca.crt", "namespace", "token"]
    assert (folder / "namespace").read_text() == "lint"
    where = plane.pod_environment
    url = f"https://{where['KUBERNETES_SERVICE_HOST']}:{where['KUBERNETES_SERVICE_PORT']}"
    with Client(url, (folder / "token").read_text(), str(folder / "ca.crt")) as client:
        assert client.list("/api/v1/pods") == []
        with pytest.raises(ApiError, match=user):
            client.list("/api/v1/nodes")


def test_objects_are_created_changed_and_read_back(plane: ControlPlane) -> None:
    ingress = service("web", type="LoadBalancer") | {
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.1", "ipMode": "VIP"}]}}
    }
    [created] = plane.admin.apply_many([ingress])
    assert created["status"] == ingress["status"]

    ingress["spec"]["selector"] = {"app": "other"}
    plane.admin.apply(ingress)
    [_, read] = plane.admin.list("/api/v1/namespaces/default/services")
    assert (read["kind"], read["spec"]["selector"]) == ("Service", {"app": "other"})

    plane.admin.delete(read)
    plane.admin.create(read)  # what a server gave can be created again
    plane.admin.apply(read)
    with pytest.raises(ApiError, match='409 AlreadyExists: namespaces "default" already exists'):
        plane.admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})
    with pytest.raises(ApiError, match="the server has no Thing in v1"):
        plane.admin.create({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "x"}})


def test_a_server_that_does_not_start_tells_why(new_control_plane: NewControlPlane) -> None:
    with pytest.raises(ServerError, match=r"(?s)kube-apiserver ended with .* unknown flag: --no-such-flag"):
        new_control_plane(api_server_flags=["--no-such-flag"])


def test_no_process_is_left_behind(binaries: Path) -> None:
    with ControlPlane(binaries) as plane:
        pids, folder = plane.pids, plane.folder
        assert len(pids) == 3
        assert all(runs(pid) for pid in pids)

    assert not any(runs(pid) for pid in pids)
    assert not folder.exists()


@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is not installed")
def test_no_process_outlives_a_killed_test_run(binaries: Path, tmp_path: Path) -> None:
    program = (
        "import pathlib, sys, time; from tests.support.controlplane import ControlPlane\n"
        "with ControlPlane(pathlib.Path(sys.argv[1])) as plane:\n"
        "    plane.settle()\n"
        "    print(*plane.pids, flush=True)\n"
        "    time.sleep(60)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", program, str(binaries)]
    with running(*command, env=environment, stdout=subprocess.PIPE, text=True) as run:
        pids = [int(pid) for pid in run.stdout.readline().split()]
        run.send_signal(signal.SIGKILL)

    assert len(pids) == 3
    deadline = time.monotonic() + 10
    while any(runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(runs(pid) for pid in pids)


def runs(pid: int) -> bool:
    """True when the process exists and has not ended (one that nobody waited for still has an entry)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def nothing_prepared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    yield


@pytest.mark.usefixtures("nothing_prepared")
class TestPrepare:
    def test_says_that_go_is_missing(self) -> None:
        with pytest.raises(prepare.UnavailableError, match=r"^Go is not installed .*KUBEBUILDER_ASSETS is not set$"):
            prepare.binaries()

    def test_uses_a_given_folder_as_it_is(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
        for program in prepare.CONTROL_PLANE:
            (tmp_path / program).write_text("")
            (tmp_path / program).chmod(0o755)

        assert prepare.binaries() == tmp_path
        with pytest.raises(prepare.UnavailableError, match=r"lacks kube-proxy, flanneld$"):
            prepare.binaries(prepare.NODE)

    def test_script_prints_one_line_for_an_error(self) -> None:
        result = execute(sys.executable, prepare.__file__)

        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.startswith("prepare.py: Go is not installed")
        assert result.stderr.count("\n") == 1
