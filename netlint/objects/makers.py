"""Objects from which a controller makes others: what stands in no manifest may come from them.

They are known by API group and kind. A group that nobody here knows may make anything; those of Kubernetes itself,
whose controllers make pods, slices and nothing else that rules miss, and those of well-known controllers that only
configure what is there make nothing.
"""

from __future__ import annotations

import re

from msgspec import Struct, field

from netlint.objects.meta import group_of

_KUBERNETES = re.compile(r"[a-z]*|(.+\.)?k8s\.io")
"""Groups of Kubernetes and of its projects, such as gateway.networking.k8s.io; x-k8s.io has some that make objects."""
_CONFIGURE = frozenset(
    [
        "acme.cert-manager.io",
        "bitnami.com",
        "cert-manager.io",
        "cilium.io",
        "configuration.konghq.com",
        "crd.k8s.amazonaws.com",
        "crd.projectcalico.org",
        "dex.coreos.com",
        "elbv2.k8s.aws",
        "extensions.istio.io",
        "external-secrets.io",
        "externaldns.k8s.io",
        "generators.external-secrets.io",
        "gateway.networking.x-k8s.io",
        "getambassador.io",
        "hub.traefik.io",
        "image.toolkit.fluxcd.io",
        "k8s.cni.cncf.io",
        "k8s.nginx.org",
        "keda.sh",
        "kubevip.io",
        "kyverno.io",
        "linkerd.io",
        "metallb.io",
        "networking.gke.io",
        "networking.istio.io",
        "notification.toolkit.fluxcd.io",
        "policy.linkerd.io",
        "projectcalico.org",
        "projectcontour.io",
        "security.istio.io",
        "source.toolkit.fluxcd.io",
        "splitting.policy.linkerd.io",
        "telemetry.istio.io",
        "traefik.containo.us",
        "traefik.io",
        "trust.cert-manager.io",
        "velero.io",
        "whereabouts.cni.cncf.io",
    ]
)
"""Groups whose objects configure what is there already, or make Secrets and ConfigMaps only."""
_CONFIGURING_KINDS = frozenset(
    [
        ("argoproj.io", "AppProject"),
        ("argoproj.io", "WorkflowTemplate"),
        ("kustomize.toolkit.fluxcd.io", "Kustomization"),
        ("monitoring.coreos.com", "AlertmanagerConfig"),
        ("monitoring.coreos.com", "PodMonitor"),
        ("monitoring.coreos.com", "Probe"),
        ("monitoring.coreos.com", "PrometheusRule"),
        ("monitoring.coreos.com", "ScrapeConfig"),
        ("monitoring.coreos.com", "ServiceMonitor"),
    ]
)
"""Kinds that configure, in groups that have others which make objects."""


class MakerMeta(Struct, gc=False):
    """``metadata`` of a maker."""

    name: str | None = None
    namespace: str | None = None


class Destination(Struct, gc=False):
    """``spec.destination`` of Argo CD's Application."""

    namespace: str | None = None


class MakerSpec(Struct, gc=False):
    """Where a maker puts its objects, if not beside itself: Flux' HelmRelease and k3s' HelmChart name a namespace."""

    targetNamespace: str | None = None
    destination: Destination | None = None


class Maker(Struct, gc=False):
    """An object from which a controller may make Services, workloads and others."""

    kind: str = ""
    metadata: MakerMeta = field(default_factory=MakerMeta)
    spec: MakerSpec | None = None

    @property
    def target(self) -> str:
        """The namespace of what it makes; empty where that is the one of what stands beside it."""
        spec = self.spec or MakerSpec()
        destination = spec.destination.namespace if spec.destination else None
        return spec.targetNamespace or destination or self.metadata.namespace or ""


def may_make(api_version: str, kind: str) -> bool:
    """Whether objects of this kind may have others made from them."""
    group = group_of(api_version)
    return not (_KUBERNETES.fullmatch(group) or group in _CONFIGURE or (group, kind) in _CONFIGURING_KINDS)
