"""The command line as its users meet it: exit codes, what goes to which stream, what errors say."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from netlint.cli.reference import SCHEMAS
from tests.support.program import ENVIRONMENT, LIMIT, ROOT, execute, netlint, running

BROKEN = """
apiVersion: v1
kind: Node
metadata: {name: node1}
spec: {podCIDRs: [10.244.1.0/24]}
---
apiVersion: v1
kind: Node
metadata: {name: node2}
spec: {podCIDRs: [10.244.1.0/24]}
"""
PLAIN = {"PATH": os.environ["PATH"], **ENVIRONMENT}
PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
HEALTHY = BROKEN.replace("node2}\nspec: {podCIDRs: [10.244.1", "node2}\nspec: {podCIDRs: [10.244.2")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "broken.yaml").write_text(BROKEN)
    (tmp_path / "healthy.yaml").write_text(HEALTHY)
    return tmp_path


def test_findings_go_to_standard_output_and_give_1(here: Path) -> None:
    run = netlint("check", "broken.yaml", "-f", "concise", "--select", "overlapping-pod-cidrs", cwd=here)
    assert (run.returncode, run.stderr) == (1, "")
    assert run.stdout == (
        "broken.yaml:5:19: error: overlapping-pod-cidrs: Node node1 spec.podCIDRs[0]: "
        "10.244.1.0/24 of Node node1 overlaps 10.244.1.0/24 of Node node2\n"
    )


def test_a_clean_run_says_how_much_was_checked(here: Path) -> None:
    run = netlint("check", "healthy.yaml", "--select", "overlapping-pod-cidrs", cwd=here)
    assert (run.returncode, run.stdout, run.stderr) == (
        0,
        "read: 2 objects of 1 file (2 Node)\nrules: 1 of 1 evaluated\n\nNo fault found\n",
        "",
    )


def test_standard_input(here: Path) -> None:
    run = netlint(
        "check", "-", "-f", "concise", "--select", "addressing", "--ignore", "missing-pod-cidrs", cwd=here, stdin=BROKEN
    )
    assert run.returncode == 1
    assert run.stdout.splitlines()[0].startswith("-:5:19: error: overlapping-pod-cidrs: ")


def test_an_empty_standard_input_is_no_pass(here: Path) -> None:
    run = netlint("check", "-", "-f", "concise", "--select", "overlapping-pod-cidrs", cwd=here)
    assert (run.returncode, run.stdout) == (
        2,
        "-: error: -: no Kubernetes object in it\n",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "--select", "nope", "broken.yaml"], "there is no rule 'nope'; see netlint rules"),
        (["check", "--fail-on", "fatal", "broken.yaml"], "'fatal' is no severity: error, warning, note or never"),
        (["check", "-f", "xml", "broken.yaml"], "--format 'xml': choose one of text, concise, json"),
        (["check", "-n", "shop", "broken.yaml"], "-n reads a live cluster; leave it out to read broken.yaml"),
        (["check", "--config", "none.yaml", "broken.yaml"], "none.yaml: No such file or directory"),
        (["snapshot", "-o", "x", "--kubeconfig", "none"], "none: no such kubeconfig"),
        (
            ["check"],
            "nothing to check: name files or folders, or give --kubeconfig; there is no kubeconfig "
            "(KUBECONFIG, ~/.kube/config), and this is not inside a cluster",
        ),
        (["explain", "duplicate-pod-ip"], "there is no rule 'duplicate-pod-ip'; did you mean 'duplicate-pod-ips'?"),
        (["schema", "rules"], f"there is no schema 'rules': {', '.join(SCHEMAS)}"),
        (["completion", "powershell"], "'powershell' is no shell that is known here: bash, zsh, fish"),
        (["config", "init", "broken.yaml"], "broken.yaml is there already; it is not overwritten"),
    ],
)
def test_wrong_usage_is_one_line_and_gives_2(here: Path, arguments: list[str], message: str) -> None:
    run = netlint(*arguments, cwd=here)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"netlint: {message}\n")


def test_an_unknown_option_gives_2(here: Path) -> None:
    run = netlint("check", "--stric", "broken.yaml", cwd=here)
    assert run.returncode == 2
    assert "No such option: --stric" in run.stderr
    assert run.stdout == ""


def test_a_missing_source_gives_2_and_the_others_are_checked(here: Path) -> None:
    run = netlint("check", "broken.yaml", "gone.yaml", "-f", "concise", "--select", "overlapping-pod-cidrs", cwd=here)
    assert run.returncode == 2
    assert run.stdout.splitlines()[1:] == ["-: error: gone.yaml: no such file or folder"]
    assert run.stdout.startswith("broken.yaml:5:19: error: overlapping-pod-cidrs")


def test_strict_gives_3(here: Path) -> None:
    arguments = ("check", "healthy.yaml", "-f", "concise", "--select", "duplicate-pod-ips", "--strict")
    run = netlint(*arguments, cwd=here)
    assert (run.returncode, run.stdout) == (3, "-: skip: duplicate-pod-ips: no Pod in the input\n")


def test_reports_to_files_and_terminal(here: Path) -> None:
    run = netlint("check", "broken.yaml", "-f", "json", "-o", "report.json", "-o", "concise=lines.txt", cwd=here)
    assert run.returncode == 1
    assert run.stdout.startswith("error[overlapping-pod-cidrs]: ")
    report = json.loads((here / "report.json").read_text())
    schema = json.loads((ROOT / "schemas" / "report-v1.schema.json").read_text())
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(report)
    assert report["run"] == {
        "startedAt": "2026-01-05T10:00:00Z",
        "durationSeconds": None,
        "exitCode": 1,
        "failOn": "error",
        "strict": False,
        "sources": ["broken.yaml"],
        "server": None,
        "errors": [],
    }
    assert (here / "lines.txt").read_text().startswith("broken.yaml:5:19: error: ")
    quiet = netlint("check", "broken.yaml", "-f", "json", "-o", "report.json", "-q", cwd=here)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (1, "", "")


@pytest.mark.parametrize("arguments", [("-q",), ("-f", "json"), ("-f", "json", "-o", "report.json", "-q")])
def test_what_cannot_be_read_is_said_where_no_report_for_people_says_it(here: Path, arguments: tuple[str, ...]) -> None:
    run = netlint("check", "broken.yaml", "gone.yaml", *arguments, cwd=here)
    assert (run.returncode, run.stderr) == (2, "netlint: gone.yaml: no such file or folder\n")


@pytest.mark.parametrize("command", ["check broken.yaml", "rules"])
def test_a_full_disk_is_no_traceback(here: Path, command: str) -> None:
    with Path("/dev/full").open("w") as full:
        run = execute(sys.executable, "-m", "netlint", *command.split(), cwd=here, stdout=full, env=PLAIN)
    assert (run.returncode, run.stderr) == (2, "netlint: standard output: No space left on device\n")


def test_a_closed_standard_input_is_no_traceback(here: Path) -> None:
    command = ["-m", "netlint", "check", "-", "-f", "concise", "--select", "overlapping-pod-cidrs"]
    run = execute("bash", "-c", '"$@" <&-', "bash", sys.executable, *command, cwd=here, env=PLAIN)
    assert (run.returncode, run.stdout.splitlines()[-1]) == (2, "-: error: -: standard input is closed")


def test_the_exit_code_is_the_same_for_every_format(here: Path) -> None:
    codes = {
        form: netlint("check", "broken.yaml", "-f", form, cwd=here).returncode for form in ("text", "concise", "json")
    }
    assert codes == {"text": 1, "concise": 1, "json": 1}


def test_a_report_that_cannot_be_written_gives_2(here: Path) -> None:
    run = netlint("check", "broken.yaml", "-q", "-o", "json=no/such/folder.json", cwd=here)
    assert (run.returncode, run.stderr) == (
        2,
        "netlint: the report could not be written: no/such/folder.json: No such file or directory\n",
    )


def test_colour_only_where_it_is_wanted(here: Path) -> None:
    def colored(*arguments: str, **env: str) -> bool:
        return "\x1b[" in netlint("check", "broken.yaml", *arguments, cwd=here, **env).stdout

    assert not colored()
    assert colored("--color", "always")
    assert colored(FORCE_COLOR="1")
    assert not colored(FORCE_COLOR="1", NO_COLOR="1")
    assert not colored("--color", "never", FORCE_COLOR="1")


def test_a_terminal_gets_colour_and_the_same_text(here: Path) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "netlint", "check", "broken.yaml", "--select", "overlapping-pod-cidrs"]
    streams = {"stdin": subprocess.DEVNULL, "stdout": follower, "stderr": follower}
    with running(*command, cwd=here, env={"TERM": "xterm", **PLAIN}, **streams) as process:
        os.close(follower)
        shown = b""
        while piece := read_terminal(leader):
            shown += piece
        process.wait()
    os.close(leader)
    assert process.returncode == 1
    assert b"\x1b[1;31merror[overlapping-pod-cidrs]\x1b[0m" in shown
    plain = netlint("check", "broken.yaml", "--select", "overlapping-pod-cidrs", cwd=here).stdout
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).replace("\r\n", "\n") == plain


def read_terminal(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other side is closed
        return b""


def test_interruption_gives_130(here: Path) -> None:
    os.mkfifo(here / "pipe.yaml")
    with running(sys.executable, "-m", "netlint", "check", "pipe.yaml", cwd=here, env=PLAIN, **PIPES) as process:
        writer = opened(here / "pipe.yaml")
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate()
        os.close(writer)
    assert (process.returncode, out, error) == (130, "", "netlint: interrupted\n")


def opened(pipe: Path) -> int:
    """The end of the pipe to write to, when netlint has opened the other one."""
    ends = time.monotonic() + LIMIT
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads
            assert time.monotonic() < ends
            time.sleep(0.01)


@pytest.mark.parametrize("whole_group", [False, True], ids=["process", "group"])
def test_an_interrupted_reading_leaves_no_process(here: Path, whole_group: bool) -> None:
    """A terminal sends the signal to the readers, too."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: pod-%d}\nspec: {containers: [{name: a, args: [%r]}]}\n---\n"
    for number in range(2):
        text = "".join(pod % (one, "x" * (one % 97)) for one in range(number, 200_000, 2))
        (here / f"pods-{number}.yaml").write_text(text)
    command = [sys.executable, "-m", "netlint", "check", "pods-0.yaml", "pods-1.yaml"]
    with running(*command, cwd=here, env=PLAIN, start_new_session=True, **PIPES) as process:
        while not (readers := children(process.pid)) and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.3)
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
        out, error = process.communicate()
    assert (process.returncode, out, error) == (130, "", "netlint: interrupted\n")
    assert len(readers) == 1
    assert [reader for reader in readers if Path(f"/proc/{reader}").exists()] == []


def children(process: int) -> list[int]:
    try:
        listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    except FileNotFoundError:  # it has ended, or this is no Linux
        return []
    return list(map(int, listed.split()))


def test_a_reader_that_goes_away_is_no_traceback(here: Path) -> None:
    run = execute("bash", "-c", f"{sys.executable} -m netlint rules -f json | head -c 1", cwd=here, env=PLAIN)
    assert (run.stdout, run.stderr) == ("[", "")


def test_rules_and_explain(here: Path) -> None:
    listed = netlint("rules", "--select", "conflicting-container-ports,conflicting-host-ports", cwd=here)
    assert listed.stdout == (
        "pods\n"
        "  conflicting-container-ports  warning  containers of one pod declare the same port\n"
        "  conflicting-host-ports       error    two pods take the same port of their node\n"
    )
    as_json = json.loads(netlint("rules", "--select", "missing-pod-cidrs", "-f", "json", cwd=here).stdout)
    assert [(rule["name"], rule["examines"]) for rule in as_json] == [("missing-pod-cidrs", ["Node"])]
    page = (ROOT / "rules" / "addressing" / "overlapping-pod-cidrs.md").read_text(encoding="utf-8")
    explained = netlint("explain", "overlapping-pod-cidrs", cwd=here)
    assert explained.stdout == page.split("---\n", 2)[2].strip() + "\n"


def test_config_commands(here: Path) -> None:
    assert netlint("config", "init", cwd=here).stderr == "netlint: netlint.yaml written\n"
    assert netlint("config", "validate", cwd=here).stderr == "netlint: netlint.yaml is valid\n"
    shown = netlint("config", "show", cwd=here).stdout
    assert shown.startswith("# netlint.yaml\nselect: []\n")
    (here / "netlint.yaml").write_text("strikt: true\n")
    run = netlint("config", "validate", cwd=here)
    assert (run.returncode, run.stderr) == (
        2,
        "netlint: netlint.yaml: the configuration: unknown key 'strikt'; did you mean 'strict'?\n",
    )
    (here / "netlint.yaml").write_text("strict: true\nstrict: false\n")
    assert (
        netlint("config", "validate", cwd=here).stderr == "netlint: netlint.yaml:2: the key strict is written twice\n"
    )
    (here / "below").mkdir()
    (here / "netlint.yaml").write_text("strict: true\n")
    assert netlint("config", "validate", cwd=here / "below").stderr == "netlint: ../netlint.yaml is valid\n"


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_printed(here: Path, name: str) -> None:
    assert netlint("schema", name, cwd=here).stdout == (ROOT / "schemas" / SCHEMAS[name]).read_text()


def test_version_and_the_name_as_kubectl_plugin(here: Path) -> None:
    assert netlint("--version", cwd=here).stdout == "netlint 0.1.0\n"
    program = Path(sys.executable).parent / "kubectl-netlint"
    run = execute(program, "check", "gone", cwd=here)
    assert (run.returncode, run.stdout.splitlines()[0]) == (2, "error: gone: no such file or folder")
    assert "kubectl netlint" in execute(program, "-h").stdout


def test_completion_answers_the_shell(here: Path) -> None:
    script = netlint("completion", "bash", cwd=here).stdout
    assert "_NETLINT_COMPLETE=complete_bash" in script
    answer = netlint(cwd=here, _NETLINT_COMPLETE="complete_bash", COMP_WORDS="netlint chec", COMP_CWORD="1")
    assert answer.stdout == "check\n"


def test_reports_do_not_depend_on_the_order_of_the_input(here: Path) -> None:
    names = [f"part{number}.yaml" for number in range(8)]
    for number, name in enumerate(names):
        (here / name).write_text(BROKEN.replace("node", f"n{number}-").replace("10.244", f"10.{number // 2}"))

    def report(*inputs: str) -> dict:
        found = json.loads(netlint("check", *inputs, "-f", "json", cwd=here).stdout)
        del found["run"]["sources"]
        return found

    assert report(*names) == report(*reversed(names))


HEAVY = {"asyncio", "jsonschema", "kubernetes", "msgspec", "numpy", "ssl", "yaml"}


def test_help_imports_nothing_heavy(here: Path) -> None:
    code = (
        "import sys; sys.argv = ['netlint', '--help']\n"
        "from netlint.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "sys.stderr.write(' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    run = execute(sys.executable, "-c", code, cwd=here, env={**os.environ, "COLUMNS": "100"}, check=True)
    assert HEAVY & set(run.stderr.split()) == set()


def test_checking_files_does_not_import_the_client(here: Path) -> None:
    code = (
        "import sys; sys.argv = ['netlint', 'check', 'broken.yaml', '-q']\n"
        "from netlint.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "sys.stderr.write(' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    run = execute(sys.executable, "-c", code, cwd=here, check=True)
    assert {"jsonschema", "kubernetes", "ssl", "yaml"} & set(run.stderr.split()) == {"yaml"}  # for the positions


@pytest.mark.parametrize("command", [("rules",), ("check", "healthy.yaml")])
def test_nobody_is_told_a_report_into_a_closed_output(command: tuple[str, ...], here: Path) -> None:
    run = execute("bash", "-c", f"{sys.executable} -m netlint {' '.join(command)} >&-", cwd=here)
    assert (run.returncode, run.stderr) == (2, "netlint: standard output is closed\n")


def test_without_anybody_to_tell_the_code_says_it(here: Path) -> None:
    assert execute("bash", "-c", f"{sys.executable} -m netlint check gone.yaml >&- 2>&-", cwd=here).returncode == 2
