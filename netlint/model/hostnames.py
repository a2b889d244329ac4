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
