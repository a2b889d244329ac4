"""Addresses that somebody wrote into the environment, the arguments and the configuration of programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netlint import addresses
from netlint.findings import Subject
from netlint.model.subjects import subject_of
from netlint.objects import CONFIG_MAPS
from netlint.objects.apps import CronJob, Workload
from netlint.objects.core import ConfigMap
from netlint.objects.meta import Path
from netlint.objects.pod import Container

_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w-]|\.[0-9]|/[0-9])")  # a first digit is found fast
_PART_OF_MORE = re.compile(r"[\w.-]")
_IPV6 = re.compile(r"(?<=\[)[0-9a-fA-F:]+:[0-9a-fA-F:]*(?=\])")
_LONGEST = 45  # characters of an IPv6 address
_MADE_BY_OTHERS = {"pod-template-hash", "batch.kubernetes.io/cronjob-scheduled-timestamp"}


class AddressLiteral(NamedTuple):
    """One address in the text of one field."""

    subject: Subject
    path: Path
    family: int
    value: int


def in_workloads(workloads: Iterable[Workload | CronJob]) -> Iterator[AddressLiteral]:
    """The addresses in environments and command lines; workloads that other ones made are left out."""
    for workload in workloads:
        template = workload.template
        labels = template.metadata.labels if template else None
        if template is None or not _MADE_BY_OTHERS.isdisjoint({*(labels or {}), *workload.annotations}):
            continue
        at: Path = ("spec", "jobTemplate") if isinstance(workload, CronJob) else ()
        for key in ("containers", "initContainers"):
            for number, container in enumerate(getattr(template.spec, key) or ()):
                path = (*at, "spec", "template", "spec", key, number)
                yield from _addresses(subject_of(workload), _texts(container, path))


def _texts(container: Container, path: Path) -> Iterator[tuple[Path, str]]:
    for number, variable in enumerate(container.env or ()):
        yield (*path, "env", number, "value"), variable.value or ""
    for key, words in (("command", container.command), ("args", container.args)):
        for number, word in enumerate(words or ()):
            yield (*path, key, number), word


def in_config_maps(config_maps: Iterable[ConfigMap]) -> Iterator[AddressLiteral]:
    """The addresses in all ConfigMaps that do not configure the cluster's own network."""
    for config_map in config_maps:
        if (config_map.namespace, config_map.name) not in CONFIG_MAPS:
            texts: Iterator[tuple[Path, str]] = ((("data", key), text) for key, text in (config_map.data or {}).items())
            yield from _addresses(subject_of(config_map), texts)


def _addresses(subject: Subject, texts: Iterable[tuple[Path, str]]) -> Iterator[AddressLiteral]:
    """Each address once for each object, where it stands first."""
    seen = set()
    for path, text in texts:
        if ":" not in text and text.count(".") < 3:  # most texts are no place for an address
            continue
        whole = (text,) if ":" in text and len(text) <= _LONGEST else ()
        for word in (*whole, *_inside(text)):
            try:
                address = addresses.parse(word)
            except ValueError:
                continue
            if address not in seen:
                seen.add(address)
                yield AddressLiteral(subject, path, *address)


def _inside(text: str) -> Iterator[str]:
    """What reads like an address, and is no part of a longer word."""
    for match in _IPV4.finditer(text):
        if not (match.start() and _PART_OF_MORE.match(text, match.start() - 1)):
            yield match[0]
    yield from _IPV6.findall(text) if "[" in text else ()
