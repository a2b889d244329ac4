"""The addresses at which nodes reach the API servers.

Source: kubernetes.io/docs/setup/production-environment/tools/kubeadm/high-availability,
config-api/kubeadm-config.v1beta4, kube-vip.io/docs/installation/flags.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from netlint import addresses
from netlint.findings import Subject
from netlint.model import settings
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import environment
from netlint.model.slices import EndpointSlices
from netlint.model.subjects import subject_of
from netlint.objects.core import API_SERVER
from netlint.objects.meta import Path

KUBE_VIP = ("address", "vip_address")  # its variables; the second one was the name before release 0.8


class AddressSource(NamedTuple):
    """Who shows an address, and where."""

    subject: Subject
    path: Path


Sources = Iterator[tuple[tuple[int, int], AddressSource]]


def api_servers(view: SnapshotView, slices: EndpointSlices) -> dict[tuple[int, int], AddressSource]:
    """Family and value of every known address, with the first that shows it."""
    sources: dict[tuple[int, int], AddressSource] = {}
    for address, source in (*_configured(view), *_of_kube_vip(view), *_of_slices(slices)):
        sources.setdefault(address, source)
    return sources


def _configured(view: SnapshotView) -> Sources:
    """What kubeadm and kube-proxy are told."""
    for source, declared in _document(view, "kubeadm-config", "ClusterConfiguration"):
        yield from _at(f"//{settings.at(declared, 'controlPlaneEndpoint')}", source)
    for source, declared in _document(view, "kube-proxy", "kubeconfig.conf"):
        clusters = declared.get("clusters")
        for entry in clusters if isinstance(clusters, list) else ():
            yield from _at(str(settings.at(entry, "cluster", "server")), source)


def _document(view: SnapshotView, name: str, key: str) -> Iterator[tuple[AddressSource, dict[str, Any]]]:
    """A document in a ConfigMap; what cannot be read is none."""
    config_map = view.config_maps.get(("kube-system", name))
    if config_map is not None:
        try:
            text = (config_map.data or {}).get(key, "")
            yield AddressSource(subject_of(config_map), ("data", key)), settings.document(text)
        except ValueError:
            return


def _at(url: str, source: AddressSource) -> Sources:
    """The host of a URL, where that is an address."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return
    yield from _of(host or "", source)


def _of(text: str, source: AddressSource) -> Sources:
    try:
        yield addresses.parse(text), source
    except ValueError:
        return


def _of_kube_vip(view: SnapshotView) -> Sources:
    """Its DaemonSets that announce the control plane."""
    for agent in view.daemon_sets:
        if any(text == "true" for _, text in environment(agent, "cp_enable")):
            for variable in KUBE_VIP:
                for path, text in environment(agent, variable):
                    yield from _of(text, AddressSource(subject_of(agent), path))


def _of_slices(slices: EndpointSlices) -> Sources:
    """What the API servers say of themselves."""
    for number, slice_ in enumerate(slices):
        if (slice_.namespace, slice_.name) == API_SERVER:
            family = slices.family(number) or 4
            for row in slices.endpoints(number):
                source = AddressSource(slices.subject(number), slices.address_path(number, row))
                yield (family, slices.address(row, family)), source
