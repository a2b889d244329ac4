"""A rule's page names exactly the kinds that its check reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlint import catalogue, sources
from netlint.checks import CHECKS
from netlint.cluster import Cluster
from netlint.evaluability import ALIASES, NODE_DUMP, kinds
from tests.support.rulepages import Example, examples

BY_RULE: dict[str, list[Example]] = {}
for example in examples():
    BY_RULE.setdefault(example.rule, []).append(example)


def reads(example: Example, folder: Path) -> set[str]:
    for name, content in example.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    objects = sources.Files(tuple(str(folder / name) for name in example.objects))
    dumps = example.dumps and str(folder / example.dumps)
    snapshot, _ = sources.read(objects, (), "default", None, dumps)
    cluster = Cluster(snapshot)
    list(CHECKS[example.rule](cluster))
    return cluster.view.reads


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_declared_kinds_are_the_kinds_read(name: str, tmp_path: Path) -> None:
    rule = catalogue.named(name)
    named = [*rule.examines, *rule.needs, *rule.consults]
    declared = {*kinds(named), *({NODE_DUMP} & {*named})}
    read = set()
    for number, example in enumerate(BY_RULE[name]):
        read |= reads(example, tmp_path / str(number))
    assert _by_alias(read, named) == _by_alias(declared, named)


def _by_alias(read: set[str], named: list[str]) -> set[str]:
    """The kinds, those of an alias on the page as the alias: a rule may ask for some of the plan only."""
    aliases = {kind: alias for alias in ALIASES if alias in named for kind in ALIASES[alias]}
    return {aliases.get(kind, kind) for kind in read}
