"""Docker's bridge as the bridge of pods: its settings held against what flannel wrote down for the host.

Source: docs.docker.com daemon configuration; github.com/flannel-io/flannel, Documentation/running.md, Documentation/
mk-docker-opts.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netlint.model.hosts.host import Host, read_range


class BridgeMismatch(NamedTuple):
    """A setting of ``daemon.json``, and what flannel says instead."""

    setting: str
    value: object
    variable: str
    expected: str


def mismatches(host: Host) -> Iterator[BridgeMismatch]:
    """The settings that do not fit; flags of dockerd are in no dump, so what the file leaves out is not judged."""
    bridge, docker, written = host.docker_bridge, host.dump.docker, host.dump.subnet_env or {}
    flannel = host.subnets.get(bridge.family) if bridge else None
    if bridge is None or docker is None or flannel is None:
        return
    text, subnet = flannel
    if bridge != subnet:
        yield BridgeMismatch("bip", docker.bip, "FLANNEL_SUBNET", text)
    fixed = read_range(docker.fixed_cidr)
    if fixed is not None and bridge == subnet and not subnet.covers(fixed):
        yield BridgeMismatch("fixed-cidr", docker.fixed_cidr, "FLANNEL_SUBNET", text)
    mtu = written.get("FLANNEL_MTU", "")
    if docker.mtu and mtu.isdecimal() and docker.mtu > int(mtu):
        yield BridgeMismatch("mtu", docker.mtu, "FLANNEL_MTU", mtu)
    if docker.ip_masq and written.get("FLANNEL_IPMASQ") == "true":
        yield BridgeMismatch("ip-masq", True, "FLANNEL_IPMASQ", "true")
