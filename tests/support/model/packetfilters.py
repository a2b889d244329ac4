"""What healthy hosts have in their packet filters, as kube-proxy and the usual network plugins write it."""

from __future__ import annotations

from collections.abc import Callable

SERVICE_PROXY = [
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
    "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
    "-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0",
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
]
IPVS = [
    "-A POSTROUTING -j KUBE-POSTROUTING",
    "-A KUBE-POSTROUTING -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE",
    "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
    "-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0",
    "-A KUBE-POSTROUTING -j MASQUERADE --random-fully",
]
HOST_PORTS = [
    '-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
    "-A CNI-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000",
    "-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE",
]
DOCKER = ["-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"]


def flannel(own: str, everywhere: str) -> list[str]:
    multicast = "ff00::/8" if ":" in own else "224.0.0.0/4"
    return [
        *SERVICE_PROXY,
        *HOST_PORTS,
        '-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG',
        "-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -j RETURN",
        f"-A FLANNEL-POSTRTG -s {own} -d {everywhere} -j RETURN",
        f"-A FLANNEL-POSTRTG -s {everywhere} -d {own} -j RETURN",
        f"-A FLANNEL-POSTRTG ! -s {everywhere} -d {own} -j RETURN",
        f"-A FLANNEL-POSTRTG -s {everywhere} ! -d {multicast} -j MASQUERADE --random-fully",
        f"-A FLANNEL-POSTRTG ! -s {everywhere} -d {everywhere} -j MASQUERADE --random-fully",
    ]


def kubenet(own: str, everywhere: str) -> list[str]:
    return [
        *SERVICE_PROXY,
        *DOCKER,
        '-A POSTROUTING ! -d 10.0.0.0/8 -m comment --comment "kubenet: SNAT for outbound traffic from cluster" '
        "-m addrtype ! --dst-type LOCAL -j MASQUERADE",
    ]


def docker(own: str, everywhere: str) -> list[str]:
    """Older flannel, and Docker without ``ip-masq``; each pod may reach itself by its host port."""
    return [
        *SERVICE_PROXY,
        f"-A POSTROUTING -s {everywhere} -d {everywhere} -j RETURN",
        f"-A POSTROUTING -s {everywhere} ! -d 224.0.0.0/4 -j MASQUERADE",
        f"-A POSTROUTING ! -s {everywhere} -d {own} -j RETURN",
        f"-A POSTROUTING ! -s {everywhere} -d {everywhere} -j MASQUERADE",
        f"-A POSTROUTING -s {own.replace('.0/24', '.2/32')} -d {own.replace('.0/24', '.2/32')} -p tcp -m tcp "
        "--dport 80 -j MASQUERADE",
    ]


def kube_router(own: str, everywhere: str) -> list[str]:
    return [
        *IPVS,
        '-A POSTROUTING -m comment --comment "" -m set --match-set kube-router-pod-subnets src -m set ! --match-set '
        "kube-router-pod-subnets dst -m set ! --match-set kube-router-node-ips dst -j MASQUERADE --random-fully",
    ]


def calico(own: str, everywhere: str) -> list[str]:
    return [
        '-A POSTROUTING -m comment --comment "cali:O3lYWMrLQYEMJtB5" -j cali-POSTROUTING',
        *SERVICE_PROXY,
        "-A cali-POSTROUTING -j cali-fip-snat",
        "-A cali-POSTROUTING -j cali-nat-outgoing",
        "-A cali-POSTROUTING -o tunl0 -m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL "
        "-j MASQUERADE --random-fully",
        "-A cali-nat-outgoing -m set --match-set cali40masq-ipam-pools src "
        "-m set ! --match-set cali40all-ipam-pools dst -j MASQUERADE --random-fully",
        "-A cali-fip-snat -s 192.0.2.1/32 -j ACCEPT",
    ]


def kindnet(own: str, everywhere: str) -> list[str]:
    return [
        *SERVICE_PROXY,
        "-A POSTROUTING -d 192.168.224.1/32 -j DOCKER_POSTROUTING",
        "-A DOCKER_POSTROUTING -s 127.0.0.11/32 -p tcp -j SNAT --to-source 192.168.224.1:53",
        "-A POSTROUTING -m addrtype ! --dst-type LOCAL -j KIND-MASQ-AGENT",
        f"-A KIND-MASQ-AGENT -d {everywhere} -j RETURN",
        "-A KIND-MASQ-AGENT -j MASQUERADE",
    ]


WRITERS: dict[str, Callable[[str, str], list[str]]] = {
    "flannel": flannel,
    "flannel_dual_stack": flannel,
    "kube_router": kube_router,
    "kubenet": kubenet,
    "docker0": docker,
    "calico": calico,
    "kindnet": kindnet,
}
SETS = {
    "cali40masq-ipam-pools": ("hash:net family inet", True),
    "cali40all-ipam-pools": ("hash:net family inet", True),
    "kube-router-pod-subnets": ("hash:net family inet timeout 0", True),
    "kube-router-node-ips": ("hash:ip family inet timeout 0", False),
}


def saved(rules: list[str]) -> str:
    """As iptables-save prints them."""
    names = dict.fromkeys(rule.split()[1] for rule in rules)
    declared = [f":{name} {'ACCEPT' if name == 'POSTROUTING' else '-'} [0:0]" for name in names]
    return "\n".join(["*nat", *declared, *(f"[0:0] {rule}" for rule in rules), "COMMIT", ""])


def ipsets(everywhere: str) -> dict[str, tuple[str, list[str]]]:
    return {name: (kind, [everywhere] if pods else ["192.168.10.11"]) for name, (kind, pods) in SETS.items()}
