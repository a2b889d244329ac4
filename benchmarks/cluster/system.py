"""The workloads that every cluster has: control plane, network agent, proxy, DNS, monitoring, logging."""

from cluster.addresses import AddressPlan
from cluster.apps import App, Pin, Port, Service, ServicePort
from cluster.node_objects import node_name

NAMESPACES = [
    "default",
    "kube-flannel",
    "kube-node-lease",
    "kube-public",
    "kube-system",
    "logging",
    "monitoring",
]
FIRST_INDEX = 1_000_000  # app indices below belong to planned apps
_COMMANDS = {
    "kube-proxy": ("/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf"),
    "kube-flannel-ds": ("/opt/bin/flanneld", "--kube-subnet-mgr"),
}
_DNS_SLOT, _METRICS_SLOT = 196, 197


def daemon_sets(addresses: AddressPlan, nodes_with_range: int) -> list[App]:
    """Five pods for each node, three of them on the host network."""
    on_host, in_range = addresses.nodes, nodes_with_range
    exporter = Port("metrics", 9100, host_port=9100)
    return [
        _daemon(0, "kube-flannel", "kube-flannel-ds", "flannel", on_host, (), host=True),
        _daemon(1, "kube-system", "kube-proxy", "kube-proxy", on_host, (), host=True),
        _daemon(2, "monitoring", "node-exporter", "node-exporter", on_host, (exporter,), host=True),
        _daemon(3, "logging", "fluent-bit", "fluent-bit", in_range, (Port("metrics", 2020),), slot=0),
        _daemon(4, "kube-system", "csi-node", "csi-node", in_range, (Port("healthz", 9808),), slot=1),
    ]


def _daemon(
    number: int,
    namespace: str,
    name: str,
    label: str,
    count: int,
    ports: tuple[Port, ...],
    *,
    host: bool = False,
    slot: int = 0,
) -> App:
    selector = {"k8s-app": label} if namespace.startswith("kube") else {"app.kubernetes.io/name": label}
    command = _COMMANDS.get(name, ())
    return App(
        FIRST_INDEX + number, namespace, name, "DaemonSet", count, selector, selector, ports,
        first=slot, host_network=host, command=command,
    )  # fmt: skip


def static_pods(addresses: AddressPlan, control_planes: int) -> list[App]:
    """The control plane: four static pods on each of its nodes."""
    pods, services = ",".join(addresses.pod_ranges), ",".join(addresses.service_ranges)
    components = {
        "etcd": ("etcd", "--data-dir=/var/lib/etcd"),
        "kube-apiserver": ("kube-apiserver", "--secure-port=6443", f"--service-cluster-ip-range={services}"),
        "kube-controller-manager": (
            "kube-controller-manager",
            "--allocate-node-cidrs=true",
            f"--cluster-cidr={pods}",
            f"--service-cluster-ip-range={services}",
            "--leader-elect=true",
        ),
        "kube-scheduler": ("kube-scheduler", "--leader-elect=true"),
    }
    return [
        _static(
            4 * node + number,
            component,
            command,
            addresses.node_addresses(node),
            node_name(node, control_planes),
        )
        for node in range(control_planes)
        for number, (component, command) in enumerate(components.items())
    ]


def _static(number: int, component: str, command: tuple[str, ...], own: list[str], node: str) -> App:
    labels = {"component": component, "tier": "control-plane"}
    return App(
        FIRST_INDEX + 10 + number,
        "kube-system",
        f"{component}-{node}",
        "Static",
        1,
        labels,
        labels,
        host_network=True,
        pins=(Pin(number // 4, 0, tuple(own)),),
        command=command,
    )


def add_ons(workers: list[int]) -> list[App]:
    """CoreDNS and the metrics server, on the first workers."""
    dns = (Port("dns", 53, "UDP"), Port("dns-tcp", 53), Port("metrics", 9153))
    label = {"k8s-app": "kube-dns"}
    pins = tuple(Pin(node, _DNS_SLOT) for node in workers[:6])
    metrics = {"k8s-app": "metrics-server"}
    return [
        _add_on(90, "coredns", label, dns, pins),
        _add_on(91, "metrics-server", metrics, (Port("https", 10250),), (Pin(workers[0], _METRICS_SLOT),)),
    ]


def _add_on(number: int, name: str, labels: dict[str, str], ports: tuple[Port, ...], pins: tuple[Pin, ...]) -> App:
    index = FIRST_INDEX + number
    return App(index, "kube-system", name, "Deployment", len(pins), labels, labels, ports, pins=pins)


def services(addresses: AddressPlan, control_planes: int, apps: list[App]) -> list[Service]:
    """The Services of these workloads; index 0 and 1 have the well-known addresses."""
    by_name = {app.name: app for app in apps}
    api_servers = tuple(addresses.node_addresses(node)[0] for node in range(control_planes))
    api = Service(0, "default", "kubernetes", (ServicePort("https", 443, 6443),), external=api_servers)
    dns_ports = (
        ServicePort("dns", 53, 53, "UDP"), ServicePort("dns-tcp", 53, 53), ServicePort("metrics", 9153, 9153),
    )  # fmt: skip
    return [
        api,
        _service(1, "kube-dns", by_name["coredns"], dns_ports),
        _service(2, "metrics-server", by_name["metrics-server"], (ServicePort("https", 443, "https"),)),
        _service(
            3,
            "node-exporter",
            by_name["node-exporter"],
            (ServicePort("metrics", 9100, "metrics"),),
            headless=True,
        ),
        _service(4, "node-exporter-internal", by_name["node-exporter"], (ServicePort("", 9100, 9100),)),
        _service(6, "fluent-bit", by_name["fluent-bit"], (ServicePort("metrics", 2020, "metrics"),), headless=True),
        _service(7, "csi-node-metrics", by_name["csi-node"], (ServicePort("healthz", 9808, "healthz"),)),
    ]


def _service(index: int, name: str, app: App, ports: tuple[ServicePort, ...], *, headless: bool = False) -> Service:
    return Service(index, app.namespace, name, ports, app.selector, (app,), headless=headless)
