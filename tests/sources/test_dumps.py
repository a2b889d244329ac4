"""Node dumps: what is read of them, what is said of broken ones, and the schema that tells how they look."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest

from netlint.errors import SourceError
from netlint.objects.host import NodeDump, RouteEntry
from netlint.snapshot import Snapshot
from netlint.sources import dumps
from netlint.sources.dumps import host_files, host_folders
from tests.support.program import ROOT
from tests.support.rulepages import DUMPS, examples
from tests.support.runs import check

SCHEMA = json.loads((ROOT / "schemas" / "node-dump.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
NODES = """
apiVersion: v1
kind: Node
metadata: {name: node1}
spec: {podCIDRs: [10.244.1.0/24]}
status: {addresses: [{type: InternalIP, address: 192.168.0.11}]}
---
apiVersion: v1
kind: Node
metadata: {name: node2}
spec: {podCIDRs: [10.244.1.0/24]}
status: {addresses: [{type: InternalIP, address: 192.168.0.12}]}
"""
CONFLIST = {"cniVersion": "1.0.0", "name": "pods", "plugins": [{"type": "bridge"}]}
FILES = {
    "ip-route.json": json.dumps([{"dst": "default", "gateway": "192.168.0.1", "dev": "eth0"}]),
    "ip-route6.json": "[",
    "cni/10-pods.conflist": json.dumps(CONFLIST),
    "run-flannel-subnet.env": "FLANNEL_SUBNET=10.244.1.1/24\n",
    "var-lib-cni-networks-pods.txt": "10.244.1.2 0123 eth0\nlast_reserved_ip.0 10.244.1.2\nlock\n",
    "etc-docker-daemon.json": json.dumps({"bip": "172.17.0.1/16", "log-driver": "journald"}),
    "sysctl.txt": "net.ipv4.ip_forward = 1\n",
    "iptables-save.txt": "*nat\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n",
    "ipset.txt": "create pods hash:net family inet\nadd pods 10.244.0.0/16\n",
    "nft.json": json.dumps({"nftables": [{"metainfo": {}}, {"set": {"name": "pods", "type": "ipv4_addr"}}]}),
    "ip-rule.json": json.dumps([{"priority": 0, "src": "all", "table": "local"}]),
}


def ip_addr(address: str) -> str:
    info = {"family": "inet", "local": address, "prefixlen": 24, "scope": "global"}
    return json.dumps([{}, {"ifname": "eth0", "addr_info": [{}, info]}])


def dumped(folder: Path, **changed: str) -> Path:
    """Two nodes, of which the first has all files, with changes."""
    files = FILES | {"ip-addr.json": ip_addr("192.168.0.11")} | changed
    for name, text in files.items():
        (folder / "node1" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "node1" / name).write_text(text)
    (folder / "node2").mkdir()
    (folder / "node2" / "ip-addr.json").write_text(ip_addr("192.168.0.12"))
    return folder


def read(source: Path) -> tuple[list[NodeDump], list[str]]:
    snapshot = Snapshot()
    dumps.read(str(source), snapshot)
    return snapshot.dumps, snapshot.reading.errors


def as_json(folder: Path) -> dict:
    """A node's folder as the schema sees it."""
    found: dict = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            parsed = file.suffix == ".json" or file.parent.name == "cni"
            at = found.setdefault("cni", {}) if file.parent.name == "cni" else found
            at[file.name] = json.loads(file.read_text()) if parsed else file.read_text()
    return found


def pack(folder: Path, archive: Path, mode: str) -> Path:
    with tarfile.open(archive, mode) as packed:
        packed.add(folder, "./cluster/nodes")
    return archive


def pack_zip(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as packed:
        for file in folder.rglob("*"):
            packed.write(file, f"nodes/{file.relative_to(folder)}")
    return archive


PACKERS: dict[str, Callable[[Path, Path], Path]] = {
    "dumps.tar": lambda folder, archive: pack(folder, archive, "w"),
    "dumps.tar.gz": lambda folder, archive: pack(folder, archive, "w:gz"),
    "dumps.zip": pack_zip,
    "dumps": lambda folder, archive: folder.rename(archive),
}


@pytest.mark.parametrize("name", PACKERS)
def test_folders_and_archives_hold_the_same(tmp_path: Path, name: str) -> None:
    (first, second), errors = read(PACKERS[name](dumped(tmp_path / "made"), tmp_path / name))
    assert errors == []
    assert (first.name, second.name, second.routes) == ("node1", "node2", {})
    assert [(link.ifname, [info.local for info in link.addr_info]) for link in first.links or ()] == [
        ("eth0", ["192.168.0.11"])
    ]
    assert first.routes == {
        "ip-route.json": [RouteEntry(dst="default", gateway="192.168.0.1", dev="eth0")],
        "ip-route6.json": [],
    }
    assert first.conflists == {"10-pods.conflist": CONFLIST}
    assert first.subnet_env == {"FLANNEL_SUBNET": "10.244.1.1/24"}
    assert first.leases == {"pods": ["10.244.1.2"]}
    assert first.docker is not None
    assert first.docker.bip == "172.17.0.1/16"
    assert [line.chain for line in first.filters["iptables-save.txt"].tables["nat"].lines] == ["POSTROUTING"]
    assert first.ipsets == {"pods": ("hash:net family inet", ["10.244.0.0/16"])}
    assert [entry.set.name for entry in (first.nft.nftables if first.nft else ()) if entry.set] == ["pods"]
    assert [rule.table for rule in first.policy_rules[4]] == ["local"]


def test_of_a_whole_cluster_only_the_nodes_are_read(tmp_path: Path) -> None:
    dumped(tmp_path / "nodes")
    (tmp_path / "pods" / "web").mkdir(parents=True)
    (tmp_path / "pods" / "web" / "ip-addr.json").write_text(ip_addr("10.244.1.2"))
    found, errors = read(tmp_path)
    assert ([dump.folder for dump in found], errors) == ([f"{tmp_path}/nodes/node1", f"{tmp_path}/nodes/node2"], [])


def without_nodes(folder: Path) -> Iterator[tuple[str, str]]:
    """Sources without a dump, and what is said of each."""
    layout = "a folder for each node, with ip-addr.json and other files in it"
    (folder / "empty").mkdir()
    yield "empty", f"empty: no node dump in it: {layout}"
    yield "absent", "absent: No such file or directory"
    (folder / "notes.txt").write_text("see the wiki")
    yield "notes.txt", f"notes.txt: neither a folder nor an archive: node dumps are {layout}"
    with tarfile.open(folder / "notes.tar", "w") as packed:
        packed.add(folder / "notes.txt", "notes.txt")
    yield "notes.tar", f"notes.tar: no node dump in it: {layout}"
    dumped(folder / "one")
    yield "one/node1", "one/node1: these are the files of one node; name the folder that holds its folder"
    dumped(folder / "two" / "blue" / "nodes")
    dumped(folder / "two" / "green" / "nodes")
    yield "two", "two: node dumps in blue/nodes and in green/nodes; name one of them"
    (folder / "running" / "pods" / "web").mkdir(parents=True)
    (folder / "running" / "pods" / "web" / "ip-addr.json").write_text("[]")
    yield "running", f"running: no node dump in it: {layout}"


def test_a_source_without_dumps_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, message in without_nodes(tmp_path):
        with pytest.raises(SourceError) as raised:
            read(Path(name))
        assert str(raised.value) == message


BROKEN = {
    "not JSON": ("ip-addr.json", "<html>", "JSON is malformed: invalid character (byte 0)"),
    "cut off": ("ip-addr.json", '[{"ifname": "eth0"', "Input data was truncated"),
    "empty": ("ip-addr.json", "", "Input data was truncated"),
    "a mapping": ("ip-addr.json", "{}", "Expected `array`, got `object`"),
    "a number": ("ip-addr.json", '[{"ifname": 7}]', "Expected `str`, got `int` - at `$[0].ifname`"),
    "no route": ("ip-route.json", '["default"]', "Expected `object`, got `str` - at `$[0]`"),
    "no CNI configuration": ("cni/10-pods.conflist", "[]", "Expected `object`, got `array`"),
    "no ruleset": ("nft.json", "[]", "Expected `object`, got `array`"),
    "no policy rule": ("ip-rule.json", '["local"]', "Expected `object`, got `str` - at `$[0]`"),
    "no pool": ("etc-docker-daemon.json", '{"bip": 7}', "Expected `str`, got `int` - at `$.bip`"),
}
WRONG = {
    "no address": ("ip-addr.json", ip_addr("192.168.0.300"), "'192.168.0.300' is no IP address"),
    "no prefix": (
        "ip-route.json",
        '[{"dst": "10.0.0.0/33"}]',
        "'10.0.0.0/33' is no CIDR: /33 is no prefix length of IPv4",
    ),
    "no table": ("iptables-save.txt", "*nat\n", "the file ends inside of a table"),
    "no ipset": ("ipset.txt", "Name: pods\n", "line 1 is none of ipset save: 'Name: pods'"),
    "no lease": ("var-lib-cni-networks-pods.txt", "ten 0123\n", "'ten' is no IP address"),
}


def errors_in(report: str) -> list[str]:
    return [line for line in report.splitlines() if line.startswith("-: error: ")]


@pytest.mark.parametrize("case", [*BROKEN, *WRONG])
def test_a_broken_file_is_one_line_and_the_rest_is_checked(tmp_path: Path, case: str) -> None:
    file, text, problem = (BROKEN | WRONG)[case]
    dumped(tmp_path / "nodes", **{file: text})
    (tmp_path / "cluster.yaml").write_text(NODES)
    run = check(tmp_path, "cluster.yaml", "--node-dumps", "nodes", "--select", "overlapping-pod-cidrs")
    assert run.code == 2
    assert errors_in(run.out) == [f"-: error: nodes/node1/{file}: {problem}"]
    assert "overlapping-pod-cidrs: Node node1" in run.out


@pytest.mark.parametrize("case", BROKEN)
def test_the_schema_refuses_what_the_reader_refuses(tmp_path: Path, case: str) -> None:
    file, text, _ = BROKEN[case]
    folder = dumped(tmp_path / "nodes", **{file: text}) / "node1"
    try:
        found = as_json(folder)
    except ValueError:
        return  # no JSON at all
    assert not VALIDATOR.is_valid(found)


def test_no_dump_at_all_is_one_line_and_the_rest_is_checked(tmp_path: Path) -> None:
    (tmp_path / "cluster.yaml").write_text(NODES)
    (tmp_path / "nodes").mkdir()
    run = check(tmp_path, "cluster.yaml", "--node-dumps", "nodes", "--select", "overlapping-pod-cidrs")
    assert run.code == 2
    assert errors_in(run.out) == [f"-: error: nodes: no node dump in it: {host_folders.LAYOUT}"]
    assert "overlapping-pod-cidrs: Node node1" in run.out


def test_a_folder_without_files_is_an_error(tmp_path: Path) -> None:
    (dumped(tmp_path / "nodes") / "node3").mkdir()
    found, errors = read(tmp_path / "nodes")
    assert (len(found), errors) == (2, [f"{tmp_path}/nodes/node3: no file of a node dump in it"])


def test_a_truncated_archive_gives_what_it_has(tmp_path: Path) -> None:
    whole = pack(dumped(tmp_path / "made"), tmp_path / "whole.tar", "w").read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[: whole.index(b"node2/ip-addr.json") + 600])
    found, errors = read(tmp_path / "cut.tar")
    assert [dump.name for dump in found] == ["node1"]
    assert len(errors) == 1
    assert errors[0].endswith("the archive ends too early: the file is truncated")


def test_a_file_that_is_too_large_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_files, "LARGEST_FILE", 1 << 20)
    dumped(tmp_path / "nodes", **{"ip-route.json": " " * ((1 << 20) + 1)})
    found, errors = read(tmp_path / "nodes")
    assert (found[0].routes, len(found[0].links or ())) == ({"ip-route6.json": []}, 1)
    assert errors == [f"{tmp_path}/nodes/node1/ip-route.json: more than 1 MiB, which no file of a node dump has"]


def test_a_packet_filter_may_be_larger_and_its_lines_are_read_in_any_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE\nCOMMIT\n"
    dumped(tmp_path / "nodes", **{"iptables-save.txt": text})
    monkeypatch.setattr(host_files, "LARGEST_FILE", 1 << 10)
    expected, _ = read(tmp_path / "nodes")
    for size in range(1, 20):
        monkeypatch.setattr(host_files, "_STEP", size)
        assert read(tmp_path / "nodes") == (expected, [])
    monkeypatch.setattr(host_files, "LARGEST_FILTER", 64)
    found, errors = read(tmp_path / "nodes")
    assert found[0].filters == {}
    assert errors == [f"{tmp_path}/nodes/node1/iptables-save.txt: more than 0 MiB, which no packet filter has"]


def test_the_dumps_of_rule_pages_follow_the_schema(tmp_path: Path) -> None:
    with_dumps = [found for found in examples() if found.dumps]
    assert with_dumps
    for number, example in enumerate(with_dumps):
        for name in example.files.keys() - {*example.objects}:
            file = tmp_path / str(number) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(example.files[name])
        for folder in (tmp_path / str(number) / DUMPS).iterdir():
            VALIDATOR.validate(as_json(folder))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
