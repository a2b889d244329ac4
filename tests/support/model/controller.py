"""What the EndpointSlice controller writes: pod by pod, slowly, and as its sources say it.

Nothing here comes from netlint. Sources, at Kubernetes 1.36: k8s.io/endpointslice utils.go (``podToEndpoint``,
``getEndpointPorts``, ``getEndpointAddresses``, ``getAddressTypesForService``, ``FindPort``), util/controller_utils.go
(``ShouldPodBeInEndpoints``, ``ShouldSetHostname``, ``IsPodReady``), reconciler.go (``reconcileByAddressType``);
k8s.io/kubernetes/pkg/controller/endpoint/endpoints_controller.go (``syncService``, ``addEndpointSubset``);
defaults of Service ports: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

Object = dict[str, Any]
Ports = frozenset[tuple[str, int, str]]  # name, number, protocol


class Endpoint(NamedTuple):
    """An endpoint with the ports of the slice in which it stands."""

    address: str
    pod: str
    uid: str
    node: str
    hostname: str
    ready: bool
    serving: bool
    terminating: bool
    ports: Ports


def address_types(service: Object) -> list[str]:
    """The families for which slices are written; none for a Service that is left alone."""
    spec = service["spec"]
    if spec.get("type") == "ExternalName" or not spec.get("selector"):
        return []
    if spec.get("ipFamilies"):
        return list(spec["ipFamilies"])
    if spec.get("clusterIP") and spec["clusterIP"] != "None":
        return ["IPv6" if ":" in spec["clusterIP"] else "IPv4"]
    return ["IPv4", "IPv6"]


def endpoint(service: Object, pod: Object, nodes: Collection[str] | None, address_type: str) -> Endpoint | None:
    """The endpoint of one pod in one family; None where it gets none. ``nodes`` None: every node exists."""
    meta, spec, status = pod["metadata"], pod["spec"], pod.get("status", {})
    labels = meta.get("labels") or {}
    publish = bool(service["spec"].get("publishNotReadyAddresses"))
    if meta["namespace"] != service["metadata"]["namespace"]:
        return None
    if any(key not in labels or labels[key] != value for key, value in service["spec"]["selector"].items()):
        return None
    if status.get("phase") in {"Succeeded", "Failed"}:
        return None
    if nodes is not None and spec.get("nodeName", "") not in nodes and not publish:
        return None
    addresses = [entry["ip"] for entry in status.get("podIPs") or []]
    of_type = [address for address in addresses if (":" in address) == (address_type == "IPv6")]
    if not of_type:
        return None
    ready_conditions = [found["status"] for found in status.get("conditions") or [] if found["type"] == "Ready"]
    serving = ready_conditions[:1] == ["True"]
    terminating = "deletionTimestamp" in meta
    named = spec.get("hostname") and spec.get("subdomain", "") == service["metadata"]["name"]
    return Endpoint(
        address=of_type[0],
        pod=meta["name"],
        uid=meta.get("uid", ""),
        node=spec.get("nodeName", ""),
        hostname=spec["hostname"] if named else "",
        ready=publish or (serving and not terminating),
        serving=serving,
        terminating=terminating,
        ports=endpoint_ports(service, pod),
    )


def endpoint_ports(service: Object, pod: Object) -> Ports:
    """The Service's ports as this pod resolves them; one that it cannot resolve is left out."""
    found = set()
    for port in service["spec"].get("ports") or []:
        protocol = port.get("protocol", "TCP")
        target = port.get("targetPort") or port["port"]
        number = target if isinstance(target, int) else find_port(pod, target, protocol)
        if number is not None:
            found.add((port.get("name", ""), number, protocol))
    return frozenset(found)


def find_port(pod: Object, name: str, protocol: str) -> int | None:
    """The number of a named port: in the containers first, then in the init containers that keep running."""
    sidecars = [found for found in pod["spec"].get("initContainers") or [] if found.get("restartPolicy") == "Always"]
    for container in (*pod["spec"]["containers"], *sidecars):
        for port in container.get("ports") or []:
            if port.get("name") == name and port.get("protocol", "TCP") == protocol:
                return port["containerPort"]
    return None


def endpoints(
    service: Object, pods: Iterable[Object], nodes: Collection[str] | None, address_type: str
) -> list[Endpoint]:
    """The endpoints of a Service in one family, in the order of the pods."""
    found = (endpoint(service, pod, nodes, address_type) for pod in pods)
    return [one for one in found if one is not None]


def endpoint_slices(
    service: Object, pods: Iterable[Object], nodes: Collection[str] | None, largest: int = 100
) -> list[Object]:
    """The slices of a Service: endpoints with the same ports together, never more than ``largest``.

    A family without any endpoint has a placeholder.
    """
    pods = list(pods)
    slices = []
    for address_type in address_types(service):
        by_ports: dict[Ports, list[Endpoint]] = {}
        for found in endpoints(service, pods, nodes, address_type):
            by_ports.setdefault(found.ports, []).append(found)
        pieces = [
            (ports, found[start : start + largest])
            for ports, found in by_ports.items()
            for start in range(0, len(found), largest)
        ]
        for ports, found in pieces or [(frozenset(), [])]:
            slices.append(endpoint_slice(service, f"{address_type.lower()}-{len(slices)}", address_type, ports, found))
    return slices


def endpoint_slice(service: Object, suffix: str, address_type: str, ports: Ports, found: Iterable[Endpoint]) -> Object:
    """One slice; empty lists are null, as the API server writes them."""
    meta = service["metadata"]
    owner = {
        "apiVersion": "v1",
        "kind": "Service",
        "name": meta["name"],
        "uid": meta.get("uid", ""),
        "controller": True,
    }
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{meta['name']}-{suffix}",
            "namespace": meta["namespace"],
            "labels": {
                **meta.get("labels", {}),
                "kubernetes.io/service-name": meta["name"],
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
            "ownerReferences": [owner],
        },
        "addressType": address_type,
        "ports": [{"name": n, "port": number, "protocol": how} for n, number, how in sorted(ports)] or None,
        "endpoints": [_written(meta["namespace"], one) for one in found] or None,
    }


def legacy_endpoints(service: Object, pods: Iterable[Object]) -> list[Object]:
    """The Endpoints of a Service that selects pods: of its first family, without pods that terminate."""
    meta, spec = service["metadata"], service["spec"]
    subsets: dict[Ports, Object] = {}
    for address_type in address_types(service)[:1]:
        for found in endpoints(service, pods, None, address_type):
            if found.terminating and not spec.get("publishNotReadyAddresses"):
                continue
            if spec.get("ports") and not found.ports:
                continue
            subset = subsets.setdefault(found.ports, {"addresses": [], "notReadyAddresses": []})
            target = {"kind": "Pod", "namespace": meta["namespace"], "name": found.pod, "uid": found.uid}
            written = {"ip": found.address, "nodeName": found.node, "targetRef": target}
            subset["addresses" if found.ready else "notReadyAddresses"].append(written)
    if not address_types(service):
        return []
    named = {"name": meta["name"], "namespace": meta["namespace"], "creationTimestamp": "2026-01-05T09:00:00Z"}
    listed = [
        {name: found for name, found in subset.items() if found}
        | {"ports": [{"name": name, "port": number, "protocol": how} for name, number, how in sorted(ports)]}
        for ports, subset in subsets.items()
    ]
    return [{"apiVersion": "v1", "kind": "Endpoints", "metadata": named, "subsets": listed}]


def _written(namespace: str, found: Endpoint) -> Object:
    target = {"kind": "Pod", "namespace": namespace, "name": found.pod}
    return {
        "addresses": [found.address],
        "conditions": {"ready": found.ready, "serving": found.serving, "terminating": found.terminating},
        "targetRef": target | ({"uid": found.uid} if found.uid else {}),
        **({"nodeName": found.node} if found.node else {}),
        **({"hostname": found.hostname} if found.hostname else {}),
    }
