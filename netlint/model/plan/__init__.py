"""The address plan: every range that the cluster declares, who declares it, and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from netlint import addresses
from netlint.addresses import Cidr, Range
from netlint.findings import Subject
from netlint.model import settings
from netlint.model.pods import Pods
from netlint.model.subjects import subject_of
from netlint.objects.core import ConfigMap, Node
from netlint.objects.meta import Path
from netlint.objects.networking import ServiceCIDR


class Role(StrEnum):
    """What a range is for."""

    POD = "pod"
    NODE_POD = "per-node pod"
    SERVICE = "Service"
    NODE = "node"


class Authority(StrEnum):
    """Who declares a range; the order is that of trust."""

    NODE = "Node"
    SERVICE_CIDR = "ServiceCIDR"
    CONTROLLER_MANAGER = "kube-controller-manager"
    API_SERVER = "kube-apiserver"
    FLANNEL = "flannel"
    KUBEADM = "kubeadm"


@dataclass(frozen=True, slots=True)
class Declaration:
    """One range as it was declared; ``node`` is set where it belongs to one."""

    range: Range
    role: Role
    authority: Authority
    subject: Subject
    path: Path
    node: str = ""

    @property
    def what(self) -> str:
        """What it declares, for people."""
        return "node address" if self.role is Role.NODE else f"{self.role} range"

    def __str__(self) -> str:
        """The range as CIDR, one address as such."""
        return addresses.text(self.range.family, self.range.first) if self.range.size == 1 else str(self.range)


class Plan:
    """All declarations, ordered by range."""

    def __init__(self, declarations: Iterable[Declaration]) -> None:
        """Keeps them sorted by range; equal ranges stay in the order of their objects."""
        self.declarations = sorted(declarations, key=lambda declared: declared.range)

    def of(self, *roles: Role) -> list[Declaration]:
        """The declarations of these roles."""
        return [declared for declared in self.declarations if declared.role in roles]

    def strongest(self, role: Role, *authorities: Authority) -> list[Declaration]:
        """What the first of these authorities that declares the role says."""
        for authority in authorities:
            found = [declared for declared in self.of(role) if declared.authority is authority]
            if found:
                return found
        return []

    def trusted(self, *roles: Role) -> list[Declaration]:
        """The declarations of these roles; what kubeadm intended only where nobody else declares the role.

        ``ClusterConfiguration`` is not updated when somebody changes a flag by hand.
        """
        found = self.of(*roles)
        stronger = {declared.role for declared in found if declared.authority is not Authority.KUBEADM}
        return [
            declared
            for declared in found
            if declared.authority is not Authority.KUBEADM or declared.role not in stronger
        ]


def collect(
    nodes: Iterable[Node],
    service_cidrs: Iterable[ServiceCIDR],
    config_maps: Mapping[tuple[str, str], ConfigMap],
    pods: Pods,
) -> list[Declaration]:
    """Every declaration but the Nodes' pod ranges; text that is no range is left out here."""
    found: list[Declaration] = []
    for node in nodes:
        found += node_addresses(node)
    for declared in service_cidrs:
        found += _ranges(
            declared.spec.cidrs or (),
            Role.SERVICE,
            Authority.SERVICE_CIDR,
            subject_of(declared),
            ("spec", "cidrs"),
        )
    found += _of_flags(pods)
    found += _of_config_maps(config_maps)
    return found


def pod_cidrs(node: Node) -> list[tuple[Path, Cidr]]:
    """The pod ranges of a Node with their fields; ``podCIDR`` counts only where ``podCIDRs`` is empty."""
    listed: list[tuple[Path, str]] = [
        (("spec", "podCIDRs", index), cidr) for index, cidr in enumerate(node.spec.podCIDRs or ()) if cidr
    ]
    if not listed and node.spec.podCIDR:
        listed = [(("spec", "podCIDR"), node.spec.podCIDR)]
    return [(path, cidr) for path, text in listed if (cidr := _parsed(text)) is not None]


def node_ranges(node: Node) -> list[Declaration]:
    """The pod ranges that a Node declares."""
    subject = subject_of(node)
    return [
        Declaration(cidr.range, Role.NODE_POD, Authority.NODE, subject, path, node.name)
        for path, cidr in pod_cidrs(node)
    ]


def node_addresses(node: Node) -> list[Declaration]:
    """The InternalIP and ExternalIP addresses of a Node, as ranges of one address."""
    found = []
    for index, entry in enumerate(node.status.addresses or ()):
        if entry.type in {"InternalIP", "ExternalIP"} and entry.address:
            family, value = addresses.parse(entry.address)
            path = ("status", "addresses", index, "address")
            one = Range(family, value, value)
            found.append(Declaration(one, Role.NODE, Authority.NODE, subject_of(node), path, node.name))
    return found


def _of_flags(pods: Pods) -> list[Declaration]:
    found: list[Declaration] = []
    for row, line in sorted(pods.table.commands.items(), key=lambda item: pods.order(item[0])):
        given = settings.flags(line.words) if pods.is_live(row) else {}
        for (program, flag), (role, authority) in FLAGS.items():
            if pods.name(row).startswith(program) and flag in given:
                value, position = given[flag]
                path = ("spec", "containers", 0, *line.field(position))
                found += _ranges(settings.words(value), role, authority, pods.subject(row), path, one=True)
    return found


FLAGS = {
    ("kube-controller-manager", "cluster-cidr"): (Role.POD, Authority.CONTROLLER_MANAGER),
    ("kube-controller-manager", "service-cluster-ip-range"): (Role.SERVICE, Authority.CONTROLLER_MANAGER),
    ("kube-apiserver", "service-cluster-ip-range"): (Role.SERVICE, Authority.API_SERVER),
}


def _of_config_maps(config_maps: Mapping[tuple[str, str], ConfigMap]) -> list[Declaration]:
    found: list[Declaration] = []
    kubeadm = config_maps.get(("kube-system", "kubeadm-config"))
    if kubeadm is not None:
        declared = settings.document((kubeadm.data or {}).get("ClusterConfiguration", ""))
        path = ("data", "ClusterConfiguration")
        for key, role in (("podSubnet", Role.POD), ("serviceSubnet", Role.SERVICE)):
            subnets = settings.words(settings.at(declared, "networking", key))
            found += _ranges(subnets, role, Authority.KUBEADM, subject_of(kubeadm), path, one=True)
    for namespace in ("kube-flannel", "kube-system"):
        flannel = config_maps.get((namespace, "kube-flannel-cfg"))
        if flannel is not None:
            declared = settings.document((flannel.data or {}).get("net-conf.json", ""))
            networks = [declared[key] for key in ("Network", "IPv6Network") if isinstance(declared.get(key), str)]
            path = ("data", "net-conf.json")
            found += _ranges(networks, Role.POD, Authority.FLANNEL, subject_of(flannel), path, one=True)
    return found


def _ranges(
    texts: Iterable[str], role: Role, authority: Authority, subject: Subject, path: Path, one: bool = False
) -> list[Declaration]:
    """Declarations for the texts that are CIDRs; ``one``: they all stand in one field."""
    return [
        Declaration(cidr.range, role, authority, subject, path if one else (*path, index))
        for index, text in enumerate(texts)
        if (cidr := _parsed(text)) is not None
    ]


def _parsed(text: str) -> Cidr | None:
    try:
        return addresses.parse_cidr(text)
    except ValueError:
        return None
