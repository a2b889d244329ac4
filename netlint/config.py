"""Configuration: ``netlint.yaml``, or ``[tool.netlint]`` in ``pyproject.toml``; the nearest file upward wins.

Nothing is merged: what the command line does not say, one file says, and what that does not say is the
default. The file is validated against ``schemas/config.schema.json``.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from netlint import catalogue, datafiles, side_files, yamltext
from netlint.errors import ConfigError, UsageError
from netlint.findings import Severity, field_name
from netlint.snapshot import Spot
from netlint.suppress import Entry

FILE = "netlint.yaml"
PYPROJECT = "pyproject.toml"
NEVER = "never"


@dataclass(frozen=True, slots=True)
class Config:
    """The effective configuration; ``fail_on`` None: never fail because of findings."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: Severity | None = Severity.ERROR
    strict: bool = False
    default_namespace: str = "default"
    severities: dict[str, Severity] = field(default_factory=dict)
    suppressions: tuple[Entry, ...] = ()
    file: str = ""


def load(named: Path | None) -> Config:
    """The configuration in the file that was named, or in the nearest one.

    Raises ConfigError for a file that cannot be read or says something that nobody understands.
    """
    path = named or _nearest(Path.cwd())
    if path is None:
        return Config()
    content = read(path)
    _validate(content, path)
    return _config(content, path)


def severity_named(name: str) -> Severity:
    """The severity of this name; UsageError where there is none."""
    try:
        return Severity(name)
    except ValueError:
        raise UsageError(f"{name!r} is no severity: {', '.join(Severity)} or {NEVER}") from None


def read(path: Path) -> dict[str, Any]:
    """The content of a configuration file; ConfigError where it is no mapping."""
    text = _content(path)
    try:
        if path.name == PYPROJECT:
            content = tomllib.loads(text.decode()).get("tool", {}).get("netlint", {})
        else:
            content = _mapping(yamltext.to_json(text))
    except yamltext.Unreadable as error:
        where = f"{path}:{error.line}" if error.line else str(path)
        raise ConfigError(f"{where}: {error.problem}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: a configuration is a mapping of keys to values")
    return content


def _content(path: Path) -> bytes:
    """What a file says; ConfigError where it cannot be read."""
    try:
        return side_files.read(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


def _mapping(exact: yamltext.Exact) -> Any:
    for repeated in exact.duplicates:
        problem = f"the key {field_name(repeated.path)} is written twice"
        raise yamltext.Unreadable(problem, repeated.line, repeated.column)
    return json.loads(exact.json)


def _nearest(folder: Path) -> Path | None:
    """The nearest configuration file, relative to the folder: reports say the same wherever a checkout is."""
    for height, ancestor in enumerate((folder, *folder.parents)):
        relative = Path(*[".."] * height)
        if (ancestor / FILE).is_file():
            return relative / FILE
        project = ancestor / PYPROJECT
        if project.is_file() and b"[tool.netlint" in _content(project):
            return relative / PYPROJECT
        if (ancestor / ".git").exists():
            break
    return None


def _validate(content: dict[str, Any], path: Path) -> None:
    import jsonschema

    schema = json.loads((datafiles.folder("schemas") / "config.schema.json").read_text(encoding="utf-8"))
    for error in sorted(jsonschema.Draft202012Validator(schema).iter_errors(content), key=lambda e: e.json_path):
        where = field_name(tuple(error.absolute_path)) or "the configuration"
        raise ConfigError(f"{path}: {where}: {_in_words(error)}")
    for name in content.get("severities", {}):
        _refuse_unknown(name, path)
    for name in (*content.get("select", ()), *content.get("ignore", ())):
        if name not in {rule.topic for rule in catalogue.rules().values()}:
            _refuse_unknown(name, path)


def _in_words(error: Any) -> str:
    """A validation error; an unknown key comes with the one that may have been meant."""
    if error.validator == "pattern":
        return f"{error.instance!r} is no date such as 2027-03-31"
    if error.validator != "additionalProperties":
        return str(error.message)
    known = list(error.schema.get("properties", ()))
    unknown = sorted(set(error.instance) - set(known))[0]
    near = get_close_matches(unknown, known, 1)
    return f"unknown key {unknown!r}" + (f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}")


def _refuse_unknown(name: str, path: Path) -> None:
    try:
        catalogue.named(name)
    except UsageError as error:
        raise ConfigError(f"{path}: {error}") from error


def _config(content: dict[str, Any], path: Path) -> Config:
    fail_on = content.get("fail-on", Severity.ERROR)
    return Config(
        select=tuple(content.get("select", ())),
        ignore=tuple(content.get("ignore", ())),
        fail_on=None if fail_on == NEVER else Severity(fail_on),
        strict=content.get("strict", False),
        default_namespace=content.get("default-namespace", "default"),
        severities={catalogue.named(k).name: Severity(v) for k, v in content.get("severities", {}).items()},
        suppressions=tuple(_entry(entry, path) for entry in content.get("suppress", ())),
        file=str(path),
    )


def _entry(entry: dict[str, str], path: Path) -> Entry:
    try:
        until = date.fromisoformat(entry["until"]) if "until" in entry else None
    except ValueError as error:
        raise ConfigError(f"{path}: suppress: {entry['until']!r} is no date") from error
    return Entry(
        entry["rule"],
        entry.get("kind", "*"),
        entry.get("namespace", "*"),
        entry.get("name", "*"),
        entry["reason"],
        until,
        spot=Spot(str(path)),
    )


TEMPLATE = """\
# yaml-language-server: $schema=https://netlint.dev/schemas/config.schema.json
# Every key may be left out; what stands here are the defaults and examples.

# Rules and topics to evaluate (all), and to leave out (none): see netlint rules
# select: [addressing, services]
# ignore: [services-without-pods]

# Exit with 1 for findings of this severity or worse: error, warning, note or never
fail-on: error

# Exit with 3 when a rule could not be evaluated completely
strict: false

# Where namespaced objects without a namespace are
default-namespace: default

# Another severity for a rule
# severities:
#   services-without-pods: error

# Findings that are accepted; kind, namespace and name are globs of an object that the finding names
# suppress:
# - rule: overlapping-cluster-ranges
#   kind: Node
#   name: lab-*
#   reason: the lab is rebuilt in spring
#   until: 2027-03-31
"""


def shown(config: Config) -> str:
    """The effective configuration as YAML, with where it comes from."""
    lines = [f"# {config.file or 'no configuration file: these are the defaults'}"]
    values: dict[str, Any] = {
        "select": list(config.select),
        "ignore": list(config.ignore),
        "fail-on": config.fail_on or NEVER,
        "strict": config.strict,
        "default-namespace": config.default_namespace,
        "severities": config.severities,
        "suppress": [_shown_entry(entry) for entry in config.suppressions],
    }
    lines += [f"{key}: {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _shown_entry(entry: Entry) -> dict[str, str]:
    content = {"rule": entry.rule, "kind": entry.kind, "namespace": entry.namespace, "name": entry.name}
    content["reason"] = entry.reason
    return content | ({"until": entry.until.isoformat()} if entry.until else {})
