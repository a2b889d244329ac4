"""The network of Google Kubernetes Engine.

Source: cloud.google.com/kubernetes-engine/docs/concepts/alias-ips and how-to/ip-masquerade-agent.
"""

from __future__ import annotations

from netlint.model.cni.plugin import Evidence, Plugin
from netlint.model.cni.pod_addresses import FROM_NODE
from netlint.model.cni.transport import Transport, Way

NAME = "gke"

PLUGIN = Plugin(
    NAME,
    Evidence(daemon_sets=("netd",)),
    allocation=lambda _: FROM_NODE,
    in_cloud_network=True,
    transports=lambda _: (Transport(Way.UNDERLAY),),
    masquerade_chain="IP-MASQ",
    yields_to=("calico", "cilium"),
)
