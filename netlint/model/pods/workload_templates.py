"""Pod templates: what workloads say about the pods that they make.

Source: kubernetes.io/docs/reference/labels-annotations-taints.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from netlint.findings import Subject
from netlint.model.selectors import LabelIndex, selects
from netlint.model.subjects import subject_of
from netlint.objects.apps import CronJob, Workload
from netlint.objects.meta import Path
from netlint.objects.pod import Container
from netlint.snapshot.pod_shapes import ContainerShape, PodShape

_JOBS = ("CronJob", "Job")
ADDED = {
    "apps.kubernetes.io/pod-index": ("StatefulSet",),
    "batch.kubernetes.io/controller-uid": _JOBS,
    "batch.kubernetes.io/job-completion-index": _JOBS,
    "batch.kubernetes.io/job-name": _JOBS,
    "controller-revision-hash": ("DaemonSet", "StatefulSet"),
    "controller-uid": _JOBS,
    "job-name": _JOBS,
    "pod-template-generation": ("DaemonSet",),
    "pod-template-hash": ("Deployment", "ReplicaSet"),
    "statefulset.kubernetes.io/pod-name": ("StatefulSet",),
}
"""Labels that controllers add to pods, by the kinds whose pods get them."""
NAMING = {"batch.kubernetes.io/job-name", "job-name", "statefulset.kubernetes.io/pod-name"}
"""Those with the name of the pod or Job, which begins with the workload's."""


@dataclass(frozen=True, slots=True)
class WorkloadTemplate:
    """A workload's pods in the making; ``path`` leads to the pod template."""

    subject: Subject
    path: Path
    labels: dict[str, str]
    containers: tuple[ContainerShape, ...]
    host_network: bool
    replicas: int | None
    node_selector: dict[str, str]

    @property
    def of_deployment(self) -> bool:
        """Whether it is a ReplicaSet that a Deployment made, and so says nothing that the Deployment does not."""
        return self.subject.kind == "ReplicaSet" and "pod-template-hash" in self.labels

    def has(self, key: str, value: str) -> bool:
        """Whether its pods have a label, or may get it from their controller."""
        if key in self.labels or key not in ADDED:
            return self.labels.get(key) == value
        named = value == self.subject.name or value.startswith(f"{self.subject.name}-")
        return self.subject.kind in ADDED[key] and (named or key not in NAMING)

    @property
    def namespace(self) -> str:
        """The workload's namespace."""
        return self.subject.namespace


class WorkloadTemplates:
    """All templates, with those that a selector selects."""

    def __init__(self, workloads: Iterable[Workload | CronJob], selector_keys: Collection[str]) -> None:
        """In the order of the workloads; ``selector_keys``: the keys of all selectors that will be asked for."""
        self.all = [template for workload in workloads if (template := _of(workload)) is not None]
        self._index = LabelIndex(((item.namespace, item.labels) for item in self.all), selector_keys)

    def making(self, shape: PodShape) -> list[WorkloadTemplate]:
        """The templates from which pods of this shape may have been made: they have all of its labels."""
        labels = shape.labels
        return [
            item
            for item in self.all
            if item.namespace == shape.namespace and item.labels and selects(item.labels, labels)
        ]

    def having(self, namespace: str, selector: Mapping[str, str]) -> list[WorkloadTemplate]:
        """The templates whose pods the selector selects, by labels that their controller adds as well."""
        lasting = {key: value for key, value in selector.items() if key not in ADDED}
        templates = [self.all[number] for number in self._index.selected(namespace, lasting)]
        added = [(key, value) for key, value in selector.items() if key in ADDED]
        return [item for item in templates if all(item.has(key, value) for key, value in added)]


def _of(workload: Workload | CronJob) -> WorkloadTemplate | None:
    template = workload.template
    if template is None:
        return None
    spec = template.spec
    path: Path = ("spec", "template")
    if isinstance(workload, CronJob):
        path = ("spec", "jobTemplate", *path)
    return WorkloadTemplate(
        subject_of(workload),
        path,
        template.metadata.labels or {},
        (
            *map(_container, spec.containers or ()),
            *[_container(container, init=True) for container in spec.initContainers or ()],
        ),
        bool(spec.hostNetwork),
        workload.spec.replicas if isinstance(workload, Workload) else None,
        spec.nodeSelector or {},
    )


def _container(container: Container, init: bool = False) -> ContainerShape:
    sidecar = init and container.restartPolicy == "Always"
    return ContainerShape(container.name or "", tuple(container.ports or ()), init, sidecar)
