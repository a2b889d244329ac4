"""NetworkPolicy (networking.k8s.io/v1).

Source: k8s.io/api/networking/v1/types.go.
"""

from __future__ import annotations

from msgspec import Struct, field

from netlint.objects.meta import LabelSelector, Object, Protocol


class IPBlock(Struct, gc=False, rename={"except_": "except"}):
    """``ipBlock`` of a peer."""

    cidr: str | None = None
    except_: list[str] | None = None


class Peer(Struct, gc=False):
    """One entry of ``from`` or ``to``."""

    podSelector: LabelSelector | None = None
    namespaceSelector: LabelSelector | None = None
    ipBlock: IPBlock | None = None


class PolicyPort(Struct, gc=False):
    """One entry of ``ports``; TCP unless it says otherwise."""

    protocol: Protocol | None = None
    port: int | str | None = None
    endPort: int | None = None


class NetworkPolicyRule(Struct, gc=False):
    """One entry of ``ingress`` or ``egress``; without peers it is about everybody, without ports about all of them."""

    from_: list[Peer] | None = field(default=None, name="from")
    to: list[Peer] | None = None
    ports: list[PolicyPort] | None = None


class NetworkPolicySpec(Struct, gc=False):
    """``spec`` of a NetworkPolicy."""

    podSelector: LabelSelector = field(default_factory=LabelSelector)
    policyTypes: list[str] | None = None
    ingress: list[NetworkPolicyRule] | None = None
    egress: list[NetworkPolicyRule] | None = None


class NetworkPolicy(Object, gc=False):
    """A NetworkPolicy."""

    spec: NetworkPolicySpec = field(default_factory=NetworkPolicySpec)
