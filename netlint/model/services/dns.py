"""Cluster DNS: what kubelets tell pods, what CoreDNS answers for, and whom it asks.

Source: kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1, coredns.io/manual/configuration,
coredns.io/plugins/kubernetes, coredns.io/plugins/forward.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from netlint import addresses
from netlint.model import settings
from netlint.objects.core import ConfigMap, Service

SYSTEM = "kube-system"
DNS_PORT = 53
DEFAULT_DOMAIN = "cluster.local"
NODE_LOCAL = "node-local-dns"
NODE_LOCAL_ADDRESS = "169.254.20.10"
LINK_LOCAL = (addresses.parse_cidr("169.254.0.0/16").range, addresses.parse_cidr("fe80::/10").range)
LOOPBACK = (addresses.parse_cidr("127.0.0.0/8").range, addresses.parse_cidr("::1/128").range)
REVERSE = {4: "in-addr.arpa", 6: "ip6.arpa"}
STUB = "/run/systemd/resolve/stub-resolv.conf"
KUBELET_CONFIG = re.compile(r"kubelet-config(-1\.\d+)?")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"]+')


@dataclass(slots=True)
class ServerBlock:
    """One server block of a Corefile: its zones, and its plugins with their words."""

    zones: list[str]
    plugins: list[list[str]] = field(default_factory=list)

    def words_of(self, plugin: str) -> Iterator[list[str]]:
        """The words after the name of each use of a plugin."""
        return (words[1:] for words in self.plugins if words[0] == plugin)


def kubelet_settings(config_maps: Mapping[tuple[str, str], ConfigMap]) -> Iterator[tuple[ConfigMap, dict[str, Any]]]:
    """The kubelets' configuration as kubeadm keeps it; one that cannot be read says nothing."""
    for (namespace, name), config_map in sorted(config_maps.items()):
        if namespace == SYSTEM and KUBELET_CONFIG.fullmatch(name):
            try:
                yield config_map, settings.document((config_map.data or {}).get("kubelet", ""))
            except ValueError:
                continue


def domain(config_maps: Mapping[tuple[str, str], ConfigMap]) -> str:
    """The cluster's domain."""
    domains = (declared.get("clusterDomain") for _, declared in kubelet_settings(config_maps))
    return next((name.rstrip(".").lower() for name in domains if isinstance(name, str) and name), DEFAULT_DOMAIN)


def server_blocks(corefile: str) -> list[ServerBlock] | None:
    """The server blocks of a Corefile; None where it cannot be followed: parts are imported, or braces do not match."""
    blocks: list[ServerBlock] = []
    depth = 0
    for line in corefile.splitlines():
        words = _words(line)
        if "import" in words[:1] or any(word.startswith("(") for word in words):
            return None
        opens = words[-1:] == ["{"]
        if depth == 0 and opens:
            blocks.append(ServerBlock([_zone(word) for word in words[:-1]]))
        elif depth == 1 and words and words != ["}"]:
            blocks[-1].plugins.append(words[:-1] if opens else words)
        depth += words.count("{") - words.count("}")
    return blocks if depth == 0 else None


def _words(line: str) -> list[str]:
    words = [word.strip('"') for word in _TOKEN.findall(line)]
    comment = next((number for number, word in enumerate(words) if word.startswith("#")), len(words))
    return words[:comment]


def _zone(word: str) -> str:
    """Without scheme, port and the root's dot: ``.:53`` is the root, an empty name."""
    name = word.rstrip(",").rpartition("://")[2]
    return re.sub(r":\d+$", "", name).strip(".").lower()


def cluster_zones(blocks: list[ServerBlock]) -> set[str]:
    """What the ``kubernetes`` plugin answers for: the zones that it names, else those of its server block."""
    zones: set[str] = set()
    for block in blocks:
        for words in block.words_of("kubernetes"):
            zones.update([_zone(word) for word in words] or block.zones)
    return zones


def is_held(name: str, zones: set[str]) -> bool:
    """Whether one of the zones holds the name."""
    return any(not zone or name == zone or name.endswith(f".{zone}") for zone in zones)


def has_reverse_zone(family: int, zones: set[str]) -> bool:
    """Whether one of the zones has names of addresses of this family; a zone may be written as a CIDR."""
    return any(not zone or zone.endswith(REVERSE[family]) or _family(zone) == family for zone in zones)


def _family(zone: str) -> int | None:
    try:
        return addresses.parse_cidr(zone).range.family
    except ValueError:
        return None


def looping_targets(blocks: list[ServerBlock], own: set[str]) -> Iterator[str]:
    """Upstreams of the root zone that are CoreDNS itself: its own loopback address or its Service's."""
    for block in blocks:
        for words in block.words_of("forward"):
            for target in words[1:] if words and not _zone(words[0]) else ():
                address, _, port = target.rpartition(":") if target.count(":") == 1 else (target, "", "53")
                if port == str(DNS_PORT) and (address in own or is_in(address, LOOPBACK)):
                    yield address


def is_in(text: str, ranges: tuple[addresses.Range, ...]) -> bool:
    """Whether the text is an address in one of the ranges."""
    try:
        family, value = addresses.parse(text)
    except ValueError:
        return False
    return any(span.holds(family, value) for span in ranges)


def cluster_ips(service: Service) -> list[str]:
    """The addresses of a Service, without None."""
    listed = service.spec.clusterIPs or [service.spec.clusterIP or ""]
    return [address for address in listed if address not in {"", "None"}]


def answers_dns(service: Service) -> bool:
    """Whether the Service has DNS' port."""
    return any(port.port == DNS_PORT for port in service.spec.ports or ())
