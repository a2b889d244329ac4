"""Lays a repository out in folders and files."""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from repository import apps, bystanders
from repository.blueprints import Blueprint, blueprints
from repository.handwriting import Style, Writer, resolved

Tree = dict[str, Any]

_BYSTANDERS = 0.06  # of all files
_FOLDERS = (
    "apps/{team}/{name}",
    "apps/{team}/{name}",
    "teams/{team}/k8s/{name}",
    "clusters/prod/{namespace}/{name}",
)


@dataclass
class Summary:
    """What was written."""

    files: int = 0
    objects: int = 0
    bytes: int = 0
    expected: list[Tree] = field(default_factory=list)
    written: dict[str, list[Tree]] = field(default_factory=dict)
    """The documents of each manifest, as a parser must see them; only kept for checking."""

    def __str__(self) -> str:
        size = f"{self.bytes / 1e6:.1f} MB"
        return f"{self.objects:,} objects in {self.files:,} YAML files, {size}, {len(self.expected)} faults"


def write_repository(folder: Path, files: int, objects: int, seed: int, faults: bool, keep: bool = False) -> Summary:
    return _Builder(folder, files, objects, Random(seed), keep).build(faults)


class _Builder:
    def __init__(self, folder: Path, files: int, objects: int, random: Random, keep: bool) -> None:
        self.folder = folder
        self.files = files
        self.objects = objects
        self.random = random
        self.keep = keep
        self.summary = Summary()
        self.findings: list[apps.Finding] = []

    def build(self, faults: bool) -> Summary:
        for path, text in bystanders.fixed():
            self._write(path, text)
        for path, text in bystanders.drawn(self.random, round(self.files * _BYSTANDERS)):
            self._write(path, text)
        self._manifest("platform/ingress-classes.yaml", apps.ingress_classes())
        self._apps(self._planned_faults() if faults else [])
        self.summary.expected = [
            {"rule": rule, "subject": {"kind": kind, "namespace": namespace, "name": name}}
            for rule, kind, namespace, name in sorted(self.findings)
        ]
        return self.summary

    def _planned_faults(self) -> list[tuple[int, str]]:
        """Rules, each with the number of objects after which it is planted."""
        times = max(1, round(apps.AT_FULL_SIZE * self.objects / 20_000))
        rules = [rule for rule in apps.RULES for _ in range(times)]
        self.random.shuffle(rules)
        step = self.objects * 3 // 4 // len(rules)
        return [(number * step, rule) for number, rule in enumerate(rules)]

    def _apps(self, planned: list[tuple[int, str]]) -> None:
        teams: set[str] = set()
        for app in blueprints(self.random):
            if app.team not in teams:
                teams.add(app.team)
                self._manifest(f"platform/namespaces/{app.team}.yaml", apps.namespaces(app.team))
            trees = apps.manifests(self.random, app)
            left = self.objects - self.summary.objects
            if planned and self.summary.objects >= planned[0][0] and app.kind == "Deployment":
                self.findings.append(apps.plant(self.random, planned.pop(0)[1], app, trees))
            if left <= len(trees):
                self._last(left)
                return
            self._app(app, trees)

    def _last(self, left: int) -> None:
        """Fills up to the wanted number with objects that concern nobody."""
        place = {"namespace": "kube-public"}
        filling = [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": f"notice-{number}", **place},
                "data": {},
            }
            for number in range(left)
        ]
        self._manifest("platform/notices.yaml", filling)

    def _app(self, app: Blueprint, trees: list[Tree]) -> None:
        left = self.objects - self.summary.objects
        share = len(trees) * (self.files - self.summary.files) / left
        count = max(1, min(len(trees), round(share + self.random.uniform(-1.6, 1.6))))
        ending = "yml" if self.random.random() < 0.1 else "yaml"
        path = self.random.choice(_FOLDERS).format(team=app.team, namespace=app.namespace, name=app.name)
        if count == 1:
            self._manifest(f"{path}{self.random.choice(('', '/all', '/app'))}.{ending}", trees)
            return
        names: list[str] = []
        for part in _parts(self.random, trees, count):
            kind = part[0]["kind"].lower()
            name = kind if kind not in names else f"{part[0]['metadata']['name']}-{kind}"
            names.append(name)
            self._manifest(f"{path}/{name}.{ending}", part)
        if self.random.random() < 0.12:
            self._kustomize(path, app, [f"{name}.{ending}" for name in names])

    def _kustomize(self, path: str, app: Blueprint, resources: list[str]) -> None:
        self._write(f"{path}/kustomization.yaml", bystanders.kustomization(resources, app.namespace, []))
        if self.random.random() < 0.4 and app.kind != "DaemonSet":
            patch = {
                "apiVersion": "apps/v1",
                "kind": app.kind,
                "metadata": {"name": app.name},
                "spec": {"replicas": 9},
            }
            overlay = f"{path}/overlays/big"
            self._write(
                f"{overlay}/kustomization.yaml",
                bystanders.kustomization(["../.."], app.namespace, ["replicas.yaml"]),
            )
            self._write(f"{overlay}/replicas.yaml", Writer(self.random, Style.drawn(self.random)).documents([patch]))

    def _manifest(self, path: str, trees: list[Tree]) -> None:
        documents = trees
        if len(trees) > 1 and self.random.random() < 0.01:
            documents = [{"apiVersion": "v1", "kind": "List", "items": trees}]
        text = Writer(self.random, Style.drawn(self.random)).documents(documents)
        self._write(path, text, crlf=self.random.random() < 0.004)
        self.summary.objects += len(trees)
        if self.keep:
            self.summary.written[path] = [resolved(tree) for tree in documents]

    def _write(self, path: str, text: str, crlf: bool = False) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\r\n" if crlf else "\n")
        if path.endswith((".yaml", ".yml")):
            self.summary.files += 1
            self.summary.bytes += target.stat().st_size


def _parts(random: Random, trees: list[Tree], count: int) -> list[list[Tree]]:
    """The objects in groups of neighbours."""
    cuts = sorted(random.sample(range(1, len(trees)), count - 1))
    return [trees[start:end] for start, end in zip([0, *cuts], [*cuts, len(trees)], strict=True)]
