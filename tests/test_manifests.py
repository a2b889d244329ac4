"""Manifests in the shape of what many people run: netlint finds nothing in them, apart and together."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlint import catalogue, engine, sources
from netlint.config import Config
from tests.support.days import TODAY

MANIFESTS = Path(__file__).parent / "manifests"
SETS = sorted(folder.name for folder in MANIFESTS.iterdir())


@pytest.mark.parametrize("name", [*SETS, "."])
def test_nothing_is_found(name: str) -> None:
    rules = list(catalogue.rules().values())
    snapshot, _ = sources.read(sources.Files((str(MANIFESTS / name),)), (), "default")
    result = engine.run(snapshot, rules, Config(), TODAY)
    assert [(one.rule.name, str(one.violation.subject), one.violation.message) for one in result.findings] == []
    assert [(one.rule, one.message) for one in result.failures] == []


def test_every_service_is_read() -> None:
    snapshot, _ = sources.read(sources.Files((str(MANIFESTS),)), (), "default")
    assert {(kind, len(snapshot.objects[kind])) for kind in ("Service", "Deployment", "StatefulSet", "DaemonSet")} == {
        ("Service", 38),
        ("Deployment", 22),
        ("StatefulSet", 2),
        ("DaemonSet", 3),
    }
