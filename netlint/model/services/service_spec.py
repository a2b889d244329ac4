"""What the specification of a Service says of its endpoints.

Source: k8s.io/api/core/v1/types.go, k8s.io/endpointslice/util/controller_utils.go.
"""

from __future__ import annotations

from collections.abc import Collection

from netlint import addresses
from netlint.addresses import FAMILY_NUMBERS
from netlint.objects.core import Service


def families(service: Service) -> list[int]:
    """The address families for which the controller writes slices."""
    spec = service.spec
    named = [FAMILY_NUMBERS[family] for family in spec.ipFamilies or () if family in FAMILY_NUMBERS]
    if named:
        return named
    if spec.clusterIP and spec.clusterIP != "None":
        return [addresses.parse(spec.clusterIP)[0]]
    return [4, 6]


def has_pods(service: Service) -> bool:
    """Whether its endpoints come from pods: it has a selector and is not of type ExternalName."""
    return bool(service.spec.selector) and service.spec.type != "ExternalName"


def is_headless(service: Service) -> bool:
    """Whether it asked for no cluster IP."""
    return service.spec.clusterIP == "None"


def is_reached_from_outside(service: Service) -> bool:
    """Whether it has an address or a port for clients outside the cluster."""
    return service.spec.type in {"NodePort", "LoadBalancer"} or bool(service.spec.externalIPs)


def may_be_of_several_clusters(services: Collection[Service]) -> bool:
    """Whether they may be meant for different clusters: manifests in different namespaces, not all from a server."""
    namespaces = {service.namespace for service in services}
    return len(namespaces) == len(services) and not all(service.spec.clusterIP for service in services)
