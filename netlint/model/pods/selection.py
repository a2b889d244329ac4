"""What the selectors of Services select: live pods, and without these the templates of workloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from netlint.findings import Subject
from netlint.model.pods import Pods
from netlint.model.pods.workload_templates import Template, Templates
from netlint.objects.core import Service
from netlint.snapshot.pod_shapes import ContainerShape

Containers = tuple[ContainerShape, ...]


class Alike(NamedTuple):
    """Live pods of one Service that declare the same ports, by the numbers of their shapes; else a template."""

    containers: Containers
    host_network: bool
    shapes: Sequence[int]
    templates: Sequence[Template]


class Selection:
    """Lookups over pods and templates; the latter are only asked for where there are no pods."""

    def __init__(self, pods: Pods, templates: Callable[[], Templates]) -> None:
        """Nothing is looked up before it is asked for."""
        self._pods = pods
        self._templates = templates
        self._groups: dict[tuple[str, str], list[Alike]] = {}

    def groups(self, service: Service) -> list[Alike]:
        """Live pods, else templates, one group for each set of ports."""
        key = (service.namespace, service.name)
        if key not in self._groups:
            self._groups[key] = self._select(service)
        return self._groups[key]

    def _select(self, service: Service) -> list[Alike]:
        selector, pods = service.spec.selector or {}, self._pods
        alike: dict[int, list[int]] = {}
        for number in pods.shapes_having(service.namespace, selector):
            alike.setdefault(pods.sorts[number], []).append(number)
        found = [self._group(numbers) for numbers in alike.values() if pods.any_live(numbers)]
        templates = () if found else self._templates().having(service.namespace, selector)
        return found or [Alike(item.containers, item.host_network, (), (item,)) for item in templates]

    def _group(self, numbers: list[int]) -> Alike:
        shape = self._pods.table.shapes[numbers[0]]
        return Alike(shape.containers, shape.host_network, numbers, ())

    def example_of(self, group: Alike) -> Subject:
        """The first pod or workload of a group."""
        row = self._pods.first_live(group.shapes)
        return group.templates[0].subject if row is None else self._pods.subject(row)

    def labels_in(self, namespace: str) -> Iterator[tuple[dict[str, str], Subject]]:
        """The different labels of live pods and of templates in a namespace, with the first that has them."""
        for number in self._pods.different_labels(namespace):
            row = self._pods.first_live([number])
            if row is not None:
                yield self._pods.table.shapes[number].labels, self._pods.subject(row)
        for template in self._templates().all:
            if template.namespace == namespace:
                yield template.labels, template.subject
