"""Nodes as network namespaces of this machine, on a bridge with the API server, each with a real flanneld."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.support.controlplane import Client
from tests.support.controlplane.process import Server
from tests.support.program import execute

NETWORK = "10.199.77"
PREFIX = "flannel.alpha.coreos.com/"
_TIMEOUT = 60


def ip(*arguments: str) -> str:
    """What ``ip`` prints; fails where it does."""
    return execute("ip", *arguments, check=True).stdout


def is_possible() -> bool:
    """Whether this process may make network namespaces and bridges."""
    name = f"nl{os.getpid()}-try"
    try:
        ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    ip("netns", "del", name)
    return True


class Segment:
    """A bridge of this machine, which has the segment's first address, and the nodes on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"{NETWORK}.1"
        self._bridge = f"nl{os.getpid()}"
        self._stack = ExitStack()
        self.nodes: dict[str, str] = {}

    def __enter__(self) -> Segment:
        ip("link", "add", self._bridge, "type", "bridge")
        self._stack.callback(ip, "link", "del", self._bridge)
        ip("addr", "add", f"{self.address}/24", "dev", self._bridge)
        ip("link", "set", self._bridge, "up")
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, name: str) -> str:
        """A node with a network card on the segment; gives its address."""
        space, number = self.space(name), len(self.nodes) + 11
        self.nodes[name] = f"{NETWORK}.{number}"
        ip("netns", "add", space)
        self._stack.callback(ip, "netns", "del", space)
        outside = f"{self._bridge}v{number}"
        ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", space)
        ip("link", "set", outside, "master", self._bridge, "up")
        ip("-n", space, "addr", "add", f"{self.nodes[name]}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            ip("-n", space, "link", "set", link, "up")
        ip("-n", space, "route", "add", "default", "via", self.address)
        return self.nodes[name]

    def start_flannel(self, name: str, program: Path, kubeconfig: Path, configuration: object) -> None:
        """flanneld on a node, without rules for packets, for which this machine may have no programs."""
        conf, env = self.folder / f"{name}.json", self.folder / f"{name}.env"
        conf.write_text(json.dumps(configuration))
        command = ["ip", "netns", "exec", self.space(name), "env", f"NODE_NAME={name}", str(program)]
        command += ["--kube-subnet-mgr", f"--kubeconfig-file={kubeconfig}", "--iface=eth0"]
        command += [f"--net-config-path={conf}", f"--subnet-file={env}", "--iptables-forward-rules=false"]
        server = Server(command, self.folder / f"{name}.log")
        self._stack.callback(server.stop)

    def add_bridge(self, name: str, address: str) -> None:
        """What the bridge plugin makes for a node's first pod."""
        ip("-n", self.space(name), "link", "add", "cni0", "type", "bridge")
        ip("-n", self.space(name), "addr", "add", address, "dev", "cni0")
        ip("-n", self.space(name), "link", "set", "cni0", "up")

    def dump(self, folder: Path) -> Path:
        """The nodes' dumps."""
        for name in self.nodes:
            own, space = folder / name, self.space(name)
            own.mkdir(parents=True)
            (own / "ip-addr.json").write_text(ip("-n", space, "-json", "-details", "addr"))
            (own / "ip-route.json").write_text(ip("-n", space, "-json", "-details", "route", "show", "table", "all"))
            env = self.folder / f"{name}.env"
            (own / "run-flannel-subnet.env").write_text(env.read_text())
        return folder

    def space(self, name: str) -> str:
        """The name of a node's network namespace."""
        return f"{self._bridge}-{name}"


def wait_until_joined(admin: Client, segment: Segment, names: Sequence[str]) -> None:
    """Until every flanneld has announced its node; the end of its log says why it has not."""
    end = time.monotonic() + _TIMEOUT
    for name in names:
        while PREFIX + "backend-data" not in admin.get(f"/api/v1/nodes/{name}")["metadata"].get("annotations", {}):
            if time.monotonic() > end:
                log = (segment.folder / f"{name}.log").read_text().splitlines()[-10:]
                raise TimeoutError(f"{name} has not joined:\n" + "\n".join(log))
            time.sleep(0.2)
        while not (segment.folder / f"{name}.env").exists():
            time.sleep(0.1)
