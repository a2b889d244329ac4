"""What a node dump holds: the host's own view of its links, routes and CNI files.

Source: iproute2 (ip -json), CNI specification 1.0, docs.docker.com daemon configuration, flannel's subnet.env.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from netlint.objects.netfilter import FilterTables, NftRuleset, RoutingRule


class LinkAddress(Struct, gc=False):
    """One entry of a link's ``addr_info``."""

    family: str = ""
    local: str = ""
    prefixlen: int = 0
    scope: str = ""


class LinkInfo(Struct, gc=False):
    """``linkinfo`` of ``ip -details``."""

    info_kind: str = ""
    info_data: dict[str, Any] | None = None
    info_slave_kind: str = ""


class Link(Struct, gc=False):
    """One link of ``ip -json -details address``."""

    ifname: str = ""
    ifindex: int = 0
    flags: list[str] = field(default_factory=list)
    mtu: int = 0
    operstate: str = ""
    address: str = ""
    master: str = ""
    linkinfo: LinkInfo = field(default_factory=LinkInfo)
    addr_info: list[LinkAddress] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Such as ``bridge``, ``veth``, ``vxlan``; empty for hardware."""
        return self.linkinfo.info_kind


class NextHop(Struct, gc=False):
    """One of several ways of a route."""

    gateway: str = ""
    dev: str = ""


class RouteEntry(Struct, gc=False):
    """One route of ``ip -json route show table all``; ``dst`` is a CIDR, an address, or ``default``.

    ``pref``: the preference that IPv6 routes have (RFC 4191).
    """

    dst: str = ""
    gateway: str = ""
    dev: str = ""
    table: str = "main"
    protocol: str = ""
    scope: str = ""
    prefsrc: str = ""
    pref: str = ""
    type: str = "unicast"
    metric: int = 0
    nexthops: list[NextHop] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)


class DockerPool(Struct, gc=False):
    """One entry of ``default-address-pools``."""

    base: str = ""
    size: int = 0


class DockerDaemon(Struct, gc=False, rename="kebab"):
    """``daemon.json``."""

    bip: str = ""
    fixed_cidr: str = ""
    bridge: str = ""
    mtu: int | None = None
    ip_masq: bool | None = None
    default_address_pools: list[DockerPool] = field(default_factory=list)


PORT_RANGE = "net.ipv4.ip_local_port_range"
RESERVED_PORTS = "net.ipv4.ip_local_reserved_ports"
KERNEL = (PORT_RANGE, RESERVED_PORTS)
"""The kernel parameters that are read."""


ROUTES = {"ip-route.json": 4, "ip-route6.json": 6}
"""The files with routes, and the family of those that do not tell it themselves."""
FILTERS = {4: ("iptables-legacy-save.txt", "iptables-save.txt"), 6: ("ip6tables-save.txt",)}
"""What iptables says, by family; the kernel asks them all."""


class NodeDump(Struct, gc=False):
    """All of one host; a part that the dump does not have is None.

    ``routes`` are by file name, ``conflists`` too, in the order in which a container runtime looks at them, ``leases``
    addresses by the name of the network that gave them out. ``kernel`` are the parameters in ``KERNEL``.
    ``filters`` are by file name, ``ipsets`` types and entries by name, ``policy_rules`` by family.
    """

    folder: str
    name: str
    links: list[Link] | None = None
    routes: dict[str, list[RouteEntry]] = field(default_factory=dict)
    conflists: dict[str, dict[str, Any]] = field(default_factory=dict)
    subnet_env: dict[str, str] | None = None
    leases: dict[str, list[str]] = field(default_factory=dict)
    docker: DockerDaemon | None = None
    kernel: dict[str, str] | None = None
    filters: dict[str, FilterTables] = field(default_factory=dict)
    nft: NftRuleset | None = None
    ipsets: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    policy_rules: dict[int, list[RoutingRule]] = field(default_factory=dict)
