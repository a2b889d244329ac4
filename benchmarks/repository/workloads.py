"""Deployments, StatefulSets, DaemonSets, CronJobs and Jobs; hardly two are alike."""

from random import Random
from typing import Any

from cluster.words import ENVIRONMENT

from repository.blueprints import Blueprint, Ports
from repository.handwriting import Alias, Anchored, Flow

Tree = dict[str, Any]

_CPU = ("50m", "100m", "250m", "500m", "1", "2")
_MEMORY = ("64Mi", "128Mi", "256Mi", "512Mi", "1Gi", "2G")
_SIDECARS = (
    ("envoy", 15_001),
    ("oauth2-proxy", 4180),
    ("log-shipper", 24_224),
    ("exporter", 9187),
    ("otel", 4317),
)


def maybe(random: Random, rate: float, **members: Any) -> Tree:
    """The members, at this rate."""
    return members if random.random() < rate else {}


def metadata(random: Random, app: Blueprint, name: str = "") -> Tree:
    """Name, namespace and, in changing order and number, labels and annotations."""
    found: Tree = {"name": name or app.name, "namespace": app.namespace}
    labels = maybe(random, 0.85, labels=dict(app.labels))
    annotations = maybe(random, 0.3, annotations=_annotations(random, app))
    if random.random() < 0.2:
        return labels | found | annotations
    return found | annotations | labels if random.random() < 0.3 else found | labels | annotations


def _annotations(random: Random, app: Blueprint) -> dict[str, str]:
    pool = {
        "example.com/owner": f"{app.team}@example.com",
        "example.com/description": f"Serves the {app.name} of {app.team}; the handbook has the on-call rota",
        "argocd.argoproj.io/sync-wave": str(random.randint(-5, 20)),
        "reloader.stakater.com/auto": "true",
        "example.com/reviewed": "2026-03-14",
        "example.com/runbook": f"https://runbooks.example.com/{app.team}/{app.name}#alerts",
        "example.com/tags": '["stateless", "public"]',
    }
    return {key: pool[key] for key in random.sample(sorted(pool), random.randint(1, 3))}


def workload(random: Random, app: Blueprint) -> Tree:
    """The app's main workload, or one like it."""
    labels: Any = dict(app.labels)
    selector: Any = {"matchLabels": dict(app.selector)}
    if app.labels == app.selector and random.random() < 0.08:
        anchored = Anchored(app.selector)
        anchored.anchor = "labels"
        selector, labels = {"matchLabels": anchored}, Alias("labels")
    elif random.random() < 0.04:
        key, value = next(iter(app.selector.items()))
        selector = {"matchExpressions": [{"key": key, "operator": "In", "values": Flow([value])}]}
    template = {
        "metadata": {"labels": labels} | maybe(random, 0.25, annotations={"prometheus.io/scrape": "true"}),
        "spec": pod_spec(random, app, app.ports),
    }
    spec = {"selector": selector} | _rollout(random, app) | {"template": template}
    return {"apiVersion": "apps/v1", "kind": app.kind, "metadata": metadata(random, app), "spec": spec}


def _rollout(random: Random, app: Blueprint) -> Tree:
    match app.kind:
        case "StatefulSet":
            claim = {
                "metadata": {"name": "data"},
                "spec": {
                    "accessModes": Flow(["ReadWriteOnce"]),
                    **maybe(random, 0.6, storageClassName=random.choice(("fast-ssd", "standard", "gp3"))),
                    "resources": {"requests": {"storage": f"{random.choice((5, 10, 50, 200))}Gi"}},
                },
            }
            return (
                {"serviceName": app.name, "replicas": random.choice((1, 3, 3, 5))}
                | maybe(random, 0.3, podManagementPolicy="Parallel")
                | maybe(random, 0.6, volumeClaimTemplates=[claim])
            )
        case "DaemonSet":
            return maybe(
                random,
                0.5,
                updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
            )
    surge = {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": random.choice((1, "25%")), "maxUnavailable": 0},
    }
    return (
        maybe(random, 0.8, replicas=random.choice((1, 2, 2, 3, 4, 6, 12)))
        | maybe(random, 0.3, strategy=random.choice((surge, {"type": "Recreate"})))
        | maybe(random, 0.2, revisionHistoryLimit=random.choice((2, 3, 5)))
        | maybe(random, 0.1, progressDeadlineSeconds=300, minReadySeconds=10)
    )


def pod_spec(random: Random, app: Blueprint, ports: Ports) -> Tree:
    volumes = _volumes(random, app)
    containers = [_container(random, app.name, app.image, ports, volumes)]
    taken = {number for _, number, _ in ports}
    for name, number in random.sample(_SIDECARS, random.choices((0, 1, 2), (78, 18, 4))[0]):
        if number not in taken:
            sidecar_ports: Ports = ((name[:15], number, "TCP"),) if random.random() < 0.6 else ()
            containers.append(_container(random, name, f"docker.io/example/{name}:1.2", sidecar_ports, volumes[:1]))
    spec: Tree = maybe(random, 0.4, serviceAccountName=app.name)
    spec |= maybe(random, 0.15, initContainers=[_init_container(random, app)])
    spec |= {"containers": containers} | ({"volumes": volumes} if volumes else {})
    return spec | _placement(random, app)


def _placement(random: Random, app: Blueprint) -> Tree:
    term = {"labelSelector": {"matchLabels": dict(app.selector)}, "topologyKey": "kubernetes.io/hostname"}
    apart = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}
    spread = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": dict(app.selector)},
    }
    return (
        maybe(random, 0.2, nodeSelector={"kubernetes.io/os": "linux"})
        | maybe(random, 0.15, affinity={"podAntiAffinity": apart})
        | maybe(random, 0.12, topologySpreadConstraints=[spread])
        | maybe(
            random,
            0.1,
            tolerations=[{"key": "dedicated", "operator": "Equal", "value": app.team, "effect": "NoSchedule"}],
        )
        | maybe(
            random,
            0.3,
            securityContext={"runAsNonRoot": True, "runAsUser": random.choice((1000, 10_001, 65_534))},
        )
        | maybe(random, 0.2, terminationGracePeriodSeconds=random.choice((10, 45, 120)))
        | maybe(random, 0.2, imagePullSecrets=[{"name": "regcred"}])
        | maybe(random, 0.1, priorityClassName="business-critical")
        | maybe(random, 0.06, dnsConfig={"options": [{"name": "ndots", "value": "2"}]})
    )


def _container(random: Random, name: str, image: str, ports: Ports, volumes: list[Tree]) -> Tree:
    container: Tree = {"name": name, "image": image} if random.random() < 0.8 else {"image": image, "name": name}
    container |= maybe(random, 0.4, imagePullPolicy=random.choice(("Always", "IfNotPresent")))
    container |= _command(random, name)
    env = _environment(random, name)
    late: Tree = {"ports": [_port(random, *port) for port in ports]} if ports else {}
    container |= late | env if random.random() < 0.7 else env | late
    container |= maybe(random, 0.2, envFrom=[{"configMapRef": {"name": f"{name}-env", "optional": True}}])
    container |= _resources(random)
    if volumes:
        container["volumeMounts"] = [
            {
                "name": volume["name"],
                "mountPath": f"/var/{volume['name']}",
                **maybe(random, 0.4, readOnly=True),
            }
            for volume in volumes
        ]
    if ports:
        container |= _probes(random, ports[0])
    hardened = {"allowPrivilegeEscalation": False, "capabilities": {"drop": Flow(["ALL"])}}
    return container | maybe(random, 0.3, securityContext=hardened)


def _port(random: Random, name: str, number: int, protocol: str) -> Tree:
    port: Tree = (
        {"name": name, "containerPort": number} if random.random() < 0.6 else {"containerPort": number, "name": name}
    )
    return port | ({"protocol": protocol} if protocol != "TCP" or random.random() < 0.4 else {})


def _command(random: Random, name: str) -> Tree:
    match random.randrange(8):
        case 0:
            return {"command": Flow(["sh", "-c"]), "args": [f"exec /opt/{name}/run --port=8080"]}
        case 1:
            return {"args": ["--log-format=json", f"--name={name}", "--verbose=2"]}
        case 2:
            script = f"set -eu\n/bin/wait-for db:5432 -t 30\n\nexec {name} \\\n  --config /etc/{name}.toml\n"
            return {"command": Flow(["/bin/bash", "-ec"]), "args": [script]}
        case 3:
            return {"command": ["java", "-jar", "/app.jar", "--spring.profiles.active=prod"]}
    return {}


def _environment(random: Random, name: str) -> Tree:
    count = random.choice((0, 1, 2, 4, 6, 9, 14, 20))
    if not count:
        return {}
    env: list[Tree] = []
    for key, value in random.sample(ENVIRONMENT, count):
        if random.random() < 0.75:
            env.append({"name": key, "value": value})
        elif random.random() < 0.5:
            env.append({"name": key, "valueFrom": {"secretKeyRef": {"name": f"{name}-secrets", "key": key.lower()}}})
        else:
            env.append({"name": key, "valueFrom": {"configMapKeyRef": {"name": f"{name}-config", "key": key}}})
    if random.random() < 0.3:
        env.append({"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}})
    return {"env": env}


def _resources(random: Random) -> Tree:
    requests = {"cpu": random.choice(_CPU), "memory": random.choice(_MEMORY)}
    if random.random() < 0.25:
        return {}
    limits = maybe(
        random, 0.6, limits={"memory": random.choice(_MEMORY), **maybe(random, 0.4, cpu=random.choice(_CPU))}
    )
    return {"resources": {"requests": requests} | limits if random.random() < 0.5 else limits | {"requests": requests}}


def _probes(random: Random, port: tuple[str, int, str]) -> Tree:
    name, number, protocol = port
    if protocol != "TCP":
        return {}
    target: Any = name if random.random() < 0.5 else number
    checks: tuple[Tree, ...] = (
        {
            "httpGet": {
                "path": random.choice(("/healthz", "/live", "/-/ready", "/actuator/health")),
                "port": target,
            }
        },
        {"tcpSocket": {"port": target}},
        {"exec": {"command": Flow(["/bin/check", "--fast"])}},
    )
    rhythm = {"initialDelaySeconds": random.choice((3, 10, 30)), "periodSeconds": random.choice((5, 10))}
    liveness = maybe(random, 0.6, livenessProbe=random.choice(checks) | rhythm)
    startup = maybe(random, 0.1, startupProbe={"tcpSocket": {"port": target}, "failureThreshold": 30})
    return liveness | maybe(random, 0.7, readinessProbe=dict(random.choice(checks))) | startup


def _volumes(random: Random, app: Blueprint) -> list[Tree]:
    pool: list[Tree] = [
        {"name": "config", "configMap": {"name": f"{app.name}-config"}},
        {"name": "tmp", "emptyDir": {}},
        {"name": "certs", "secret": {"secretName": f"{app.name}-tls", "defaultMode": 256}},
        {"name": "cache", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
        {"name": "uploads", "persistentVolumeClaim": {"claimName": f"{app.name}-uploads"}},
    ]
    return random.sample(pool, random.choice((0, 0, 1, 1, 2, 3)))


def _init_container(random: Random, app: Blueprint) -> Tree:
    migrate = {"name": "migrate", "image": app.image, "args": Flow(["migrate", "up"])}
    wait = {
        "name": "wait",
        "image": "busybox:1.36",
        "command": ["sh", "-c", "until nc -z db 5432; do sleep 1; done"],
    }
    proxy = {
        "name": "mesh",
        "image": "example/mesh:2",
        "restartPolicy": "Always",
        "ports": [{"containerPort": 15_090}],
    }
    return random.choice((migrate, wait, proxy))


def cron_job(random: Random, app: Blueprint, name: str) -> Tree:
    """A job on a schedule; its pods carry labels of their own, so no Service selects them."""
    labels = {"job": name, "team": app.team}
    container = _container(random, "job", app.image, (), [])
    pod = {"restartPolicy": random.choice(("Never", "OnFailure")), "containers": [container]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    schedule = random.choice(("*/15 * * * *", "0 3 * * *", "@hourly", "30 2 * * 1-5", "5 4 1 * *"))
    spec: Tree = {"schedule": schedule} | maybe(random, 0.5, concurrencyPolicy="Forbid")
    spec |= maybe(random, 0.4, successfulJobsHistoryLimit=1, failedJobsHistoryLimit=3)
    job = maybe(random, 0.4, backoffLimit=2) | maybe(random, 0.2, activeDeadlineSeconds=1800) | {"template": template}
    spec |= maybe(random, 0.2, timeZone="Europe/Berlin") | {"jobTemplate": {"spec": job}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": app.namespace},
        "spec": spec,
    }
