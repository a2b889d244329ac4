"""The cluster's Services as checks ask for them: their endpoints, their slices, their selectors and node ports."""

from __future__ import annotations

from functools import cached_property

from netlint.model.declared.controllers import Controller, is_disabled
from netlint.model.declared.release import Release, release
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.pods.selection import Selection
from netlint.model.services.node_ports import NodePort, PortRange, claimed_node_ports, served_ranges
from netlint.model.services.recomputed_slices import EndpointModel
from netlint.model.services.service_ports import FIND_SIDECARS


class ClusterServices:
    """Every Service, worked out when first asked for."""

    def __init__(self, view: SnapshotView) -> None:
        """Nothing is computed before it is asked for."""
        self._view = view

    @cached_property
    def endpoints(self) -> EndpointModel:
        """Services held against their slices."""
        view = self._view
        nodes = set(view.node_named)
        complete = view.is_complete("Node")
        overlooks = self.release is not None and self.release.number < FIND_SIDECARS
        replaced = is_disabled(Controller.SLICES, view.pods)
        return EndpointModel(view.services, view.pods, view.slices, nodes if complete else None, overlooks, replaced)

    @cached_property
    def release(self) -> Release | None:
        """The release that the control plane runs, as far as the input shows it."""
        return release(self._view)

    @cached_property
    def pod_at(self) -> dict[tuple[int, int], list[int]]:
        """Live pods by family and address, where slices that no controller looks after name the address."""
        slices = self._view.slices
        wanted = {
            (family, address)
            for number in slices.foreign
            for row in slices.endpoints(number)
            for family in (4, 6)
            if (address := slices.address(row, family))
        }
        return self._view.pods.at(wanted)

    @cached_property
    def named_target_ports(self) -> set[tuple[str, str]]:
        """The names of container ports that Services lead to, with the namespace of each."""
        return {
            (service.namespace, port.targetPort)
            for service in self._view.services
            for port in service.spec.ports or ()
            if isinstance(port.targetPort, str)
        }

    @cached_property
    def node_ports(self) -> list[NodePort]:
        """Every node port that a Service claims."""
        return list(claimed_node_ports(self._view.services))

    @cached_property
    def node_port_ranges(self) -> list[PortRange]:
        """The node ports that the API servers give out; empty where the input shows none of them."""
        return served_ranges(self._view.pods)

    @cached_property
    def selection(self) -> Selection:
        """What the selectors of Services select."""
        return Selection(self._view.pods, lambda: self._view.templates)
