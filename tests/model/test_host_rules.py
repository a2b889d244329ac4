"""Rules of hosts: what is one fault, what another rule tells, and what cannot be told."""

from __future__ import annotations

import json
from typing import Any

from netlint import catalogue, engine
from netlint.config import Config
from netlint.objects.host import DockerDaemon, Link, LinkAddress, NodeDump
from netlint.objects.netfilter import NftChain, NftEntry, NftRule, NftRuleset
from netlint.sources.dumps import iptables_save
from netlint.sources.dumps.iptables_save import FilterLines
from tests.support.days import TODAY
from tests.support.model.healthy import agent, config_map, container, node, pod
from tests.support.model.packetfilters import saved
from tests.support.model.reading import snapshot

RULE = "masquerading-host-rules"
BROAD = "-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE"
NODES = [node(f"node{n}", [f"10.244.{n}.0/24"], [f"192.168.10.{10 + n}"]) for n in (1, 2, 3)]


def dump(number: int, *rules: str) -> NodeDump:
    address = LinkAddress(local=f"192.168.10.{10 + number}", prefixlen=24, scope="global")
    made = NodeDump(f"nodes/node{number}", f"node{number}", [Link(ifname="eth0", addr_info=[address])])
    if rules:
        made.filters["iptables-save.txt"] = iptables_save.read(saved(list(rules)).splitlines(), FilterLines())
    return made


def run(dumps: list[NodeDump], objects: list[Any] | None = None) -> tuple[list[str], set[tuple[str, str]]]:
    """The messages of findings, and the skips with their reasons."""
    found = snapshot(NODES if objects is None else objects)
    found.dumps = dumps
    result = engine.run(found, [catalogue.named(RULE)], Config(), TODAY)
    assert result.failures == []
    findings = [f"{one.violation.subject}: {one.violation.message}" for one in result.findings]
    return findings, {(one.reason.value, f"{', '.join(map(str, one.scope))}: {one.message}") for one in result.skips}


def test_one_rule_on_many_hosts_is_one_finding() -> None:
    others = [BROAD.replace("-s", '-m comment --comment "way out" -s')]
    found, skips = run([dump(1, BROAD), dump(2, *others), dump(3, "-A POSTROUTING -j ACCEPT")])
    assert skips == set()
    assert found == [
        "Node node1: addresses of pods on the node are hidden from pods in 10.244.2.0/24 of Node node2 and "
        f"10.244.3.0/24 of Node node3: {BROAD}, as on Node node2"
    ]


def test_rules_with_the_own_range_of_each_host_are_one_finding() -> None:
    rules = [f"-A POSTROUTING -s 10.244.{n}.0/24 ! -o cni0 -j SNAT --to-source 192.168.10.{10 + n}" for n in (1, 2)]
    dumps = [dump(1, rules[0].replace("! -o cni0 ", "")), dump(2, rules[1].replace("! -o cni0 ", ""))]
    found, _ = run(dumps)
    assert [text.split(": ")[0] for text in found] == ["Node node1"]


def test_a_chain_for_each_container_is_one_finding() -> None:
    chains = [f"CNI-{'0' * 23}{n}" for n in (2, 3)]
    rules = [
        rule
        for n, name in enumerate(chains, 2)
        for rule in (
            f"-A POSTROUTING -s 10.244.1.{n}/32 -j {name}",
            f"-A {name} -d 10.244.1.0/24 -j ACCEPT",
            f"-A {name} ! -d 224.0.0.0/4 -j MASQUERADE",
        )
    ]
    found, _ = run([dump(1, *rules)])
    assert len(found) == 1


def test_what_comes_in_is_looked_at_too() -> None:
    found, _ = run([dump(2, "-A POSTROUTING ! -s 10.244.2.0/24 -d 10.244.2.0/24 -j MASQUERADE")])
    assert found == [
        "Node node2: addresses of pods in 10.244.1.0/24 of Node node1 and 10.244.3.0/24 of Node node3 are hidden from "
        "pods on the node: -A POSTROUTING ! -s 10.244.2.0/24 -d 10.244.2.0/24 -j MASQUERADE"
    ]


def test_both_backends_are_asked_and_one_under_two_names_once() -> None:
    host = dump(1, "-A POSTROUTING -j ACCEPT")
    host.filters["iptables-legacy-save.txt"] = iptables_save.read(saved([BROAD]).splitlines(), FilterLines())
    assert len(run([host])[0]) == 1
    host.filters["iptables-save.txt"] = host.filters["iptables-legacy-save.txt"]
    assert len(run([host])[0]) == 1


def test_what_a_dump_lacks_and_what_is_not_known_is_said() -> None:
    strange = "-A POSTROUTING -m u32 --u32 0x4=0x10 -j MASQUERADE"
    stranger = dump(9, BROAD)
    found, skips = run([dump(1, strange), dump(2), stranger])
    assert found == []
    assert skips == {
        ("undecided", "Node node1: what rules with -m u32 do cannot be told"),
        ("missing", "Node node2: the node dump has no iptables-save.txt"),
        ("missing", "File nodes/node9: the node dump belongs to no Node"),
    }
    assert run([dump(1)]) == ([], {("not-applicable", ": no node dump has iptables-save.txt or nft.json")})


def test_hosts_whose_rules_do_not_matter_or_whose_pods_are_not_known() -> None:
    bridged = dump(1, BROAD)
    bridged.conflists = {"10-pods.conf": {"name": "pods", "type": "macvlan", "master": "eth0"}}
    why = "Node node1: its pods are on the segment of a network card, past the host's rules"
    assert run([bridged]) == ([], {("not-applicable", why)})
    hosts = [node(f"node{n}", [], [f"192.168.10.{10 + n}"]) for n in (1, 2)]
    why = "Node node1: no addresses of pods on the node and of others are known"
    assert run([dump(1, BROAD)], hosts) == ([], {("missing", why)})


def test_other_ways_between_pods() -> None:
    by_switch = [*NODES, *agent("antrea-agent", "kube-system")]
    why = "antrea connects pods by Open vSwitch, past the host's rules"
    assert run([dump(1, BROAD)], by_switch) == ([], {("not-applicable", f": {why}")})
    by_programs = [*NODES, *agent("cilium", "kube-system")]
    why = "eBPF programs of cilium may carry packets past the host's rules"
    assert run([dump(1, BROAD)], by_programs) == ([], {("undecided", f": {why}")})
    felix = {"apiVersion": "crd.projectcalico.org/v1", "kind": "FelixConfiguration", "metadata": {"name": "default"}}
    by_calico = [*NODES, *agent("calico-node", "kube-system"), felix | {"spec": {"bpfEnabled": True}}]
    why = "eBPF programs of calico may carry packets past the host's rules"
    assert run([dump(1, BROAD)], by_calico) == ([], {("undecided", f": {why}")})


def test_pods_without_declared_ranges_are_known_by_their_addresses() -> None:
    """As with AWS' plugin, whose rules spare the VPC."""
    hosts = [node(f"node{n}", [], [f"192.168.10.{10 + n}"]) for n in (1, 2)]
    pods = [
        pod(f"web-{n}", "shop", f"node{n}", [f"192.168.10.{100 + n}"], {}, [container("web")], phase="Running")
        for n in (1, 2)
    ]
    objects = [*hosts, *pods, *agent("aws-node", "kube-system")]
    rules = [
        "-A POSTROUTING -j AWS-SNAT-CHAIN-0",
        "-A AWS-SNAT-CHAIN-0 -d 192.168.0.0/16 -j RETURN",
        "-A AWS-SNAT-CHAIN-0 ! -o vlan+ -m addrtype ! --dst-type LOCAL -j SNAT --to-source 192.168.10.11",
    ]
    assert run([dump(1, *rules)], objects) == ([], set())
    found, _ = run([dump(1, rules[0], rules[2].replace("! -o vlan+ ", ""))], objects)
    assert [text.partition(": -A")[0] for text in found] == [
        "Node node1: addresses of pods on the node are hidden from pods in 192.168.10.102"
    ]


def test_ranges_that_are_wrong_themselves_are_left_out() -> None:
    """flannel masquerades a node's range that is outside of its own, and works with the one it was given before."""
    net_conf = json.dumps({"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}})
    flannel = [config_map("kube-flannel-cfg", "kube-flannel", **{"net-conf.json": net_conf})]
    stray = node("node4", ["10.99.4.0/24"], ["192.168.10.14"])
    rules = [
        "-A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN",
        "-A POSTROUTING -s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE",
    ]
    assert run([dump(1, *rules), dump(4, *rules)], [*NODES, *flannel, stray]) == ([], set())
    stale = dump(1, "-A POSTROUTING -s 10.244.77.0/24 -j RETURN", BROAD)
    stale.subnet_env = {"FLANNEL_NETWORK": "10.244.0.0/16", "FLANNEL_SUBNET": "10.244.77.1/24"}
    assert run([stale], [*NODES, *flannel]) == ([], set())


def test_a_list_that_the_agent_refuses_is_told_by_another_rule() -> None:
    broken = config_map("ip-masq-agent", "kube-system", config="nonMasqueradeCIDRs: [10.244.0.0/99]")
    nodes = [node(f"node{n}", [f"100.64.{n}.0/24"], [f"192.168.10.{10 + n}"]) for n in (1, 2)]
    objects = [*nodes, *agent("ip-masq-agent", "kube-system"), broken]
    agents = ["-A POSTROUTING -j IP-MASQ-AGENT", "-A IP-MASQ-AGENT -d 10.0.0.0/8 -j RETURN"]
    assert run([dump(1, *agents, "-A IP-MASQ-AGENT -j MASQUERADE")], objects) == ([], set())
    found, _ = run([dump(1, "-A POSTROUTING ! -d 10.0.0.0/8 -j MASQUERADE")], objects)
    assert len(found) == 1


def test_what_docker_masquerades_is_told_by_another_rule() -> None:
    host = dump(1, "-A POSTROUTING -s 10.244.1.0/24 ! -o docker0 -j MASQUERADE")
    host.docker = DockerDaemon(bip="10.244.1.1/24", ip_masq=True)
    host.subnet_env = {
        "FLANNEL_NETWORK": "10.244.0.0/16",
        "FLANNEL_SUBNET": "10.244.1.1/24",
        "FLANNEL_IPMASQ": "true",
    }
    host.routes, host.policy_rules = {"ip-route.json": []}, {4: []}
    assert run([host]) == ([], set())


def nft(*rules: dict[str, Any]) -> NftRuleset:
    base = NftChain("ip", "way-out", "post", "nat", "postrouting", 100)
    listed = [NftEntry(rule=NftRule("ip", "way-out", "post", [rule])) for rule in rules]
    return NftRuleset([NftEntry(), NftEntry(chain=base), *listed])


def test_tables_of_nftables() -> None:
    host = dump(1, "-A POSTROUTING -j ACCEPT")
    host.nft = nft({"masquerade": {"flags": "fully-random"}})
    found, _ = run([host])
    assert [text.rpartition("node2")[2] for text in found] == [
        " and 10.244.3.0/24 of Node node3: ip way-out post: masquerade fully-random"
    ]
    host.nft = nft({"vmap": {"key": {"meta": {"key": "mark"}}, "data": "@marks"}})
    assert run([host]) == ([], {("undecided", "Node node1: what rules with -j vmap do cannot be told")})
    host.nft = nft({"xt": {"type": "match", "name": "bpf"}}, {"accept": None})
    assert run([host]) == ([], set())


def test_marks_that_nftables_writes_are_not_known_to_the_rules_of_iptables() -> None:
    mark = {"meta": {"key": "mark"}}
    host = dump(1, "-A POSTROUTING -m mark --mark 0x80/0x80 -j MASQUERADE")
    host.nft = nft({"mangle": {"key": mark, "value": {"|": [mark, 0x80]}}})
    assert run([host]) == ([], {("undecided", "Node node1: what rules with marks 0x80 do cannot be told")})
    host.nft = nft({"accept": None})
    assert run([host]) == ([], set())
