"""Objects of cloud providers' networks: ENIConfig (AWS), Network (OpenShift).

Source: github.com/aws/amazon-vpc-cni-k8s, pkg/apis/crd/v1alpha1; github.com/openshift/api, config/v1.
"""

from __future__ import annotations

from msgspec import Struct, field

from netlint.objects.meta import Object


class ENIConfigSpec(Struct, gc=False):
    """``spec`` of an ENIConfig."""

    subnet: str | None = None


class ENIConfig(Object, gc=False):
    """The subnet of pods on the nodes that name it."""

    spec: ENIConfigSpec = field(default_factory=ENIConfigSpec)


class ClusterNetworkEntry(Struct, gc=False):
    """One entry of ``clusterNetwork``."""

    cidr: str | None = None
    hostPrefix: int | None = None


class NetworkStatus(Struct, gc=False):
    """``status`` of the cluster's Network: what is in force."""

    clusterNetwork: list[ClusterNetworkEntry] | None = None
    serviceNetwork: list[str] | None = None
    networkType: str | None = None
    clusterNetworkMTU: int | None = None


class Network(Object, gc=False):
    """OpenShift's network; there is one, named ``cluster``."""

    status: NetworkStatus = field(default_factory=NetworkStatus)
