"""Pods that are made, or labelled, by what is no workload of the input."""

from __future__ import annotations

from netlint.cluster import Cluster
from netlint.objects.core import Service

SYSTEM = "kube-system"
ROLES = frozenset({"follower", "leader", "master", "primary", "replica", "secondary", "slave", "standby"})
"""What Patroni, Redis Sentinel and others write into a label of pods that run."""


def why_pods_may_exist(cluster: Cluster, service: Service) -> str:
    """Why pods may be selected although no template is, where pods are not known; empty for no reason."""
    if cluster.view.is_complete("Pod", service.namespace):
        return ""
    makers = (maker for maker in cluster.view.snapshot.reading.makers if maker[1] == service.namespace)
    kind, namespace, name = min(makers, default=("", "", ""))
    if kind:
        return f"its pods may be made for {kind} {namespace}/{name}, which netlint does not read"
    if service.namespace == SYSTEM:
        return f"no Pod of {SYSTEM} is known, where the control plane and its add-ons run"
    return _role_labels(cluster, service)


def _role_labels(cluster: Cluster, service: Service) -> str:
    selector = service.spec.selector or {}
    lasting = {key: value for key, value in selector.items() if value not in ROLES}
    if len(lasting) == len(selector) or not lasting or not cluster.view.templates.having(service.namespace, lasting):
        return ""
    roles = ", ".join(f"{key}={selector[key]}" for key in selector if key not in lasting)
    return f"pods may get the label {roles} while they run"
