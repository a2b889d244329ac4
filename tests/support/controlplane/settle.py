"""Waits until the controller manager has written what follows from the objects that are there."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from . import kubelet
from .client import ApiError, Client
from .options import Options

Object = dict[str, Any]
Key = tuple[str, str]

_SERVICE_OF_SLICE = "kubernetes.io/service-name"
_MANAGER_OF_SLICE = "endpointslice.kubernetes.io/managed-by"
_SLICE_CONTROLLER = "endpointslice-controller.k8s.io"
_NODES = "/api/v1/nodes"
_PODS = "/api/v1/pods"
_SERVICES = "/api/v1/services"
_ENDPOINTS = "/api/v1/endpoints"
_SLICES = "/apis/discovery.k8s.io/v1/endpointslices"
_probe_numbers = itertools.count(1)


def wait_until(lack: Callable[[], str], timeout: float, check: Callable[[], None], interval: float = 0.05) -> None:
    """Polls until `lack` names nothing that is lacking; `check` raises when waiting has become useless."""
    deadline = time.monotonic() + timeout
    while lacking := lack():
        check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {timeout:g} s: {lacking}")
        time.sleep(interval)


_MANY = 1000


class Settling:
    """One wait for the controller manager."""

    def __init__(self, client: Client, options: Options, timeout: float, check: Callable[[], None]) -> None:
        self._client = client
        self._options = options
        self._deadline = time.monotonic() + timeout
        self._check = check
        self._quiet_since = 0.0
        self._seen: object = None

    def wait(self, node_ranges: bool) -> None:
        if node_ranges and self._options.allocate_node_cidrs:
            self._until(self._node_without_range)
        self._until_probe_is_served()
        self._until(self._service_without_slices, interval=0.2)
        self._until(self._recent_change, interval=0.1)

    def _until(self, lack: Callable[[], str], interval: float = 0.05) -> None:
        wait_until(lack, self._deadline - time.monotonic(), self._check, interval)

    def _node_without_range(self) -> str:
        wanted = len(self._options.cluster_cidrs)
        lacking = [
            node["metadata"]["name"]
            for node in self._client.list(_NODES)
            if len(node["spec"].get("podCIDRs", [])) != wanted
        ]
        return f"nodes without their pod ranges: {', '.join(lacking)}" if lacking else ""

    # The controllers see events of one kind in their order and work on Services in the order of these events.
    # So when they have served a probe made last, they have at least begun to work on all that came before.

    def _until_probe_is_served(self) -> None:
        name = f"settle-probe-{next(_probe_numbers)}"
        address = "192.0.2.200" if self._options.families[0] == 4 else "2001:db8::200"
        service, pod = _probe(name)
        self._client.create(service)
        try:
            self._client.create(pod)
            self._client.patch_status(pod, {"podIP": address, "podIPs": [{"ip": address}]})
            self._until(lambda: self._probe_not_served(name))
        finally:
            self._remove(service)
            self._remove(pod)
        self._until(lambda: self._probe_left_over(name))

    def _probe_not_served(self, name: str) -> str:
        served = any(each.get("endpoints") for each in self._slices_of(name)) and any(
            each.get("subsets") for each in self._endpoints_of(name)
        )
        return "" if served else "the controller manager has not served a new Service"

    def _probe_left_over(self, name: str) -> str:
        """Endpoints go when the controllers know that the Service is gone: then the slice can go, too."""
        if self._endpoints_of(name):
            return "the Endpoints of a deleted Service are still there"
        for each in self._slices_of(name):
            self._remove(each)
        return ""

    def _remove(self, obj: Object) -> None:
        try:
            self._client.delete(obj)
        except ApiError as error:
            if error.status != 404:
                raise

    def _slices_of(self, service: str) -> list[Object]:
        path = _SLICES.replace("/v1/", "/v1/namespaces/default/")
        return self._client.list(path, labelSelector=f"{_SERVICE_OF_SLICE}={service}")

    def _endpoints_of(self, service: str) -> list[Object]:
        return self._client.list("/api/v1/namespaces/default/endpoints", fieldSelector=f"metadata.name={service}")

    def _service_without_slices(self) -> str:
        """Each Service with a selector has Endpoints and slices, and these name the pods that they should."""
        slices: dict[Key, list[Object]] = defaultdict(list)
        for each in self._client.list(_SLICES):
            labels = each["metadata"].get("labels", {})
            if labels.get(_MANAGER_OF_SLICE) == _SLICE_CONTROLLER:
                slices[each["metadata"]["namespace"], labels.get(_SERVICE_OF_SLICE, "")].append(each)
        pods = self._endpoint_pods()
        endpoints = {_key(each) for each in self._client.list(_ENDPOINTS, metadata_only=True)}
        lacking = [
            "/".join(_key(service))
            for service in self._client.list(_SERVICES)
            if service["spec"].get("selector") and service["spec"]["type"] != "ExternalName"
            if _key(service) not in endpoints or not pods.complete(service, slices[_key(service)])
        ]
        return f"Services without their slices: {', '.join(sorted(lacking)[:10])}" if lacking else ""

    def _endpoint_pods(self) -> EndpointPods:
        nodes = {node["metadata"]["name"] for node in self._client.list(_NODES, metadata_only=True)}
        return EndpointPods(nodes, self._client.list(_PODS))

    def _recent_change(self) -> str:
        """Nothing that controllers write has changed for a while, which is longer than they wait to batch.

        With many objects the Endpoints controller, which may send few requests in a second, tries some again later.
        """
        versions = [
            (path, *_key(each), each["metadata"]["resourceVersion"])
            for path in (_NODES, _ENDPOINTS, _SLICES)
            for each in self._client.list(path, metadata_only=True)
        ]
        now = time.monotonic()
        if versions != self._seen:
            self._seen, self._quiet_since = versions, now
        quiet = 0.3 + 1.5 * self._options.endpoint_batch_seconds + max(0, len(versions) - _MANY) / 200
        return "" if now - self._quiet_since >= quiet else "the controller manager is still writing"


class EndpointPods:
    """The pods that can be endpoints, found by their labels.

    Those on unknown nodes do not count: the controller tries them again and again.
    """

    def __init__(self, nodes: set[str], pods: list[Object]) -> None:
        self._nodes = nodes
        self._by_label: dict[tuple[str, str, str], list[Object]] = defaultdict(list)
        for pod in pods:
            if pod["spec"].get("nodeName") in nodes and pod["status"].get("phase") not in kubelet.ENDED:
                for label in pod["metadata"].get("labels", {}).items():
                    self._by_label[pod["metadata"]["namespace"], *label].append(pod)

    def complete(self, service: Object, slices: list[Object]) -> bool:
        """True when the slices have the Service's families and name exactly its pods, on whatever terms."""
        families = set(service["spec"]["ipFamilies"])
        ends = [end for each in slices for end in each.get("endpoints") or []]
        named = {end["targetRef"]["name"] for end in ends if end.get("nodeName") in self._nodes}
        if families != {each["addressType"] for each in slices}:
            return False
        return named == self._selected(service, families)

    def _selected(self, service: Object, families: set[str]) -> set[str]:
        labels = service["spec"]["selector"].items()
        candidates = self._by_label[service["metadata"]["namespace"], *next(iter(labels))]
        return {
            pod["metadata"]["name"]
            for pod in candidates
            if labels <= pod["metadata"]["labels"].items() and families & _families(pod)
        }


def _families(pod: Object) -> set[str]:
    return {"IPv6" if ":" in each["ip"] else "IPv4" for each in pod["status"].get("podIPs", [])}


def _probe(name: str) -> tuple[Object, Object]:
    """A Service without an address and a pod on no real node, which cannot get into the way of others."""
    metadata = {"name": name, "namespace": "default"}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {"settle-probe": name},
            "ports": [{"port": 1}],
        },
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata | {"labels": {"settle-probe": name}},
        "spec": {"nodeName": name, "containers": [{"name": "probe", "image": "probe"}]},
    }
    return service, pod


def _key(obj: Object) -> Key:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
