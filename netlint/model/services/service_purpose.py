"""Services that are alike: what makes a second one worth having, and who makes such pairs on purpose.

Source: argo-rollouts.readthedocs.io (features/canary, features/bluegreen), docs.flagger.app (usage/how-it-works).
"""

from __future__ import annotations

from netlint.model.services.service_ports import protocol
from netlint.model.services.service_spec import is_headless
from netlint.objects.core import Service

ROLLOUT = "Rollout"  # of Argo, whose two Services select the same pods between two roll-outs
ROLLED_OUT = "argo-rollouts.argoproj.io/managed-by-rollouts"
ROLLOUT_HASH = "rollouts-pod-template-hash"


def is_made_by_controller(service: Service) -> bool:
    """Whether something else than a hand wrote it, or writes its selector."""
    owned = any(owner.controller for owner in service.metadata.ownerReferences or ())
    return owned or ROLLED_OUT in service.annotations or ROLLOUT_HASH in (service.spec.selector or {})


def purpose(service: Service) -> tuple[object, ...]:
    """All that makes a difference to clients: a second Service of another sort has a reason."""
    spec = service.spec
    targets = {(port.targetPort or port.port, port.port, protocol(port)) for port in spec.ports or ()}
    return (
        service.namespace,
        frozenset((spec.selector or {}).items()),
        frozenset(targets),
        spec.type or "ClusterIP",
        is_headless(service),
        spec.internalTrafficPolicy or "Cluster",
        spec.externalTrafficPolicy or "Cluster",
        bool(spec.publishNotReadyAddresses),
        spec.sessionAffinity or "None",
        tuple(spec.ipFamilies or ()),
        tuple(spec.externalIPs or ()),
        spec.loadBalancerClass,
        frozenset(service.annotations.items()) if spec.type == "LoadBalancer" else None,
    )
