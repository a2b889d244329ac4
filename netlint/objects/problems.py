"""What is malformed in an object although every field has the right type.

Only what the API server would refuse in any version: text that is no address, no CIDR or no port.
Source: k8s.io/kubernetes/pkg/apis/core/validation, pkg/apis/discovery/validation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from netlint import addresses
from netlint.objects.apps import CronJob, Workload
from netlint.objects.core import Node, Service, ServicePort, ServiceSpec
from netlint.objects.core_endpoints import Endpoints
from netlint.objects.discovery import EndpointSlice
from netlint.objects.meta import Path
from netlint.objects.network_policies import IPBlock, NetworkPolicy
from netlint.objects.networking import IPAddress, ServiceCIDR
from netlint.objects.pod import Container, ContainerPort, PodSpec, StrictPod

Problem = tuple[Path, str]
NAMED_NODE_ADDRESSES = {"Hostname", "InternalDNS", "ExternalDNS"}
LARGEST_PORT = 65535
PORT_NAME = re.compile(r"(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")
PORT_NAMES = "it has up to 15 lower-case letters, digits and hyphens, and at least one letter"
LABEL_NAME = re.compile(r"(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LABEL_NAMES = "it has up to 63 lower-case letters, digits and hyphens, and no hyphen at its ends"
LABEL_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
LABEL_VALUES = "it has up to 63 letters, digits, '-', '_' and '.', and none of these three at its ends"
LABEL_KEY = re.compile(r"([a-z0-9][-a-z0-9.]{0,252}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


SELECTING = {"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}
"""The kinds whose selector is written by people and must select the pods of their template."""
DEFAULTED = {"externalTrafficPolicy", "protocol", "sessionAffinity", "type"}
_NEVER_DEFAULTED = (EndpointSlice, NetworkPolicy)


def is_defaulted(struct: type, path: Path, value: object) -> bool:
    """Whether the API server takes the empty text there for nothing, and puts in its default.

    It does so where the Go field is no pointer. Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go.
    """
    return value == "" and path[-1] in DEFAULTED and struct not in _NEVER_DEFAULTED


def problems(item: object) -> Iterator[Problem]:
    """Every field of the object whose value the API server would refuse, with the reason."""
    finder = FINDERS.get(type(item))
    if finder is not None:
        yield from finder(item)


def _of_node(node: Node) -> Iterator[Problem]:
    if node.spec.podCIDR:
        yield from _cidr(("spec", "podCIDR"), node.spec.podCIDR)
    yield from _cidrs(("spec", "podCIDRs"), node.spec.podCIDRs)
    for index, entry in enumerate(node.status.addresses or ()):
        if entry.type not in NAMED_NODE_ADDRESSES and entry.address:
            yield from _address(("status", "addresses", index, "address"), entry.address)


def _of_service(service: Service) -> Iterator[Problem]:
    spec = service.spec
    yield from _service_addresses(spec)
    for key, value in (spec.selector or {}).items():
        yield from _label(("spec", "selector", key), key, value)
    if spec.clusterIP == "None" and spec.type in {"NodePort", "LoadBalancer"}:
        yield ("spec", "clusterIP"), f"a Service of type {spec.type} cannot be headless"
    for index, port in enumerate(spec.ports or ()):
        yield from _of_service_port(("spec", "ports", index), port)
        if port.nodePort and spec.type in {None, "", "ClusterIP"}:
            yield ("spec", "ports", index, "nodePort"), "a Service of type ClusterIP has no node ports"
    for index, entry in enumerate(_ingress(service)):
        if entry.ip:
            yield from _address(("status", "loadBalancer", "ingress", index, "ip"), entry.ip)


def _service_addresses(spec: ServiceSpec) -> Iterator[Problem]:
    if spec.clusterIP not in {None, "", "None"}:
        yield from _address(("spec", "clusterIP"), spec.clusterIP)
    for index, address in enumerate(spec.clusterIPs or ()):
        if address not in {"", "None"}:
            yield from _address(("spec", "clusterIPs", index), address)
    for index, address in enumerate(spec.externalIPs or ()):
        if address:
            yield from _address(("spec", "externalIPs", index), address)


def _of_service_port(at: Path, port: ServicePort) -> Iterator[Problem]:
    if port.name and not _is_like(LABEL_NAME, port.name):
        yield (*at, "name"), f"{port.name!r} is no name of a Service port: {LABEL_NAMES}"
    if port.port is not None:
        yield from _port((*at, "port"), port.port)
    if isinstance(port.targetPort, int) and port.targetPort:
        yield from _port((*at, "targetPort"), port.targetPort)
    if isinstance(port.targetPort, str) and not _is_like(PORT_NAME, port.targetPort):
        yield (*at, "targetPort"), f"{port.targetPort!r} is no port name: {PORT_NAMES}"
    if port.nodePort:
        yield from _port((*at, "nodePort"), port.nodePort)


def _ingress(service: Service) -> Iterable[Any]:
    balancer = service.status.loadBalancer if service.status else None
    return (balancer.ingress if balancer else None) or ()


def slice_port_problems(endpoint_slice: EndpointSlice) -> Iterator[Problem]:
    """What is malformed in the ports of a slice."""
    for index, port in enumerate(endpoint_slice.ports or ()):
        if port.port is not None:
            yield from _port(("ports", index, "port"), port.port)


def _of_slice(endpoint_slice: EndpointSlice) -> Iterator[Problem]:
    yield from slice_port_problems(endpoint_slice)
    if endpoint_slice.addressType == "FQDN":
        return
    for index, endpoint in enumerate(endpoint_slice.endpoints or ()):
        for number, address in enumerate(endpoint.addresses or ()):
            at = ("endpoints", index, "addresses", number)
            if address:
                yield from _address(at, address, addresses.FAMILY_NUMBERS.get(endpoint_slice.addressType or ""))


def endpoints_port_problems(endpoints: Endpoints) -> Iterator[Problem]:
    """What is malformed in the ports of Endpoints."""
    for number, subset in enumerate(endpoints.subsets or ()):
        for index, port in enumerate(subset.ports or ()):
            if port.port is not None:
                yield from _port(("subsets", number, "ports", index, "port"), port.port)


def _of_endpoints(endpoints: Endpoints) -> Iterator[Problem]:
    yield from endpoints_port_problems(endpoints)
    for number, subset in enumerate(endpoints.subsets or ()):
        for field in ("addresses", "notReadyAddresses"):
            for index, address in enumerate(getattr(subset, field) or ()):
                if address.ip:
                    yield from _address(("subsets", number, field, index, "ip"), address.ip)


def _of_service_cidr(declared: ServiceCIDR) -> Iterator[Problem]:
    yield from _cidrs(("spec", "cidrs"), declared.spec.cidrs)


def _of_ip_address(address: IPAddress) -> Iterator[Problem]:
    if address.name:
        yield from _address(("metadata", "name"), address.name)


def _of_policy(policy: NetworkPolicy) -> Iterator[Problem]:
    for way, peers_of in (("ingress", "from_"), ("egress", "to")):
        for number, rule in enumerate(getattr(policy.spec, way) or ()):
            for index, peer in enumerate(getattr(rule, peers_of) or ()):
                if peer.ipBlock is not None and peer.ipBlock.cidr:
                    at = ("spec", way, number, peers_of.rstrip("_"), index, "ipBlock")
                    yield from _cidr((*at, "cidr"), peer.ipBlock.cidr)
                    yield from _cidrs((*at, "except"), peer.ipBlock.except_)
                    yield from _outside((*at, "except"), peer.ipBlock)


def _outside(at: Path, block: IPBlock) -> Iterator[Problem]:
    """Exceptions from a range that are no part of it."""
    try:
        whole = addresses.parse_cidr(block.cidr or "").range
        parts = [(index, text, addresses.parse_cidr(text).range) for index, text in enumerate(block.except_ or ())]
    except ValueError:  # which is a problem of its own
        return
    for index, text, part in parts:
        if not whole.covers(part) or whole == part:
            yield (*at, index), f"{text!r} is no part of {block.cidr}"


def _selector(workload: Workload) -> Iterator[Problem]:
    """A selector that does not select the pods of its own template."""
    selector = workload.spec.selector or {}
    labels = workload.template.metadata.labels or {} if workload.template else {}
    wanted = selector.get("matchLabels") if workload.kind in SELECTING else None
    for key, value in (wanted if isinstance(wanted, dict) else {}).items():
        if labels.get(key) != value:
            yield ("spec", "selector", "matchLabels", key), f"the template has no label {key}={value}"


def _of_workload(workload: Workload | CronJob) -> Iterator[Problem]:
    template = workload.template
    if isinstance(workload, Workload):
        yield from _selector(workload)
    if template is not None:
        at: Path = ("spec", "template", "spec")
        if isinstance(workload, CronJob):
            at = ("spec", "jobTemplate", *at)
        yield from _of_pod_spec(at, template.spec)


def _of_pod(pod: StrictPod) -> Iterator[Problem]:
    yield from _of_pod_spec(("spec",), pod.spec)
    status = pod.status
    if status is None:
        return
    for key, address in (("podIP", status.podIP), ("hostIP", status.hostIP)):
        if address:
            yield from _address(("status", key), address)
    for index, entry in enumerate(status.podIPs or ()):
        if entry.ip:
            yield from _address(("status", "podIPs", index, "ip"), entry.ip)


def _of_pod_spec(at: Path, spec: PodSpec) -> Iterator[Problem]:
    yield from _of_containers((*at, "containers"), spec.containers)
    yield from _of_containers((*at, "initContainers"), spec.initContainers)


def _of_containers(at: Path, containers: list[Container] | None) -> Iterator[Problem]:
    for index, container in enumerate(containers or ()):
        yield from port_problems((*at, index, "ports"), container.ports or ())


def port_problems(at: Path, ports: Iterable[ContainerPort]) -> Iterator[Problem]:
    """What is malformed in the ports that a container declares; ``at`` is where they stand."""
    for number, port in enumerate(ports):
        port_path = (*at, number)
        if port.name and not _is_like(PORT_NAME, port.name):
            yield (*port_path, "name"), f"{port.name!r} is no port name: {PORT_NAMES}"
        if port.containerPort is not None:
            yield from _port((*port_path, "containerPort"), port.containerPort)
        if port.hostPort:
            yield from _port((*port_path, "hostPort"), port.hostPort)
        if port.hostIP:
            yield from _address((*port_path, "hostIP"), port.hostIP)


def _address(path: Path, address: str | None, wanted: int | None = None) -> Iterator[Problem]:
    try:
        family, _ = addresses.parse(address or "")
    except ValueError as error:
        yield path, str(error)
        return
    if wanted is not None and family != wanted:
        yield path, f"{address!r} is no IPv{wanted} address"


def _cidr(path: Path, cidr: str) -> Iterator[Problem]:
    try:
        addresses.parse_cidr(cidr)
    except ValueError as error:
        yield path, str(error)


def _cidrs(path: Path, cidrs: list[str] | None) -> Iterator[Problem]:
    for index, cidr in enumerate(cidrs or ()):
        if cidr:
            yield from _cidr((*path, index), cidr)


def _label(path: Path, key: str, value: str | None) -> Iterator[Problem]:
    if not _is_like(LABEL_KEY, key):
        yield path, f"{key!r} is no label key"
    elif value and not _is_like(LABEL_VALUE, value):
        yield path, f"{value!r} is no label value: {LABEL_VALUES}"


def _is_like(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the text has this form, or some program is still to put one in the place of a variable."""
    return not text or "$" in text or "{{" in text or pattern.fullmatch(text) is not None


def _port(path: Path, port: int) -> Iterator[Problem]:
    if not 1 <= port <= LARGEST_PORT:
        yield path, f"{port} is no port: ports go from 1 to {LARGEST_PORT}"


IN_BULK: dict[type, Callable[[Any], Iterator[Problem]]] = {
    Endpoints: endpoints_port_problems,
    EndpointSlice: slice_port_problems,
}
"""What to ask of objects with so many addresses that only the tables which take these in look at them."""
FINDERS: dict[type, Callable[[Any], Iterator[Problem]]] = {
    CronJob: _of_workload,
    Endpoints: _of_endpoints,
    EndpointSlice: _of_slice,
    IPAddress: _of_ip_address,
    NetworkPolicy: _of_policy,
    Node: _of_node,
    Service: _of_service,
    ServiceCIDR: _of_service_cidr,
    StrictPod: _of_pod,
    Workload: _of_workload,
}
