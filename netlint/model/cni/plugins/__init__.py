"""The network plugins that netlint knows: a module for each, with its ``PLUGIN``.

Outside of ``netlint.model.cni`` a module of this package is imported only by rules about that one plugin.
"""

from __future__ import annotations

from netlint.model.cni.plugin import Plugin
from netlint.model.cni.plugins import (
    antrea,
    aws_vpc_cni,
    azure_cni,
    calico,
    cilium,
    flannel,
    gke,
    kindnet,
    kube_router,
    ovn_kubernetes,
    weave,
)

__all__ = ["PLUGINS"]

PLUGINS: tuple[Plugin, ...] = (
    cilium.PLUGIN,
    antrea.PLUGIN,
    ovn_kubernetes.PLUGIN,
    kube_router.PLUGIN,
    flannel.PLUGIN,
    calico.PLUGIN,
    aws_vpc_cni.PLUGIN,
    azure_cni.PLUGIN,
    gke.PLUGIN,
    kindnet.PLUGIN,
    weave.PLUGIN,
)
"""All plugins; where several claim what only one can be, such as to take kube-proxy's place, the first one counts."""
