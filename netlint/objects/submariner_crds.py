"""Submariner's objects (submariner.io/v1, submariner.io/v1alpha1): the clusters that are joined.

Source: github.com/submariner-io/submariner, pkg/apis/submariner.io/v1/types.go; submariner-operator, api/v1alpha1.
"""

from __future__ import annotations

from msgspec import Struct, field

from netlint.objects.meta import Object


class ClusterSpec(Struct, gc=False):
    """``spec`` of a Cluster; with Globalnet other clusters see only ``global_cidr``."""

    cluster_id: str | None = None
    cluster_cidr: list[str] | None = None
    service_cidr: list[str] | None = None
    global_cidr: list[str] | None = None


class SubmarinerCluster(Object, gc=False):
    """One of the joined clusters, the own one too."""

    spec: ClusterSpec = field(default_factory=ClusterSpec)


class EndpointSpec(Struct, gc=False):
    """``spec`` of an Endpoint: what is routed to a cluster."""

    cluster_id: str | None = None
    subnets: list[str] | None = None


class SubmarinerEndpoint(Object, gc=False):
    """A gateway of one of the joined clusters."""

    spec: EndpointSpec = field(default_factory=EndpointSpec)


class SubmarinerSpec(Struct, gc=False):
    """``spec`` of a Submariner."""

    clusterID: str | None = None


class Submariner(Object, gc=False):
    """What the operator installs; it says which of the clusters is the own one."""

    spec: SubmarinerSpec = field(default_factory=SubmarinerSpec)
