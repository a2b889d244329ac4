"""Services, and their EndpointSlices as the endpoint slice controller writes them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cluster.addresses import AddressPlan
from cluster.apps import Port, Service, ServicePort
from cluster.identity import SERVICES, mix, moment, resource_version, suffix, uid
from cluster.managed_fields import entry
from cluster.node_objects import node_name, zone_of
from cluster.pods import READY, TERMINATING, Pod

Tree = dict[str, Any]

KUBERNETES = 0  # index of default/kubernetes, whose slice the API servers write themselves
SLICE_SIZE = 100
_GROUP = "discovery.k8s.io/v1"


def service_uid(service: Service) -> str:
    return uid(SERVICES, service.index)


def families_of(service: Service, addresses: AddressPlan) -> int:
    """How many address families a Service has: with two stacks, two Services out of three have both."""
    return 2 if addresses.dual_stack and service.index % 3 and not service.external else 1


def service_object(service: Service, addresses: AddressPlan) -> Tree:
    metadata: Tree = {
        "name": service.name,
        "namespace": service.namespace,
        "uid": service_uid(service),
        "resourceVersion": resource_version(SERVICES, service.index),
        "creationTimestamp": moment(_age(service)),
    }
    if labels := service_labels(service):
        metadata["labels"] = labels
    if annotations := _annotations(service):
        metadata["annotations"] = annotations
    spec = _spec(service, families_of(service, addresses), addresses)
    metadata["managedFields"] = [
        entry("helm", "v1", moment(_age(service)), {"metadata": {"labels": labels}, "spec": _owned(spec)})
    ]
    status: Tree = {"loadBalancer": {}}
    if service.type == "LoadBalancer":
        public = f"198.18.{service.index >> 8 & 255}.{service.index & 255}"
        status = {"loadBalancer": {"ingress": [{"ip": public, "ipMode": "VIP"}]}}
    return {"kind": "Service", "apiVersion": "v1", "metadata": metadata, "spec": spec, "status": status}


def service_labels(service: Service) -> dict[str, str]:
    if service.index == KUBERNETES:
        return {"component": "apiserver", "provider": "kubernetes"}
    if not service.apps or service.index % 5 == 0:
        return {}
    return {key: value for key, value in service.apps[0].labels.items() if key != "version"}


def _age(service: Service) -> int:
    return 2_000_000 + mix(service.index) % 9_000_000


def _annotations(service: Service) -> dict[str, str]:
    annotations = {}
    if service.index % 3 == 0:
        annotations = {
            "meta.helm.sh/release-name": service.name,
            "meta.helm.sh/release-namespace": service.namespace,
        }
    if service.type == "LoadBalancer":
        annotations["external-dns.alpha.kubernetes.io/hostname"] = f"{service.name}.{service.namespace}.example.com"
    return annotations


def _owned(spec: Tree) -> Tree:
    return {
        key: spec[key]
        for key in ("internalTrafficPolicy", "ports", "selector", "sessionAffinity", "type")
        if key in spec
    }


def _spec(service: Service, families: int, addresses: AddressPlan) -> Tree:
    if service.type == "ExternalName":
        return {"type": "ExternalName", "sessionAffinity": "None", "externalName": service.external[0]}
    spec: Tree = {"ports": [_service_port(port) for port in service.ports]}
    if service.selector:
        spec["selector"] = service.selector
    assigned = ["None"] if service.headless else addresses.service_addresses(max(0, service.index), families)
    spec |= {"clusterIP": assigned[0], "clusterIPs": assigned, "type": service.type}
    spec |= _affinity(service)
    if service.type != "ClusterIP":
        spec["externalTrafficPolicy"] = "Cluster"
    if service.publish_not_ready:
        spec["publishNotReadyAddresses"] = True
    spec["ipFamilies"] = ["IPv4", "IPv6"][:families]
    spec["ipFamilyPolicy"] = "PreferDualStack" if families == 2 else "SingleStack"
    if service.type == "LoadBalancer":
        spec["allocateLoadBalancerNodePorts"] = True
    return spec | {"internalTrafficPolicy": "Cluster"}


def _affinity(service: Service) -> Tree:
    if service.index % 20 or service.headless:
        return {"sessionAffinity": "None"}
    return {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}}


def _service_port(port: ServicePort) -> Tree:
    name = {"name": port.name} if port.name else {}
    number = {"nodePort": port.node_port} if port.node_port else {}
    return name | {"protocol": port.protocol, "port": port.port, "targetPort": port.target} | number


@dataclass(frozen=True)
class SliceWriter:
    """Recreates the slices of a Service from the pods that it selects."""

    addresses: AddressPlan
    control_planes: int
    pods_of: Callable[[Service], Iterable[Pod]]
    spoil: Callable[[Service, list[Tree]], list[Tree]]
    """Changes the endpoints of a Service that carries a fault."""

    def slices(self, service: Service) -> Iterator[Tree]:
        if service.type == "ExternalName":
            return
        if service.external:
            yield self._hand_made(service)
            return
        for family in range(families_of(service, self.addresses)):
            yield from self._family(service, family)

    def _family(self, service: Service, family: int) -> Iterator[Tree]:
        groups: dict[tuple[tuple[str, int, str], ...], list[Tree]] = {}
        unchanged_for = _age(service)
        for pod in self.pods_of(service):
            if pod.live and pod.addresses:
                unchanged_for = min(unchanged_for, pod.unchanged_for)
                groups.setdefault(resolve(service, pod), []).append(self._endpoint(service, pod, family))
        if service.fault and not family:
            groups = {ports: self.spoil(service, endpoints) for ports, endpoints in groups.items()}
        number = 0
        for ports, endpoints in groups.items() or [((), [])]:
            for chunk in _chunks(endpoints, service.index):
                yield self._slice(service, family, number, moment(unchanged_for), ports, chunk)
                number += 1

    def _endpoint(self, service: Service, pod: Pod, family: int) -> Tree:
        serving, terminating = pod.state in (READY, TERMINATING), pod.state == TERMINATING
        ready = service.publish_not_ready or (serving and not terminating)
        hostname = {}
        if pod.app.kind == "StatefulSet" and service.headless and service.name == pod.app.name:
            hostname = {"hostname": pod.name}
        return {
            "addresses": [pod.addresses[family]],
            "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
            **hostname,
            "targetRef": {"kind": "Pod", "namespace": pod.app.namespace, "name": pod.name, "uid": pod.uid},
            "nodeName": node_name(pod.node, self.control_planes),
            "zone": zone_of(pod.node),
        }

    def _slice(
        self,
        service: Service,
        family: int,
        number: int,
        trigger: str,
        ports: tuple[tuple[str, int, str], ...],
        endpoints: list[Tree],
    ) -> Tree:
        name = f"{service.name}-{suffix(mix(service.index, family), number)}"
        owner = {"apiVersion": "v1", "kind": "Service", "name": service.name, "uid": service_uid(service)}
        headless = {"service.kubernetes.io/headless": ""} if service.headless else {}
        metadata: Tree = {
            "name": name,
            "generateName": f"{service.name}-",
            "namespace": service.namespace,
            "uid": uid(service.index, family, number),
            "resourceVersion": resource_version(service.index, family, number),
            "generation": 1 + mix(service.index, number) % 900,
            "creationTimestamp": moment(_age(service)),
            "labels": service_labels(service) | {
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                "kubernetes.io/service-name": service.name,
            } | headless,
            "annotations": {"endpoints.kubernetes.io/last-change-trigger-time": trigger},
            "ownerReferences": [owner | {"controller": True, "blockOwnerDeletion": True}],
        }  # fmt: skip
        return _finish(metadata, family, [_slice_port(*port) for port in ports], endpoints)

    def _hand_made(self, service: Service) -> Tree:
        manager = {"endpointslice.kubernetes.io/managed-by": "platform-team"} if service.index != KUBERNETES else {}
        metadata: Tree = {
            "name": service.name if service.index == KUBERNETES else f"{service.name}-1",
            "namespace": service.namespace,
            "uid": uid(service.index, 9),
            "resourceVersion": resource_version(service.index, 9),
            "generation": 1,
            "creationTimestamp": moment(_age(service)),
            "labels": manager | {"kubernetes.io/service-name": service.name},
        }
        ports = [_slice_port(port.name, int(port.target), port.protocol) for port in service.ports]
        endpoints = [{"addresses": [each], "conditions": {"ready": True}} for each in service.external]
        return _finish(metadata, 0, ports, endpoints)


def resolve(service: Service, pod: Pod) -> tuple[tuple[str, int, str], ...]:
    """The ports that a Service reaches on a pod: name, number, protocol."""
    resolved = []
    for port in service.ports:
        number = port.target if isinstance(port.target, int) else _named(pod.ports, port.target, port.protocol)
        if number:
            resolved.append((port.name, number, port.protocol))
    return tuple(resolved)


def _named(ports: Iterable[Port], name: str, protocol: str) -> int:
    return next((port.number for port in ports if (port.name, port.protocol) == (name, protocol)), 0)


def _chunks(endpoints: list[Tree], churn: int) -> Iterator[list[Tree]]:
    """Full slices; one Service in nine has been scaled down and up again, so that its slices are not full."""
    size = SLICE_SIZE if churn % 9 else SLICE_SIZE * 2 // 3
    for start in range(0, len(endpoints) or 1, size):
        yield endpoints[start : start + size]


def _slice_port(name: str, number: int, protocol: str) -> Tree:
    return {"name": name, "protocol": protocol, "port": number}


def _finish(metadata: Tree, family: int, ports: list[Tree], endpoints: list[Tree]) -> Tree:
    manager = "kube-controller-manager" if "generateName" in metadata else "kubectl-create"
    metadata["managedFields"] = _managed_fields(manager, metadata["creationTimestamp"], tuple(metadata["labels"]))
    return {
        "kind": "EndpointSlice",
        "apiVersion": _GROUP,
        "metadata": metadata,
        "addressType": ("IPv4", "IPv6")[family],
        "endpoints": endpoints or None,
        "ports": ports or None,
    }


@lru_cache(maxsize=4096)
def _managed_fields(manager: str, time: str, labels: tuple[str, ...]) -> list[Tree]:
    metadata = {"annotations": {"endpoints.kubernetes.io/last-change-trigger-time": ""}, "generateName": "",
                "labels": dict.fromkeys(labels), "ownerReferences": [{"uid": "0"}]}  # fmt: skip
    return [entry(manager, _GROUP, time, {"addressType": "", "endpoints": [], "metadata": metadata, "ports": []})]
