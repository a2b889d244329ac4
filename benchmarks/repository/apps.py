"""All manifests of one app, and the faults that can be planted in them."""

from dataclasses import replace
from random import Random
from typing import Any

from repository import companions, settings, workloads
from repository.blueprints import Blueprint

Tree = dict[str, Any]
Finding = tuple[str, str, str, str]


def manifests(random: Random, app: Blueprint) -> list[Tree]:
    """Workloads first, then what stands beside them."""
    found = [workloads.workload(random, app)]
    main = companions.service(random, app, headless=app.kind == "StatefulSet")
    found.append(main)
    if random.random() < 0.25:
        found.append(companions.service(random, app, f"{app.name}-{random.choice(('internal', 'lb', 'read'))}"))
    found += _optional(random, app, main)
    for number in range(random.choice((0, 1, 1, 2, 3))):
        name = f"{app.name}-config" if not number else f"{app.name}-{random.choice(('files', 'env', 'extra'))}-{number}"
        found.append(settings.config_map(random, app, name))
    if random.random() < 0.25:
        found.append(workloads.workload(random, _worker(random, app)))
    for job in random.sample(("backup", "cleanup", "report", "sync"), random.choices((0, 1, 2), (65, 28, 7))[0]):
        found.append(workloads.cron_job(random, app, f"{app.name}-{job}"))
    if random.random() < 0.15:
        random.shuffle(found)
    return found


def _optional(random: Random, app: Blueprint, main: Tree) -> list[Tree]:
    found: list[Tree] = []
    if random.random() < 0.7:
        found += companions.account(random, app)
    if app.ports[0][0] in ("http", "web", "api") and app.kind == "Deployment" and random.random() < 0.7:
        found.append(companions.ingress(random, app, main))
    if app.kind != "DaemonSet":
        found += [companions.autoscaler(random, app)] if random.random() < 0.4 else []
        found += [companions.disruption_budget(random, app)] if random.random() < 0.5 else []
    for name in random.sample(("ingress", "allow", "restrict"), random.choices((0, 1, 2), (40, 45, 15))[0]):
        found.append(companions.policy(random, app, f"{app.name}-{name}"))
    for rate, make in (
        (0.25, companions.claim),
        (0.15, companions.certificate),
        (0.3, companions.secret),
        (0.01, companions.custom_resource_definition),
    ):
        found += [make(random, app)] if random.random() < rate else []
    found += [companions.service_monitor(random, app, main)] if random.random() < 0.25 else []
    found += [companions.external_service(app)] if random.random() < 0.05 else []
    return found


def _worker(random: Random, app: Blueprint) -> Blueprint:
    """A second Deployment, which no Service selects."""
    name = f"{app.name}-worker"
    selector = {"app": name} if random.random() < 0.5 else {"app.kubernetes.io/instance": name}
    return replace(app, name=name, kind="Deployment", labels=selector | {"team": app.team}, selector=selector, ports=())


def namespaces(team: str) -> list[Tree]:
    names = (team, f"{team}-prod")
    found: list[Tree] = []
    for name in names:
        labels = {"kubernetes.io/metadata.name": name, "team": team}
        found.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        quota = {"hard": {"requests.cpu": "200", "requests.memory": "400Gi", "pods": "500"}}
        place = {"name": "quota", "namespace": name}
        found.append({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": place, "spec": quota})
    return found


def ingress_classes() -> list[Tree]:
    default = {"ingressclass.kubernetes.io/is-default-class": "true"}
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": name} | ({"annotations": default} if name == "nginx" else {}),
            "spec": {"controller": "k8s.io/ingress-nginx"},
        }
        for name in ("nginx", "internal")
    ]


RULES = ("services-without-pods", "unmatched-target-ports", "conflicting-container-ports")
AT_FULL_SIZE = 10  # faults of each rule in 20,000 objects


def plant(random: Random, rule: str, app: Blueprint, trees: list[Tree]) -> Finding:
    """Adds one fault to the manifests of an app."""
    if rule == "conflicting-container-ports":
        pods = next(tree for tree in trees if tree["kind"] == app.kind and tree["metadata"]["name"] == app.name)
        _, number, protocol = app.ports[0]
        port = {"containerPort": number, "name": "side", "protocol": protocol}
        sidecar = {"name": "debug-proxy", "image": "docker.io/example/debug-proxy:3", "ports": [port]}
        pods["spec"]["template"]["spec"]["containers"].append(sidecar)
        return rule, app.kind, app.namespace, app.name
    name = f"{app.name}-{'next' if rule == 'services-without-pods' else 'beta'}"
    extra = companions.service(random, app, name)
    if rule == "services-without-pods":
        extra["spec"]["selector"] = _near_miss(random, app)
    else:
        extra["spec"]["ports"] = [{"name": "web", "port": 80, "targetPort": "http-backend"}]
    trees.append(extra)
    return rule, "Service", app.namespace, name


def _near_miss(random: Random, app: Blueprint) -> dict[str, str]:
    """Selectors as people get them wrong."""
    key = list(app.selector)[-1]
    wrong_value = dict(app.selector) | {key: f"{app.selector[key]}-svc"}
    wrong_key = {name: value for name, value in app.selector.items() if name != key} | {
        f"{key}-name": app.selector[key]
    }
    too_narrow = dict(app.selector) | {"version": "v2"}
    return random.choice((wrong_value, wrong_key, too_narrow))
