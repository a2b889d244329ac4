"""Whose addresses kube-proxy hides from the pods behind Services.

Source: kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1, k8s.io/kubernetes/pkg/proxy/iptables and
pkg/proxy/util (the detection of local traffic).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from netlint.findings import Subject
from netlint.model import settings
from netlint.model.cni.masquerading import Masquerade, Whom, beyond
from netlint.model.declared.control_plane import command_lines, service_proxy_settings
from netlint.model.declared.declarations import Authority, Declaration, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.services.service_proxy import replacement
from netlint.model.settings import Flag
from netlint.model.subjects import subject_of
from netlint.objects.meta import Path
from netlint.snapshot.pod_table import CommandLine

NAME = "kube-proxy"
BY_CLUSTER_CIDR = ("", "ClusterCIDR")
_CONFIG: Path = ("data", "config.conf")


@dataclass(frozen=True, slots=True)
class ServiceProxy:
    """One configuration of kube-proxy, and where it stands.

    ``masquerade_all``: the setting that masquerades all traffic to Services, None where it is off. ``ranges``:
    the addresses taken for pods, where kube-proxy tells them by ``clusterCIDR``; None where it does not.
    """

    subject: Subject
    masquerade_all: tuple[Path, str] | None
    ranges: tuple[Declaration, ...] | None
    path: Path


def proxy_configurations(view: SnapshotView) -> Iterator[ServiceProxy]:
    """What kube-proxy is told: by the file in its ConfigMap, by flags where it is given no file."""
    started = [(subject, line) for subject, line in command_lines(view.pods, NAME) if line.words]
    lines = [(subject, line, settings.flags(line.words)) for subject, line in started]
    if replacement(view) or (not lines and _is_absent(view)):
        return
    for subject, line, flags in lines:
        if "config" not in flags:
            yield _of_flags(subject, line, flags)
    if not lines or any("config" in flags for _, _, flags in lines):
        yield from _of_config_map(view)


def _is_absent(view: SnapshotView) -> bool:
    """Whether its namespace has DaemonSets and none of them is kube-proxy's: then the ConfigMap is a leftover."""
    names = {daemon_set.name for daemon_set in view.daemon_sets if daemon_set.namespace == "kube-system"}
    return bool(names) and NAME not in names


def _of_flags(subject: Subject, line: CommandLine, flags: Mapping[str, Flag]) -> ServiceProxy:
    def at(name: str) -> Path:
        return ("spec", "containers", 0, *line.field(flags[name].position))

    masquerade_all = flags.get("masquerade-all")
    ranges: tuple[Declaration, ...] | None = None
    if _value(flags, "detect-local-mode") in BY_CLUSTER_CIDR:
        path = at("cluster-cidr") if "cluster-cidr" in flags else ("spec", "containers", 0)
        ranges = _cluster_cidr(subject, path, _value(flags, "cluster-cidr"))
    on = masquerade_all is not None and masquerade_all.value == "true"
    return ServiceProxy(
        subject,
        (at("masquerade-all"), "--masquerade-all") if on else None,
        ranges,
        at("cluster-cidr") if "cluster-cidr" in flags else (),
    )


def _value(flags: Mapping[str, Flag], name: str) -> str:
    return flags[name].value if name in flags else ""


def _of_config_map(view: SnapshotView) -> Iterator[ServiceProxy]:
    config_map = view.config_maps.get(("kube-system", NAME))
    try:
        config = service_proxy_settings(config_map) if config_map else {}
    except ValueError:
        return  # the plan tells that
    if config_map is None or not config:
        return
    backend = "nftables" if config.get("mode") == "nftables" else "iptables"
    masquerade_all = settings.at(config, backend, "masqueradeAll") is True
    ranges = None
    if (config.get("detectLocalMode") or "") in BY_CLUSTER_CIDR:
        ranges = _cluster_cidr(subject_of(config_map), _CONFIG, config.get("clusterCIDR"))
    setting = (_CONFIG, f"{backend}.masqueradeAll") if masquerade_all else None
    yield ServiceProxy(subject_of(config_map), setting, ranges, _CONFIG)


def _cluster_cidr(subject: Subject, path: Path, text: object) -> tuple[Declaration, ...] | None:
    """None where one of the ranges cannot be read: then nothing is known of what is local."""
    entries = list(RangeSource(Role.POD, Authority.SERVICE_PROXY, subject).cidrs(path, settings.words(text)))
    declared = tuple(entry for entry in entries if isinstance(entry, Declaration))
    return declared if len(declared) == len(entries) else None


def masquerades(view: SnapshotView, pods: Sequence[Declaration]) -> Iterator[Masquerade]:
    """All clients, or the pods that kube-proxy takes for strangers because ``clusterCIDR`` does not hold them."""
    for proxy in proxy_configurations(view):
        if proxy.masquerade_all is not None:
            path, name = proxy.masquerade_all
            yield Masquerade(Whom.BACKENDS, f"{name} of {proxy.subject} is true", proxy.subject, path)
        elif proxy.ranges:
            spared = tuple(declaration.range for declaration in proxy.ranges)
            strangers = beyond(spared, pods, {span.family for span in spared})
            if strangers:
                reason = f"clusterCIDR {', '.join(map(str, proxy.ranges))} of {proxy.subject} does not hold them"
                yield Masquerade(Whom.BACKENDS, reason, proxy.subject, proxy.path, strangers, spared=spared)
