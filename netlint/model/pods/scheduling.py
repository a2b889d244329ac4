"""On which nodes a DaemonSet runs its pods.

Source: kubernetes.io/docs/concepts/workloads/controllers/daemonset, k8s.io/component-helpers/scheduling,
k8s.io/api/core/v1/toleration.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netlint.model.selectors import meets
from netlint.objects.apps import Workload
from netlint.objects.core import Node, Taint
from netlint.objects.pod import NodeTerm, PodSpec, Toleration

REPELLING = ("NoSchedule", "NoExecute")
_NODE = "node.kubernetes.io/"
TOLERATED = {
    *((_NODE + key, "NoExecute") for key in ("not-ready", "unreachable")),
    *((_NODE + key, "NoSchedule") for key in ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")),
}
"""Key and effect of the taints that every pod of a DaemonSet tolerates."""
NETWORK_UNAVAILABLE = _NODE + "network-unavailable"
"""A taint that pods of a DaemonSet tolerate in the network of their host."""


def runs_on(daemon_set: Workload, node: Node) -> bool | None:
    """Whether the DaemonSet has a pod on the node; None where it says so in a way that is not understood."""
    spec = daemon_set.template.spec if daemon_set.template else PodSpec()
    answers = (_is_selected(spec.nodeSelector or {}, node), _has_affinity(spec, node), _tolerates(spec, node))
    return False if False in answers else None if None in answers else True


def _is_selected(selector: Mapping[str, str], node: Node) -> bool:
    return selector.items() <= node.labels.items()


def _has_affinity(spec: PodSpec, node: Node) -> bool | None:
    affinity = spec.affinity.nodeAffinity if spec.affinity else None
    required = affinity.requiredDuringSchedulingIgnoredDuringExecution if affinity else None
    if required is None:
        return True
    answers = [_holds(term, node) for term in required.nodeSelectorTerms or ()]
    return True if True in answers else None if None in answers else False


def _holds(term: NodeTerm, node: Node) -> bool | None:
    """An empty term selects nothing."""
    fields = {"metadata.name": node.name}
    answers = [
        *(meets(required, node.labels) for required in term.matchExpressions or ()),
        *(meets(required, fields) for required in term.matchFields or ()),
    ]
    if not answers or False in answers:
        return False
    return None if None in answers else True


def _tolerates(spec: PodSpec, node: Node) -> bool | None:
    answers = [
        _is_tolerated(taint, spec.tolerations or ())
        for taint in node.spec.taints or ()
        if taint.effect in REPELLING and not _is_always_tolerated(taint, spec)
    ]
    return False if False in answers else None if None in answers else True


def _is_always_tolerated(taint: Taint, spec: PodSpec) -> bool:
    return (taint.key, taint.effect) in TOLERATED or bool(spec.hostNetwork and taint.key == NETWORK_UNAVAILABLE)


def _is_tolerated(taint: Taint, tolerations: Iterable[Toleration]) -> bool | None:
    answers = [_covers(toleration, taint) for toleration in tolerations]
    return True if True in answers else None if None in answers else False


def _covers(toleration: Toleration, taint: Taint) -> bool | None:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    match toleration.operator or "Equal":
        case "Exists":
            return True
        case "Equal":
            return bool(toleration.key) and (toleration.value or "") == (taint.value or "")
    return None
