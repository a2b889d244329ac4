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
from netlint.model.services.recomputed_slices import API_SERVER
from netlint.model.subjects import subject_of
from netlint.objects.meta import Path
from netlint.objects.problems import FAMILIES
from netlint.snapshot.slice_table import SliceTable

KUBE_VIP = ("address", "vip_address")  # its variables; the second one was the name before release 0.8


class Shown(NamedTuple):
    """Who shows an address, and where."""

    subject: Subject
    path: Path


Found = Iterator[tuple[tuple[int, int], Shown]]


def api_servers(view: SnapshotView, slices: SliceTable) -> dict[tuple[int, int], Shown]:
    """Family and value of every known address, with the first that shows it."""
    found: dict[tuple[int, int], Shown] = {}
    for address, shown in (*_configured(view), *_of_kube_vip(view), *_of_slices(slices)):
        found.setdefault(address, shown)
    return found


def _configured(view: SnapshotView) -> Found:
    """What kubeadm and kube-proxy are told."""
    for shown, declared in _document(view, "kubeadm-config", "ClusterConfiguration"):
        yield from _at(f"//{settings.at(declared, 'controlPlaneEndpoint')}", shown)
    for shown, declared in _document(view, "kube-proxy", "kubeconfig.conf"):
        clusters = declared.get("clusters")
        for entry in clusters if isinstance(clusters, list) else ():
            yield from _at(str(settings.at(entry, "cluster", "server")), shown)


def _document(view: SnapshotView, name: str, key: str) -> Iterator[tuple[Shown, dict[str, Any]]]:
    """A document in a ConfigMap; what cannot be read is none."""
    found = view.config_maps.get(("kube-system", name))
    if found is not None:
        try:
            yield Shown(subject_of(found), ("data", key)), settings.document((found.data or {}).get(key, ""))
        except ValueError:
            return


def _at(url: str, shown: Shown) -> Found:
    """The host of a URL, where that is an address."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return
    yield from _of(host or "", shown)


def _of(text: str, shown: Shown) -> Found:
    try:
        yield addresses.parse(text), shown
    except ValueError:
        return


def _of_kube_vip(view: SnapshotView) -> Found:
    """Its DaemonSets that announce the control plane."""
    for agent in view.daemon_sets:
        if any(text == "true" for _, text in environment(agent, "cp_enable")):
            for variable in KUBE_VIP:
                for path, text in environment(agent, variable):
                    yield from _of(text, Shown(subject_of(agent), path))


def _of_slices(slices: SliceTable) -> Found:
    """What the API servers say of themselves."""
    for number, piece in enumerate(slices.slices):
        if (piece.namespace, piece.name) == API_SERVER:
            family = FAMILIES.get(piece.addressType or "", 4)
            for index, row in enumerate(slices.endpoints(number)):
                at = ("endpoints", index, "addresses", 0)
                yield (family, slices.address(row, family)), Shown(subject_of(piece), at)
