"""The address plan: which node, pod and Service has which address.

IPv4 and IPv6 run in parallel. The controller manager gives each node one /24 (and one /64) in the order in
which they joined, leaving a gap now and then.
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from math import gcd

POD_RANGE = IPv4Network("10.128.0.0/9")
POD_RANGE_6 = IPv6Network("fd00:10:244::/48")
SERVICE_RANGE = IPv4Network("10.96.0.0/12")
SERVICE_RANGE_6 = IPv6Network("fd00:10:96::/108")
NODE_RANGE = IPv4Network("172.20.0.0/15")
NODE_RANGE_6 = IPv6Network("fd00:172:20::/64")

GAP_EVERY = 37  # after so many node ranges, one stays unused
MOST_NODES = 30_000
RESERVED_SLOTS = range(200, 253)  # addresses of a node that ordinary pods never take
_HOSTS = 253  # .2 to .254
_SERVICE_STEP = 1_000_003


def spread(index: int, count: int, step: int) -> int:
    """A permutation of ``range(count)``."""
    while gcd(step, count) != 1:
        step += 1
    return index * step % count


@dataclass(frozen=True)
class AddressPlan:
    nodes: int
    dual_stack: bool = False
    declared: dict[int, str] = field(default_factory=dict)
    """The podCIDR that a Node declares instead of its own; "" for none."""
    moved: dict[int, str] = field(default_factory=dict)
    """The range that a node declares and really uses instead of its own."""

    @property
    def pod_ranges(self) -> list[str]:
        return self._families(str(POD_RANGE), str(POD_RANGE_6))

    @property
    def service_ranges(self) -> list[str]:
        return self._families(str(SERVICE_RANGE), str(SERVICE_RANGE_6))

    def node_addresses(self, node: int) -> list[str]:
        return self._families(str(NODE_RANGE[10 + node]), str(NODE_RANGE_6[10 + node]))

    def node_ranges(self, node: int) -> list[str]:
        """What the Node declares."""
        if self.declared.get(node) == "":
            return []
        first = self.declared.get(node) or self.moved.get(node) or self.used_range(node)
        block = self._block(node)
        return self._families(first, _dotted_6(block, "/64"))

    def used_range(self, node: int) -> str:
        if node in self.moved:
            return self.moved[node]
        return f"{_dotted(self._block(node) << 8)}/24"

    def pod_addresses(self, node: int, slot: int) -> list[str]:
        """The address of the pod in one of the 253 slots of a node."""
        host = 2 + (slot * 7 + node * 29) % _HOSTS
        network = self.used_range(node).rpartition(".")[0]
        return self._families(f"{network}.{host}", _dotted_6(self._block(node), f"{host:x}"))

    def gap_address(self, gap: int, host: int) -> list[str]:
        """An address of the cluster's range that belongs to no node."""
        block = (gap % max(1, self.nodes // GAP_EVERY)) * (GAP_EVERY + 1) + GAP_EVERY
        return self._families(_dotted(block << 8 | host), _dotted_6(block, f"{host:x}"))

    def service_addresses(self, index: int, families: int) -> list[str]:
        """Cluster IPs; 0 is ``default/kubernetes``, 1 the DNS Service."""
        offset = {0: 1, 1: 10}.get(index, 300 + index * 611_953 % _SERVICE_STEP)
        return [str(SERVICE_RANGE[offset]), str(SERVICE_RANGE_6[offset])][:families]

    def _block(self, node: int) -> int:
        order = spread(node, self.nodes, 1_299_709)
        return order + order // GAP_EVERY

    def _families(self, first: str, second: str) -> list[str]:
        return [first, second] if self.dual_stack else [first]


def _dotted(offset: int) -> str:
    return f"10.{128 + (offset >> 16)}.{offset >> 8 & 255}.{offset & 255}"


def _dotted_6(block: int, rest: str) -> str:
    """The canonical form: block 0 disappears."""
    return f"fd00:10:244:{block:x}::{rest}" if block else f"fd00:10:244::{rest}"
