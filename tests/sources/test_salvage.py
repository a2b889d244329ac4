"""Objects with wrong values: what is taken out, that it ends, and that what is left decodes."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from netlint.objects import KIND_NAMED
from netlint.objects.calico_crds import IPAMBlock
from netlint.objects.core import Service
from netlint.objects.meta import Path
from netlint.objects.multus import WhereaboutsIPPool
from netlint.objects.pod import StrictPod
from netlint.sources.decoding.salvage import without_problems


@pytest.mark.parametrize(
    ("struct", "item", "left", "problems"),
    [
        pytest.param(
            IPAMBlock,
            {"spec": {"cidr": "10.0.0.0/26", "allocations": ["x", 3, None]}},
            {"spec": {"cidr": "10.0.0.0/26", "allocations": [None, 3, None]}},
            [(("spec", "allocations", 0), "expected a whole number, found text")],
            id="nothing in a list of what may be null",
        ),
        pytest.param(
            WhereaboutsIPPool,
            {"spec": {"allocations": {"1": {"id": "a"}, "2": {"id": 7}, "3": 5, "4": {"id": "b"}}}},
            {"spec": {"allocations": {"1": {"id": "a"}, "2": {}, "4": {"id": "b"}}}},
            [
                (("spec", "allocations", "2", "id"), "expected text, found a whole number"),
                (("spec", "allocations", "3"), "expected a mapping, found a whole number"),
            ],
            id="the neighbours in a mapping of mappings",
        ),
        pytest.param(
            Service,
            {"spec": {"ports": ["http", {"port": "80"}], "selector": {"app": 1, "tier": None, "x": "y"}}},
            {"spec": {"ports": [{}, {}], "selector": {"x": "y"}}},
            [
                (("spec", "ports", 0), "expected a mapping, found text"),
                (("spec", "ports", 1, "port"), "expected a whole number, found text"),
                (("spec", "selector", "app"), "expected text, found a whole number"),
            ],
            id="entries of lists keep their index",
        ),
        pytest.param(Service, [1], {}, [((), "expected a mapping, found a list")], id="no mapping at all"),
    ],
)
def test_what_is_taken_out(struct: type, item: Any, left: Any, problems: list[tuple[Path, str]]) -> None:
    cleaned, taken_out = without_problems(json.dumps(item).encode(), struct)
    assert (json.loads(cleaned), sorted(taken_out, key=str)) == (left, sorted(problems, key=str))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


def nearly(kind: inspect.Type, depth: int = 0) -> st.SearchStrategy[Any]:
    """JSON values of a type, with others among them."""
    if depth > 6:
        return ANYTHING
    if isinstance(kind, inspect.StructType):
        fields = {field.encode_name: nearly(field.type, depth + 1) for field in kind.fields}
        return st.fixed_dictionaries({}, optional=fields) | ANYTHING
    if isinstance(kind, inspect.UnionType):
        return st.one_of(*(nearly(choice, depth) for choice in kind.types))
    if isinstance(kind, inspect.ListType):
        return st.lists(nearly(kind.item_type, depth + 1), max_size=3) | ANYTHING
    if isinstance(kind, inspect.DictType):
        return st.dictionaries(st.text("ab.[]", max_size=3), nearly(kind.value_type, depth + 1), max_size=3) | ANYTHING
    return ANYTHING


STRUCTS = {name: StrictPod if name == "Pod" else kind.struct for name, kind in KIND_NAMED.items()}


@pytest.mark.parametrize("name", STRUCTS)
def test_it_ends_with_what_decodes(name: str) -> None:
    struct = STRUCTS[name]

    @given(nearly(inspect.type_info(struct)))
    @settings(max_examples=25, deadline=None)
    def ends(item: Any) -> None:
        cleaned, taken_out = without_problems(msgspec.json.encode(item), struct)
        msgspec.json.decode(cleaned, type=struct)
        assert without_problems(cleaned, struct) == (msgspec.json.encode(json.loads(cleaned)), [])
        assert len(taken_out) == len({path for path, _ in taken_out})

    ends()
