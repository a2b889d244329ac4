"""Labels are matched in one place; its index against looking at every set."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint.model.selectors import LabelIndex, selects
from tests.support.model.reading import Object, cluster

keys = st.sampled_from(["app", "tier", "app.kubernetes.io/name"])
labels = st.dictionaries(keys, st.sampled_from(["", "web", "db"]))
namespaces = st.sampled_from(["shop", "lab"])
sets = st.lists(st.tuples(namespaces, labels), max_size=12)


def matches(selector: dict[str, str], found: dict[str, str]) -> bool:
    """Every requirement one by one; absent is not the same as empty, and nothing required selects all."""
    return all(key in found and found[key] == value for key, value in selector.items())


@given(labels, labels)
def test_a_selector_selects_what_has_all_of_its_labels(selector: dict[str, str], found: dict[str, str]) -> None:
    assert selects(selector, found) is matches(selector, found)


@given(sets, namespaces, labels, st.sets(keys))
@settings(max_examples=300)
def test_the_index_finds_what_looking_at_each_set_finds(
    found: list[tuple[str, dict[str, str]]], namespace: str, selector: dict[str, str], other_keys: set[str]
) -> None:
    index = LabelIndex(iter(found), selector.keys() | other_keys)
    for asked in (selector, {}):  # asking changes nothing for who asks next
        assert list(index.selected(namespace, asked)) == [
            number for number, (where, has) in enumerate(found) if where == namespace and matches(asked, has)
        ]


def test_a_key_that_was_not_announced_is_refused() -> None:
    index = LabelIndex([("shop", {"app": "web"})], {"tier"})
    with pytest.raises(KeyError, match="app"):
        index.selected("shop", {"tier": "front", "app": "web"})
    assert list(index.selected("shop", {"tier": "front"})) == []


def pod(number: int, namespace: str, has: dict[str, str]) -> Object:
    meta = {"name": f"pod-{number}", "namespace": namespace, "labels": has}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [{"name": "c"}]}}


def deployment(number: int, namespace: str, has: dict[str, str]) -> Object:
    template = {"metadata": {"labels": has}, "spec": {"containers": [{"name": "c"}]}}
    meta = {"name": f"app-{number}", "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {"template": template}}


def service(number: int, namespace: str, selector: dict[str, str]) -> Object:
    meta = {"name": f"service-{number}", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"selector": selector}}


@given(sets, sets)
@settings(max_examples=60, deadline=None)
def test_pods_and_templates_of_services(
    found: list[tuple[str, dict[str, str]]], asking: list[tuple[str, dict[str, str]]]
) -> None:
    """Through the readers, so that the shapes of pods and the keys of all selectors are the real ones."""
    read = cluster(
        [
            *(pod(number, *one) for number, one in enumerate(found)),
            *(deployment(number, *one) for number, one in enumerate(found)),
            *(service(number, *one) for number, one in enumerate(asking)),
        ]
    )
    for namespace, selector in asking:
        numbers = [n for n, (where, has) in enumerate(found) if where == namespace and matches(selector, has)]
        pods = read.pods.having(namespace, selector)
        assert sorted(read.pods.name(row) for row in pods) == sorted(f"pod-{number}" for number in numbers)
        templates = read.view.templates.having(namespace, selector)
        assert sorted(found.subject.name for found in templates) == sorted(f"app-{number}" for number in numbers)


@given(sets)
@settings(max_examples=60, deadline=None)
def test_pods_and_the_templates_that_made_them(found: list[tuple[str, dict[str, str]]]) -> None:
    """A template without labels makes pods that nobody can tell apart, so it made none."""
    read = cluster(
        [
            *(pod(number, *one) for number, one in enumerate(found)),
            *(deployment(number, *one) for number, one in enumerate(found)),
        ]
    )
    made_by = {
        read.pods.name(row): {template.subject.name for template in read.view.templates.making(read.pods.shape(row))}
        for row in range(len(read.pods))
    }
    assert made_by == {
        f"pod-{number}": {
            f"app-{other}"
            for other, (there, asked) in enumerate(found)
            if there == namespace and asked and matches(asked, has)
        }
        for number, (namespace, has) in enumerate(found)
    }
