"""What replaces addresses of pods, as far as the API shows it."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model.cni.plugin import Masquerade
from netlint.model.declared.declarations import Declaration
from netlint.model.declared.inventory import Inventory
from netlint.model.masquerade import attachments, ip_masq_agent, proxy_masquerading

__all__ = ["beside_plugins"]


def beside_plugins(inventory: Inventory, pods: Sequence[Declaration]) -> list[Masquerade]:
    """The configurations that hide addresses of pods and are no CNI plugin's own; ``pods``: their ranges."""
    return [
        *ip_masq_agent.masquerades(inventory, pods),
        *attachments.masquerades(inventory),
        *proxy_masquerading.masquerades(inventory, pods),
    ]
