"""Variety: a cluster in which nothing is like anything else, with names and labels up to the limits of Kubernetes.

In the plain plan thousands of pods say the same of themselves, and readers may live on that. Here every app has
labels, ports and annotations of its own, every pod has some more, and names are as long as they may be: 63 characters
where controllers generate them, up to 253 for the pods that a workflow engine makes itself. Who selects whom, and
where everything runs, stays as it was planned.
"""

from dataclasses import replace
from typing import Any

from cluster.apps import App, Catalogue, Port, Service, ServicePort
from cluster.identity import digest, mix, moment, template_hash, uid
from cluster.words import DOMAINS, QUALIFIERS, STAGES

Tree = dict[str, Any]

WORKFLOW = "Workflow"
LONGEST_APP = 46  # so that the pods of its ReplicaSets and Jobs have names of at most 63 characters
LONGEST_SERVICE = 56  # so that its slices have
LONGEST_LABEL = 63
LONGEST_SELECTED = 59  # so that a planted fault may append to it
_LONGEST_POD = 253
_LONGEST_PORT = 15
_TO_VOWELS = str.maketrans("2456789", "aeiouya")  # kubectl sorts keys that differ in digits in no order at all
_HOST_PORTS = range(10_300, 29_000)


def varied(catalogue: Catalogue, seed: int) -> Catalogue:
    """The same plan, told in other words."""
    namespaces = {name: _lengthened(name, LONGEST_LABEL, seed) for name in catalogue.namespaces}
    apps = {app.index: _app(app, namespaces[app.namespace], seed) for app in catalogue.apps}
    services = [_service(service, namespaces[service.namespace], apps, seed) for service in catalogue.services]
    return Catalogue(sorted(namespaces.values()), list(apps.values()), services)


def _lengthened(name: str, longest: int, *parts: int) -> str:
    """The name with words and digits behind it, up to a length that is nearly the longest; the same for the same."""
    bits = mix(*name.encode(), *parts)
    words = f"{QUALIFIERS[bits % len(QUALIFIERS)]}-{DOMAINS[bits % len(DOMAINS)]}-{STAGES[bits % len(STAGES)]}"
    room = longest - (bits >> 40) % 8
    return f"{name}-{words}-{digest(bits)}"[: max(room, len(name))].rstrip("-")


def _app(app: App, namespace: str, seed: int) -> App:
    code = mix(*namespace.encode())
    labels = {key: _lengthened(value, LONGEST_SELECTED, code) for key, value in app.labels.items()}
    return replace(
        app,
        namespace=namespace,
        name=_lengthened(app.name, LONGEST_APP, code),
        kind=WORKFLOW if app.kind == "CronJob" and app.index % 2 else app.kind,
        labels=labels | _app_labels(app, seed),
        selector={key: labels[key] for key in app.selector},
        ports=_ports(app, app.ports, code),
        older_ports=_ports(app, app.older_ports, code),
        is_varied=True,
    )


def _app_labels(app: App, seed: int) -> dict[str, str]:
    """What deployment tools add, and labels with keys of a team's own."""
    own = digest(seed, app.index)
    release = f"{app.name}-{own}"[:LONGEST_LABEL]
    return {
        "argocd.argoproj.io/instance": release,
        "helm.sh/chart": f"{app.name}-{mix(app.index) % 90}.{app.index % 30}.{app.index % 11}",
        f"{own[:8]}.teams.example.com/{DOMAINS[app.index % len(DOMAINS)]}-cost-center": own[8:48],
        "vcs.example.com/commit": own[:40],
    }


def _ports(app: App, ports: tuple[Port, ...], code: int) -> tuple[Port, ...]:
    """Names and numbers of the namespace's own; the only pod of an app may take a port of its node."""
    shift = _shift(code)
    taken = _HOST_PORTS[app.index % len(_HOST_PORTS)] if app.replicas == 1 and app.index % 3 == 0 else 0
    return tuple(
        replace(
            port,
            name=_port_name(port.name, code),
            number=port.number + shift,
            host_port=taken if taken and position == 0 and app.index < len(_HOST_PORTS) else port.host_port,
        )
        for position, port in enumerate(ports)
    )


def _shift(code: int) -> int:
    return code % 20_000


def _port_name(name: str, code: int) -> str:
    return f"{name[:9].rstrip('-')}-{template_hash(code)}"[:_LONGEST_PORT]


def _service(service: Service, namespace: str, apps: dict[int, App], seed: int) -> Service:
    code = mix(*namespace.encode())
    own = tuple(apps[app.index] for app in service.apps)
    named = service.apps and service.name == service.apps[0].name
    if service.external:
        return replace(service, namespace=namespace)
    return replace(
        service,
        namespace=namespace,
        name=own[0].name if named else _lengthened(service.name, LONGEST_SERVICE, code, seed),
        ports=tuple(_service_port(port, service.headless, code) for port in service.ports),
        selector=own[0].selector,
        apps=own,
    )


def _service_port(port: ServicePort, headless: bool, code: int) -> ServicePort:
    shift, target = _shift(code), port.target
    return replace(
        port,
        port=port.port + shift if headless else port.port,
        target=_port_name(target, code) if isinstance(target, str) else target + shift,
    )


def pod_labels(app: App, ordinal: int, name: str) -> dict[str, str]:
    """Labels that no other pod has: ids that engines and meshes write."""
    own = digest(app.index, ordinal)
    return {
        "batch.example.com/run-id": uid(app.index, ordinal, 91),
        "service.istio.io/canonical-revision": own[:LONGEST_LABEL],
        "trace.example.com/pod": name[:LONGEST_LABEL].rstrip("-"),
        f"{own[:6]}.flags.example.com/{QUALIFIERS[ordinal % len(QUALIFIERS)]}": own[6:26],
    }


def pod_annotations(app: App, ordinal: int, addresses: list[str]) -> dict[str, str]:
    """What network plugins, injectors and schedulers write about one pod; half of the keys are its own, too."""
    own = digest(app.index, ordinal, 1)
    return {
        "cni.projectcalico.org/containerID": own,
        "cni.projectcalico.org/podIPs": ",".join(addresses),
        f"{own[:6]}.vault.example.com/agent-inject-{own[6:12]}": f"secret/data/{app.name}/{own[:12]}",
        f"{own[12:18]}.backup.example.com/volumes": ",".join(own[start : start + 4] for start in range(18, 62, 4)),
    }


def readiness_gates(app: App, ordinal: int) -> list[str]:
    """The condition types that must be True before the pod is ready."""
    return [f"target-health.elbv2.k8s.aws/{app.name[:40]}-{template_hash(app.index, ordinal)}"]


def workflow_pod_name(app: App, ordinal: int) -> str:
    """A name as long as a pod's may be, which is the engine's own choice."""
    own = f"{digest(app.index, ordinal, 2)}{digest(app.index, ordinal, 3)}"
    steps = f"{app.name}-{own[:20]}-step-{ordinal}-{own[20:]}-{own}"
    return steps[: _LONGEST_POD - 6].rstrip("-")


def node_labels(node: int) -> dict[str, str]:
    """What node feature discovery finds, as on machines of which no two are alike."""
    own = digest(node, 81)
    features = {
        f"feature.node.kubernetes.io/cpu-{template_hash(node, at).translate(_TO_VOWELS)}": f"v{own[at:]}"
        for at in range(1, 60, 3)
    }
    return features | {
        "example.com/rack": own[:LONGEST_LABEL],
        f"{own[:12]}.hardware.example.com/serial": uid(node, 82),
    }


def node_annotations(node: int) -> dict[str, str]:
    """What agents of the node write; the first is as large as those of storage drivers are."""
    own = digest(node, 83)
    drivers = ",".join(f'"{own[at : at + 8]}.csi.example.com":"{uid(node, at)}"' for at in range(0, 48, 4))
    return {
        "csi.volume.kubernetes.io/nodeid": f"{{{drivers}}}",
        f"{own[:10]}.agents.example.com/last-applied": moment(mix(node, 84) % 900_000),
    }
