"""A real flanneld on every node and the real control plane: what they write is right, what is changed is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.controlplane import ControlPlane
from tests.support.live import flannel, objects
from tests.support.live.flannel import Segment
from tests.support.live.running import check

NAMES = ("node1", "node2", "node3")
CONFIGURATION = {"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}


@pytest.fixture
def segment(tmp_path: Path) -> Iterator[Segment]:
    if not flannel.is_possible():
        pytest.skip("this user may not make network namespaces")
    with Segment(tmp_path) as made:
        yield made


def test_what_flannel_writes_is_right(node_binaries: Path, segment: Segment, tmp_path: Path) -> None:
    """The Nodes, the ConfigMap and the hosts have no fault; a link with another MAC address and a stale bridge have."""
    with ControlPlane(node_binaries, bind_address=segment.address) as plane:
        for name in NAMES:
            plane.add_node(name, [segment.add(name)])
        plane.admin.create(objects.namespace("kube-flannel"))
        plane.admin.create(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "kube-flannel-cfg", "namespace": "kube-flannel"},
                "data": {"net-conf.json": json.dumps(CONFIGURATION)},
            }
        )
        plane.admin.create(objects.controller_manager_pod("node1", ["10.244.0.0/16"]))
        plane.settle()
        for name in NAMES:
            segment.start_flannel(name, node_binaries / "flanneld", plane.kubeconfig(), CONFIGURATION)
        flannel.wait_until_joined(plane.admin, segment, NAMES)
        ranges = {name: plane.admin.get(f"/api/v1/nodes/{name}")["spec"]["podCIDR"] for name in NAMES}
        for name, cidr in ranges.items():
            segment.add_bridge(name, cidr.replace(".0/24", ".1/24"))

        healthy = check(plane.kubeconfig(), "--node-dumps", str(segment.dump(tmp_path / "healthy")))

        assert (healthy.findings, healthy.errors, healthy.code) == ([], [], 0)

        space = segment.space("node2")
        told = flannel.ip("-n", space, "-json", "link", "show", "flannel.1")
        flannel.ip("-n", space, "link", "set", "flannel.1", "address", "02:00:00:00:00:01")
        flannel.ip("-n", space, "addr", "flush", "dev", "cni0")
        flannel.ip("-n", space, "addr", "add", "10.250.0.1/24", "dev", "cni0")
        folder = segment.dump(tmp_path / "broken")

        broken = check(plane.kubeconfig(), "--node-dumps", str(folder), "--select", "hosts")

        mac = json.loads(told)[0]["address"]
        assert broken.findings == [
            (
                "mismatched-vtep-macs",
                "error",
                "Node node2",
                f"VtepMAC is {mac}, and flannel.1 in {folder}/node2/ip-addr.json has 02:00:00:00:00:01",
            ),
            (
                "stale-bridge-addresses",
                "error",
                "Node node2",
                f"cni0 has 10.250.0.1/24, which is outside {ranges['node2']} of Node node2",
            ),
        ]
