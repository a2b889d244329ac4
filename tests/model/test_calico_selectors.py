"""Calico's selectors: what they select, and that what is not understood is said."""

from __future__ import annotations

import pytest

from netlint.model.cni.plugins.calico_selectors import parse

LABELS = {"role": "reflector", "rack": "r1", "kubernetes.io/os": "linux"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("all()", True),
        ("global()", False),
        ("has(role)", True),
        ("!has(role)", False),
        ("has(kubernetes.io/os)", True),
        ("role == 'reflector'", True),
        ('role == "reflector"', True),
        ("role=='x'", False),
        ("role != 'x'", True),
        ("absent != 'x'", True),
        ("absent == 'x'", False),
        ("rack in {'r1', 'r2'}", True),
        ("rack in {}", False),
        ("rack not in {'r1'}", False),
        ("absent not in {'r1'}", True),
        ("absent in {'r1'}", False),
        ("role contains 'flect'", True),
        ("role starts with 're'", True),
        ("role ends with 're'", False),
        ("role == 'x' || rack == 'r1'", True),
        ("role == 'x' || rack == 'r1' && has(absent)", False),
        ("(role == 'x' || rack == 'r1') && has(role)", True),
        ("!(role == 'x') && !has(absent)", True),
    ],
)
def test_what_is_selected(text: str, expected: bool) -> None:
    assert parse(text)(LABELS) is expected


@pytest.mark.parametrize(
    "text",
    ["role", "role ==", "role == reflector", "has(", "has()", "all() all()", "(all()", "role = 'x'", "unknown()", "&&"],
)
def test_what_is_no_selector(text: str) -> None:
    with pytest.raises(ValueError, match="selector"):
        parse(text)
