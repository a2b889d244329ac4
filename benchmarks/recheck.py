"""A slow and simple second opinion on a generated cluster: all planted faults, found without the plan.

Only for the generator's own check. Pairs are compared with pairs, so keep the scale small.
"""

import json
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any

Tree = dict[str, Any]
Finding = tuple[str, str, str, str]

CONTROLLER = "endpointslice-controller.k8s.io"


class Export:
    """The objects of a cluster, by kind."""

    def __init__(self, objects: Iterable[Tree]) -> None:
        self.by_kind: dict[str, list[Tree]] = {}
        for tree in objects:
            self.by_kind.setdefault(tree["kind"], []).append(tree)
        self.nodes = {node["metadata"]["name"]: node for node in self.by_kind["Node"]}
        self.live = [pod for pod in self.by_kind["Pod"] if pod["status"]["phase"] not in ("Succeeded", "Failed")]
        self.pods_in: dict[str, list[Tree]] = {}
        for pod in self.live:
            self.pods_in.setdefault(pod["metadata"]["namespace"], []).append(pod)
        self.slices_of: dict[tuple[str, str], list[Tree]] = {}
        for each in self.by_kind["EndpointSlice"]:
            service = each["metadata"]["labels"]["kubernetes.io/service-name"]
            self.slices_of.setdefault((each["metadata"]["namespace"], service), []).append(each)

    def in_pod_network(self) -> Iterator[Tree]:
        return (pod for pod in self.live if not pod["spec"].get("hostNetwork") and addresses(pod))

    def selected(self, service: Tree) -> list[Tree]:
        wanted = service["spec"].get("selector", {}).items()
        pods = self.pods_in.get(service["metadata"]["namespace"], [])
        return [pod for pod in pods if wanted <= pod["metadata"]["labels"].items()]


def findings(objects: Iterable[Tree]) -> set[Finding]:
    export = Export(objects)
    ranges = {
        name: [ip_network(each) for each in node["spec"].get("podCIDRs", [])] for name, node in export.nodes.items()
    }
    disputed, found = _overlaps(ranges)
    found |= _foreign_ranges(export, ranges)
    found |= {("missing-pod-cidrs", "Node", "", name) for name, networks in ranges.items() if not networks}
    found |= _pod_addresses(export, ranges, disputed)
    found |= _host_ports(export)
    for service in export.by_kind["Service"]:
        if service["spec"].get("selector"):
            found |= {(rule, *subject(service)) for rule in _service(export, service)}
    return found


def addresses(pod: Tree) -> list[str]:
    return [each["ip"] for each in pod["status"].get("podIPs", [])]


def subject(tree: Tree) -> tuple[str, str, str]:
    return tree["kind"], tree["metadata"].get("namespace", ""), tree["metadata"]["name"]


def _groups(pairs: Iterable[tuple[Any, Any]]) -> list[set[Any]]:
    groups: list[set[Any]] = []
    for pair in pairs:
        joined = set(pair).union(*(group for group in groups if group & set(pair)))
        groups = [group for group in groups if not group & set(pair)] + [joined]
    return groups


def _overlaps(ranges: dict[str, list[Any]]) -> tuple[set[str], set[Finding]]:
    flat = [(name, network) for name, networks in ranges.items() for network in networks]
    flat.sort(key=lambda each: (each[1].version, each[1].network_address, each[1].prefixlen))
    pairs = [
        (one, other)
        for place, (one, network) in enumerate(flat)
        for other, later in flat[place + 1 : place + 6]
        if one != other and network.version == later.version and network.overlaps(later)
    ]
    groups = _groups(pairs)
    return set().union(*groups), {("overlapping-pod-cidrs", "Node", "", min(group)) for group in groups}


def _foreign_ranges(export: Export, ranges: dict[str, list[Any]]) -> set[Finding]:
    cluster = [ip_network(each) for each in _cluster_ranges(export)]
    return {
        ("pod-cidrs-outside-cluster-cidr", "Node", "", name)
        for name, networks in ranges.items()
        for network in networks
        if not any(network.version == whole.version and network.subnet_of(whole) for whole in cluster)
    }


def _cluster_ranges(export: Export) -> list[str]:
    flags = {
        flag.partition("=")[2]
        for pod in export.by_kind["Pod"]
        if pod["metadata"]["labels"].get("component") == "kube-controller-manager"
        for flag in pod["spec"]["containers"][0]["command"]
        if flag.startswith("--cluster-cidr=")
    }
    config = {each["metadata"]["name"]: each["data"] for each in export.by_kind["ConfigMap"]}
    (flag,) = flags
    assert f"podSubnet: {flag}\n" in config["kubeadm-config"]["ClusterConfiguration"]
    network = json.loads(config["kube-flannel-cfg"]["net-conf.json"])
    assert [network[key] for key in ("Network", "IPv6Network") if key in network] == flag.split(",")
    return flag.split(",")


def _pod_addresses(export: Export, ranges: dict[str, list[Any]], disputed: set[str]) -> set[Finding]:
    owners: dict[str, list[tuple[str, str, str]]] = {}
    found = set()
    for pod in export.in_pod_network():
        node = pod["spec"]["nodeName"]
        for address in addresses(pod):
            owners.setdefault(address, []).append(subject(pod))
            inside = any(ip_address(address) in network for network in ranges[node])
            if not inside and node not in disputed:
                found.add(("pod-ips-outside-node-range", *subject(pod)))
    hosts = {each["address"] for node in export.nodes.values() for each in node["status"]["addresses"]}
    assert not hosts & set(owners), "a pod has the address of a node"
    return found | {("duplicate-pod-ips", *min(pods)) for pods in owners.values() if len(pods) > 1}


def _host_ports(export: Export) -> set[Finding]:
    taken: dict[tuple[str, int, str], list[tuple[str, str, str]]] = {}
    for pod in export.live:
        for container in pod["spec"]["containers"]:
            for port in container.get("ports", []):
                if "hostPort" in port and "nodeName" in pod["spec"]:
                    key = pod["spec"]["nodeName"], port["hostPort"], port["protocol"]
                    taken.setdefault(key, []).append(subject(pod))
    return {("conflicting-host-ports", *min(pods)) for pods in taken.values() if len(pods) > 1}


def _service(export: Export, service: Tree) -> Iterator[str]:
    pods = export.selected(service)
    if not pods:
        yield "services-without-pods"
    for port in service["spec"]["ports"]:
        if pods and isinstance(port["targetPort"], str) and not any(_number(pod, port) for pod in pods):
            yield "unmatched-target-ports"
    slices = export.slices_of[service["metadata"]["namespace"], service["metadata"]["name"]]
    for family in service["spec"]["ipFamilies"]:
        same = [each for each in slices if each["addressType"] == family]
        assert same, "every selector Service has a slice"
        yield from _endpoints(export, service, pods, same)


def _number(pod: Tree, port: Tree) -> int:
    if isinstance(port["targetPort"], int):
        return port["targetPort"]
    sidecars = [each for each in pod["spec"].get("initContainers", []) if each.get("restartPolicy") == "Always"]
    for container in pod["spec"]["containers"] + sidecars:
        for each in container.get("ports", []):
            if (each.get("name"), each.get("protocol", "TCP")) == (port["targetPort"], port["protocol"]):
                return each["containerPort"]
    return 0


def _endpoints(export: Export, service: Tree, pods: list[Tree], slices: list[Tree]) -> Iterator[str]:
    sixth = slices[0]["addressType"] == "IPv6"
    of_family = [(address, pod) for pod in pods for address in addresses(pod) if (":" in address) == sixth]
    wanted = {(address, pod["metadata"]["name"]): _expected(export, service, pod) for address, pod in of_family}
    written = _written(slices)
    for key in written.keys() - wanted.keys():
        assert not any(key[0] in addresses(pod) for pod in export.live)
        yield "stale-endpoint-addresses"
    for key in wanted.keys() - written.keys():
        assert wanted[key][0]["conditions"]["ready"]
        yield "missing-endpoint-addresses"
    for key in wanted.keys() & written.keys():
        if wanted[key] != (
            {name: value for name, value in written[key][0].items() if name != "addresses"},
            written[key][1],
        ):
            yield "mismatched-endpoints"


def _written(slices: list[Tree]) -> dict[tuple[str, str], tuple[Tree, tuple[Any, ...]]]:
    """Endpoints with the ports of their slice, by address and pod."""
    written = {}
    for each in slices:
        ports = tuple(sorted((port["name"], port["port"], port["protocol"]) for port in each["ports"] or []))
        assert len(each["endpoints"] or []) <= 100
        assert each["metadata"]["labels"]["endpointslice.kubernetes.io/managed-by"] == CONTROLLER
        for endpoint in each["endpoints"] or []:
            (address,) = endpoint["addresses"]
            assert (address, endpoint["targetRef"]["name"]) not in written
            written[address, endpoint["targetRef"]["name"]] = endpoint, ports
    return written


def _expected(export: Export, service: Tree, pod: Tree) -> tuple[Tree, tuple[Any, ...]]:
    serving = any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"]["conditions"])
    terminating = "deletionTimestamp" in pod["metadata"]
    ready = service["spec"].get("publishNotReadyAddresses", False) or (serving and not terminating)
    metadata, node = pod["metadata"], pod["spec"]["nodeName"]
    reference = {"kind": "Pod", **{key: metadata[key] for key in ("namespace", "name", "uid")}}
    endpoint = {
        "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
        "targetRef": reference,
        "nodeName": node,
        "zone": export.nodes[node]["metadata"]["labels"]["topology.kubernetes.io/zone"],
    }
    if pod["spec"].get("subdomain") == service["metadata"]["name"]:
        endpoint["hostname"] = pod["spec"]["hostname"]
    ports = [(port.get("name", ""), _number(pod, port), port["protocol"]) for port in service["spec"]["ports"]]
    return endpoint, tuple(sorted(port for port in ports if port[1]))


def manifest_findings(objects: list[Tree]) -> set[Finding]:
    """The faults of a repository, in which pods exist only as templates; references must lead somewhere."""
    templates = [(tree, template) for tree in objects if (template := _template(tree))]
    services = [tree for tree in objects if tree["kind"] == "Service"]
    found = {("conflicting-container-ports", *subject(tree)) for tree, template in templates if _ports_clash(template)}
    for service in services:
        if not (selector := service["spec"].get("selector")):
            continue
        place = service["metadata"]["namespace"]
        chosen = [
            template
            for tree, template in templates
            if tree["metadata"]["namespace"] == place and selector.items() <= template["metadata"]["labels"].items()
        ]
        if not chosen:
            found.add(("services-without-pods", *subject(service)))
        for port in service["spec"]["ports"]:
            target = {"targetPort": port["port"], "protocol": "TCP"} | port
            if any(not _number(template, target) for template in chosen):
                found.add(("unmatched-target-ports", *subject(service)))
    _check_references(objects, templates, services)
    return found


def _template(tree: Tree) -> Tree | None:
    spec = tree.get("spec") or {}
    template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
    return template if isinstance(template, dict) and "spec" in template else None


def _ports_clash(template: Tree) -> bool:
    spec = template["spec"]
    sidecars = [each for each in spec.get("initContainers", []) if each.get("restartPolicy") == "Always"]
    ports = [port for each in spec["containers"] + sidecars for port in each.get("ports", [])]
    numbers = [(port["containerPort"], port.get("protocol", "TCP")) for port in ports]
    names = [port["name"] for port in ports if "name" in port]
    return len(set(numbers)) != len(numbers) or len(set(names)) != len(names)


def _check_references(objects: list[Tree], templates: list[tuple[Tree, Tree]], services: list[Tree]) -> None:
    known = {subject(tree) for tree in objects}
    ports = {
        (*subject(service)[1:], value)
        for service in services
        for port in service["spec"].get("ports", [])
        for value in (port.get("name"), port["port"])
    }
    for tree in objects:
        kind, namespace, name = subject(tree)
        if kind == "Ingress":
            for path in tree["spec"]["rules"][0]["http"]["paths"]:
                (port,) = path["backend"]["service"]["port"].values()
                assert (namespace, path["backend"]["service"]["name"], port) in ports
        if kind == "HorizontalPodAutoscaler":
            assert (tree["spec"]["scaleTargetRef"]["kind"], namespace, name) in known
        if kind in ("NetworkPolicy", "PodDisruptionBudget"):
            selector = tree["spec"].get("podSelector") or tree["spec"]["selector"]
            assert any(
                other["metadata"]["namespace"] == namespace
                and selector["matchLabels"].items() <= template["metadata"]["labels"].items()
                for other, template in templates
            )
    for tree, template in templates:
        if "selector" in tree["spec"] and "matchLabels" in tree["spec"]["selector"]:
            assert tree["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
