"""Reads generated files back with ordinary decoders; compares them with each other and expected.json."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import emit
import recheck
import yaml
from cluster.stream import Settings
from repository.tree import Summary

Tree = dict[str, Any]


class KubectlLoader(yaml.CSafeLoader):
    """Scalars as kubectl reads them: no base-60 numbers and no dates, ``y`` and ``n`` are booleans."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012


_SCALARS = (
    (
        "bool",
        r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
        "yYnNtTfFoO",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|nan)",
        "-+.0123456789",
    ),
)
for _kind, _pattern, _first in _SCALARS:
    KubectlLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"^(?:{_pattern})$"), list(_first))
KubectlLoader.add_constructor(
    "tag:yaml.org,2002:bool",
    lambda loader, node: loader.construct_scalar(node).lower() in ("y", "yes", "true", "on"),
)


def cluster(settings: Settings, folder: Path, formats: list[str]) -> int:
    """0 when all formats hold the same objects and a second opinion finds exactly the expected faults."""
    readings = {format_: _items(format_, folder / emit.FILE_NAMES[format_]) for format_ in formats}
    first, *others = formats
    slim = [emit.without_managed_fields(tree) for tree in readings[first]]
    problems = [
        f"{first} and {other} differ"
        for other in others
        if slim != [emit.without_managed_fields(tree) for tree in readings[other]]
    ]
    problems += _invariants(slim, settings)
    problems += [f"kubectl writes {name} differently" for name in _differing_from_kubectl(slim)]
    expected = {_key(finding) for finding in json.loads((folder / "expected.json").read_text())}
    found = recheck.findings(slim)
    problems += [f"not found: {finding}" for finding in sorted(expected - found)]
    problems += [f"not expected: {finding}" for finding in sorted(found - expected)]
    return _report(problems, len(slim), len(found))


def _key(finding: Tree) -> tuple[str, str, str, str]:
    return finding["rule"], *(finding["subject"][part] for part in ("kind", "namespace", "name"))


def _items(format_: str, path: Path) -> list[Tree]:
    text = path.read_text(encoding="utf-8")
    if format_ == "yaml":
        return list(yaml.load_all(text, KubectlLoader))
    if format_ == "yamllist":
        return yaml.load(text, KubectlLoader)["items"]
    return json.loads(text)["items"]


def _invariants(items: list[Tree], settings: Settings) -> Iterator[str]:
    """What is true of every generated cluster, with faults or without."""
    names = [(tree["kind"], *recheck.subject(tree)[1:]) for tree in items]
    if len(set(names)) != len(names):
        yield "two objects have one name"
    if len({tree["metadata"]["uid"] for tree in items}) != len(items):
        yield "two objects have one uid"
    services = [tree for tree in items if tree["kind"] == "Service"]
    whole = [ip_network(each) for tree in items if tree["kind"] == "ServiceCIDR" for each in tree["spec"]["cidrs"]]
    assigned = [each for tree in services for each in tree["spec"].get("clusterIPs", []) if each != "None"]
    if len(set(assigned)) != len(assigned):
        yield "two Services have one cluster IP"
    if not all(any(ip_address(each) in network for network in whole) for each in assigned):
        yield "a cluster IP is outside the Service range"
    node_ports = [port["nodePort"] for tree in services for port in tree["spec"].get("ports", []) if "nodePort" in port]
    if len(set(node_ports)) != len(node_ports):
        yield "two Services have one node port"
    if settings.ip_addresses and len(assigned) != sum(tree["kind"] == "IPAddress" for tree in items):
        yield "IPAddress objects and cluster IPs differ in number"


def _differing_from_kubectl(items: list[Tree]) -> Iterator[str]:
    """kubectl prints every kind as we do, byte for byte (when kubectl is there; no cluster is needed)."""
    if not shutil.which("kubectl"):
        return
    seen: dict[str, int] = {}
    for tree in items:
        seen[tree["kind"]] = seen.get(tree["kind"], 0) + 1
        if seen[tree["kind"]] > 40 or tree["kind"] == "IPAddress":
            continue
        marked = tree | {
            "metadata": tree["metadata"] | {"annotations": tree["metadata"].get("annotations", {}) | {"x": "y"}}
        }
        for format_, ours in (
            ("yaml", emit.yaml_text.document(marked)),
            ("json", emit.kubectl_json(marked) + "\n"),
        ):
            command = ["kubectl", "annotate", "--local", "--overwrite", "-f", "-", "x=y", "-o", format_]
            theirs = subprocess.run(command, input=json.dumps(marked), capture_output=True, text=True, check=False)
            if theirs.stdout != ours:
                yield f"{tree['kind']} {tree['metadata']['name']} as {format_}"


def repository(folder: Path, summary: Summary) -> int:
    """0 when the files say what was meant and a second opinion finds exactly the expected faults."""
    problems, objects = [], []
    for path, documents in summary.written.items():
        read = list(yaml.load_all((folder / path).read_text(encoding="utf-8"), KubectlLoader))
        if read != documents:
            problems.append(f"{path} does not say what was meant")
        for tree in read:
            objects += tree["items"] if tree["kind"] == "List" else [tree]
    names = [recheck.subject(tree) for tree in objects]
    if len(set(names)) != len(names):
        problems.append("two objects have one name")
    expected = {_key(finding) for finding in summary.expected}
    found = recheck.manifest_findings(objects)
    problems += [f"not found: {finding}" for finding in sorted(expected - found)]
    problems += [f"not expected: {finding}" for finding in sorted(found - expected)]
    return _report(problems, len(objects), len(found))


def _report(problems: list[str], objects: int, findings: int) -> int:
    for problem in problems[:50]:
        print(f"verify: {problem}")
    print(f"verify: {objects:,} objects, {findings} findings, {len(problems)} problems")
    return 1 if problems else 0
