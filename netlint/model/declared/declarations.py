"""One entry of the address plan, and what is said of text that should have been one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from netlint import addresses
from netlint.addresses import Cidr, Range
from netlint.findings import Subject
from netlint.objects.meta import Path
from netlint.objects.placeholders import style


class Role(StrEnum):
    """What a range is for; remote ones are outside of the cluster, and its pods reach them as they are."""

    POD = "pod"
    NODE_POD = "per-node pod"
    SERVICE = "Service"
    NODE = "node"
    BRIDGE = "bridge"
    LOAD_BALANCER = "load-balancer"
    INTERNAL = "internal"
    SECONDARY = "secondary"
    PUBLIC = "public"
    REMOTE = "remote"


class Standing(StrEnum):
    """How firm a range is: inferred ones never raise an error by themselves."""

    DECLARED = "declared"
    OBSERVED = "observed"
    INFERRED = "inferred"


class Authority(StrEnum):
    """Who declares a range, where it is no CNI plugin (those go by their own names)."""

    NODE = "Node"
    SERVICE_CIDR = "ServiceCIDR"
    CONTROLLER_MANAGER = "kube-controller-manager"
    API_SERVER = "kube-apiserver"
    SERVICE_PROXY = "kube-proxy"
    OPENSHIFT = "OpenShift"
    KUBEADM = "kubeadm"
    SERVICE = "Service"
    METALLB = "MetalLB"
    HOST = "host"


class Declaration(Struct, frozen=True, gc=False):
    """One range as it was declared; ``node`` is set where it belongs to one.

    ``cidr`` keeps how it was written, None where it is no CIDR. ``idle``: an observed bridge to which
    nothing is attached.
    """

    range: Range
    role: Role
    authority: str
    subject: Subject
    path: Path
    node: str = ""
    standing: Standing = Standing.DECLARED
    cidr: Cidr | None = None
    label: str = ""
    idle: bool = False

    @property
    def description(self) -> str:
        """What it declares, for people."""
        if self.label:
            return self.label
        if self.range.size == 1 and self.role in {Role.NODE, Role.PUBLIC}:
            return f"{self.role} address"
        return f"{self.role} range"

    def __str__(self) -> str:
        """The range as CIDR, one address as such."""
        return addresses.text(self.range.family, self.range.first) if self.range.size == 1 else str(self.range)


@dataclass(frozen=True, slots=True)
class MalformedRange:
    """Text in a setting, a flag or an annotation that should have been a range, and is none."""

    subject: Subject
    path: Path
    problem: str

    @property
    def placeholder(self) -> str:
        """How the text is marked as one that is filled in later; empty where it is not."""
        return style(self.problem)


DeclaredRanges = Iterator[Declaration | MalformedRange]


class RangeSource(Struct, frozen=True, gc=False):
    """Who declares ranges, and what they are for: all that several ranges in one place have in common."""

    role: Role
    authority: str
    subject: Subject
    node: str = ""
    standing: Standing = Standing.DECLARED
    label: str = ""
    idle: bool = False
    family: int | None = None  # the only one that may stand there

    def cidr(self, path: Path, text: str) -> Declaration | MalformedRange:
        """One CIDR."""
        try:
            cidr = addresses.parse_cidr(text)
        except ValueError as error:
            return MalformedRange(self.subject, path, str(error))
        if self.family not in {None, cidr.range.family}:
            return MalformedRange(self.subject, path, f"{text!r} is no range of IPv{self.family}")
        return self.declaration(path, cidr.range, cidr)

    def cidrs(self, path: Path, texts: Iterable[str]) -> Iterator[Declaration | MalformedRange]:
        """Several CIDRs that stand in one field."""
        for text in texts:
            yield self.cidr(path, text)

    def cidr_list(self, path: Path, texts: Iterable[str] | None) -> Iterator[Declaration | MalformedRange]:
        """The entries of a list, each a field of its own."""
        for index, text in enumerate(texts or ()):
            if text:
                yield self.cidr((*path, index), text)

    def address(self, path: Path, text: str) -> Declaration | MalformedRange:
        """One address."""
        try:
            family, value = addresses.parse(text)
        except ValueError as error:
            return MalformedRange(self.subject, path, str(error))
        return self.declaration(path, Range(family, value, value))

    def span(self, path: Path, text: str) -> Declaration | MalformedRange:
        """A CIDR, or ``first-last``."""
        first, dash, last = (part.strip() for part in text.partition("-"))
        if not dash:
            return self.cidr(path, text)
        try:
            (family, low), (other, high) = addresses.parse(first), addresses.parse(last)
        except ValueError as error:
            return MalformedRange(self.subject, path, str(error))
        if family != other or low > high:
            return MalformedRange(self.subject, path, f"{text!r} is no range: its last address is before its first")
        return self.declaration(path, Range(family, low, high))

    def declaration(self, path: Path, span: Range, cidr: Cidr | None = None) -> Declaration:
        """A range that is known already."""
        return Declaration(
            span, self.role, self.authority, self.subject, path, self.node, self.standing, cidr, self.label, self.idle
        )
