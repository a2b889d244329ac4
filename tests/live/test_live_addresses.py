"""The address plan: what the real controllers allocate is right, and what people get wrong is found."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

from tests.support.controlplane import ControlPlane
from tests.support.controlplane.client import ApiError
from tests.support.live import objects
from tests.support.live.objects import Object
from tests.support.live.population import NodeRanges, add_nodes
from tests.support.live.running import check

NewControlPlane = Callable[..., ControlPlane]
DUAL = {
    "cluster_cidrs": ["10.244.0.0/16", "fd00:10:244::/48"],
    "service_cidrs": ["10.96.0.0/16", "fd00:10:96::/112"],
}


def test_allocated_ranges_are_right_and_preset_ones_are_found(new_control_plane: NewControlPlane) -> None:
    """Nodes that register with ranges of their own, pods with addresses of others, a node among the Services."""
    plane = new_control_plane(**DUAL)
    nodes = {node.name: node for node in add_nodes(plane, 5)}
    plane.admin.create(objects.controller_manager_pod("node-0", DUAL["cluster_cidrs"]))
    for node in nodes.values():
        plane.run_pod(objects.pod(f"web-on-{node.name}", node.name), _pod_addresses(node, 10))
    plane.settle()

    allocated = check(plane.kubeconfig(), "--select", "addressing", "--strict")

    assert (allocated.findings, allocated.skips, allocated.errors, allocated.code) == ([], [], [], 0)
    assert allocated.seen == {"Node": 5, "Pod": 6, "Service": 1, "ServiceCIDR": 1}

    four, six = nodes["node-1"].pod_cidrs
    strange = ["172.20.0.0/24", "fd00:172:20::/64"]
    plane.add_node("twin", ["192.168.9.1", "fd00:192:168::9:1"], spec=_pod_cidrs(four, six))
    plane.add_node("stranger", ["192.168.9.2"], spec=_pod_cidrs(*strange))
    plane.add_node("squatter", ["10.96.0.77"])
    plane.run_pod(objects.pod("double", "node-2"), _pod_addresses(nodes["node-2"], 10))
    plane.run_pod(objects.pod("lost", "node-3"), _pod_addresses(nodes["node-4"], 20))
    plane.run_pod(objects.pod("nowhere", "node-3"), "10.250.0.1")
    plane.settle()

    found = check(plane.kubeconfig(), "--select", "addressing")

    double, lost = _pod_addresses(nodes["node-2"], 10), _pod_addresses(nodes["node-4"], 20)
    own, others = nodes["node-3"].pod_cidrs, nodes["node-4"].pod_cidrs
    assert found.findings == [
        *(
            ("duplicate-pod-ips", "error", "Pod default/double", f"{ip} also belongs to Pod default/web-on-node-2")
            for ip in double
        ),
        (
            "overlapping-cluster-ranges",
            "error",
            "Node squatter",
            "node address 10.96.0.77 of Node squatter overlaps Service range 10.96.0.0/16 of ServiceCIDR kubernetes",
        ),
        ("overlapping-pod-cidrs", "error", "Node node-1", f"{four} of Node node-1 overlaps {four} of Node twin"),
        ("overlapping-pod-cidrs", "error", "Node node-1", f"{six} of Node node-1 overlaps {six} of Node twin"),
        *(
            (
                "pod-cidrs-outside-cluster-cidr",
                "error",
                "Node stranger",
                f"{cidr} is outside {wide} of Pod kube-system/kube-controller-manager-node-0",
            )
            for cidr, wide in zip(strange, DUAL["cluster_cidrs"], strict=True)
        ),
        *(
            (
                "pod-ips-outside-node-range",
                "error",
                "Pod default/lost",
                f"{ip} is outside {cidr} of Node node-3, where the pod runs, inside {other} of Node node-4",
            )
            for ip, cidr, other in zip(lost, own, others, strict=True)
        ),
        (
            "pod-ips-outside-node-range",
            "error",
            "Pod default/nowhere",
            f"10.250.0.1 is outside {own[0]} of Node node-3, where the pod runs",
        ),
    ]
    assert (found.skips, found.errors, found.code) == ([], [], 1)


def test_a_node_for_which_no_range_is_left_is_found(new_control_plane: NewControlPlane) -> None:
    """The controller manager has four ranges to give away, and there are five nodes."""
    plane = new_control_plane(cluster_cidrs=["10.244.0.0/24"], node_mask_ipv4=26)
    add_nodes(plane, 4)
    plane.add_node("node-4", ["192.168.0.5"])
    plane.settle(node_ranges=False)

    run = check(plane.kubeconfig(), "--select", "addressing")

    message = "node-4 has no pod range, but the other nodes have one"
    assert (run.findings, run.code) == ([("missing-pod-cidrs", "warning", "Node node-4", message)], 0)


def test_what_the_server_allocates_is_right_and_a_tampered_record_is_found(new_control_plane: NewControlPlane) -> None:
    """A second range, Services of both, then records that somebody deleted or made."""
    plane = new_control_plane(**DUAL)
    web = objects.service("web", None, ipFamilyPolicy="PreferDualStack")
    plane.admin.create(web)
    plane.admin.create(objects.service("db", None, clusterIP="None"))
    plane.admin.create(_ranges("extra", ["10.98.0.0/28"]))
    plane.settle()
    _until_accepted(plane, objects.service("far", None, clusterIP="10.98.0.5"))

    made = check(plane.kubeconfig(), "--select", "allocation", "--strict")

    assert (made.findings, made.skips, made.errors, made.code) == ([], [], [], 0)
    assert made.seen["IPAddress"] == 4
    assert made.seen["ServiceCIDR"] == 2

    first, second = plane.admin.get(plane.admin.path(web))["spec"]["clusterIPs"]
    plane.admin.delete(_record(first, "web"))
    plane.admin.create(_record("10.96.200.1", "gone"))
    plane.admin.create(_record("10.96.200.2", "web"))
    time.sleep(1.1)  # times have seconds
    plane.admin.create(objects.service("later", None))

    found = check(plane.kubeconfig(), "--select", "allocation")

    assert found.findings == [
        *(
            ("orphaned-ip-addresses", "warning", f"IPAddress {address}", f"Service default/{owner}, to which {message}")
            for address, owner, message in (
                ("10.96.200.1", "gone", "10.96.200.1 belongs, does not exist"),
                ("10.96.200.2", "web", f"10.96.200.2 belongs, has {first} and {second}"),
            )
        ),
        ("unallocated-cluster-ips", "error", "Service default/web", f"{first} is recorded by no IPAddress"),
    ]


def _pod_cidrs(*cidrs: str) -> Object:
    return {"podCIDR": cidrs[0], "podCIDRs": list(cidrs)}


def _pod_addresses(node: NodeRanges, number: int) -> list[str]:
    return [str(ipaddress.ip_network(cidr)[number]) for cidr in node.pod_cidrs]


def _ranges(name: str, cidrs: list[str]) -> Object:
    api = "networking.k8s.io/v1"
    return {"apiVersion": api, "kind": "ServiceCIDR", "metadata": {"name": name}, "spec": {"cidrs": cidrs}}


def _record(address: str, owner: str) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IPAddress",
        "metadata": {"name": address},
        "spec": {"parentRef": {"resource": "services", "namespace": "default", "name": owner}},
    }


def _until_accepted(plane: ControlPlane, service: Object) -> None:
    """The API server gives addresses of a new range only after its controller has seen it."""
    for _ in range(50):
        try:
            plane.admin.create(service)
        except ApiError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the new range was never used")
