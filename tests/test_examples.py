"""The bundled clusters, their description, and what the README shows: all of it is what netlint really says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.program import ROOT, netlint

SHOWN = re.compile(r"^<!-- example: netlint (?P<command>.+?) -->\n```\n(?P<output>.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(
    r"^\| [^|]+ \| `(?P<rule>\S+)` \| (?P<object>[^|]+) \| `(?P<field>\S+)` \| `(?P<place>\S+)` \|$", re.MULTILINE
)


def report(folder: str) -> dict[str, Any]:
    return json.loads(netlint("check", folder, "--format", "json", "--strict").stdout)


def lacking(found: dict[str, Any]) -> list[Any]:
    """The rules that something would have been needed for."""
    return [skip for skip in found["skips"] if skip["reason"] != "not-applicable"]


def test_the_healthy_cluster_has_no_fault_and_every_rule_is_evaluated() -> None:
    found = report("examples/healthy-cluster")
    assert (found["findings"], lacking(found), found["failures"], found["run"]["exitCode"]) == ([], [], [], 0)
    assert {kind["kind"]: kind["seen"] for kind in found["coverage"]["kinds"] if kind["seen"]} == {
        "ConfigMap": 2,
        "DaemonSet": 1,
        "Deployment": 1,
        "EndpointSlice": 5,
        "IPAddress": 3,
        "Node": 3,
        "Pod": 16,
        "Service": 6,
        "ServiceCIDR": 1,
        "StatefulSet": 1,
    }


def name(subject: dict[str, str]) -> str:
    return f"{subject['kind']} {'/'.join(filter(None, (subject['namespace'], subject['name'])))}"


def test_the_broken_cluster_has_exactly_the_faults_that_its_table_names() -> None:
    found = report("examples/broken-cluster")
    assert (lacking(found), found["failures"], found["run"]["exitCode"]) == ([], [], 1)
    reported = [
        (
            finding["rule"],
            name(finding["subject"]),
            finding["subject"]["field"],
            f"{finding['location']['file'].removeprefix('examples/broken-cluster/')}:{finding['location']['line']}",
        )
        for finding in found["findings"]
    ]
    table = [row.groups() for row in ROW.finditer((ROOT / "examples" / "README.md").read_text(encoding="utf-8"))]
    assert sorted(reported) == sorted(table)


def test_every_row_of_the_table_is_read() -> None:
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert [row.group() for row in ROW.finditer(text)] == rows


def test_the_places_of_the_broken_cluster_hold_what_is_wrong() -> None:
    """The line of each place has the value that the finding speaks of."""
    expected = {
        "nodes.yaml:78": "- 10.244.1.0/24",
        "nodes.yaml:234": "spec: {}",
        "pods.yaml:1136": "- ip: 10.244.0.21",
        "pods.yaml:724": "- ip: 10.88.0.5",
        "pods.yaml:21": "hostPort: 9100",
        "workloads.yaml:36": "- containerPort: 8080",
        "services.yaml:114": "app: chekout",
        "services.yaml:182": "targetPort: reports",
        "services.yaml:217": "app: web",
    }
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert {row["place"] for row in ROW.finditer(text)} == set(expected)
    for place, line in expected.items():
        file, _, number = place.partition(":")
        lines = (ROOT / "examples" / "broken-cluster" / file).read_text(encoding="utf-8").splitlines()
        assert lines[int(number) - 1].strip() == line


EXAMPLES = [
    pytest.param(file, found["command"], found["output"], id=f"{file}: {found['command']}")
    for file in ("README.md", "examples/README.md")
    for found in SHOWN.finditer((ROOT / file).read_text(encoding="utf-8"))
]


def test_the_readme_shows_every_way_to_look() -> None:
    assert [example.values[:2] for example in EXAMPLES] == [
        ("README.md", "check examples/broken-cluster --select overlapping-pod-cidrs"),
        ("README.md", "ip 10.244.0.21 examples/broken-cluster"),
        ("README.md", "map examples/broken-cluster"),
        ("README.md", "plan --nodes 50 --pods-per-node 110 --against examples/healthy-cluster"),
        ("README.md", "service reports examples/broken-cluster"),
        ("README.md", "service web examples/healthy-cluster"),
    ]


def without_footer(report: str) -> str:
    """The findings of a report without what it says of all objects and rules: every new rule changes that."""
    findings, footer, verdict = report.rsplit("\n\n", 2)
    counts = r"read: \d+ objects of \d+ files \(.+\)\nfabric: flannel: overlay \(VXLAN\)\nrules: \d+ of \d+ evaluated.*"
    assert re.fullmatch(counts, footer)
    assert re.fullmatch(r"\d+ errors?(, \d+ warnings?)?\n", verdict)
    return findings + "\n"


@pytest.mark.parametrize(("file", "command", "output"), EXAMPLES)
def test_what_is_shown_is_what_is_printed(file: str, command: str, output: str) -> None:
    """But for the footer of a report, which is not shown."""
    printed = netlint(*command.split())
    assert printed.stderr == ""
    if not command.startswith("check "):
        assert printed.stdout == output
        return
    assert without_footer(printed.stdout) == output


def test_the_script_shows_the_findings() -> None:
    """``examples/run.sh`` installs netlint and then runs this command; exit code 1 is what it expects."""
    script = (ROOT / "examples" / "run.sh").read_text(encoding="utf-8")
    assert "netlint check examples/broken-cluster || test $? -eq 1" in script
    printed = netlint("check", "examples/broken-cluster")
    golden = (ROOT / "tests" / "reports" / "golden" / "broken-cluster.txt").read_text(encoding="utf-8")
    assert printed.returncode == 1
    assert without_footer(printed.stdout) == without_footer(golden)
