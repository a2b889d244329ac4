"""What replaces addresses of pods, as far as the API shows it."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model.cni.plugin import Masquerade
from netlint.model.inventory import Inventory
from netlint.model.nat import agent, attachments, service_proxy
from netlint.model.plan.declarations import Declaration

__all__ = ["beside_plugins"]


def beside_plugins(inventory: Inventory, pods: Sequence[Declaration]) -> list[Masquerade]:
    """The configurations that hide addresses of pods and are no CNI plugin's own; ``pods``: their ranges."""
    return [
        *agent.masquerades(inventory, pods),
        *attachments.masquerades(inventory),
        *service_proxy.masquerades(inventory, pods),
    ]
