"""Pod templates: containers with their ports, environment, probes, mounts and resources, one kind per app."""

from functools import lru_cache
from random import Random
from typing import Any

from cluster.apps import App, Port
from cluster.words import ENVIRONMENT, LANGUAGES, REGISTRIES

Tree = dict[str, Any]

_EXPORTERS = ("exporter", "envoy", "oauth2-proxy", "log-shipper")
_RESOURCES = (
    ("100m", "128Mi"),
    ("250m", "256Mi"),
    ("500m", "512Mi"),
    ("1", "1Gi"),
    ("2", "4Gi"),
    ("1500m", "1536Mi"),
)


class Template:
    """The parts of a pod that are the same for all pods of an app."""

    def __init__(self, app: App, older: bool) -> None:
        random = Random(app.index * 2 + older)
        ports = list(app.older_ports if older else app.ports)
        self.owner_kind = {"Deployment": "ReplicaSet", "CronJob": "Job"}.get(app.kind, app.kind)
        self.volumes = _volumes(random, app)
        self.init_containers: list[Tree] = []
        split = len(ports) > 1 and random.random() < 0.16
        self.containers = [_container(random, app, _main_name(app), ports[:-1] if split else ports, self.volumes)]
        if split:
            self._add_sidecar(random, app, ports[-1])
        elif app.ports and random.random() < 0.06:
            self.init_containers.append(_migration(app))
        self.annotations = _annotations(random, app)
        self.node_selector = {"kubernetes.io/os": "linux"} if random.random() < 0.2 or _is_system(app) else {}
        self.pull_secret = random.random() < 0.3 and not _is_system(app)

    def _add_sidecar(self, random: Random, app: App, port: Port) -> None:
        """The last port belongs to a sidecar, here and there to one among the init containers."""
        name = random.choice(_EXPORTERS)
        container = _container(random, app, name, [port], [])
        container["env"] = container["env"][:2]
        if random.random() < 0.3:
            self.init_containers.append(container | {"restartPolicy": "Always"})
        else:
            self.containers.append(container)


@lru_cache(maxsize=512)
def template(app: App, older: bool) -> Template:
    return Template(app, older)


def _is_system(app: App) -> bool:
    return app.kind in ("DaemonSet", "Static")


def _main_name(app: App) -> str:
    return "app" if app.index % 3 == 0 and not _is_system(app) else app.name.removesuffix("-canary")


def _image(random: Random, name: str) -> str:
    version = f"{random.randint(1, 9)}.{random.randint(0, 40)}.{random.randint(0, 9)}"
    return f"{random.choice(REGISTRIES)}/{name}:{version}"


def _container(random: Random, app: App, name: str, ports: list[Port], volumes: list[Tree]) -> Tree:
    container: Tree = {"name": name, "image": _image(random, name)}
    if app.command:
        container["command"] = list(app.command)
    elif random.random() < 0.25:
        container["command"] = [
            "/bin/sh",
            "-c",
            f"exec /opt/{name}/bin/start --config=/etc/{name}/config.yaml",
        ]
    elif random.random() < 0.4:
        container["args"] = [
            f"--language={random.choice(LANGUAGES)}",
            "--log-format=json",
            f"--name={app.name}",
        ]
    if ports:
        container["ports"] = [_port(port) for port in ports]
    container["env"] = _environment(random, app)
    container["resources"] = _resources(random)
    mounts = [{"name": volume["name"], "mountPath": f"/var/lib/{volume['name']}"} for volume in volumes]
    if mounts:
        mounts[0]["readOnly"] = True
    container["volumeMounts"] = mounts
    if ports and app.kind != "Static" and random.random() < 0.8:
        container |= _probes(random, ports[0])
    container |= {
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": random.choice(("IfNotPresent", "IfNotPresent", "Always")),
    }
    if random.random() < 0.5:
        container["securityContext"] = {
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
        }
    return container


def _port(port: Port) -> Tree:
    number = {"hostPort": port.host_port} if port.host_port else {}
    return {"name": port.name, **number, "containerPort": port.number, "protocol": port.protocol}


def _environment(random: Random, app: App) -> list[Tree]:
    chosen = random.sample(ENVIRONMENT, random.randint(0, 5))
    env: list[Tree] = [{"name": name, "value": value} for name, value in chosen]
    for name, path in (
        ("POD_NAME", "metadata.name"),
        ("POD_IP", "status.podIP"),
        ("NODE_NAME", "spec.nodeName"),
    ):
        if random.random() < 0.4:
            env.append({"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}})
    if random.random() < 0.5:
        reference = {"secretKeyRef": {"name": f"{app.name}-credentials", "key": "password"}}
        env.append({"name": "DB_PASSWORD", "valueFrom": reference})
    return env


def _resources(random: Random) -> Tree:
    cpu, memory = random.choice(_RESOURCES)
    return {"limits": {"cpu": cpu, "memory": memory}, "requests": {"cpu": cpu, "memory": memory}}


def _probes(random: Random, port: Port) -> Tree:
    by_name = random.random() < 0.5
    action: Tree = {"tcpSocket": {"port": port.number}}
    if port.name.startswith(("http", "web", "api")):
        action = {"httpGet": {"path": "/healthz", "port": port.name if by_name else port.number, "scheme": "HTTP"}}
    rhythm = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
    delay = {"initialDelaySeconds": random.choice((5, 10, 30))}
    return {"livenessProbe": action | delay | rhythm, "readinessProbe": action | rhythm}


def _volumes(random: Random, app: App) -> list[Tree]:
    if app.kind == "StatefulSet":
        claim: list[Tree] = [{"name": "data", "persistentVolumeClaim": {"claimName": f"data-{app.name}-0"}}]
    else:
        claim = [{"name": "tmp", "emptyDir": {}}]
    config = {"name": "config", "configMap": {"name": f"{app.name}-config", "defaultMode": 420}}
    secret = {
        "name": "tls",
        "secret": {"secretName": f"{app.name}-tls", "defaultMode": 288, "optional": True},
    }
    return random.choice(([config, *claim], [config, secret], [config], claim, claim))


def _migration(app: App) -> Tree:
    return {
        "name": "migrate",
        "image": f"registry.example.com/{app.name}:migrate",
        "args": ["migrate", "--wait", "--timeout=120s"],
        "resources": {},
        "volumeMounts": [],
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }


def _annotations(random: Random, app: App) -> dict[str, str]:
    annotations = {}
    if random.random() < 0.6:
        annotations["checksum/config"] = f"{random.getrandbits(256):064x}"
    if any(port.name == "metrics" for port in app.ports):
        number = next(port.number for port in app.ports if port.name == "metrics")
        annotations |= {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": str(number),
            "prometheus.io/path": "/metrics",
        }
    if random.random() < 0.2:
        annotations["kubectl.kubernetes.io/restartedAt"] = "2026-10-12T08:15:42+02:00"
    if random.random() < 0.15:
        annotations["example.com/owner"] = (
            "Team of the day: see the on-call calendar & the runbook <https://runbooks.example.com>"
        )
    return annotations
