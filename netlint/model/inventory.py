"""What the address plan and the CNI plugins are read from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netlint.model import settings
from netlint.model.plan.declarations import Declaration
from netlint.model.pods import Pods
from netlint.objects.apps import Workload
from netlint.objects.core import ConfigMap, Node
from netlint.objects.meta import Path
from netlint.snapshot.pod_table import CommandLine

ConfigMaps = Mapping[tuple[str, str], ConfigMap]


@dataclass(frozen=True, slots=True)
class Inventory:
    """Nodes, pods and workloads as they were read.

    ``pod_cidrs`` gives the pod ranges that each Node declares, by its name, ``objects`` those of any other kind.
    """

    nodes: list[Node]
    config_maps: ConfigMaps
    daemon_sets: list[Workload]
    pods: Pods
    pod_cidrs: Mapping[str, list[Declaration]]
    objects: Callable[[str], list[Any]]

    def config_map(self, name: str) -> ConfigMap | None:
        """The ConfigMap of this name in the first namespace that has one."""
        found = [key for key in self.config_maps if key[1] == name]
        return self.config_maps[min(found)] if found else None

    def daemon_set(self, name: str) -> Workload | None:
        """The DaemonSet of this name in the first namespace that has one."""
        return next((found for found in self.daemon_sets if found.name == name), None)

    def environment(self, workload: Workload, name: str) -> list[tuple[Path, str]]:
        """The values of a variable in the containers of a workload, with their fields."""
        template = workload.template
        at = ("spec", "template", "spec", "containers")
        return [
            ((*at, number, "env", position, "value"), variable.value)
            for number, container in enumerate((template.spec.containers if template else None) or ())
            for position, variable in enumerate(container.env or ())
            if variable.name == name and variable.value
        ]

    def flags(self, workload: Workload) -> dict[str, tuple[Path, str]]:
        """The flags of a workload's containers: the field and the value that counts."""
        template = workload.template
        found: dict[str, tuple[Path, str]] = {}
        for number, container in enumerate((template.spec.containers if template else None) or ()):
            line = CommandLine(tuple(container.command or ()), tuple(container.args or ()))
            for name, flag in settings.flags(line.words).items():
                at = ("spec", "template", "spec", "containers", number, *line.field(flag.position))
                found[name] = (at, flag.value)
        return found
