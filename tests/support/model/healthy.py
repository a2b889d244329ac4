"""Healthy clusters as the usual CNI plugins make them, as lists of objects.

Each has what healthy clusters have and careless linters stumble over: completed pods whose address another pod has by
now, pods that are not ready or terminating, pods in the network of their host, a headless Service with hostnames,
native sidecars with named ports, a roll-out in which one port name has two numbers, a Service without selector.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from tests.support.model.controller import Object, endpoint_slices, legacy_endpoints

NODES = ("node1", "node2", "node3")
SERVICE_CIDR = "10.96.0.0/12"
COREFILE = """\
.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
"""


@dataclass(frozen=True)
class Network:
    """What a CNI plugin makes of a cluster: ``pod_range`` are the addresses of a node's pods."""

    node_ranges: dict[str, list[str]]  # spec.podCIDRs
    pod_ranges: dict[str, list[str]]
    objects: list[Object] = field(default_factory=list)
    annotations: Callable[[str], dict[str, str]] = lambda _: {}
    flags: tuple[str, ...] = ()  # of the kube-controller-manager
    kubeadm: dict[str, str] = field(default_factory=dict)  # networking of the ClusterConfiguration
    service_cidrs: tuple[str, ...] = (SERVICE_CIDR,)
    families: tuple[str, ...] = ("IPv4",)
    labels: dict[str, str] = field(default_factory=dict)  # of every node
    dumps: dict[str, Any] = field(default_factory=dict)  # files of node dumps, as JSON
    pod_annotations: Callable[[str, list[str]], dict[str, str]] = (
        lambda _, __: {}
    )  # of pods with addresses of their own


def meta(name: str, namespace: str = "", **more: Any) -> Object:
    found = {"name": name, **({"namespace": namespace} if namespace else {}), "uid": f"uid-{namespace}-{name}"}
    return found | {"creationTimestamp": "2026-01-05T09:00:00Z"} | {key: value for key, value in more.items() if value}


def node(
    name: str,
    cidrs: list[str],
    addresses: list[str],
    annotations: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
) -> Object:
    listed = [{"type": "InternalIP", "address": address} for address in addresses]
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", **(labels or {})}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": meta(name, annotations=annotations or {}, labels=labels),
        "spec": {"podCIDR": cidrs[0], "podCIDRs": cidrs} if cidrs else {},
        "status": {
            "addresses": [*listed, {"type": "Hostname", "address": name}],
            "conditions": [
                {"type": "NetworkUnavailable", "status": "False"},
                {"type": "Ready", "status": "True"},
            ],
            "nodeInfo": {"machineID": f"{name}0f3c", "systemUUID": f"{name}-7d41", "operatingSystem": "linux"},
        },
    }


def port(number: int, name: str = "", protocol: str = "TCP", host: int = 0) -> Object:
    declared: Object = {"containerPort": number, "protocol": protocol}
    return declared | ({"name": name} if name else {}) | ({"hostPort": host} if host else {})


def container(name: str, *ports: Object, **more: Any) -> Object:
    return {"name": name, "image": f"registry.example/{name}", "ports": list(ports), **more}


def pod(
    name: str,
    namespace: str,
    node: str,
    addresses: list[str],
    labels: dict[str, str],
    containers: list[Object],
    *,
    owner: tuple[str, str] | None = None,
    phase: str = "Running",
    ready: bool = True,
    terminating: bool = False,
    **spec: Any,
) -> Object:
    owners = [{"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "controller": True}] if owner else []
    deletion = "2026-01-05T09:59:59Z" if terminating else ""
    status: Object = {"phase": phase, "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}
    if addresses:
        status |= {"podIP": addresses[0], "podIPs": [{"ip": address} for address in addresses]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta(name, namespace, labels=labels, ownerReferences=owners, deletionTimestamp=deletion),
        "spec": {"containers": containers, **({"nodeName": node} if node else {}), **spec},
        "status": status,
    }


def service(name: str, namespace: str, selector: dict[str, str], ports: list[Object], **spec: Any) -> Object:
    selecting = {"selector": selector} if selector else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta(name, namespace, labels={"app": name}),
        "spec": {"type": "ClusterIP", "ports": ports, **selecting, **spec},
    }


def service_port(number: int, target: int | str | None = None, name: str = "", protocol: str = "TCP") -> Object:
    found: Object = {"port": number, "targetPort": target or number, "protocol": protocol}
    return found | ({"name": name} if name else {})


def workload(kind: str, name: str, namespace: str, labels: dict[str, str], *containers: Object, **spec: Any) -> Object:
    template = {"metadata": {"labels": labels}, "spec": {"containers": list(containers), **spec}}
    return {
        "apiVersion": "batch/v1" if kind == "Job" else "apps/v1",
        "kind": kind,
        "metadata": meta(name, namespace),
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }


def config_map(name: str, namespace: str, **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta(name, namespace), "data": data}


def service_cidr(*cidrs: str) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "ServiceCIDR",
        "metadata": meta("kubernetes"),
        "spec": {"cidrs": list(cidrs)},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }


def ip_addresses(services: list[Object]) -> Iterator[Object]:
    """The records of their cluster IPs, as API servers write them from Kubernetes 1.33 on."""
    for owner in services:
        parent = {"group": "", "resource": "services", **{key: owner["metadata"][key] for key in ("namespace", "name")}}
        for address in owner["spec"].get("clusterIPs", ()):
            if address != "None":
                found = {"apiVersion": "networking.k8s.io/v1", "kind": "IPAddress", "metadata": meta(address)}
                yield found | {"spec": {"parentRef": parent}}


def agent(name: str, namespace: str, *ports: Object, **more: Any) -> list[Object]:
    """A DaemonSet in the network of its hosts, without its pods: ``_Pods`` makes these."""
    program = container(name, *ports, **more)
    return [workload("DaemonSet", name, namespace, {"k8s-app": name}, program, hostNetwork=True)]


class _Pods:
    """Makes pods with addresses of their node's ranges, the first of which belongs to its bridge."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.made: list[Object] = []
        self._free = {name: self._addresses(ranges) for name, ranges in network.pod_ranges.items()}

    @staticmethod
    def _addresses(ranges: list[str]) -> Iterator[list[str]]:
        for number in range(2, 50):
            yield [str(ip_network(cidr)[number]) for cidr in ranges]

    def of_host(
        self, name: str, namespace: str, node: str, labels: dict[str, str], *containers: Object, **more: Any
    ) -> None:
        self.made.append(
            pod(
                name,
                namespace,
                node,
                host_addresses(node, self.network),
                labels,
                list(containers),
                hostNetwork=True,
                **more,
            )
        )

    def run(
        self, name: str, namespace: str, node: str, labels: dict[str, str], *containers: Object, **more: Any
    ) -> Object:
        addresses = more.pop("addresses", None) or next(self._free[node])
        self.made.append(pod(name, namespace, node, addresses, labels, list(containers), **more))
        self.made[-1]["metadata"]["annotations"] = self.network.pod_annotations(name, addresses)
        return self.made[-1]


def host_addresses(node: str, network: Network) -> list[str]:
    number = NODES.index(node) + 11
    of = {"IPv4": f"192.168.10.{number}", "IPv6": str(ip_address(f"fd00:192::{number:x}"))}
    return [of[family] for family in network.families]


def cluster(network: Network) -> list[Object]:
    """A cluster of three nodes with the network; each node but the first runs ordinary pods."""
    pods = _Pods(network)
    nodes = [
        node(
            name,
            network.node_ranges.get(name, []),
            host_addresses(name, network),
            network.annotations(name),
            network.labels,
        )
        for name in NODES
    ]
    _control_plane(pods, network)
    _agents(pods, network)
    workloads = [*_shop(pods), *_monitoring(pods)]
    services = _services(network)
    slices = [piece for found in services for piece in endpoint_slices(found, pods.made, NODES)]
    return [
        *nodes,
        *network.objects,
        *([config_map("kubeadm-config", "kube-system", **_kubeadm(network))] if network.kubeadm else []),
        *_dns(network),
        *_service_proxy(),
        service_cidr(*network.service_cidrs),
        *ip_addresses(services),
        *_rights([item for item in (*network.objects, *_service_proxy()) if item["kind"] == "DaemonSet"]),
        *workloads,
        *services,
        *pods.made,
        *slices,
        *(old for found in services for old in legacy_endpoints(found, pods.made)),
        _kubernetes_slice(network),
        _kubernetes_endpoints(network),
        *_policies(),
    ]


def _kubeadm(network: Network) -> dict[str, str]:
    configuration = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "networking": network.kubeadm,
    }
    return {"ClusterConfiguration": json.dumps(configuration)}


def _service_proxy() -> list[Object]:
    """The DaemonSet as kubeadm makes it."""
    found = agent("kube-proxy", "kube-system", port(10249, "metrics"))
    for item in found:
        item["spec"]["template"]["spec"] |= {
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "tolerations": [{"operator": "Exists"}],
        }
    return found


def _rights(agents: list[Object]) -> Iterator[Object]:
    """What agents may read, by roles of their own."""
    group = "rbac.authorization.k8s.io"
    rules = [
        {"apiGroups": [""], "resources": ["nodes", "services"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]
    admin = {"apiGroup": group, "kind": "Group", "name": "system:masters"}
    accounts = [
        (
            item["metadata"]["name"],
            {
                "kind": "ServiceAccount",
                "namespace": item["metadata"]["namespace"],
                "name": item["spec"]["template"]["spec"].get("serviceAccountName", "default"),
            },
        )
        for item in agents
    ]
    for name, subject in (("cluster-admin", admin), *accounts):
        api = {"apiVersion": f"{group}/v1"}
        yield api | {"kind": "ClusterRole", "metadata": meta(name), "rules": rules}
        reference = {"apiGroup": group, "kind": "ClusterRole", "name": name}
        yield api | {"kind": "ClusterRoleBinding", "metadata": meta(name), "roleRef": reference, "subjects": [subject]}


def _dns(network: Network) -> Iterator[Object]:
    """CoreDNS as kubeadm configures it, and what kubeadm tells the kubelets."""
    yield config_map("coredns", "kube-system", Corefile=COREFILE)
    if network.kubeadm:
        kubelet = {
            "kind": "KubeletConfiguration",
            "clusterDNS": [str(ip_network(network.service_cidrs[0])[2])],
            "clusterDomain": "cluster.local",
            "resolvConf": "/run/systemd/resolve/resolv.conf",
        }
        yield config_map("kubelet-config", "kube-system", kubelet=json.dumps(kubelet))


def _control_plane(pods: _Pods, network: Network) -> None:
    if not network.flags:
        return  # the provider runs it
    service_range = "--service-cluster-ip-range=" + ",".join(network.service_cidrs)
    commands = {
        "etcd": (["etcd"], [port(2379, "client"), port(2380, "peer")]),
        "kube-apiserver": (["kube-apiserver", service_range, "--authorization-mode=Node,RBAC"], [port(6443, "https")]),
        "kube-controller-manager": (["kube-controller-manager", service_range, *network.flags], [port(10257, "https")]),
        "kube-scheduler": (["kube-scheduler"], [port(10259, "https")]),
    }
    for name, (command, ports) in commands.items():
        owner = ("Node", "node1")
        pods.of_host(
            f"{name}-node1",
            "kube-system",
            "node1",
            {"component": name},
            container(name, *ports, command=command),
            owner=owner,
        )


def _agents(pods: _Pods, network: Network) -> None:
    """The pods of every DaemonSet, and of kube-proxy's."""
    found = [item for item in network.objects if item["kind"] == "DaemonSet"]
    for item in [*found, *_service_proxy()]:
        name, namespace = item["metadata"]["name"], item["metadata"]["namespace"]
        template = item["spec"]["template"]
        for number, where in enumerate(NODES):
            pods.of_host(
                f"{name}-{number}x7k{number}",
                namespace,
                where,
                template["metadata"]["labels"],
                *template["spec"]["containers"],
                owner=("DaemonSet", name),
            )


def _shop(pods: _Pods) -> list[Object]:
    """A Deployment in the middle of a roll-out, a StatefulSet, a Job that has ended, and its successor."""
    old, new = (container("web", port(number, "http"), port(9090, "metrics")) for number in (8080, 8081))
    proxy = container("proxy", port(15090, "stats"), restartPolicy="Always")
    web = {"app": "web"}
    for number, (where, image, hash_) in enumerate(
        [("node2", old, "old"), ("node3", old, "old"), ("node2", new, "new"), ("node3", new, "new")]
    ):
        pods.run(
            f"web-{hash_}-{number}",
            "shop",
            where,
            {**web, "pod-template-hash": hash_},
            image,
            owner=("ReplicaSet", f"web-{hash_}"),
            ready=number != 3,
            terminating=number == 0,
            initContainers=[proxy],
        )
    database = container("postgres", port(5432, "postgres"))
    for number, where in enumerate(("node2", "node3")):
        pods.run(
            f"db-{number}",
            "shop",
            where,
            {"app": "db"},
            database,
            owner=("StatefulSet", "db"),
            hostname=f"db-{number}",
            subdomain="db",
        )
    ended = pods.run(
        "report-27",
        "shop",
        "node2",
        {"app": "report"},
        container("report"),
        owner=("Job", "report"),
        phase="Succeeded",
        ready=False,
    )
    again = [entry["ip"] for entry in ended["status"]["podIPs"]]
    pods.run(
        "report-28", "shop", "node2", {"app": "report"}, container("report"), owner=("Job", "report"), addresses=again
    )
    pods.made.append(
        pod(
            "web-new-9",
            "shop",
            "",
            [],
            web | {"pod-template-hash": "new"},
            [new],
            phase="Pending",
            ready=False,
            initContainers=[proxy],
        )
    )
    return [
        workload("Deployment", "web", "shop", web, new, initContainers=[proxy]),
        workload("StatefulSet", "db", "shop", {"app": "db"}, database),
        workload("Job", "report", "shop", {"app": "report"}, container("report")),
    ]


def _monitoring(pods: _Pods) -> list[Object]:
    exporter = container("exporter", port(9100, "metrics", host=9100))
    dns = container("coredns", port(53, "dns", "UDP"), port(53, "dns-tcp"), port(9153, "metrics"))
    for number, where in enumerate(NODES):
        pods.of_host(
            f"exporter-{number}", "monitoring", where, {"app": "exporter"}, exporter, owner=("DaemonSet", "exporter")
        )
    for number, where in enumerate(("node2", "node3")):
        pods.run(
            f"coredns-{number}", "kube-system", where, {"k8s-app": "kube-dns"}, dns, owner=("ReplicaSet", "coredns-5d")
        )
    return [
        workload("DaemonSet", "exporter", "monitoring", {"app": "exporter"}, exporter, hostNetwork=True),
        workload("Deployment", "coredns", "kube-system", {"k8s-app": "kube-dns"}, dns),
    ]


def _services(network: Network) -> list[Object]:
    """Their cluster IPs are the first ones of the Service ranges."""
    ports = [
        service_port(53, "dns", "dns", "UDP"),
        service_port(53, "dns-tcp", "dns-tcp"),
        service_port(9153, "metrics", "metrics"),
    ]
    web = [service_port(80, "http", "http"), service_port(15090, "stats", "stats")]
    found = [
        service("kubernetes", "default", {}, [service_port(443, 6443, "https")]),
        service("kube-dns", "kube-system", {"k8s-app": "kube-dns"}, ports),
        service("web", "shop", {"app": "web"}, web),
        service(
            "db",
            "shop",
            {"app": "db"},
            [service_port(5432, "postgres")],
            clusterIP="None",
            publishNotReadyAddresses=True,
        ),
        service("exporter", "monitoring", {"app": "exporter"}, [service_port(9100, "metrics")], clusterIP="None"),
        service("reports", "shop", {"app": "report"}, [service_port(80)]),
        service("outside", "shop", {}, [service_port(5432)]),
    ]
    for number, one in enumerate(found):
        addresses = [str(ip_network(cidr)[number + 1]) for cidr in network.service_cidrs]
        addresses = ["None"] if one["spec"].get("clusterIP") == "None" else addresses
        one["spec"] |= {"clusterIP": addresses[0], "clusterIPs": addresses, "ipFamilies": list(network.families)}
    away = {"apiVersion": "v1", "kind": "Service", "metadata": meta("payment", "shop")}
    return [*found, away | {"spec": {"type": "ExternalName", "externalName": "payment.example.com"}}]


def _kubernetes_slice(network: Network) -> Object:
    """The slice that API servers write themselves: no pods, and nobody manages it."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": meta("kubernetes", "default", labels={"kubernetes.io/service-name": "kubernetes"}),
        "addressType": network.families[0],
        "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
        "endpoints": [{"addresses": [host_addresses("node1", network)[0]], "conditions": {"ready": True}}],
    }


def _kubernetes_endpoints(network: Network) -> Object:
    """Written by API servers, too, and not to be mirrored."""
    labels = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    addresses = [{"ip": host_addresses("node1", network)[0]}]
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": meta("kubernetes", "default", labels=labels),
        "subsets": [{"addresses": addresses, "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}]}],
    }


def _policies() -> Iterator[Object]:
    """Pods of the shop may ask DNS, and speak with each other."""
    system = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    dns = [{"protocol": how, "port": 53} for how in ("UDP", "TCP")]
    rules = {"deny": [], "dns": [{"to": [system], "ports": dns}], "shop": [{"to": [{"podSelector": {}}]}]}
    for name, egress in rules.items():
        yield {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": meta(name, "shop"),
            "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": egress},
        }


def per_node(*cidrs: str) -> dict[str, list[str]]:
    """One range after the other for each node, of ``/24`` or ``/64``."""
    networks = [ip_network(cidr) for cidr in cidrs]
    parts = [network.subnets(new_prefix=24 if network.version == 4 else 64) for network in networks]
    return {name: [str(next(part)) for part in parts] for name in NODES}


POD_CIDR, POD_CIDR_6 = "10.244.0.0/16", "fd00:244::/56"
KCM = ("--allocate-node-cidrs=true", f"--cluster-cidr={POD_CIDR}")
KUBEADM = {"podSubnet": POD_CIDR, "serviceSubnet": SERVICE_CIDR}


def flannel() -> Network:
    ranges = per_node(POD_CIDR)
    net_conf = json.dumps({"Network": POD_CIDR, "Backend": {"Type": "vxlan"}})
    objects = [
        config_map("kube-flannel-cfg", "kube-flannel", **{"net-conf.json": net_conf}),
        *agent("kube-flannel-ds", "kube-flannel"),
    ]
    return Network(ranges, ranges, objects, _flannel_annotations, KCM, KUBEADM)


def _flannel_annotations(name: str) -> dict[str, str]:
    number = NODES.index(name) + 11
    announced = {
        "backend-data": json.dumps({"VNI": 1, "VtepMAC": f"8a:46:fb:46:df:{number}"}),
        "backend-type": "vxlan",
        "kube-subnet-manager": "true",
        "public-ip": f"192.168.10.{number}",
    }
    return {f"flannel.alpha.coreos.com/{key}": value for key, value in announced.items()}


def flannel_dual_stack() -> Network:
    ranges = per_node(POD_CIDR, POD_CIDR_6)
    net_conf = json.dumps({"Network": POD_CIDR, "IPv6Network": POD_CIDR_6, "EnableIPv6": True})
    return Network(
        ranges,
        ranges,
        [config_map("kube-flannel-cfg", "kube-flannel", **{"net-conf.json": net_conf})],
        lambda name: (
            _flannel_annotations(name)
            | {"flannel.alpha.coreos.com/public-ipv6": f"fd00:192::{NODES.index(name) + 11:x}"}
        ),
        ("--allocate-node-cidrs=true", f"--cluster-cidr={POD_CIDR},{POD_CIDR_6}"),
        {"podSubnet": f"{POD_CIDR},{POD_CIDR_6}", "serviceSubnet": f"{SERVICE_CIDR},fd00:96::/112"},
        (SERVICE_CIDR, "fd00:96::/112"),
        ("IPv4", "IPv6"),
    )


def calico() -> Network:
    """Blocks of a pool: they have nothing to do with the nodes' ranges, and node3 borrows from node2's."""
    blocks = {"node1": ["10.244.140.0/26"], "node2": ["10.244.104.0/26"], "node3": ["10.244.104.32/27"]}
    text = json.dumps({"name": "k8s-pod-network", "plugins": [{"type": "calico", "ipam": {"type": "calico-ipam"}}]})
    objects = [
        config_map("calico-config", "kube-system", cni_network_config=text),
        ip_pool("crd.projectcalico.org/v1", ipipMode="Always", vxlanMode="Never"),
        *agent("calico-node", "kube-system"),
        *(_ipam_block(cidr, name) for name, (cidr,) in (blocks | {"node3": ["10.244.135.0/26"]}).items()),
    ]
    return Network(per_node(POD_CIDR), blocks, objects, _calico_annotations, KCM, KUBEADM)


def _ipam_block(cidr: str, node: str) -> Object:
    spec = {"cidr": cidr, "affinity": f"host:{node}", "strictAffinity": False, "deleted": False}
    metadata = meta(cidr.replace(".", "-").replace("/", "-"))
    return {"apiVersion": "crd.projectcalico.org/v1", "kind": "IPAMBlock", "metadata": metadata, "spec": spec}


def ip_pool(api_version: str, **spec: Any) -> Object:
    pool = {"cidr": POD_CIDR, "blockSize": 26, "nodeSelector": "all()", "allowedUses": ["Workload", "Tunnel"]}
    return {"apiVersion": api_version, "kind": "IPPool", "metadata": meta("default-ipv4-ippool"), "spec": pool | spec}


def _calico_annotations(name: str) -> dict[str, str]:
    return {"projectcalico.org/IPv4Address": f"192.168.10.{NODES.index(name) + 11}/24"}


def calico_operator() -> Network:
    """As the Tigera operator installs it: without ``calico-config``, so that only the pods show what happens."""
    blocks = {"node1": ["10.244.140.0/26"], "node2": ["10.244.104.0/26"], "node3": ["10.244.104.32/27"]}
    pool = ip_pool("projectcalico.org/v3", ipipMode="Never", vxlanMode="CrossSubnet")
    objects = [pool, *agent("calico-node", "calico-system")]
    return Network(per_node(POD_CIDR), blocks, objects, _calico_annotations, KCM, KUBEADM)


def canal() -> Network:
    ranges = per_node(POD_CIDR)
    text = json.dumps({"plugins": [{"type": "calico", "ipam": {"type": "host-local", "subnet": "usePodCidr"}}]})
    objects = [
        config_map("canal-config", "kube-system", cni_network_config=text),
        *agent("canal", "kube-system"),
    ]

    def annotations(name: str) -> dict[str, str]:
        return _flannel_annotations(name) | _calico_annotations(name)

    return Network(ranges, ranges, objects, annotations, KCM, KUBEADM)


def cilium() -> Network:
    """Its own pool; the ranges that the kube-controller-manager gave to the nodes mean nothing."""
    ranges = per_node("10.0.0.0/20")
    objects = [
        config_map("cilium-config", "kube-system", ipam="cluster-pool", **{"cluster-pool-ipv4-cidr": "10.0.0.0/8"}),
        *cilium_nodes(ranges),
        *agent("cilium", "kube-system", port(4244, "peer-service", host=4244), port(9964, "envoy", host=9964)),
    ]
    return Network(per_node(POD_CIDR), ranges, objects, flags=KCM, kubeadm=KUBEADM)


def cilium_nodes(ranges: dict[str, list[str]] | None = None) -> list[Object]:
    return [
        {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumNode",
            "metadata": meta(name),
            "spec": {
                "addresses": [{"type": "InternalIP", "ip": f"192.168.10.{number}"}],
                "ipam": {"podCIDRs": ranges[name]} if ranges else {},
            },
            "status": {"ipam": {"operator-status": {}}},
        }
        for number, name in enumerate(NODES, 11)
    ]


def cilium_kubernetes() -> Network:
    ranges = per_node(POD_CIDR)
    objects = [config_map("cilium-config", "kube-system", ipam="kubernetes"), *agent("cilium", "kube-system")]
    return Network(ranges, ranges, objects, flags=KCM, kubeadm=KUBEADM)


def kindnet() -> Network:
    ranges = per_node(POD_CIDR)
    objects = agent("kindnet", "kube-system", env=[{"name": "POD_SUBNET", "value": POD_CIDR}])
    return Network(ranges, ranges, objects, flags=KCM, kubeadm=KUBEADM)


def kindnet_ipv6() -> Network:
    ranges = per_node(POD_CIDR_6)
    return Network(
        ranges,
        ranges,
        agent("kindnet", "kube-system"),
        flags=("--allocate-node-cidrs=true", f"--cluster-cidr={POD_CIDR_6}"),
        kubeadm={"podSubnet": POD_CIDR_6, "serviceSubnet": "fd00:96::/112"},
        service_cidrs=("fd00:96::/112",),
        families=("IPv6",),
    )


def kubenet() -> Network:
    """A managed cluster whose nodes route their own ranges; nothing in the API names a plugin."""
    ranges = per_node("10.8.0.0/14")
    return Network(ranges, ranges)


def aws_vpc_cni() -> Network:
    """Pods have addresses of the nodes' own subnet; Nodes have no range."""
    subnet = {name: [f"192.168.10.{64 + 64 * number}/26"] for number, name in enumerate(NODES)}
    objects = [
        config_map("amazon-vpc-cni", "kube-system", **{"enable-network-policy-controller": "false"}),
        *agent("aws-node", "kube-system", port(61678, "metrics")),
    ]
    return Network({}, subnet, objects, service_cidrs=("172.20.0.0/16",))


def azure_cni() -> Network:
    subnet = {name: [f"192.168.10.{64 + 64 * number}/26"] for number, name in enumerate(NODES)}
    return Network({}, subnet, agent("azure-cns", "kube-system"), service_cidrs=("172.20.0.0/16",))


def azure_cni_overlay() -> Network:
    """Each node has a /24 of its own in its NodeNetworkConfig, and Azure's network routes between them."""
    labels = {"kubernetes.azure.com/azure-cni-overlay": "true", "kubernetes.azure.com/podnetwork-type": "overlay"}
    agents = agent("azure-cns", "kube-system")
    return Network({}, per_node(POD_CIDR), agents, service_cidrs=("10.0.0.0/16",), labels=labels)


def ovn_kubernetes() -> Network:
    ranges = per_node("10.128.0.0/14")

    def annotations(name: str) -> dict[str, str]:
        number = NODES.index(name) + 2
        found = {
            "host-cidrs": json.dumps([f"192.168.10.{number + 9}/24"]),
            "node-chassis-id": f"1f5c8a40-7e8a-4f1c-9d52-c1a8e1f7d4a{number}",
            "node-gateway-router-lrp-ifaddrs": json.dumps({"default": {"ipv4": f"100.64.0.{number}/16"}}),
            "node-id": str(number),
            "node-primary-ifaddr": json.dumps({"ipv4": f"192.168.10.{number + 9}/24"}),
            "node-subnets": json.dumps({"default": ranges[name]}),
            "node-transit-switch-port-ifaddr": json.dumps({"ipv4": f"100.88.0.{number}/16"}),
            "zone-name": name,
        }
        return {f"k8s.ovn.org/{key}": value for key, value in found.items()}

    objects = [config_map("ovn-config", "ovn-kubernetes", mtu="1400"), *agent("ovnkube-node", "ovn-kubernetes")]
    return Network({}, ranges, objects, annotations, service_cidrs=("172.30.0.0/16",))


def antrea() -> Network:
    ranges = per_node(POD_CIDR)
    objects = [
        config_map("antrea-config", "kube-system", **{"antrea-agent.conf": ANTREA, "antrea-controller.conf": ""}),
        *agent("antrea-agent", "kube-system"),
    ]

    def annotations(name: str) -> dict[str, str]:
        number = NODES.index(name) + 11
        address = f"192.168.10.{number}"
        return {
            "node.antrea.io/mac-address": f"5e:6f:11:22:33:{number}",
            "node.antrea.io/transport-addresses": address,
        }

    return Network(ranges, ranges, objects, annotations, KCM, KUBEADM)


def antrea_bridging() -> Network:
    """Pods have addresses of an IPPool in the nodes' network, their Nodes have ranges for others."""
    subnet = {name: [f"192.168.10.{64 + 64 * number}/26"] for number, name in enumerate(NODES)}
    agent_conf = "trafficEncapMode: noEncap\nnoSNAT: true\nenableBridgingMode: true\n"
    objects = [
        config_map("antrea-config", "kube-system", **{"antrea-agent.conf": agent_conf, "antrea-controller.conf": ""}),
        *agent("antrea-agent", "kube-system"),
    ]
    return Network(per_node(POD_CIDR), subnet, objects, antrea().annotations, KCM, KUBEADM)


ANTREA = """\
trafficEncapMode: encap
tunnelType: geneve
defaultMTU: 0
antreaProxy:
  proxyAll: false
"""


def kube_router() -> Network:
    ranges = per_node(POD_CIDR)
    args = ["--run-router=true", "--run-firewall=true", "--run-service-proxy=false"]
    objects = [config_map("kube-router-cfg", "kube-system"), *agent("kube-router", "kube-system", args=args)]
    return Network(ranges, ranges, objects, lambda _: {"kube-router.io/node.asn": "64512"}, KCM, KUBEADM)


def weave() -> Network:
    """One range for all nodes: peers own parts of it that the API does not show."""
    ranges = {name: [f"10.{32 + 4 * number}.0.0/16"] for number, name in enumerate(NODES)}
    env = [{"name": "IPALLOC_RANGE", "value": "10.32.0.0/12"}]
    objects = [config_map("weave-net", "kube-system"), *agent("weave-net", "kube-system", env=env)]
    return Network({}, ranges, objects, flags=("--use-service-account-credentials=true",))


NETWORKS: dict[str, Callable[[], Network]] = {
    made.__name__: made
    for made in (
        antrea,
        antrea_bridging,
        aws_vpc_cni,
        azure_cni,
        azure_cni_overlay,
        calico,
        calico_operator,
        canal,
        cilium,
        cilium_kubernetes,
        flannel,
        flannel_dual_stack,
        kindnet,
        kindnet_ipv6,
        kube_router,
        kubenet,
        ovn_kubernetes,
        weave,
    )
}
