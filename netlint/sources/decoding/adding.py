"""Decoded objects into the tables and lists of a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netlint.objects import Kind
from netlint.objects.core_endpoints import Endpoints
from netlint.objects.discovery import EndpointSlice
from netlint.objects.meta import Object
from netlint.objects.pod import Pod
from netlint.objects.problems import IN_BULK, problems
from netlint.snapshot.strings import share_texts
from netlint.sources.decoding.sink import Sink

_HOOK = b'"helm.sh/hook"'
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # a copy of the object


def add(sink: Sink, kind: Kind, item: Any, origin: int) -> str:
    """Add an object; gives its namespace. Raises ValueError where a field is malformed."""
    namespace = sink.namespace_of(kind, item.metadata.namespace)
    if not item.metadata.name:
        raise ValueError("an object without a name")
    if isinstance(item, Pod):
        if _is_hook(item):
            return namespace
        sink.snapshot.pods.add([item], [namespace], [origin])
        return namespace
    finder = IN_BULK.get(type(item), problems)
    for _, problem in finder(item):
        raise ValueError(problem)
    _add_object(sink, kind, item, namespace, origin)
    return namespace


def add_pods(sink: Sink, pods: list[Pod], origins: Sequence[int]) -> set[str]:
    """Add pods, or none of them and ValueError where a field is malformed; gives their namespaces."""
    if any(map(_is_hook, pods)):
        kept = [(pod, origin) for pod, origin in zip(pods, origins, strict=True) if not _is_hook(pod)]
        pods, origins = [pod for pod, _ in kept], [origin for _, origin in kept]
    namespaces = [pod.metadata.namespace or sink.default_namespace for pod in pods]
    if not all(pod.metadata.name for pod in pods):
        raise ValueError("an object without a name")
    sink.snapshot.pods.add(pods, namespaces, origins)
    return set(namespaces)


def _is_hook(pod: Pod) -> bool:
    """Whether it is the manifest of a pod that Helm runs once, for a test or before an installation.

    Source: https://helm.sh/docs/topics/charts_hooks/
    """
    return not pod.metadata.uid and _HOOK in bytes(pod.metadata.annotations)


def _add_object(sink: Sink, kind: Kind, item: Object, namespace: str, origin: int) -> None:
    item.apiVersion, item.kind = item.apiVersion or kind.api_version, kind.name
    item.metadata.namespace, item.origin = namespace, origin
    if item.metadata.annotations:
        item.metadata.annotations.pop(LAST_APPLIED, None)
    share_texts(item)
    if isinstance(item, Endpoints):
        for subset in item.subsets or ():
            subset.pack()
    if isinstance(item, EndpointSlice):
        sink.snapshot.slices.add(item)
    else:
        sink.snapshot.objects.setdefault(kind.name, []).append(item)
