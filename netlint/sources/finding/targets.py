"""What the user named, and everything that was found there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from netlint.snapshot import UnrenderedChart
from netlint.sources.finding.archives import Archive
from netlint.sources.finding.input_files import InputFile

SUFFIXES = (".yaml", ".yml", ".json", ".jsonl", ".ndjson")
COMPRESSED = tuple(suffix + ".gz" for suffix in SUFFIXES)
NEVER_DUMPED = ("ConfigMap", "EndpointSlice", "Namespace", "ServiceCIDR", "StatefulSet", "Job", "CronJob")
DUMPED_NODES = {"nodes.json", "nodes.yaml"}
DUMPED = {"replication-controllers.json", "replication-controllers.yaml"}  # in each namespace


@dataclass
class Targets:
    """Everything found, in the order in which it was named; folders are walked in sorted order."""

    inputs: list[InputFile] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)
    charts: list[UnrenderedChart] = field(default_factory=list)
    ignored: int = 0
    names: list[str] = field(default_factory=list)  # the targets as they were named, globs expanded
    errors: list[str] = field(default_factory=list)
    dumps: list[str] = field(default_factory=list)  # folders that kubectl cluster-info dump wrote
    met: dict[str, int | None] = field(default_factory=dict)  # absolute paths, and which input each is
    again: set[str] = field(default_factory=set)  # targets with a file that another one had already

    def is_new(self, path: str, explicit: bool = False) -> bool:
        """Whether a file is met for the first time; who names one that a folder had means all of it."""
        if path not in self.met:
            return True
        number = self.met[path]
        if explicit and number is not None:
            self.inputs[number] = replace(self.inputs[number], explicit=True)
        self.again.add(self.names[-1])
        return False

    def add(self, path: str, source: InputFile) -> None:
        """One input more."""
        self.met[path] = len(self.inputs)
        self.inputs.append(source)


def below(folder: str) -> str:
    """What the names of files in this folder begin with; nothing for the current one."""
    return "" if folder in {".", "./"} else folder.rstrip("/") + "/"
