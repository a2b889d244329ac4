"""The whole cluster as one stream of objects, in the order in which an export lists them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from cluster import declarations, system
from cluster.addresses import MOST_NODES, AddressPlan
from cluster.apps import Catalogue, Planner, Service, plan_namespaces
from cluster.faults import EndpointSpoiler, FaultPlanner, Finding, NodeFaults, plan_node_faults
from cluster.node_objects import node_name, node_object
from cluster.pod_objects import pod_object
from cluster.pods import Placement, Pod
from cluster.service_objects import SliceWriter, service_object
from cluster.variety import varied

Tree = dict[str, Any]

NODES, PODS, SERVICES, POLICIES, NAMESPACES = 5_000, 150_000, 10_000, 2_000, 300
VARIED_NAMESPACES = 3_000


@dataclass(frozen=True)
class Settings:
    scale: float = 1.0
    seed: int = 1
    dual_stack: bool = False
    faults: bool = False
    ip_addresses: bool = False
    variety: bool = False

    def scaled(self, number: int, least: int) -> int:
        return max(least, round(number * self.scale))


class Cluster:
    """The plan of a cluster; memory grows with the number of apps, not with that of objects or bytes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        nodes = settings.scaled(NODES, 10)
        if nodes > MOST_NODES:
            raise ValueError(f"the pod range has no room for more than {MOST_NODES} nodes")
        random = Random(settings.seed)
        self.control_planes = 3
        plain = AddressPlan(nodes, settings.dual_stack)
        self.node_faults = NodeFaults()
        if settings.faults:
            self.node_faults = plan_node_faults(random, settings.scale, plain, self.control_planes)
        faults = self.node_faults
        self.addresses = AddressPlan(nodes, settings.dual_stack, faults.declared, faults.moved)
        self.placement = Placement(settings.seed, self.addresses, self.control_planes, frozenset(faults.without_range))
        self.daemons = system.daemon_sets(self.addresses, len(self.placement.with_range))
        self.findings: list[Finding] = list(faults.findings)
        self.catalogue = self._plan(random)

    def _plan(self, random: Random) -> Catalogue:
        settings, workers = self.settings, self.placement.workers
        apps = [
            *self.daemons,
            *system.static_pods(self.addresses, self.control_planes),
            *system.add_ons(workers),
        ]
        services = system.services(self.addresses, self.control_planes, apps)
        pods = settings.scaled(PODS, 300) - sum(app.replicas for app in apps)
        names = plan_namespaces(settings.scaled(VARIED_NAMESPACES if settings.variety else NAMESPACES, 6))
        planner = Planner(random, names)
        catalogue = planner.plan(pods, settings.scaled(SERVICES, 20) - len(services))
        if settings.variety:
            catalogue = varied(catalogue, settings.seed)
        if settings.faults:
            self._plant(random, catalogue)
        catalogue.apps.extend(apps)
        catalogue.services.extend(services)
        return catalogue

    def _plant(self, random: Random, catalogue: Catalogue) -> None:
        healthy = [node for node in self.placement.workers if node not in self.node_faults.touched]
        planner = FaultPlanner(random, self.settings.scale, self.addresses, healthy)
        planner.plant(catalogue)
        self.findings += planner.resolve(lambda app: next(self.placement.pods(app)).name)

    def expected(self) -> list[Tree]:
        """The findings that must be reported, sorted."""
        return [
            {"rule": rule, "subject": {"kind": kind, "namespace": namespace, "name": name}}
            for rule, kind, namespace, name in sorted(set(self.findings))
        ]

    def objects(self) -> Iterator[Tree]:
        yield from self.nodes()
        yield from self.pods()
        yield from self.services()
        yield from self.slices()
        yield from self.policies()
        yield from self.others()

    def nodes(self) -> Iterator[Tree]:
        names = {node_name(node, self.control_planes): node for node in range(self.addresses.nodes)}
        for name in sorted(names):
            yield node_object(names[name], self.addresses, self.control_planes, self.settings.variety)

    def pods(self) -> Iterator[Tree]:
        governing = {(service.namespace, service.name) for service in self.catalogue.services if service.headless}
        for apps in _by_namespace(self.catalogue.apps):
            pods = sorted((pod for app in apps for pod in self.placement.pods(app)), key=lambda pod: pod.name)
            for pod in pods:
                app = pod.app
                subdomain = app.name if (app.namespace, app.name) in governing else ""
                hosts = self.addresses.node_addresses(pod.node)
                yield pod_object(pod, node_name(pod.node, self.control_planes), hosts, subdomain)

    def services(self) -> Iterator[Tree]:
        for services in _by_namespace(self.catalogue.services):
            for service in sorted(services, key=lambda service: service.name):
                yield service_object(service, self.addresses)

    def slices(self) -> Iterator[Tree]:
        healthy = [node for node in self.placement.workers if node not in self.node_faults.touched]
        spoil = EndpointSpoiler(self.addresses, healthy, self.control_planes)
        writer = SliceWriter(self.addresses, self.control_planes, self._selected, spoil)
        for services in _by_namespace(self.catalogue.services):
            for service in sorted(services, key=lambda service: service.name):
                yield from writer.slices(service)

    def _selected(self, service: Service) -> Iterable[Pod]:
        for app in service.apps:
            yield from self.placement.pods(app)

    def policies(self) -> Iterator[Tree]:
        random = Random(self.settings.seed + 1)
        open_apps = [app for app in self.catalogue.apps if app.ports and app.index < system.FIRST_INDEX]
        chosen = random.sample(open_apps, min(len(open_apps), self.settings.scaled(POLICIES, 4)))
        for number, app in enumerate(sorted(chosen, key=lambda app: (app.namespace, app.name))):
            sources = sorted({app.namespace, *random.sample(self.catalogue.namespaces, 3), "monitoring"})
            yield declarations.network_policy(app, number, sources)

    def others(self) -> Iterator[Tree]:
        for name in sorted([*system.NAMESPACES, *self.catalogue.namespaces]):
            yield declarations.namespace_object(name)
        yield from declarations.config_maps(self.addresses)
        for app in sorted(self.daemons, key=lambda app: (app.namespace, app.name)):
            yield declarations.daemon_set_object(app, app.replicas)
        yield declarations.service_cidr(self.addresses)
        if self.settings.ip_addresses:
            for service in self.catalogue.services:
                yield from declarations.ip_addresses(service, self.addresses)


def _by_namespace(things: Iterable[Any]) -> Iterator[list[Any]]:
    groups: dict[str, list[Any]] = {}
    for thing in things:
        groups.setdefault(thing.namespace, []).append(thing)
    for namespace in sorted(groups):
        yield groups[namespace]
