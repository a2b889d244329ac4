"""What the control plane is told: flags of its pods, kubeadm's and kube-proxy's configuration.

Source: kubernetes.io/docs/reference/command-line-tools-reference, config-api/kubeadm-config.v1beta4,
config-api/kube-proxy-config.v1alpha1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netlint.findings import Subject
from netlint.model import settings
from netlint.model.declared.declarations import Authority, Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.pods import Pods
from netlint.model.subjects import subject_of
from netlint.objects.core import ConfigMap
from netlint.objects.meta import Path
from netlint.snapshot.pod_table import CommandLine

Found = Iterator[Declaration | MalformedRange]

FLAGS = {
    ("kube-controller-manager", "cluster-cidr"): (Role.POD, Authority.CONTROLLER_MANAGER),
    ("kube-controller-manager", "service-cluster-ip-range"): (Role.SERVICE, Authority.CONTROLLER_MANAGER),
    ("kube-apiserver", "service-cluster-ip-range"): (Role.SERVICE, Authority.API_SERVER),
    ("kube-proxy", "cluster-cidr"): (Role.POD, Authority.SERVICE_PROXY),
}


DIVIDING = (
    "allocate-node-cidrs",
    "node-cidr-mask-size",
    "node-cidr-mask-size-ipv4",
    "node-cidr-mask-size-ipv6",
)


def command_lines(pods: Pods, program: str) -> Iterator[tuple[Subject, CommandLine]]:
    """The different command lines of a program's live pods, each with the first pod that has it."""
    for row, line in pods.command_lines[program]:
        yield pods.subject(row), line


def of_flags(view: SnapshotView) -> Found:
    """The ranges in the flags of the control plane's pods."""
    for (program, flag), (role, authority) in FLAGS.items():
        for subject, line in command_lines(view.pods, program):
            given = settings.flags(line.words).get(flag)
            if given is not None:
                path = ("spec", "containers", 0, *line.field(given.position))
                yield from RangeSource(role, authority, subject).cidrs(path, settings.words(given.value))


@dataclass(frozen=True, slots=True)
class RepeatedFlag:
    """A flag that a command line gives different values; the last one counts."""

    subject: Subject
    path: Path
    program: str
    name: str
    values: tuple[str, ...]


def repeated_flags(pods: Pods) -> Iterator[RepeatedFlag]:
    """Those that declare ranges, or how they are divided; lists that add up are none of them."""
    names = {*FLAGS, *(("kube-controller-manager", name) for name in DIVIDING)}
    for program in dict.fromkeys(program for program, _ in sorted(names)):
        for subject, line in command_lines(pods, program):
            for name, given in settings.flags(line.words).items():
                if (program, name) in names and len(set(given.values)) > 1:
                    path = ("spec", "containers", 0, *line.field(given.position))
                    yield RepeatedFlag(subject, path, program, name, given.values)


def of_kubeadm(view: SnapshotView) -> Found:
    """What kubeadm was told when it made the cluster; nobody updates it afterwards."""
    found = view.config_maps.get(("kube-system", "kubeadm-config"))
    if found is None:
        return
    path: Path = ("data", "ClusterConfiguration")
    try:
        declared = settings.document((found.data or {}).get("ClusterConfiguration", ""))
    except ValueError as error:
        yield MalformedRange(subject_of(found), path, str(error))
        return
    for key, role in (("podSubnet", Role.POD), ("serviceSubnet", Role.SERVICE)):
        subnets = settings.words(settings.at(declared, "networking", key))
        yield from RangeSource(role, Authority.KUBEADM, subject_of(found)).cidrs(path, subnets)


def of_service_proxy(view: SnapshotView) -> Found:
    """The pod range that kube-proxy's configuration names."""
    found = view.config_maps.get(("kube-system", "kube-proxy"))
    if found is None:
        return
    path: Path = ("data", "config.conf")
    try:
        declared = service_proxy_settings(found)
    except ValueError as error:
        yield MalformedRange(subject_of(found), path, str(error))
        return
    source = RangeSource(Role.POD, Authority.SERVICE_PROXY, subject_of(found))
    yield from source.cidrs(path, settings.words(declared.get("clusterCIDR")))


def service_proxy_settings(found: ConfigMap) -> dict[str, object]:
    """The KubeProxyConfiguration in a ConfigMap. Raises ValueError where it cannot be read."""
    return settings.document((found.data or {}).get("config.conf", ""))
