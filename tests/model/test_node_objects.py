"""Nodes: which fields count where several say the same."""

from __future__ import annotations

import pytest

from netlint.model.declared.node_objects import node_ranges
from tests.support.model.healthy import node
from tests.support.model.reading import cluster


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"podCIDR": "10.1.0.0/24"}, [("10.1.0.0/24", ("spec", "podCIDR"))]),
        ({"podCIDR": "10.1.0.0/24", "podCIDRs": []}, [("10.1.0.0/24", ("spec", "podCIDR"))]),
        (
            {"podCIDR": "10.1.0.0/24", "podCIDRs": ["10.2.0.0/24", "fd00::/64"]},
            [("10.2.0.0/24", ("spec", "podCIDRs", 0)), ("fd00::/64", ("spec", "podCIDRs", 1))],
        ),
        ({}, []),
    ],
)
def test_pod_ranges(spec: dict[str, object], expected: list[tuple[str, tuple[str | int, ...]]]) -> None:
    (found,) = cluster([node("n1", [], []) | {"spec": spec}]).view.nodes
    assert [(str(declared.range), declared.path) for declared in node_ranges(found)] == expected
