"""Objects that declare ranges or belong to no Service: namespaces, ConfigMaps, DaemonSets, policies."""

import json
from collections.abc import Iterator
from typing import Any

from cluster.addresses import AddressPlan
from cluster.apps import App, Service
from cluster.identity import mix, moment, resource_version, uid
from cluster.managed_fields import entry
from cluster.pod_objects import owner_uid
from cluster.service_objects import families_of
from cluster.templates import template

Tree = dict[str, Any]

_OLD = moment(12_000_000)
_NETWORKING = "networking.k8s.io/v1"


def _metadata(kind: int, name: str, namespace: str = "", **more: Any) -> Tree:
    place = {"namespace": namespace} if namespace else {}
    code = mix(kind, *name.encode(), *namespace.encode())
    version = {"uid": uid(kind, code), "resourceVersion": resource_version(code), "creationTimestamp": _OLD}
    return {"name": name} | place | version | more


def namespace_object(name: str) -> Tree:
    labels = {"kubernetes.io/metadata.name": name, "team": name.split("-")[0]}
    return {
        "kind": "Namespace",
        "apiVersion": "v1",
        "metadata": _metadata(50, name, labels=labels),
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def config_maps(addresses: AddressPlan) -> Iterator[Tree]:
    """Where kubeadm, kube-proxy, the kubelets, CoreDNS and flannel have their settings."""
    pods, services = ",".join(addresses.pod_ranges), ",".join(addresses.service_ranges)
    yield _config_map("kube-flannel", "kube-flannel-cfg", {
        "cni-conf.json": _pretty({
            "name": "cbr0",
            "cniVersion": "0.3.1",
            "plugins": [
                {"type": "flannel", "delegate": {"hairpinMode": True, "isDefaultGateway": True, "ipMasq": False}},
                {"type": "portmap", "capabilities": {"portMappings": True}},
            ],
        }),
        "net-conf.json": _pretty(_flannel_network(addresses)),
    })  # fmt: skip
    yield _config_map("kube-system", "coredns", {"Corefile": _COREFILE})
    yield _config_map("kube-system", "kube-proxy", {"config.conf": _KUBE_PROXY.format(pods=pods)})
    yield _config_map(
        "kube-system",
        "kubeadm-config",
        {"ClusterConfiguration": _KUBEADM.format(pods=pods, services=services)},
    )
    yield _config_map("kube-system", "kubelet-config", {"kubelet": _KUBELET})


def _config_map(namespace: str, name: str, data: dict[str, str]) -> Tree:
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": _metadata(51, name, namespace), "data": data}


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


def _flannel_network(addresses: AddressPlan) -> Tree:
    network: Tree = {"Network": addresses.pod_ranges[0], "EnableNFTables": False}
    if addresses.dual_stack:
        network |= {"EnableIPv6": True, "IPv6Network": addresses.pod_ranges[1]}
    return network | {"Backend": {"Type": "vxlan"}}


def daemon_set_object(app: App, nodes: int) -> Tree:
    made = template(app, older=False)
    pod_spec = {
        "volumes": made.volumes,
        "containers": made.containers,
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
    }
    if app.host_network:
        pod_spec |= {"hostNetwork": True}
    metadata = _metadata(52, app.name, app.namespace, generation=4, labels=app.labels)
    counts = (
        "currentNumberScheduled",
        "desiredNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    return {
        "kind": "DaemonSet",
        "apiVersion": "apps/v1",
        "metadata": metadata | {"uid": owner_uid(app, app.name)},
        "spec": {
            "selector": {"matchLabels": app.selector},
            "template": {
                "metadata": {"labels": app.labels},
                "spec": pod_spec | {"tolerations": [{"operator": "Exists"}]},
            },
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0},
            },
            "revisionHistoryLimit": 10,
        },
        "status": dict.fromkeys(counts, nodes) | {"numberMisscheduled": 0, "observedGeneration": 4},
    }


def service_cidr(addresses: AddressPlan) -> Tree:
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": _OLD, "reason": "",
             "message": "Kubernetes Service CIDR is ready"}  # fmt: skip
    return {
        "kind": "ServiceCIDR",
        "apiVersion": _NETWORKING,
        "metadata": _metadata(53, "kubernetes", finalizers=["networking.k8s.io/service-cidr-finalizer"]),
        "spec": {"cidrs": addresses.service_ranges},
        "status": {"conditions": [ready]},
    }


def ip_addresses(service: Service, addresses: AddressPlan) -> Iterator[Tree]:
    """One IPAddress for each cluster IP of a Service."""
    if service.headless or service.type == "ExternalName":
        return
    for family, address in enumerate(addresses.service_addresses(service.index, families_of(service, addresses))):
        labels = {
            "ipaddress.kubernetes.io/ip-family": ("IPv4", "IPv6")[family],
            "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
        }
        parent = {"resource": "services", "namespace": service.namespace, "name": service.name}
        yield {
            "kind": "IPAddress",
            "apiVersion": _NETWORKING,
            "metadata": _metadata(54, address, labels=labels),
            "spec": {"parentRef": parent},
        }


def network_policy(app: App, number: int, sources: list[str]) -> Tree:
    """A policy that selects the pods of an app; the first of a namespace also restricts egress."""
    ports = [{"protocol": port.protocol, "port": port.name if number % 3 == 0 else port.number} for port in app.ports]
    same: Tree = {"podSelector": {"matchLabels": app.selector}}
    others: Tree = {
        "namespaceSelector": {
            "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": sources}]
        }
    }
    ingress: list[Tree] = [{"ports": ports, "from": [others, same]}]
    if number % 4 == 0:
        ingress.append({"from": [{"ipBlock": {"cidr": "192.168.0.0/16", "except": ["192.168.44.0/24"]}}]})
    spec: Tree = {"podSelector": {"matchLabels": app.selector}, "ingress": ingress}
    kinds = ["Ingress"]
    if number % 3 == 1:
        dns = {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}
        anywhere = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]}
        spec["egress"] = [dns, anywhere, {"to": [{"namespaceSelector": {}}]}]
        kinds.append("Egress")
    spec["policyTypes"] = kinds
    metadata = _metadata(
        55, f"{app.name}-{('allow', 'limit', 'guard')[number % 3]}", app.namespace, generation=1 + number % 5
    )
    owned = {"spec": {"ingress": "", "egress": "", "podSelector": "", "policyTypes": ""}}
    metadata["managedFields"] = [entry("kubectl-client-side-apply", _NETWORKING, _OLD, owned)]
    return {"kind": "NetworkPolicy", "apiVersion": _NETWORKING, "metadata": metadata, "spec": spec}


_COREFILE = """.:53 {
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
_KUBE_PROXY = """apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
clientConnection:
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
clusterCIDR: {pods}
detectLocalMode: ""
kind: KubeProxyConfiguration
mode: nftables
"""
_KUBEADM = """apiVersion: kubeadm.k8s.io/v1beta4
clusterName: kubernetes
controlPlaneEndpoint: api.cluster.example.com:6443
kind: ClusterConfiguration
kubernetesVersion: v1.36.3
networking:
  dnsDomain: cluster.local
  podSubnet: {pods}
  serviceSubnet: {services}
"""
_KUBELET = """apiVersion: kubelet.config.k8s.io/v1beta1
cgroupDriver: systemd
clusterDNS:
- 10.96.0.10
clusterDomain: cluster.local
kind: KubeletConfiguration
resolvConf: /run/systemd/resolve/resolv.conf
"""
