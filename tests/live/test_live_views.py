"""What people look at besides reports, of a live cluster: its whole text, and the same as of a snapshot of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.controlplane import ControlPlane
from tests.support.live import objects
from tests.support.live.objects import SLICES, Object, container, port
from tests.support.live.running import Run, netlint
from tests.support.program import ROOT

SCHEMAS = ROOT / "schemas"
USERS: dict[str, list[str]] = {"onlooker": [], "tenant": [], "stranger": []}
NODES = {"node-1": "zone-a", "node-2": "zone-b"}
WEB = {"port": 80, "targetPort": "http"}


@pytest.fixture(scope="module")
def plane(binaries: Path) -> Iterator[ControlPlane]:
    """A Service with two pods that an Ingress names, a load balancer without any, and a pod with a host port."""
    with ControlPlane(binaries, users=USERS) as running:
        for number, (name, zone) in enumerate(NODES.items(), start=1):
            cidr = f"10.244.{number}.0/24"
            labels = {"topology.kubernetes.io/zone": zone}
            running.add_node(name, [f"192.168.0.{number}"], labels=labels, spec={"podCIDR": cidr, "podCIDRs": [cidr]})
        running.admin.create(objects.namespace("shop"))
        running.admin.apply_many([_web(), _lost(), _ingress()])
        for number in (1, 2):
            labels = {"app": "web"}
            pod = objects.pod(f"web-{number}", f"node-{number}", container("web", port(8080, "http")), within="shop")
            pod["metadata"]["labels"] = labels
            running.run_pod(pod, f"10.244.{number}.10", ready=number == 1)
        proxy = objects.pod("proxy", "node-2", container("proxy", port(8443, hostPort=443)), within="shop")
        running.run_pod(proxy, "10.244.2.11")
        running.settle()
        running.stop_controller_manager()
        for piece in running.admin.list(SLICES):
            _in_order(running, piece)
        yield running


@pytest.fixture(scope="module")
def taken(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of it."""
    file = tmp_path_factory.mktemp("snapshots") / "cluster.json"
    netlint("snapshot", "-o", file, kubeconfig=plane.kubeconfig())
    return file


def _in_order(plane: ControlPlane, piece: Object) -> None:
    """The endpoints by address: the controller writes them as they come."""
    plane.admin.patch(piece, {"endpoints": sorted(piece["endpoints"] or [], key=lambda each: each["addresses"])})


def _web() -> Object:
    declared = {**WEB, "nodePort": 30080}
    return objects.service("web", {"app": "web"}, declared, within="shop", type="NodePort", clusterIP="10.96.0.20")


def _lost() -> Object:
    declared = {**WEB, "nodePort": 30081}
    made = objects.service("lost", {"app": "wbe"}, declared, within="shop", type="LoadBalancer", clusterIP="10.96.0.30")
    return {**made, "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}}


def _ingress() -> Object:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {"host": "shop.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "shop", "namespace": "shop"},
        "spec": {"rules": [rule]},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.8"}]}},
    }


def _shown(plane: ControlPlane, *arguments: str, user: str = "admin") -> Run:
    """With the names of slices that the controller chose as if it had chosen others."""
    run = netlint(*arguments, kubeconfig=plane.kubeconfig(user))
    out = run.out
    for piece in plane.admin.list(SLICES):
        name = piece["metadata"]["name"]
        out = out.replace(name, name[:-5] + "xxxxx" if "-" in name else name)
    return Run(run.code, out, run.err)


WEB_SHOWN = """\
Service shop/web: NodePort, 10.96.0.20
  no link of it is known to break

Ports
  -  80/TCP  to port http of the pods  1 of 2 pods ready

Selector
  app=web: 2 live pods, 1 of them ready

Pods
  web-1  10.244.1.10  node-1  ready      8080
  web-2  10.244.2.10  node-2  not ready  8080

Slices
  web-xxxxx  IPv4  - 8080/TCP  1 of 2 ready
    10.244.1.10  web-1  node-1  ready
    10.244.2.10  web-2  node-2  not ready

What service proxies program, by its slices
  -  80/TCP  every node  to 10.244.1.10:8080

Ways in from outside
  node port  every node                           30080/TCP  Service shop/web:80  live  1 of 2 pods ready
  Ingress    http://shop.example/ at 203.0.113.8  80/TCP     Service shop/web:80  live  1 of 2 pods ready
"""
LOST_SHOWN = """\
Service shop/lost: LoadBalancer, 10.96.0.30
  breaks at: selector

Ports
  -  80/TCP  to port http of the pods  it selects no pod

Selector
  app=wbe: 0 live pods, 0 of them ready

Slices
  lost-xxxxx  IPv4  no port  0 of 0 ready

What service proxies program, by its slices
  -  80/TCP  every node  nothing: refused

Ways in from outside
  load balancer  203.0.113.7  80/TCP     Service shop/lost:80  DEAD  it selects no pod
  node port      every node   30081/TCP  Service shop/lost:80  DEAD  it selects no pod

Findings
  selector: warning[services-without-pods]: app=wbe selects no pod in namespace shop; app: wbe is one edit from \
app: web of Pod shop/web-1
    --> Service shop/lost, spec.selector
    fix: Compare `spec.selector` with the labels of the pods that are meant; every key and value must be the same.
"""
ENTRYPOINTS_SHOWN = """\
WAY IN         ADDRESS                              PORT       LEADS TO              STATE  WHAT ANSWERS       \
DECLARED BY        PLACE
load balancer  203.0.113.7                          80/TCP     Service shop/lost:80  DEAD   it selects no pod  \
Service shop/lost
Ingress        http://shop.example/ at 203.0.113.8  80/TCP     Service shop/web:80   live   1 of 2 pods ready  \
Ingress shop/shop
node port      every node                           30081/TCP  Service shop/lost:80  DEAD   it selects no pod  \
Service shop/lost
node port      every node                           30080/TCP  Service shop/web:80   live   1 of 2 pods ready  \
Service shop/web
host port      node-2                               443/TCP    Pod shop/proxy:8443   live   1 of 1 pod ready   \
Pod shop/proxy

5 ways in, 2 dead ends
Every node: 192.168.0.1, 192.168.0.2
"""
IP_SHOWN = """\
10.244.1.10: Pod-IP of Pod shop/web-1 on node-1
  10.0.0.0/8 is private (RFC 1918)

Owners
  Pod-IP  Pod shop/web-1, status.podIPs[0].ip  node-1  running

Ranges
  contains  10.244.1.0/24  per-node pod range of node-1  Node  Node node-1, spec.podCIDRs[0]

Mentioned by
  10.244.1.10  EndpointSlice shop/web-xxxxx, endpoints[0].addresses[0]
  10.244.1.10  Pod shop/web-1, status.podIPs[0].ip
"""
MAP_SHOWN = """\
IPv4
├── 10.96.0.0/12    ▁·······························  Service range                       3 of 1,048,576 used
├── 10.244.1.0/24   ▁·······························  per-node pod range of node-1        1 of 256 used
├── 10.244.2.0/24   ▂·······························  per-node pod range of node-2        2 of 256 used
├── 192.168.0.0/24  ▂·······························  around node addresses (inferred)    2 of 256 used
└── 203.0.113.0/24  ▁·······························  around public addresses (inferred)  1 of 256 used
"""
TOPOLOGY_SHOWN = """\
Fabric: unknown
├── node-1  192.168.0.1
│   └── 1 pod, pod range 10.244.1.0/24
│       └── shop/web-1  10.244.1.10
└── node-2  192.168.0.2
    └── 2 pods, pod range 10.244.2.0/24
        ├── shop/proxy  10.244.2.11
        └── shop/web-2  10.244.2.10
"""
SHOWN = [
    (("service", "web"), WEB_SHOWN, 0),
    (("service", "svc/lost", "-n", "shop"), LOST_SHOWN, 0),
    (("entrypoints",), ENTRYPOINTS_SHOWN, 1),
    (("ip", "10.244.1.10"), IP_SHOWN, 0),
    (("map",), MAP_SHOWN, 0),
    (("map", "--view", "topology"), TOPOLOGY_SHOWN, 0),
]
NAMES = [" ".join(words) for words, _, _ in SHOWN]


@pytest.mark.parametrize(("arguments", "shown", "code"), SHOWN, ids=NAMES)
def test_what_is_shown(plane: ControlPlane, arguments: tuple[str, ...], shown: str, code: int) -> None:
    run = _shown(plane, *arguments)

    assert (run.out, run.err, run.code) == (shown, f"netlint: reading admin at {plane.url}\n", code)


@pytest.mark.parametrize(("arguments", "code"), [(words, code) for words, _, code in SHOWN], ids=NAMES)
def test_a_snapshot_shows_the_same(plane: ControlPlane, taken: Path, arguments: tuple[str, ...], code: int) -> None:
    """As JSON, which has everything; only in a file there are places."""
    words = [*arguments, "--format", "json"]

    live = netlint(*words, kubeconfig=plane.kubeconfig())
    read = netlint(*(word for word in words if word not in {"-n", "shop"}), taken)

    assert (live.code, read.code, read.err) == (code, code, "")
    shown = json.loads(live.out)
    assert shown == _without_places(json.loads(read.out))
    schema = json.loads((SCHEMAS / shown["$schema"].rpartition("/")[2]).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(shown)


def _without_places(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _without_places(value) for name, value in part.items() if name != "location"}
    return [_without_places(value) for value in part] if isinstance(part, list) else part


# Fewer rights


WITHIN = 'in the namespace "shop"'
INGRESSES = "ingresses.networking.k8s.io"


def _refused(user: str, resource: str, where: str = "at the cluster scope") -> str:
    plural, _, group = resource.partition(".")
    return f'{resource} is forbidden: User "{user}" cannot list resource "{plural}" in API group "{group}" {where}'


def _incomplete(user: str, *resources: str) -> str:
    kinds = {"nodes": "Node", "pods": "Pod", "services": "Service", INGRESSES: "Ingress"}
    return "; ".join(f"{kinds[resource]} ({_refused(user, resource)})" for resource in resources)


@pytest.mark.parametrize("command", ["entrypoints", "ip 10.244.1.10", "map", "service web -n shop"])
def test_who_may_read_nothing_is_told_so(plane: ControlPlane, command: str) -> None:
    run = _shown(plane, *command.split(), user="stranger")

    first = "pods" if command == "map" else "endpointslices.discovery.k8s.io"
    reading = f"netlint: reading stranger at {plane.url}\n"
    where = WITHIN if command.startswith("service") else "at the cluster scope"
    nothing = f"netlint: stranger: nothing may be read, starting with: {_refused('stranger', first, where)}"
    told = f"{reading}{nothing}; netlint rbac prints the roles\n"
    if command.startswith("service"):
        unknown = "netlint: no Service shop/web is known, and not all could be read"
        told = f"{reading}{told}{unknown}: {_refused('stranger', 'services', WITHIN)}\n"
    missing = _incomplete("stranger", "nodes", "pods", "services")
    of_ways = _incomplete("stranger", "nodes", "pods", "services", INGRESSES)
    private = "  10.0.0.0/8 is private (RFC 1918)\n"
    lines = "".join(f"Not known completely: {each}\n" for each in missing.split("; "))
    shown = {
        "entrypoints": f"No way is known to lead into the cluster.\n\nNot known completely: {of_ways}\n",
        "ip 10.244.1.10": f"{UNKNOWN}{private}\nNot known completely: {missing}\n",
        "map": f"No range in the input\n{lines}",
        "service web -n shop": "",
    }
    assert (run.out, run.err, run.code) == (shown[command], told, 2)


UNKNOWN = "10.244.1.10: unknown: in no known range, and nobody known has it\n"
OF_SERVICES_ALONE = """\
WAY IN         ADDRESS      PORT       LEADS TO              STATE    WHAT ANSWERS            DECLARED BY        PLACE
load balancer  203.0.113.7  80/TCP     Service shop/lost:80  unknown  its pods are not known  Service shop/lost
node port      every node   30081/TCP  Service shop/lost:80  unknown  its pods are not known  Service shop/lost
node port      every node   30080/TCP  Service shop/web:80   unknown  its pods are not known  Service shop/web

3 ways in, 0 dead ends
"""


def test_who_may_read_services_alone_sees_what_they_say(plane: ControlPlane) -> None:
    """Nothing is called dead whose pods are not known."""
    plane.grant("onlooker", [{"apiGroups": [""], "resources": ["services"], "verbs": ["list"]}])

    entrypoints = _shown(plane, "entrypoints", user="onlooker")
    address = _shown(plane, "ip", "10.244.1.10", user="onlooker")

    missing = f"\nNot known completely: {_incomplete('onlooker', 'nodes', 'pods')}\n"
    of_ways = f"\nNot known completely: {_incomplete('onlooker', 'nodes', 'pods', INGRESSES)}\n"
    assert (entrypoints.out, entrypoints.code) == (OF_SERVICES_ALONE + of_ways, 0)
    assert (address.out, address.code) == (f"{UNKNOWN}  10.0.0.0/8 is private (RFC 1918)\n{missing}", 1)


def test_who_may_read_one_namespace_names_it(plane: ControlPlane) -> None:
    """All that may be read in the namespace is followed, which the Ingress is not."""
    kinds = {"": ["pods", "services"], "discovery.k8s.io": ["endpointslices"]}
    rules = [{"apiGroups": [group], "resources": names, "verbs": ["list"]} for group, names in kinds.items()]
    plane.grant("tenant", rules, namespace="shop")

    named = _shown(plane, "service", "web", "-n", "shop", user="tenant")
    unnamed = _shown(plane, "service", "web", user="tenant")

    before, _, _ = WEB_SHOWN.replace("every node  to", "node-1, node-2  to").partition("  node port")
    ways_in = "  node port  every node  30080/TCP  Service shop/web:80  live  1 of 2 pods ready\n"
    of_ingresses = f"Ingress ({_refused('tenant', INGRESSES, WITHIN)})"
    missing = f"\nNot known completely: {_incomplete('tenant', 'nodes')}; {of_ingresses}\n"
    reading = f"netlint: reading tenant at {plane.url}\n"
    assert (named.out, named.err, named.code) == (before + ways_in + missing, reading * 2, 0)
    why = f"no Service web is known, and not all could be read: {_refused('tenant', 'services')}"
    assert (unnamed.out, unnamed.code) == ("", 2)
    assert unnamed.err.splitlines()[-1] == f"netlint: {why}; -n reads its namespace only"
