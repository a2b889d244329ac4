"""Runs netlint as its users do: a process with arguments, standard streams and an exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jsonschema

from tests.support.program import ROOT, execute

Json = dict[str, Any]
Skip = tuple[str, str, list[str], list[str], str]

NOT_APPLICABLE = "not-applicable"

NETLINT = (sys.executable, "-m", "netlint")
# netlint that looks a second time at once, so that tests of what is in a cluster do not wait for it to change
_IN_HURRY = """
from netlint import confirmation
from netlint.__main__ import main
confirmation.PAUSE = 0
main()
"""
# netlint with the files of a pod's service account in another folder than /var/run/secrets/kubernetes.io/...
_IN_POD = """
import sys
from netlint import confirmation
from netlint.__main__ import main
from netlint.sources.live import apiserver
confirmation.PAUSE = 0
folder = sys.argv.pop(1)
apiserver.TOKEN_FILE, apiserver.CA_FILE = f"{folder}/token", f"{folder}/ca.crt"
main()
"""
# What would point netlint at another cluster, or change what it says.
_NOT_PASSED_ON = ("HOME", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "SOURCE_DATE_EPOCH")
_REPORT_SCHEMA = ROOT / "schemas" / "report-v1.schema.json"


@dataclass(frozen=True)
class Run:
    """A run that has ended."""

    code: int
    out: str
    err: str

    @cached_property
    def report(self) -> Json:
        """The JSON report, which keeps to its schema."""
        report: Json = json.loads(self.out)
        _validator().validate(report)
        return report

    @property
    def findings(self) -> list[tuple[str, str, str, str]]:
        """Rule, severity, subject and message of each finding."""
        return [
            (each["rule"], each["severity"], named(each["subject"]), each["message"])
            for each in self.report["findings"]
        ]

    @property
    def skips(self) -> list[Skip]:
        """Rule, reason, needs, scope and message of each skip because of something that is lacking."""
        return [skip for skip in self._skips if skip[1] != NOT_APPLICABLE]

    @property
    def not_applicable(self) -> list[Skip]:
        """The other skips: rules about what the cluster does not have."""
        return [skip for skip in self._skips if skip[1] == NOT_APPLICABLE]

    @property
    def _skips(self) -> list[Skip]:
        return [
            (each["rule"], each["reason"], each["needs"], list(map(named, each["scope"])), each["message"])
            for each in self.report["skips"]
        ]

    @property
    def errors(self) -> list[str]:
        """The sources that could not be read."""
        errors: list[str] = self.report["run"]["errors"]
        return errors

    @property
    def seen(self) -> dict[str, int]:
        """How many objects of each kind were read, without the kinds of which there are none."""
        return {kind["kind"]: kind["seen"] for kind in self.report["coverage"]["kinds"] if kind["seen"]}


def netlint(
    *arguments: str | Path,
    kubeconfig: Path | None = None,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    pod: Path | None = None,
    patient: bool = False,
) -> Run:
    """Runs it to its end: in a folder without configuration, for a user without a kubeconfig of their own.

    `pod` is the folder where it finds the files of a service account; `patient`: it waits before it looks again.
    """
    command = command_line(*arguments, kubeconfig=kubeconfig)
    if pod:
        command[: len(NETLINT)] = [sys.executable, "-c", _IN_POD, str(pod)]
    elif not patient:
        command[: len(NETLINT)] = [sys.executable, "-c", _IN_HURRY]
    done = execute(*command, input=stdin, env=environment(env), cwd="/", encoding="utf-8")
    return Run(done.returncode, done.stdout, done.stderr)


def check(kubeconfig: Path | None, *arguments: str | Path, **more: Any) -> Run:
    """`netlint check` with a JSON report."""
    return netlint("check", "--format", "json", *arguments, kubeconfig=kubeconfig, **more)


def command_line(*arguments: str | Path, kubeconfig: Path | None = None) -> list[str]:
    """The words of the command."""
    of_cluster = ["--kubeconfig", str(kubeconfig)] if kubeconfig else []
    return [*NETLINT, *map(str, arguments), *of_cluster]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of the test run without what would lead netlint elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    return {**kept, "HOME": "/nonexistent", **(more or {})}


def named(subject: Json) -> str:
    """Kind, namespace and name as text."""
    where = f"{subject['namespace']}/" if subject["namespace"] else ""
    return f"{subject['kind']} {where}{subject['name']}"


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(_REPORT_SCHEMA.read_text(encoding="utf-8")))
