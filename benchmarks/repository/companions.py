"""What stands beside a workload: Services, Ingresses, autoscalers, budgets, accounts, policies, claims."""

from random import Random
from typing import Any

from repository.blueprints import Blueprint
from repository.handwriting import Flow
from repository.workloads import maybe, metadata

Tree = dict[str, Any]

_WELL_KNOWN = {"http": 80, "web": 80, "api": 80, "https": 443}


def service(random: Random, app: Blueprint, name: str = "", headless: bool = False) -> Tree:
    ports = list(app.ports if random.random() < 0.6 else app.ports[:1])
    by_name = random.random() < 0.6
    written = [_service_port(random, port, len(ports), by_name, headless) for port in ports]
    kind = random.choices(("", "ClusterIP", "LoadBalancer"), (60, 34, 6))[0] if not headless else ""
    spec: Tree = {"type": kind} if kind and random.random() < 0.5 else {}
    spec |= {"clusterIP": "None"} if headless else {}
    selector = {"selector": dict(app.selector)}
    spec |= {"ports": written} | selector if random.random() < 0.5 else selector | {"ports": written}
    spec |= {"type": kind} if kind and "type" not in spec else {}
    spec |= maybe(random, 0.1, sessionAffinity="ClientIP") | maybe(random, 0.05, internalTrafficPolicy="Cluster")
    spec |= maybe(random, 0.3, publishNotReadyAddresses=True) if headless else {}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(random, app, name), "spec": spec}


def _service_port(random: Random, port: tuple[str, int, str], count: int, by_name: bool, headless: bool) -> Tree:
    name, number, protocol = port
    outside = number if headless else _WELL_KNOWN.get(name, number)
    written: Tree = {"name": name} if count > 1 or random.random() < 0.7 else {}
    written["port"] = outside
    if by_name or outside != number or random.random() < 0.5:
        written["targetPort"] = name if by_name else number
    return written | ({"protocol": protocol} if protocol != "TCP" or random.random() < 0.3 else {})


def external_service(app: Blueprint) -> Tree:
    spec = {"type": "ExternalName", "externalName": f"{app.name}.eu-central-1.rds.example.com"}
    place = {"name": f"{app.name}-db", "namespace": app.namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": place, "spec": spec}


def ingress(random: Random, app: Blueprint, of: Tree) -> Tree:
    """An Ingress for the first port of a Service."""
    port = of["spec"]["ports"][0]
    by_name = "name" in port and random.random() < 0.4
    backend = {
        "service": {
            "name": of["metadata"]["name"],
            "port": {"name": port["name"]} if by_name else {"number": port["port"]},
        }
    }
    host = f"{app.name}.{app.team}.example.com"
    paths = [
        {"path": path, "pathType": "Prefix", "backend": backend}
        for path in random.choice((("/",), ("/",), ("/api", "/static"), ("/v1", "/v2", "/healthz")))
    ]
    spec: Tree = maybe(random, 0.8, ingressClassName=random.choice(("nginx", "internal")))
    spec |= maybe(random, 0.6, tls=[{"hosts": Flow([host]), "secretName": f"{app.name}-tls"}])
    spec["rules"] = [{"host": host, "http": {"paths": paths}}]
    place = metadata(random, app)
    place |= maybe(
        random,
        0.5,
        annotations={
            "nginx.ingress.kubernetes.io/proxy-body-size": "16m",
            "cert-manager.io/cluster-issuer": "letsencrypt",
            "nginx.ingress.kubernetes.io/configuration-snippet": "more_set_headers 'X-A: DENY';\n",
        },
    )
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": place, "spec": spec}


def autoscaler(random: Random, app: Blueprint) -> Tree:
    target = {"type": "Utilization", "averageUtilization": random.choice((60, 70, 80))}
    metrics = [{"type": "Resource", "resource": {"name": random.choice(("cpu", "memory")), "target": target}}]
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": app.kind, "name": app.name},
        "minReplicas": random.choice((1, 2, 3)),
        "maxReplicas": random.choice((4, 10, 40)),
        "metrics": metrics,
    }
    spec |= maybe(random, 0.2, behavior={"scaleDown": {"stabilizationWindowSeconds": 300}})
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(random, app),
        "spec": spec,
    }


def disruption_budget(random: Random, app: Blueprint) -> Tree:
    limit = random.choice(({"minAvailable": 1}, {"maxUnavailable": "25%"}, {"minAvailable": "50%"}))
    spec = limit | {"selector": {"matchLabels": dict(app.selector)}}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(random, app),
        "spec": spec,
    }


def account(random: Random, app: Blueprint) -> list[Tree]:
    """A ServiceAccount, often with a Role and its binding."""
    found: list[Tree] = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(random, app)}
        | maybe(random, 0.3, automountServiceAccountToken=False)
    ]
    if random.random() < 0.5:
        rule = {
            "apiGroups": Flow([""]),
            "resources": random.sample(("configmaps", "secrets", "pods", "endpoints", "events"), random.randint(1, 3)),
            "verbs": Flow(random.sample(("get", "list", "watch", "create", "patch"), random.randint(1, 4))),
        }
        group = "rbac.authorization.k8s.io"
        subject = {"kind": "ServiceAccount", "name": app.name, "namespace": app.namespace}
        found += [
            {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata(random, app), "rules": [rule]},
            {
                "apiVersion": f"{group}/v1",
                "kind": "RoleBinding",
                "metadata": metadata(random, app),
                "roleRef": {"apiGroup": group, "kind": "Role", "name": app.name},
                "subjects": [subject],
            },
        ]
    return found


def policy(random: Random, app: Blueprint, name: str) -> Tree:
    """Who may talk to the app, and sometimes to whom it may talk: always to DNS."""
    name_, number, protocol = app.ports[0]
    port = {"protocol": protocol, "port": name_ if random.random() < 0.3 else number}
    peers: list[Tree] = [
        {"podSelector": {}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": app.namespace}}},
        {"ipBlock": {"cidr": "192.0.2.0/24", "except": Flow(["192.0.2.128/25"])}},
        {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "In", "values": Flow([app.team])}]}},
    ]
    spec: Tree = {"podSelector": {"matchLabels": dict(app.selector)}}
    kinds = ["Ingress"]
    spec["ingress"] = [{"from": random.sample(peers, random.randint(1, 3)), "ports": [port]}]
    if random.random() < 0.4:
        dns = {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}
        spec["egress"] = [dns, {"to": [{"namespaceSelector": {}}]}]
        kinds.append("Egress")
    spec["policyTypes"] = kinds
    place = {"name": name, "namespace": app.namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": place, "spec": spec}


def claim(random: Random, app: Blueprint) -> Tree:
    spec = {
        "accessModes": [random.choice(("ReadWriteOnce", "ReadWriteMany"))],
        "resources": {"requests": {"storage": f"{random.choice((1, 10, 100))}Gi"}},
    }
    spec |= maybe(random, 0.5, storageClassName="standard") | maybe(random, 0.2, volumeMode="Filesystem")
    place = metadata(random, app, f"{app.name}-uploads")
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": place, "spec": spec}


def service_monitor(random: Random, app: Blueprint, of: Tree) -> Tree:
    """For the last port of a Service, by name or by number."""
    port = of["spec"]["ports"][-1]
    target = {"port": port["name"]} if "name" in port else {"targetPort": port.get("targetPort", port["port"])}
    endpoint = {**target, "interval": random.choice(("15s", "30s", "1m")), "path": "/metrics"}
    spec = {"selector": {"matchLabels": dict(app.selector)}, "endpoints": [endpoint]}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": metadata(random, app),
        "spec": spec,
    }


def certificate(random: Random, app: Blueprint) -> Tree:
    host = f"{app.name}.{app.team}.example.com"
    spec = {"secretName": f"{app.name}-tls", "dnsNames": [host, f"www.{host}"]}
    spec |= {"issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer"}} | maybe(random, 0.3, duration="2160h")
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": metadata(random, app),
        "spec": spec,
    }


def secret(random: Random, app: Blueprint) -> Tree:
    values = {
        "username": app.name.replace("-", "_"),
        "password": "set-by-the-vault-operator",
        "retries": str(random.randint(1, 9)),
    }
    place = metadata(random, app, f"{app.name}-secrets")
    return {"apiVersion": "v1", "kind": "Secret", "metadata": place, "type": "Opaque", "stringData": values}


def custom_resource_definition(random: Random, app: Blueprint) -> Tree:
    singular = app.name.replace("-", "")
    fields = {
        field: {
            "type": kind,
            "description": f"The {field} of the {singular}; see the reference for its limits.",
        }
        for field, kind in random.sample(
            (
                ("size", "integer"),
                ("mode", "string"),
                ("paused", "boolean"),
                ("host", "string"),
                ("weight", "number"),
            ),
            4,
        )
    }
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "required": Flow(sorted(fields)[:2]), "properties": fields}},
    }
    names = {
        "kind": singular.capitalize(),
        "plural": f"{singular}s",
        "singular": singular,
        "shortNames": Flow([singular[:4]]),
    }
    version = {"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    group = f"{app.team}.example.com"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{singular}s.{group}"},
        "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [version]},
    }
