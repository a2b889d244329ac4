"""What a test can choose about its control plane, and the servers' command lines that follow from it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Without kubelets, these would taint the nodes, mark pods as not ready or delete them after a minute.
_CONTROLLERS_OFF = (
    "node-lifecycle-controller",
    "taint-eviction-controller",
    "pod-garbage-collector-controller",
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Settings of a control plane; two address ranges, one of each family, make it dual-stack."""

    users: Mapping[str, Sequence[str]] = field(default_factory=dict)  # name -> groups, besides `admin`
    cluster_cidrs: Sequence[str] = ("10.244.0.0/16",)
    service_cidrs: Sequence[str] = ("10.96.0.0/12",)
    node_mask_ipv4: int = 24
    node_mask_ipv6: int = 64
    allocate_node_cidrs: bool = True
    endpoint_batch_seconds: float = 0
    concurrent_endpoint_syncs: int = 5
    max_endpoints_per_slice: int = 100
    controller_manager: bool = True  # False: not started until start_controller_manager()
    bind_address: str = "127.0.0.1"  # an address that this machine has
    api_server_flags: Sequence[str] = ()
    controller_manager_flags: Sequence[str] = ()

    @property
    def families(self) -> list[int]:
        """The address families of Services in their order, such as [4, 6]."""
        return [ipaddress.ip_network(cidr).version for cidr in self.service_cidrs]

    @property
    def advertise_address(self) -> str:
        """The address in the `kubernetes` Service: a loopback server gets one meant for documentation."""
        if not ipaddress.ip_address(self.bind_address).is_loopback:
            return self.bind_address
        return "192.0.2.10" if self.families[0] == 4 else "2001:db8::10"


def etcd_command(program: Path, folder: Path) -> list[str]:
    """Listens on sockets in the folder, so that etcd needs no port and nobody else's API server finds it."""
    nowhere = "http://127.0.0.1:1"
    return [
        str(program),
        "--name=test",
        f"--data-dir={folder / 'etcd'}",
        "--unsafe-no-fsync",
        "--log-level=warn",
        f"--listen-client-urls={etcd_url(folder)}",
        f"--advertise-client-urls={nowhere}",
        f"--listen-peer-urls=unix://{folder / 'peer.sock'}",
        f"--initial-advertise-peer-urls={nowhere}",
        f"--initial-cluster=test={nowhere}",
    ]


def etcd_url(folder: Path) -> str:
    return f"unix://{folder / 'etcd.sock'}"


def api_server_command(program: Path, folder: Path, port: int, options: Options) -> list[str]:
    """The key that the server makes for its own certificate signs the tokens of service accounts, too."""
    key = folder / "certificates" / "apiserver.key"
    return [
        str(program),
        f"--etcd-servers={etcd_url(folder)}",
        f"--bind-address={options.bind_address}",
        f"--secure-port={port}",
        f"--advertise-address={options.advertise_address}",
        f"--cert-dir={key.parent}",
        f"--service-cluster-ip-range={','.join(options.service_cidrs)}",
        "--authorization-mode=Node,RBAC",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        # Pods need no service account, and nodes are not tainted until a controller finds them ready.
        "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
        "--allow-privileged=true",
        *options.api_server_flags,
    ]


def controller_manager_command(program: Path, kubeconfig: Path, ca_file: Path, options: Options) -> list[str]:
    batch = f"{options.endpoint_batch_seconds * 1000:.0f}ms"
    syncs = options.concurrent_endpoint_syncs
    return [
        str(program),
        f"--kubeconfig={kubeconfig}",
        f"--root-ca-file={ca_file}",
        "--leader-elect=false",
        "--secure-port=0",
        "--kube-api-qps=1000",
        "--kube-api-burst=1000",
        f"--controllers=*,{','.join(f'-{name}' for name in _CONTROLLERS_OFF)}",
        f"--service-cluster-ip-range={','.join(options.service_cidrs)}",
        f"--endpoint-updates-batch-period={batch}",
        f"--endpointslice-updates-batch-period={batch}",
        f"--mirroring-endpointslice-updates-batch-period={batch}",
        f"--concurrent-endpoint-syncs={syncs}",
        f"--concurrent-service-endpoint-syncs={syncs}",
        f"--mirroring-concurrent-service-endpoint-syncs={syncs}",
        f"--max-endpoints-per-slice={options.max_endpoints_per_slice}",
        *_node_range_flags(options),
        *options.controller_manager_flags,
    ]


def _node_range_flags(options: Options) -> list[str]:
    if not options.allocate_node_cidrs:
        return ["--allocate-node-cidrs=false"]
    flags = ["--allocate-node-cidrs=true", f"--cluster-cidr={','.join(options.cluster_cidrs)}"]
    masks = {4: options.node_mask_ipv4, 6: options.node_mask_ipv6}
    versions = [ipaddress.ip_network(cidr).version for cidr in options.cluster_cidrs]
    if len(versions) == 1:
        return [*flags, f"--node-cidr-mask-size={masks[versions[0]]}"]
    return [*flags, *(f"--node-cidr-mask-size-ipv{version}={masks[version]}" for version in versions)]
