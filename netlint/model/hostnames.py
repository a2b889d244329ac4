"""Host names as Ingress and Gateway API compare them."""

from __future__ import annotations


def covers(pattern: str, host: str) -> bool:
    """Whether a name, or ``*.`` for exactly one label, covers a host.

    Source: k8s.io/api/networking/v1/types.go, IngressRule.Host.
    """
    if pattern.startswith("*.") and not host.startswith("*."):
        _, dot, domain = host.partition(".")
        return bool(dot) and domain.lower() == pattern[2:].lower()
    return pattern.lower() == host.lower()


def intersect(first: str, second: str) -> bool:
    """Whether a host can match both; ``*.`` stands for any number of labels here, as in the Gateway API.

    Source: sigs.k8s.io/gateway-api/apis/v1/shared_types.go, Hostname.
    """
    first, second = first.lower(), second.lower()
    if first == second:
        return True
    ways = (first, second), (second, first)
    return any(wildcard.startswith("*.") and name.endswith(wildcard[1:]) for wildcard, name in ways)
