"""What the control plane is told: flags of its pods, kubeadm's and kube-proxy's configuration.

Source: kubernetes.io/docs/reference/command-line-tools-reference, config-api/kubeadm-config.v1beta4,
config-api/kube-proxy-config.v1alpha1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netlint.findings import Subject
from netlint.model import settings
from netlint.model.declared.declarations import Authority, DeclaredRanges, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.pods import Pods
from netlint.model.subjects import subject_of
from netlint.objects.core import ConfigMap
from netlint.objects.meta import Path
from netlint.snapshot.pod_table import CommandLine

FLAGS = {
    ("kube-controller-manager", "cluster-cidr"): (Role.POD, Authority.CONTROLLER_MANAGER),
    ("kube-controller-manager", "service-cluster-ip-range"): (Role.SERVICE, Authority.CONTROLLER_MANAGER),
    ("kube-apiserver", "service-cluster-ip-range"): (Role.SERVICE, Authority.API_SERVER),
    ("kube-proxy", "cluster-cidr"): (Role.POD, Authority.SERVICE_PROXY),
}
"""The role of the ranges in a flag of a program, and who declares them by it."""
NODE_MASK_FLAGS = (
    "allocate-node-cidrs",
    "node-cidr-mask-size",
    "node-cidr-mask-size-ipv4",
    "node-cidr-mask-size-ipv6",
)


def command_lines(pods: Pods, program: str) -> Iterator[tuple[Subject, CommandLine]]:
    """Distinct command lines of a program's live pods, each with the first pod that has it."""
    for row, line in pods.command_lines[program]:
        yield pods.subject(row), line


def of_flags(view: SnapshotView) -> DeclaredRanges:
    """The ranges in the flags of the control plane's pods."""
    for (program, flag), (role, authority) in FLAGS.items():
        for subject, line in command_lines(view.pods, program):
            setting = settings.flags(line.words).get(flag)
            if setting is not None:
                path = ("spec", "containers", 0, *line.field(setting.position))
                yield from RangeSource(role, authority, subject).cidrs(path, settings.words(setting.value))


@dataclass(frozen=True, slots=True)
class RepeatedFlag:
    """A flag that a command line gives different values; the last one counts."""

    subject: Subject
    path: Path
    program: str
    name: str
    values: tuple[str, ...]


def repeated_flags(pods: Pods) -> Iterator[RepeatedFlag]:
    """Repeated flags that declare ranges, or how they are divided; none of them adds its values up."""
    names = {*FLAGS, *(("kube-controller-manager", name) for name in NODE_MASK_FLAGS)}
    for program in dict.fromkeys(program for program, _ in sorted(names)):
        for subject, line in command_lines(pods, program):
            for name, setting in settings.flags(line.words).items():
                if (program, name) in names and len(set(setting.values)) > 1:
                    path = ("spec", "containers", 0, *line.field(setting.position))
                    yield RepeatedFlag(subject, path, program, name, setting.values)


def of_kubeadm(view: SnapshotView) -> DeclaredRanges:
    """What kubeadm was told when it made the cluster; nobody updates it afterwards."""
    config_map = view.config_maps.get(("kube-system", "kubeadm-config"))
    if config_map is None:
        return
    path: Path = ("data", "ClusterConfiguration")
    try:
        config = settings.document((config_map.data or {}).get("ClusterConfiguration", ""))
    except ValueError as error:
        yield MalformedRange(subject_of(config_map), path, str(error))
        return
    for key, role in (("podSubnet", Role.POD), ("serviceSubnet", Role.SERVICE)):
        subnets = settings.words(settings.at(config, "networking", key))
        yield from RangeSource(role, Authority.KUBEADM, subject_of(config_map)).cidrs(path, subnets)


def of_service_proxy(view: SnapshotView) -> DeclaredRanges:
    """The pod range that kube-proxy's configuration names."""
    config_map = view.config_maps.get(("kube-system", "kube-proxy"))
    if config_map is None:
        return
    path: Path = ("data", "config.conf")
    try:
        config = service_proxy_settings(config_map)
    except ValueError as error:
        yield MalformedRange(subject_of(config_map), path, str(error))
        return
    source = RangeSource(Role.POD, Authority.SERVICE_PROXY, subject_of(config_map))
    yield from source.cidrs(path, settings.words(config.get("clusterCIDR")))


def service_proxy_settings(config_map: ConfigMap) -> dict[str, object]:
    """The KubeProxyConfiguration in a ConfigMap. Raises ValueError where it cannot be read."""
    return settings.document((config_map.data or {}).get("config.conf", ""))
