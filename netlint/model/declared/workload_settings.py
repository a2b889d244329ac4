"""What the containers of a workload are told: variables of their environment, and flags.

Source: kubernetes.io/docs/tasks/inject-data-application, "Define Environment Variables for a Container" and "Define
a Command and Arguments for a Container".
"""

from __future__ import annotations

from netlint.model import settings
from netlint.objects.apps import Workload
from netlint.objects.meta import Path
from netlint.objects.pod import Container
from netlint.snapshot.pod_table import CommandLine

_CONTAINERS: Path = ("spec", "template", "spec", "containers")


def _containers(workload: Workload) -> list[Container]:
    template = workload.template
    return (template.spec.containers if template else None) or []


def environment(workload: Workload, name: str) -> list[tuple[Path, str]]:
    """The values of a variable in the containers of a workload, with their fields."""
    return [
        ((*_CONTAINERS, number, "env", position, "value"), variable.value)
        for number, container in enumerate(_containers(workload))
        for position, variable in enumerate(container.env or ())
        if variable.name == name and variable.value
    ]


def flags(workload: Workload) -> dict[str, tuple[Path, str]]:
    """The flags of a workload's containers by name: the field and the value that counts."""
    values: dict[str, tuple[Path, str]] = {}
    for number, container in enumerate(_containers(workload)):
        line = CommandLine(tuple(container.command or ()), tuple(container.args or ()))
        for name, flag in settings.flags(line.words).items():
            values[name] = (*_CONTAINERS, number, *line.field(flag.position)), flag.value
    return values
