"""What the selectors of Services select: live pods, and without these the templates of workloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from netlint.findings import Subject
from netlint.model.pods import Pods
from netlint.model.pods.workload_templates import WorkloadTemplate, WorkloadTemplates
from netlint.objects.core import Service
from netlint.snapshot.pod_shapes import ContainerShape

Containers = tuple[ContainerShape, ...]


class PodGroup(NamedTuple):
    """Live pods of one Service that declare the same ports, by the numbers of their shapes; else a template."""

    containers: Containers
    host_network: bool
    shapes: Sequence[int]
    templates: Sequence[WorkloadTemplate]


class Selection:
    """Lookups over pods and templates; the latter are only asked for where there are no pods."""

    def __init__(self, pods: Pods, templates: Callable[[], WorkloadTemplates]) -> None:
        """Nothing is looked up before it is asked for."""
        self._pods = pods
        self._templates = templates
        self._groups: dict[tuple[str, str], list[PodGroup]] = {}

    def groups(self, service: Service) -> list[PodGroup]:
        """Live pods, else templates, one group for each set of ports."""
        key = (service.namespace, service.name)
        if key not in self._groups:
            self._groups[key] = self._select(service)
        return self._groups[key]

    def _select(self, service: Service) -> list[PodGroup]:
        selector, pods = service.spec.selector or {}, self._pods
        alike: dict[int, list[int]] = {}
        for number in pods.shapes_having(service.namespace, selector):
            alike.setdefault(pods.container_signatures[number], []).append(number)
        groups = [self._group(numbers) for numbers in alike.values() if pods.any_live(numbers)]
        templates = () if groups else self._templates().having(service.namespace, selector)
        return groups or [PodGroup(item.containers, item.host_network, (), (item,)) for item in templates]

    def _group(self, numbers: list[int]) -> PodGroup:
        shape = self._pods.shapes[numbers[0]]
        return PodGroup(shape.containers, shape.host_network, numbers, ())

    def example_of(self, group: PodGroup) -> Subject:
        """The first pod or workload of a group."""
        row = self._pods.first_live(group.shapes)
        return group.templates[0].subject if row is None else self._pods.subject(row)

    def labels_in(self, namespace: str) -> Iterator[tuple[dict[str, str], Subject]]:
        """The different labels of live pods and of templates in a namespace, with the first that has them."""
        for number in self._pods.different_labels(namespace):
            row = self._pods.first_live([number])
            if row is not None:
                yield self._pods.shapes[number].labels, self._pods.subject(row)
        for template in self._templates().all:
            if template.namespace == namespace:
                yield template.labels, template.subject
