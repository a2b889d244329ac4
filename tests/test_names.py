"""Names say what they stand for: no two of one name, no module without a subject, no long-lived variable that is vague.

``python tests/test_names.py [FOLDER]`` lists what is left to rename.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "netlint"

VAGUE = re.compile(
    "found|one|held|pieces?|here|there|what|told|said|given|asked|taken|having|things?|stuff|info|obj|tmp"
)
SHORT = 3
"""A variable may have any name where it lives on so few lines: all of its life is before the reader's eyes."""
EMPTY = {"utils", "helpers", "common", "base", "manager", "misc"}

SHARED_CLASSES: dict[str, set[str]] = {}
"""Classes with one name and one meaning, by the modules that define them."""

SHARED_MODULES: dict[str, set[str]] = {
    # a command prints the view of its name, which draws what the model makes of a subject, about which there are rules
    "entrypoints": {"checks", "cli", "cluster.traffic", "views"},
    "ip": {"cli", "views"},
    "plan": {"cli", "views"},
    "service": {"cli", "views"},
    "topology": {"cluster.traffic", "views"},
    # the topics of rules are named after what the model says, and after the kinds of objects that say it
    "dns": {"checks", "model.services"},
    "exposure": {"checks", "model.services"},
    "hosts": {"checks", "model"},
    "ipam": {"checks", "model.ranges"},
    "masquerade": {"checks", "model"},
    "nodes": {"checks", "model"},
    "pods": {"checks", "model"},
    "policies": {"checks", "model.services"},
    "ranges": {"checks", "model"},
    "services": {"checks", "model"},
    # a network plugin, a node's dump, and the objects that each is read from
    "host": {"model.hosts", "objects"},
    "netfilter": {"dataplane", "objects"},
    # `netlint snapshot` writes what the package holds
    "snapshot": {"", "cli"},
}
"""Modules with one name and one meaning, by the packages that they stand in."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = Function | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


class Violation(NamedTuple):
    """A name that is to be changed, and why; a shared one stands in several rooms."""

    path: str
    line: int
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.name}: {self.reason}"


@cache
def violations() -> list[Violation]:
    trees = {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / PACKAGE).rglob("*.py"))
    }
    variables = [violation for path, tree in trees.items() for violation in vague_variables(path, tree)]
    return sorted([*shared_classes(trees), *shared_modules(trees), *empty_modules(trees), *variables])


def module_of(path: str) -> str:
    """``checks.pods`` of ``netlint/checks/pods.py``, ``checks`` of ``netlint/checks/__init__.py``."""
    inside = path.removeprefix(f"{PACKAGE}/").removesuffix(".py").removesuffix("__init__")
    return inside.strip("/").replace("/", ".")


def shared_classes(trees: dict[str, ast.Module]) -> Iterator[Violation]:
    places = defaultdict(list)
    for path, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append((path, node.lineno))
    for name, defined in places.items():
        if len(defined) > 1 and {module_of(path) for path, _ in defined} != SHARED_CLASSES.get(name):
            yield from shared("class", name, defined)


def shared_modules(trees: dict[str, ast.Module]) -> Iterator[Violation]:
    places = defaultdict(list)
    for path in trees:
        places[module_of(path).rpartition(".")[2]].append((path, 1))
    for name, defined in places.items():
        if len(defined) > 1 and {module_of(path).rpartition(".")[0] for path, _ in defined} != SHARED_MODULES.get(name):
            yield from shared("module", name, defined)


def shared(sort: str, name: str, defined: list[tuple[str, int]]) -> Iterator[Violation]:
    for path, line in defined:
        others = [other for other, _ in defined if other != path]
        yield Violation(path, line, name, f"a {sort} with this name is in {', '.join(others)} too")


def empty_modules(trees: Iterable[str]) -> Iterator[Violation]:
    for path in trees:
        name = module_of(path).rpartition(".")[2]
        if name in EMPTY:
            yield Violation(path, 1, name, "this is no name for a module")


def vague_variables(path: str, tree: ast.Module) -> Iterator[Violation]:
    """Variables, arguments and fields of classes: a field outlives every function."""
    for node in ast.walk(tree):
        if isinstance(node, SCOPES):
            for name, lines in lives(node).items():
                if len(lines) > SHORT:
                    yield Violation(path, lines.start, name, f"it lives on {len(lines)} lines; say what it holds")
        elif isinstance(node, ast.ClassDef):
            for field in node.body:
                if (
                    isinstance(field, ast.AnnAssign)
                    and isinstance(field.target, ast.Name)
                    and VAGUE.fullmatch(field.target.id)
                ):
                    yield Violation(path, field.lineno, field.target.id, f"a field of {node.name}; say what it holds")


def lives(scope: Scope) -> dict[str, range]:
    """The lines from the first binding of each vague variable of a scope to its last use, both included."""
    bindings = {name: line for name, line in bound(scope).items() if VAGUE.fullmatch(name)}
    if not bindings:
        return {}
    uses = defaultdict(list)
    for name, line in used(scope):
        uses[name].append(line)
    return {name: range(line, max([line, *uses[name]]) + 1) for name, line in bindings.items()}


def bound(scope: Scope) -> dict[str, int]:
    """The first line on which each variable is bound in the scope itself."""
    lines: dict[str, int] = {}
    for node in own_nodes(scope):
        if isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs) and node.name:
            name = node.name
        else:
            continue
        lines[name] = min(node.lineno, lines.get(name, node.lineno))
    return lines


def own_nodes(scope: Scope) -> Iterator[ast.AST]:
    """What is in a scope, without what is in the scopes inside it."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*SCOPES, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))


def used(scope: Scope) -> Iterator[tuple[str, int]]:
    """The variables named in a scope and its inner ones, which see those that they do not bind themselves."""
    for node in own_nodes(scope):
        if isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, SCOPES):
            own = bound(node)
            yield from ((name, line) for name, line in used(node) if name not in own)


def test_names() -> None:
    assert [str(violation) for violation in violations()] == []


def test_shared_names_are_shared() -> None:
    """What is allowed is there; a name that is no longer shared is struck off."""
    paths = sorted((ROOT / PACKAGE).rglob("*.py"))
    modules = {module_of(path.relative_to(ROOT).as_posix()) for path in paths}
    named = {f"{package}.{name}".lstrip(".") for name, packages in SHARED_MODULES.items() for package in packages}
    assert sorted(named - modules) == []
    assert sorted({module for defining in SHARED_CLASSES.values() for module in defining} - modules) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f():\n  found = 1\n  g()\n  return found", []),
        ("def f():\n  found = 1\n  g()\n  g()\n  return found", ["2 found: it lives on 4 lines"]),
        ("def f():\n  count = 1\n  g()\n  g()\n  return count", []),
        ("def f():\n  found = 1\n  g()\n  found = 2\n  return found", ["2 found: it lives on 4 lines"]),
        ("def f(what):\n  g()\n  g()\n  return what", ["1 what: it lives on 4 lines"]),
        ("def f():\n  for one in x:\n    g()\n    g()\n    g(one)", ["2 one: it lives on 4 lines"]),
        ("def f():\n  found = 1\n  def g():\n    h()\n    return found", ["2 found: it lives on 4 lines"]),
        ("def f():\n  found = 1\n  h(found)\n  def g(found):\n    return found", []),
        ("def f():\n  return [\n    g(\n    one,\n    2)\n    for one in x]", []),
        (
            "def f():\n  return [\n    2\n    for one in x\n    for a in b\n    if g(\n    one)]",
            ["4 one: it lives on 4 lines"],
        ),
        ("class A:\n  what: str", ["2 what: a field of A"]),
    ],
)
def test_the_life_of_a_variable(source: str, expected: list[str]) -> None:
    vague = vague_variables("module.py", ast.parse(source))
    assert [str(violation) for violation in vague] == [f"module.py:{said}; say what it holds" for said in expected]


if __name__ == "__main__":
    under = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else ""
    for violation in violations():
        if violation.path.startswith(under):
            print(violation)
