"""YAML in many hands: one tree with differing indentation, quotes, comments, blank lines, key order."""

from dataclasses import dataclass
from random import Random
from typing import Any

import yaml_text

Tree = dict[str, Any]


class Flow(list[Any]):
    """A sequence that is written in one line."""


class Anchored(dict[str, Any]):
    """A mapping that carries an anchor."""

    anchor = ""


@dataclass(frozen=True)
class Alias:
    """A reference to an anchor in the same document."""

    anchor: str


@dataclass(frozen=True)
class Style:
    """One person's habits."""

    indented_sequences: bool
    quote: str
    quote_rate: float
    comment_rate: float
    blank_lines: bool
    flow_rate: float
    step: int
    start_marker: bool
    kind_first: bool

    @classmethod
    def drawn(cls, random: Random) -> "Style":
        return cls(
            indented_sequences=random.random() < 0.6,
            quote=random.choice('""\''),
            quote_rate=random.choice((0.0, 0.0, 0.05, 0.4)),
            comment_rate=random.choice((0.0, 0.01, 0.02, 0.05)),
            blank_lines=random.random() < 0.2,
            flow_rate=random.choice((0.0, 0.2, 0.7)),
            step=random.choice((2, 2, 2, 2, 2, 4)),
            start_marker=random.random() < 0.4,
            kind_first=random.random() < 0.1,
        )


_ABOVE = {
    "replicas": ("scaled by hand before sales, see the runbook", "three zones, two each", "TODO: use an HPA"),
    "resources": ("measured with VPA in recommendation mode", "no CPU limit on purpose: throttling hurt p99"),
    "livenessProbe": ("startup takes up to 40 s on a cold node", "do not check the database here"),
    "ports": ("keep in step with the Service", "9102 is scraped by Prometheus"),
    "selector": ("must match the pod labels", "immutable, do not touch"),
    "env": ("secrets come from the vault operator", "overridden in the prod overlay"),
    "affinity": ("spread over nodes, at best over zones",),
    "data": ("mounted at /etc/app", "changes need a restart: checksum annotation is set by CI"),
    "spec": ("---------- spec ----------", "see docs/deploy.md"),
    "rules": ("most specific path first",),
}
_ANYWHERE = (
    "Größe nach Lasttest vom März, siehe Wiki",
    "à revoir après la migration",
    "本番環境のみ",
    "naïve default – good enough",
    "kept for backwards compatibility",
    "owner: platform team <platform@example.com>",
    "do not remove",
    "see INC-2041",
    "default",
)
_HEADERS = (
    "Managed by the platform team; changes by pull request only.",
    "yaml-language-server: $schema=https://example.com/schemas/all.json",
    "Copyright 2026 Example Ltd.\nSPDX-License-Identifier: Apache-2.0",
    "Deployed by: make deploy ENV=prod",
    "Überwacht von Team Nord – Fragen an #nord-support",
    "How to roll out:\n\n1. merge, wait for the pipeline\n2. watch the dashboard\n3. tell #releases",
    "generated once with `kubectl create --dry-run=client`, edited since",
)


class Writer:
    """Writes documents in one style."""

    def __init__(self, random: Random, style: Style) -> None:
        self.random = random
        self.style = style
        self._lines: list[str] = []
        self._literal_end = 0

    def documents(self, trees: list[Tree]) -> str:
        self._lines = []
        if self.random.random() < 0.25:
            self._lines += [f"# {line}".rstrip() for line in self.random.choice(_HEADERS).split("\n")]
        for number, tree in enumerate(trees):
            if number or self.style.start_marker:
                self._lines.append("---" if self.random.random() < 0.95 else "--- # next")
            self._mapping(self._ordered(tree), 0, top=True)
        if self.random.random() < 0.02:
            self._lines.append("...")
        careless = self.random.random() < 0.02 and self._literal_end != len(self._lines)
        return "\n".join(self._lines) + ("" if careless else "\n")

    def _ordered(self, tree: Tree) -> Tree:
        if self.style.kind_first and "kind" in tree:
            return {"kind": tree["kind"], **tree}
        return tree

    def _mapping(self, tree: Tree, indent: int, top: bool = False) -> None:
        for number, (key, value) in enumerate(tree.items()):
            if top and number > 1 and self.style.blank_lines and isinstance(value, dict | list):
                self._lines.append("")
            self._comment(key, indent)
            self._member(f"{' ' * indent}{yaml_text.scalar(key)}:", value, indent)

    def _member(self, head: str, value: Any, indent: int) -> None:
        if isinstance(value, Anchored):
            self._lines.append(f"{head} &{value.anchor}")
            self._mapping(value, indent + self.style.step)
        elif isinstance(value, dict) and value:
            self._lines.append(head)
            self._mapping(value, indent + self.style.step)
        elif isinstance(value, list) and value and not self._in_one_line(value):
            self._lines.append(head)
            self._sequence(value, indent + (self.style.step if self.style.indented_sequences else 0))
        elif isinstance(value, str) and "\n" in value:
            self._literal(head, value, indent + self.style.step)
        elif isinstance(value, str) and len(value) > 70 and self._foldable(value):
            self._fold(head, value, indent + self.style.step)
        else:
            self._lines.append(f"{head} {self._scalar(value)}{self._remark()}")

    def _sequence(self, values: list[Any], indent: int) -> None:
        for value in values:
            start = len(self._lines)
            if isinstance(value, dict) and value:
                self._mapping(value, indent + 2)
                self._dash(start, indent)
            elif isinstance(value, str) and "\n" in value:
                self._literal(f"{' ' * indent}-", value, indent + self.style.step)
            else:
                self._lines.append(f"{' ' * indent}- {self._scalar(value)}{self._remark()}")

    def _dash(self, start: int, indent: int) -> None:
        """The first line that is no comment gets the dash."""
        while self._lines[start].lstrip().startswith("#"):
            self._lines[start] = " " * indent + self._lines[start].lstrip()
            start += 1
        self._lines[start] = f"{' ' * indent}- {self._lines[start][indent + 2 :]}"

    def _in_one_line(self, values: list[Any]) -> bool:
        if isinstance(values, Flow):
            return True
        plain = all(isinstance(value, str | int) and len(str(value)) < 25 for value in values)
        return plain and len(values) < 5 and self.random.random() < self.style.flow_rate

    def _literal(self, head: str, value: str, indent: int) -> None:
        keep = "" if value.endswith("\n") else "-"
        hint = str(self.style.step) if value.startswith(" ") else ""
        self._lines.append(f"{head} |{hint}{keep}")
        body = value.removesuffix("\n").split("\n")
        self._lines += [" " * indent + line if line else "" for line in body]
        self._literal_end = len(self._lines)

    def _foldable(self, value: str) -> bool:
        plain = "  " not in value and value == value.strip() and not yaml_text.SPECIAL.search(value)
        return plain and " " in value and self.random.random() < 0.5

    def _fold(self, head: str, value: str, indent: int) -> None:
        self._lines.append(f"{head} >-")
        line = ""
        for word in value.split(" "):
            if line and len(line) + len(word) > 70:
                self._lines.append(" " * indent + line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        self._lines.append(" " * indent + line)

    def _scalar(self, value: Any) -> str:
        if isinstance(value, Alias):
            return f"*{value.anchor}"
        if isinstance(value, list):
            return "[" + ", ".join(self._flow_scalar(each) for each in value) + "]"
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if value is None:
            return self.random.choice(("null", "~"))
        return "{}" if value == {} else str(value)

    def _flow_scalar(self, value: Any) -> str:
        if isinstance(value, str) and any(letter in value for letter in ",[]{}:"):
            return self._quoted(value)
        return self._scalar(value)

    def _text(self, value: str) -> str:
        bare = yaml_text.scalar(value)
        if bare[:1] in "'\"" or self.random.random() < self.style.quote_rate:
            return self._quoted(value)
        return bare

    def _quoted(self, value: str) -> str:
        if yaml_text.SPECIAL.search(value):
            return yaml_text.scalar(value)
        if self.style.quote == '"':
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        return "'" + value.replace("'", "''") + "'"

    def _comment(self, key: str, indent: int) -> None:
        draw = self.random.random()
        if draw < self.style.comment_rate * 4 and key in _ABOVE:
            self._lines.append(f"{' ' * indent}# {self.random.choice(_ABOVE[key])}")
        elif draw < self.style.comment_rate / 2:
            self._lines.append(f"{' ' * indent}# {self.random.choice(_ANYWHERE)}")

    def _remark(self) -> str:
        if self.random.random() < self.style.comment_rate / 2:
            return f"  # {self.random.choice(_ANYWHERE)}"
        return ""


def resolved(value: Any, anchors: dict[str, Any] | None = None) -> Any:
    """The plain tree that a parser sees: aliases replaced, wrappers gone."""
    anchors = {} if anchors is None else anchors
    if isinstance(value, Alias):
        return anchors[value.anchor]
    if isinstance(value, dict):
        plain = {key: resolved(member, anchors) for key, member in value.items()}
        if isinstance(value, Anchored):
            anchors[value.anchor] = plain
        return plain
    if isinstance(value, list):
        return [resolved(member, anchors) for member in value]
    return value
