"""Whole reports: of the broken example in every format, and of what no example has."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netlint import catalogue, engine, sources
from netlint.config import Config
from netlint.engine import Result
from netlint.findings import Failure, Severity
from netlint.objects import KINDS
from netlint.reports import Detail, Report, render
from netlint.snapshot import Spot
from netlint.suppress import Entry
from tests.support.days import TODAY
from tests.support.model.healthy import container, node, pod, service
from tests.support.model.reading import Object, exported, snapshot
from tests.support.program import ROOT, netlint
from tests.support.rulepages import Example, examples

check = partial(netlint, "check")
GOLDEN = Path(__file__).parent / "golden"
WITH_FINDINGS = (
    "conflicting-container-ports",
    "conflicting-host-ports",
    "duplicate-pod-ips",
    "mismatched-endpoints",
    "missing-endpoint-addresses",
    "missing-pod-cidrs",
    "overlapping-pod-cidrs",
    "pod-ips-outside-node-range",
    "services-without-pods",
    "stale-endpoint-addresses",
    "unmatched-target-ports",
)
SILENT = ("duplicate-cluster-ips", "overlapping-cluster-ranges")
IDLE = ("assignable-gateways", "duplicate-leases")  # there are neither secondary networks nor node dumps
EXAMPLE = ("examples/broken-cluster", "--select", ",".join((*WITH_FINDINGS, *SILENT, *IDLE)))
"""The whole reports are of some rules of each sort: those of all rules would change with every new one."""
FILES = {"text": "broken-cluster.txt", "concise": "broken-cluster.concise.txt", "json": "broken-cluster.json"}
SCHEMA = json.loads((ROOT / "schemas" / "report-v1.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
COLOR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("form", FILES)
def test_the_broken_example(form: str, accept: bool) -> None:
    """``pytest --accept`` writes the golden file; the diff is to be read."""
    run = check(*EXAMPLE, "--format", form)
    assert (run.returncode, run.stderr) == (1, "")
    golden = GOLDEN / FILES[form]
    if accept:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(run.stdout, encoding="utf-8")
    assert run.stdout == golden.read_text(encoding="utf-8")


def test_the_terminal_has_no_influence() -> None:
    """Lines are as long as they are; colours come on top of the same text."""
    golden = (GOLDEN / FILES["text"]).read_text(encoding="utf-8")
    colored = check(*EXAMPLE, "--color", "always", COLUMNS="40", TERM="dumb")
    assert COLOR.sub("", colored.stdout) == golden
    assert colored.stdout != golden
    assert check(*EXAMPLE, COLUMNS="40", LINES="5").stdout == golden


@pytest.mark.parametrize(
    ("arguments", "env", "colored"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"NO_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        (("--format", "concise", "--color", "always"), {}, False),
        (("--format", "json", "--color", "always"), {}, False),
    ],
)
def test_colours(arguments: tuple[str, ...], env: dict[str, str], colored: bool, tmp_path: Path) -> None:
    (tmp_path / "nodes.json").write_text(exported(overlapping(2)))
    shown = check("nodes.json", "--select", "overlapping-pod-cidrs", *arguments, cwd=tmp_path, **env).stdout
    assert ("\x1b[1;31merror[overlapping-pod-cidrs]\x1b[0m" in shown) is colored
    assert ("\x1b" in shown) is colored


def overlapping(count: int) -> list[Object]:
    return [node(f"node{number}", ["10.244.0.0/24"], [f"192.168.0.{number}"]) for number in range(1, count + 1)]


def result(objects: list[Object], *select: str, config: Config | None = None) -> Result:
    """What a run over objects that are in no file gives."""
    return engine.run(snapshot(objects), catalogue.selected(select, ()), config or Config(), TODAY)


def report(found: Result, **options: Any) -> Report:
    code = engine.exit_code(found, Severity.ERROR, strict=False)
    return Report(found, "2026-01-05T10:00:00Z", None, code, "error", False, **options)


def footer(read: str, verdict: str, coverage: str = "1 of 1 evaluated") -> str:
    return f"read: {read}\nrules: {coverage}\n\n{verdict}\n"


def as_json(found: Report) -> dict[str, Any]:
    """The JSON report, which follows its schema."""
    content = json.loads(render("json", found))
    VALIDATOR.validate(content)
    return content


def services(count: int) -> list[Object]:
    """Services that select no pod, and a pod."""
    found = [service(f"s{number}", "shop", {"app": f"s{number}"}, []) for number in range(1, count + 1)]
    return [*found, pod("web-0", "shop", "", [], {"app": "web"}, [container("web")])]


def one_service(number: int) -> str:
    return f"""\
warning[services-without-pods]: app=s{number} selects no pod in namespace shop
  --> Service shop/s{number}, spec.selector
"""


WITHOUT_PODS = """\
   = fix: Compare `spec.selector` with the labels of the pods that are meant; every key and value must be the same.
   = why: netlint explain services-without-pods

"""


@pytest.mark.parametrize(
    ("count", "show_all", "shown", "more"),
    [
        (5, False, 5, ""),
        (6, False, 5, "   = ... and 1 more services-without-pods; --show-all shows them\n"),
        (7, False, 5, "   = ... and 2 more services-without-pods; --show-all shows them\n"),
        (7, True, 7, ""),
    ],
)
def test_repeats_are_collapsed(count: int, show_all: bool, shown: int, more: str) -> None:
    found = report(result(services(count), "services-without-pods"), detail=Detail(repeats=show_all))
    assert render("text", found) == (
        "\n".join(map(one_service, range(1, shown + 1)))
        + more
        + WITHOUT_PODS
        + footer(f"{count + 1} objects of 1 file (1 Pod, {count} Service)", f"{count} warnings")
    )


def test_the_worst_repeats_are_shown() -> None:
    """Six that are excused because a workload has no replicas, and one after them that is not."""
    objects = services(7)
    for number in range(1, 7):
        name = f"s{number}"
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container("c")]}}
        spec = {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": template}
        meta = {"name": name, "namespace": "shop"}
        objects.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})
    text = render("text", report(result(objects, "services-without-pods")))
    assert [line.split("]")[0] for line in text.splitlines() if "[services-without-pods]" in line] == [
        "warning[services-without-pods",
        *["note[services-without-pods"] * 5,
    ]
    assert text.startswith(one_service(7) + WITHOUT_PODS)
    assert text.endswith(footer("14 objects of 1 file (6 Deployment, 1 Pod, 7 Service)", "1 warning, 6 notes"))


@pytest.mark.parametrize(
    ("count", "show_all", "shown", "more"),
    [
        (6, False, 6, ""),
        (7, False, 6, "   = also: 1 more; --show-all shows them\n"),
        (8, False, 6, "   = also: 2 more; --show-all shows them\n"),
        (8, True, 8, ""),
    ],
)
def test_many_sides_are_collapsed(count: int, show_all: bool, shown: int, more: str) -> None:
    found = report(result(overlapping(count), "overlapping-pod-cidrs"), detail=Detail(repeats=show_all))
    sides = [
        f"   = also: Node node{number}, spec.podCIDRs[0]: per-node pod range 10.244.0.0/24\n"
        for number in range(2, shown + 1)
    ]
    assert render("text", found) == (
        "error[overlapping-pod-cidrs]: 10.244.0.0/24 of Node node1 overlaps 10.244.0.0/24 of Node node2 "
        f"and {count - 2} more\n"
        "  --> Node node1, spec.podCIDRs[0]\n"
        + "".join(sides)
        + more
        + f"   = fix: {catalogue.named('overlapping-pod-cidrs').remedy}\n"
        "   = why: netlint explain overlapping-pod-cidrs\n\n"
        + footer(f"{count} objects of 1 file ({count} Node)", "1 error")
    )


def healthy(count: int) -> list[Object]:
    return [node(f"node{number}", [f"10.{number // 250}.{number % 250}.0/24"], []) for number in range(count)]


def live(found: Result) -> None:
    found.snapshot.reading.files = 0
    found.snapshot.reading.server = {"context": "kind-lab", "version": "v1.36.3"}


def crashed(found: Result) -> None:
    found.failures.append(Failure("overlapping-pod-cidrs", "KeyError: 'x'"))


def denied(found: Result) -> None:
    found.snapshot.reading.errors.append("gone.yaml: no such file or folder")


def empty(found: Result) -> None:
    found.snapshot.objects.clear()


def others(found: Result) -> None:
    found.snapshot.reading.other_kinds.update(["Secret", "Role", "Secret"])


def nowhere(found: Result) -> None:
    empty(found)
    found.snapshot.reading.files = 0


def many_files(found: Result) -> None:
    found.snapshot.reading.files = 1234


CRASH = "failure[overlapping-pod-cidrs]: the check crashed: KeyError: 'x'\n"
ERROR = "error: gone.yaml: no such file or folder\n"
NOT_ALL = "No fault found, but not everything was checked"


@pytest.mark.parametrize(
    ("count", "changes", "above", "read", "verdict"),
    [
        (1, [], "", "1 object of 1 file (1 Node)", "No fault found"),
        (2, [], "", "2 objects of 1 file (2 Node)", "No fault found"),
        (2, [many_files], "", "2 objects of 1,234 files (2 Node)", "No fault found"),
        (1200, [], "", "1,200 objects of 1 file (1,200 Node)", "No fault found"),
        (1, [live], "", "1 object of kind-lab (1 Node)", "No fault found"),
        (2, [live], "", "2 objects of kind-lab (2 Node)", "No fault found"),
        (1, [live, empty], "", "no object in kind-lab", "No fault found"),
        (1, [empty], "", "no object in 1 file", "No fault found"),
        (1, [denied], ERROR, "1 object of 1 file (1 Node)", NOT_ALL),
        (1, [crashed], CRASH, "1 object of 1 file (1 Node)", "Nothing was checked"),
        (1, [nowhere, denied, crashed], CRASH + ERROR, "no object in the input", "Nothing was checked"),
        (1, [empty, others], "", "no object in 1 file that a rule is about (1 Role, 2 Secret)", "No fault found"),
    ],
)
def test_the_footer_of_a_run_without_findings(
    count: int, changes: list[Callable[[Result], None]], above: str, read: str, verdict: str
) -> None:
    found = result(healthy(count), "overlapping-pod-cidrs")
    for change in changes:
        change(found)
    assert render("text", report(found)) == f"{above}{footer(read, verdict)}"
    as_json(report(found))


def clashing_ports(node_count: int, terminating: bool) -> list[Object]:
    """Two pods take a port of each node; excused where one of them is about to go."""
    web = container("web", {"containerPort": 80, "hostPort": 8080})
    return [
        pod(f"web-{number}-{side}", "shop", f"n{number}", [], {}, [web], terminating=terminating and side == "b")
        for number in range(node_count)
        for side in "ab"
    ]


@pytest.mark.parametrize(
    ("objects", "accepted", "verdict", "read"),
    [
        (clashing_ports(1, False), "", "1 error", "2 objects of 1 file (2 Pod)"),
        (clashing_ports(2, False), "", "2 errors", "4 objects of 1 file (4 Pod)"),
        (clashing_ports(1, True), "", "1 warning", "2 objects of 1 file (2 Pod)"),
        (clashing_ports(2, True) + overlapping(2), "", "1 error, 2 warnings", "6 objects of 1 file (2 Node, 4 Pod)"),
        (clashing_ports(2, False), "web-1-*", "1 error (1 suppressed)", "4 objects of 1 file (4 Pod)"),
        (clashing_ports(2, False), "*", "No fault found (2 suppressed)", "4 objects of 1 file (4 Pod)"),
    ],
)
def test_the_footer_counts_findings(objects: list[Object], accepted: str, verdict: str, read: str) -> None:
    entry = Entry("conflicting-host-ports", "Pod", "*", accepted, "both are mine", None, spot=Spot("netlint.yaml"))
    config = Config(suppressions=(entry,) if accepted else ())
    found = result(objects, "conflicting-host-ports", "overlapping-pod-cidrs", config=config)
    found.skips.clear()
    assert render("text", report(found)).endswith(footer(read, verdict, "2 of 2 evaluated"))
    assert (render("text", report(found)) == footer(read, verdict, "2 of 2 evaluated")) is not bool(found.open)
    summary = as_json(report(found))["summary"]
    assert (summary["findings"], summary["suppressed"]) == (len(found.open), len(found.findings) - len(found.open))


def test_how_long_it_took() -> None:
    found = replace(report(result(healthy(2), "overlapping-pod-cidrs")), seconds=1.26)
    assert render("text", found) == footer("2 objects of 1 file (2 Node) in 1.3 s", "No fault found")
    assert as_json(found)["run"]["durationSeconds"] == 1.26


def not_everywhere() -> Result:
    """Rules that lack something everywhere or in some namespaces, a crash, and a source that is gone."""
    objects = [service("web", f"n{number}", {"app": "web"}, []) for number in range(6)]
    web = pod("web-0", "n0", "", [], {"app": "web"}, [container("web")])
    found = result([*objects, web], *SOMEWHERE, "missing-endpoint-addresses", "duplicate-pod-ips", "missing-pod-cidrs")
    crashed(found)
    denied(found)
    return found


CONCISE_FAILURES = "-: failure: overlapping-pod-cidrs: KeyError: 'x'\n-: error: gone.yaml: no such file or folder\n"
NO_POD = "no Pod in the input (Namespace n1, Namespace n2, Namespace n3 and 2 more)"
SOMEWHERE = ("mismatched-endpoints", "services-without-pods", "stale-endpoint-addresses", "unmatched-target-ports")


def test_what_was_not_evaluated() -> None:
    """In the text in one line, and once for each reason where that was asked for."""
    read = "7 objects of 1 file (1 Pod, 6 Service)"
    assert render("text", report(not_everywhere())) == (
        f"{CRASH}{ERROR}"
        "not evaluated: 6 rules need more than this input shows (EndpointSlice, Node, Pod); "
        "--show-skipped names them\n" + footer(read, NOT_ALL, "5 of 7 evaluated")
    )
    found = report(not_everywhere(), detail=Detail(skipped=True))
    assert render("text", found) == (
        f"{CRASH}{ERROR}"
        f"not evaluated: {', '.join(SOMEWHERE)}: {NO_POD}\n"
        "not evaluated: missing-endpoint-addresses: no EndpointSlice or Pod in the input\n"
        "not evaluated: missing-pod-cidrs: no Node in the input\n" + footer(read, NOT_ALL, "5 of 7 evaluated")
    )
    assert render("concise", report(not_everywhere())) == CONCISE_FAILURES
    assert render("concise", found) == (
        f"-: skip: mismatched-endpoints: {NO_POD}\n"
        "-: skip: missing-endpoint-addresses: no EndpointSlice or Pod in the input\n"
        "-: skip: missing-pod-cidrs: no Node in the input\n"
        + "".join(f"-: skip: {rule}: {NO_POD}\n" for rule in SOMEWHERE[1:])
        + CONCISE_FAILURES
    )
    content = as_json(found)
    assert [(skip["rule"], [each["name"] for each in skip["scope"]]) for skip in content["skips"]] == [
        ("mismatched-endpoints", ["n1", "n2", "n3", "n4", "n5"]),
        ("missing-endpoint-addresses", []),
        ("missing-pod-cidrs", []),
        *((rule, ["n1", "n2", "n3", "n4", "n5"]) for rule in SOMEWHERE[1:]),
    ]
    assert content["failures"] == [{"rule": "overlapping-pod-cidrs", "message": "KeyError: 'x'"}]
    assert content["run"]["errors"] == ["gone.yaml: no such file or folder"]


PAGES = examples()


@pytest.mark.parametrize("example", PAGES, ids=[f"{each.rule}:{each.title}" for each in PAGES])
def test_every_json_report_follows_the_schema(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And counts what it holds."""
    for name, content in example.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    rules = list(catalogue.rules().values())
    read, locate = sources.read(sources.Files((".",)), engine.kinds_read(rules), "default")
    found = engine.run(read, rules, Config(), TODAY, locate)
    content = as_json(report(found))
    opened = [finding for finding in content["findings"] if finding["suppression"] is None]
    topics = {rule["name"]: rule["topic"] for rule in content["rules"]}
    assert content["summary"] == {
        "findings": len(opened),
        "suppressed": len(content["findings"]) - len(opened),
        "bySeverity": {name: sum(each["severity"] == name for each in opened) for name in ("error", "warning", "note")},
        "byRule": dict(Counter(each["rule"] for each in opened)),
        "byTopic": dict(Counter(topics[each["rule"]] for each in opened)),
        "skips": len(content["skips"]),
        "failures": 0,
    }
    assert [kind["kind"] for kind in content["coverage"]["kinds"]] == [kind.name for kind in KINDS]


HARMFUL = "\x00\x07\x08\t\n\r\x1b\x7f\x85\x9b\u061c\u200e\u200f\u2028\u2029\u202e\u2066\u2069"
names = st.text(st.sampled_from(HARMFUL + "[31m]az"), min_size=1, max_size=6).map(lambda text: f"x{text}")


@given(names, names, names)
@settings(max_examples=60, deadline=None)
def test_names_of_others_cannot_steer_a_terminal(one: str, other: str, port: str) -> None:
    """Wherever a report shows them: nothing but line breaks of its own, and colours of its own."""
    assume(one != other)
    tame = str.maketrans({harmful: chr(0x4E00 + number) for number, harmful in enumerate(HARMFUL)})
    harmless, found = (
        result(hostile(*texts), "addressing", "services", "conflicting-host-ports", "unused-suppressions")
        for texts in ([text.translate(tame) for text in (one, other, port)], (one, other, port))
    )
    crash = Failure("overlapping-pod-cidrs", f"KeyError: {one}")
    found.failures.append(crash)
    harmless.failures.append(crash)
    for form in ("text", "concise"):
        shown = render(form, report(found))
        assert set(HARMFUL) & set(shown) == {"\n"}
        assert shown.count("\n") == render(form, report(harmless)).count("\n")
    colored = render("text", report(found, detail=Detail(color=True)))
    assert COLOR.sub("", colored) == render("text", report(found))
    said = as_json(report(found))["findings"]
    assert {one, other} <= {side["name"] for finding in said for side in [finding["subject"], *finding["related"]]}


def hostile(one: str, other: str, port: str) -> list[Object]:
    nodes = [node(name, ["10.244.0.0/24"], [], {f"ignore.netlint.dev/{port}": one}) for name in (one, other)]
    web = container(port, {"containerPort": 80, "hostPort": 8080})
    pods = [pod(name, "shop", one, ["10.1.0.1"], {"app": "web"}, [web]) for name in (one, other)]
    selecting = service(one, "shop", {"app": "web"}, [{"port": 80, "targetPort": "http"}])
    return [*nodes, *pods, selecting, service(other, "shop", {"app": "none"}, [])]


def shown(folder: Path, *names: str) -> str:
    """The text report of files in the working directory, without its footer."""
    rules = catalogue.selected(["overlapping-pod-cidrs", "unreadable-documents"], [])
    read, locate = sources.read(sources.Files(names), engine.kinds_read(rules), "default")
    return render("text", report(engine.run(read, rules, Config(), TODAY, locate)))


SECOND = """\
   = also: b.json:1:78  Node b, spec.podCIDRs[0]: per-node pod range 10.0.0.0/24
"""


def overlap(lines: str, at: str) -> str:
    """The finding on Node a, with the lines that are shown of its file."""
    return (
        "error[overlapping-pod-cidrs]: 10.0.0.0/24 of Node a overlaps 10.0.0.0/24 of Node b\n"
        f"  --> a.json:{at}  Node a, spec.podCIDRs[0]\n{lines}{SECOND}"
        f"   = fix: {catalogue.named('overlapping-pod-cidrs').remedy}\n"
        "   = why: netlint explain overlapping-pod-cidrs\n\n"
        + footer("2 objects of 2 files (2 Node)", "1 error", "2 of 2 evaluated")
    )


NODE_B = '{"apiVersion":"v1","kind":"Node","metadata":{"name":"b"},"spec":{"podCIDRs":["10.0.0.0/24"]}}'


@pytest.mark.parametrize(
    ("text", "at", "lines"),
    [
        pytest.param(
            '{"apiVersion": "v1", "kind": "Node",\n\t"metadata": {"name": "a"},\n\t"spec": {\n\t\t"podCIDRs": [\n'
            '\t\t\t"10.0.0.0/24"]}}\n',
            "5:4",
            '  3 |  "spec": {\n  4 |   "podCIDRs": [\n  5 |    "10.0.0.0/24"]}}\n    |    ^^^^^^^^^^^^^\n',
            id="tabs take one column",
        ),
        pytest.param(
            '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a", "labels": {"x": "\x7f\u202e"}},\n'
            '"spec": {"x": "\x7f\u202e", "podCIDRs": ["10.0.0.0/24"]}}\n',
            "2:34",
            '  1 | {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a", "labels": {"x": "\\u007f\\u202e"}},\n'
            '  2 | "spec": {"x": "\\u007f\\u202e", "podCIDRs": ["10.0.0.0/24"]}}\n'
            "    | " + " " * 43 + "^" * 13 + "\n",
            id="what cannot be printed takes six",
        ),
        pytest.param(
            '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a", "labels": {"x": "' + "y" * 200 + '"}},\n'
            '"spec": {"podCIDRs": ["10.0.0.0/24"]}}\n',
            "2:23",
            '  1 | {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a", "labels": {"x": "' + "y" * 80 + "\n"
            '  2 | "spec": {"podCIDRs": ["10.0.0.0/24"]}}\n'
            "    |                       ^^^^^^^^^^^^^\n",
            id="a long line is cut",
        ),
        pytest.param(
            '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a", "labels": {"x": "' + "y" * 200 + '"}},'
            '"spec": {"podCIDRs": ["10.0.0.0/24"]}}' + " " * 200 + "\n",
            "1:307",
            "  1 | " + "y" * 54 + '"}},"spec": {"podCIDRs": ["10.0.0.0/24"]}}' + " " * 64 + "\n"
            "    | " + " " * 80 + "^" * 13 + "\n",
            id="of a very long line the part that matters is shown",
        ),
        pytest.param(
            '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a", "labels": {"x": "' + "y" * 1000 + '"}},'
            '"spec": {"podCIDRs": ["10.0.0.0/24"]}}\n',
            "1:1107",
            "",
            id="nothing of a line that nobody wrote by hand",
        ),
    ],
)
def test_the_lines_that_are_shown(
    text: str, at: str, lines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text(text)
    (tmp_path / "b.json").write_text(NODE_B)
    assert shown(tmp_path, "a.json", "b.json") == overlap(lines, at)


def test_a_file_name_that_is_no_text(tmp_path: Path) -> None:
    """Linux allows any bytes: reports show what they are, and are UTF-8 all the same."""
    name = os.fsdecode(b"broken-\xff.yaml")
    (tmp_path / name).write_text("apiVersion: v1\nkind: Node\nx: {\n")
    select = ("--select", "unreadable-documents")
    for inputs in ((".",), (name,), (name, "gone-" + name)):
        for form in FILES:
            run = check(*inputs, *select, "--format", form, cwd=tmp_path)
            is_gone = len(inputs) == 2
            told = "netlint: gone-broken-\\xff.yaml: no such file or folder\n" if is_gone and form == "json" else ""
            assert (run.returncode, run.stderr) == (2 if is_gone else 1, told)
            assert re.search(r"broken-\\+(xff|udcff)\.yaml", run.stdout)
            if form == "json":
                VALIDATOR.validate(json.loads(run.stdout))
