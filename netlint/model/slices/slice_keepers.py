"""Who keeps an EndpointSlice, and since when it is what it is.

Source: k8s.io/endpointslice, k8s.io/kubernetes/pkg/controller/endpointslicemirroring,
pkg/controlplane/reconcilers (endpointsadapter.go).
"""

from __future__ import annotations

from netlint.objects.core import API_SERVER
from netlint.objects.discovery import MANAGED_BY, EndpointSlice
from netlint.objects.meta import Object
from netlint.snapshot.pod_table import stamp

CONTROLLER = "endpointslice-controller.k8s.io"
MIRRORING = "endpointslicemirroring-controller.k8s.io"
TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time"


def is_foreign(slice_: EndpointSlice) -> bool:
    """Whether neither the EndpointSlice controller nor an API server keeps the slice."""
    return slice_.labels.get(MANAGED_BY) != CONTROLLER and (slice_.namespace, slice_.name) != API_SERVER


_OTHER_CLUSTERS = (
    "endpointslice.reflection.liqo.io",
    "endpointslice-controller.mcs.k8s.io",
    "lighthouse-agent.submariner.io",
)
_ORIGINS = {"offloading.liqo.io/origin", "multicluster.kubernetes.io/source-cluster"}


def is_of_another_cluster(slice_: EndpointSlice) -> bool:
    """Whether it mirrors endpoints of another cluster, which have nodes and pods of that one.

    Source: liqo.io/docs (resource reflection), KEP-1645 (multi-cluster Services), submariner.io/lighthouse.
    """
    return slice_.labels.get(MANAGED_BY) in _OTHER_CLUSTERS or not _ORIGINS.isdisjoint(slice_.labels)


def last_change(item: Object) -> int:
    """When what the controller made a slice or Endpoints of changed last, as YYYYMMDDhhmmss; 0 where it is not said."""
    return stamp(item.annotations.get(TRIGGER_TIME))
