"""Mutations of Python source by mutmut's operators; which of them a sample takes depends on the seed alone."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple

import libcst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

_UNTOUCHED = (libcst.Annotation, libcst.Decorator)  # nothing evaluates annotations; a frozen class is none to test
_UNTOUCHED_CALLS = {"len", "isinstance"}  # every mutation of their arguments raises TypeError
_UNTOUCHED_ARGUMENTS = {"strict"}  # of zip: whether it raises where nothing differs
_STATEMENTS = (libcst.SimpleStatementLine, libcst.BaseCompoundStatement, libcst.ExceptHandler, libcst.MatchCase)


@dataclass(frozen=True)
class Mutation:
    """One file with one change; ``statement`` is the line on which the statement around ``line`` begins."""

    file: str
    line: int
    statement: int
    source: str
    mutated: str

    def __str__(self) -> str:
        """File, line, and the lines that differ, on one line."""
        lines = list(difflib.ndiff(self.source.splitlines(), self.mutated.splitlines()))
        changes = (" ".join(line[2:].strip() for line in lines if line[0] == sign) for sign in "-+")
        return f"{self.file}:{self.line}: {' → '.join(changes)}"


class _Change(NamedTuple):
    """A node, what an operator makes of it, and where the statement around it begins."""

    node: libcst.CSTNode
    mutated: libcst.CSTNode
    statement: int


def sample(root: Path, folders: Iterable[str], size: int, seed: int) -> list[Mutation]:
    """One mutation each of ``size`` lines below the folders, or of all lines where there are fewer."""
    random = Random(seed)
    modules = {}
    places: list[tuple[str, int, list[_Change]]] = []
    for file in sorted(path for folder in folders for path in (root / folder).rglob("*.py")):
        name = file.relative_to(root).as_posix()
        modules[name] = libcst.parse_module(file.read_text())
        places += ((name, line, changes) for line, changes in _changes(modules[name]).items())
    mutations: list[Mutation] = []
    for name, line, changes in random.sample(places, len(places)):
        if len(mutations) == size:
            break
        possible = _mutations(name, line, modules[name], random.sample(changes, len(changes)))
        mutations += [mutation for mutation in [next(possible, None)] if mutation]
    return mutations


def _changes(module: libcst.Module) -> dict[int, list[_Change]]:
    """What the operators can do to a module, by the line of the node that they change."""
    visitor = _Changes()
    MetadataWrapper(module, unsafe_skip_copy=True).visit(visitor)
    return visitor.by_line


def _mutations(file: str, line: int, module: libcst.Module, changes: Iterable[_Change]) -> Iterator[Mutation]:
    """Those changes of one line that differ from the source in text and are Python."""
    for change in changes:
        mutated = module.deep_replace(change.node, change.mutated).code
        if mutated != module.code and _compiles(mutated):
            yield Mutation(file, line, change.statement, module.code, mutated)


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutated", "exec")
    except SyntaxError:
        return False
    return True


class _Changes(libcst.CSTVisitor):
    """A walk that asks every operator about every node that may change."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.by_line: defaultdict[int, list[_Change]] = defaultdict(list)
        self._statements: list[int] = []
        self._class_arguments: set[libcst.CSTNode] = set()

    def on_visit(self, node: libcst.CSTNode) -> bool:
        """Collect the changes of a node; what must not change is not walked into, nor blanks, which have no place."""
        position = self.get_metadata(PositionProvider, node, None)
        if position is None or self._is_untouched(node):
            return False
        line = position.start.line
        if isinstance(node, _STATEMENTS):
            self._statements.append(line)
        if isinstance(node, libcst.ClassDef):
            self._class_arguments |= set(node.keywords)
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                self.by_line[line] += (
                    _Change(node, mutated, self._statements[-1])
                    for mutated in operator(node)
                    if _untouched_arguments(mutated) == _untouched_arguments(node)
                )
        return True

    def on_leave(self, original_node: libcst.CSTNode) -> None:
        """Step out of a statement, if it is one."""
        if isinstance(original_node, _STATEMENTS):
            self._statements.pop()

    def _is_untouched(self, node: libcst.CSTNode) -> bool:
        match node:
            case libcst.Call(func=libcst.Name(value=name)) if name in _UNTOUCHED_CALLS:
                return True
            case libcst.Arg(keyword=libcst.Name(value=name)) if name in _UNTOUCHED_ARGUMENTS:
                return True
        return isinstance(node, _UNTOUCHED) or node in self._class_arguments


def _untouched_arguments(node: libcst.CSTNode) -> list[libcst.Arg]:
    arguments = node.args if isinstance(node, libcst.Call) else ()
    return [argument for argument in arguments if argument.keyword and argument.keyword.value in _UNTOUCHED_ARGUMENTS]
