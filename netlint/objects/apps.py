"""Workloads: whatever carries a pod template (apps/v1, batch/v1, core/v1).

Source: k8s.io/api/apps/v1/types.go, k8s.io/api/batch/v1/types.go, k8s.io/api/core/v1/types.go.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from netlint.objects.meta import Object, ObjectMeta
from netlint.objects.pod import PodSpec


class PodTemplate(Struct, gc=False):
    """``spec.template`` of a workload."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PodSpec = field(default_factory=PodSpec)


class WorkloadSpec(Struct, gc=False):
    """``spec`` of a workload; ``template`` may be absent in a malformed one only."""

    replicas: int | None = None
    serviceName: str | None = None
    selector: dict[str, Any] | None = None
    template: PodTemplate | None = None


class Workload(Object, gc=False):
    """A Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController or Job."""

    spec: WorkloadSpec = field(default_factory=WorkloadSpec)

    @property
    def template(self) -> PodTemplate | None:
        """The template of its pods."""
        return self.spec.template


class JobTemplate(Struct, gc=False):
    """``spec.jobTemplate`` of a CronJob."""

    spec: WorkloadSpec = field(default_factory=WorkloadSpec)


class CronJobSpec(Struct, gc=False):
    """``spec`` of a CronJob."""

    jobTemplate: JobTemplate = field(default_factory=JobTemplate)


class CronJob(Object, gc=False):
    """A CronJob."""

    spec: CronJobSpec = field(default_factory=CronJobSpec)

    @property
    def template(self) -> PodTemplate | None:
        """The template of its pods."""
        return self.spec.jobTemplate.spec.template
