"""kube-proxy: where it runs, and what it leaves alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Undecided, Violation
from netlint.model import settings
from netlint.model.declared.node_objects import is_ready, is_virtual, is_windows
from netlint.model.declared.rights import (
    DEFAULT_ACCOUNT,
    AccountBinding,
    Resource,
    Rights,
    other_authorizers,
    shows_api_server,
)
from netlint.model.nodes.daemonset_coverage import daemonset_coverage
from netlint.model.services import service_proxy
from netlint.model.services.clients import Client, clients
from netlint.model.services.service_spec import is_headless
from netlint.model.subjects import subject_of
from netlint.objects.apps import Workload
from netlint.objects.core import Node
from netlint.objects.meta import Path
from netlint.phrases import NAMED, shortened
from netlint.snapshot import Reason

NO_BINDING = "no ClusterRoleBinding names its ServiceAccount, and those of the API server are not in the input"
NO_SERVER = "no ClusterRoleBinding names its ServiceAccount, and the input does not show how API servers authorize"
POD_SPEC: Path = ("spec", "template", "spec")


def nodes_without_service_proxy(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """kube-proxy does not run, or is not ready, on a Node."""
    replacement, agents = service_proxy.replacement(cluster.view), service_proxy.agents(cluster.view)
    if replacement or not agents:
        why = f"{replacement.title} programs Services" if replacement else "the input shows no DaemonSet of kube-proxy"
        yield Undecided(None, why, Reason.NOT_APPLICABLE)
        return
    pods = cluster.pods if cluster.view.is_complete("Pod", service_proxy.NAMESPACE) else None
    judged = [node for node in cluster.view.nodes if _is_judged(node)]
    absence = service_proxy.absence([daemonset_coverage(agent, cluster.view) for agent in agents], judged, pods)
    reasons = (
        ("excluded", absence.excluded, "its node selector, affinity or tolerations leave out"),
        ("lacking", absence.lacking, "it has no pod on"),
        ("unready", absence.unready, "its pod is not ready on"),
    )
    for key, nodes, why in reasons:
        if nodes:
            yield _absent(agents[0], nodes, key, why)


def _is_judged(node: Node) -> bool:
    """Whether it is a Linux host that is up: on others nothing runs as it should."""
    return is_ready(node) and not is_virtual(node) and not is_windows(node)


def _absent(agent: Workload, nodes: list[Node], key: str, why: str) -> Violation:
    return Violation(
        subject_of(agent),
        ("spec", "template", "spec"),
        f"{why} {shortened(subject_of(node) for node in nodes)}",
        {"nodes": [node.name for node in nodes]},
        tuple(Related(subject_of(node), (), "is without") for node in nodes[:NAMED]),
        key=key,
        mitigated=key == "unready",
    )


def loose_arp_replies(cluster: Cluster) -> Iterator[Violation]:
    """kube-proxy in IPVS mode answers ARP for the addresses that MetalLB announces."""
    declared = service_proxy.configuration(cluster.view)
    pools = cluster.view.objects("IPAddressPool")
    if not (pools and declared.get("mode") == service_proxy.IPVS) or settings.at(declared, "ipvs", "strictARP") is True:
        return
    if not service_proxy.replacement(cluster.view):
        yield Violation(
            subject_of(cluster.view.config_maps[service_proxy.NAMESPACE, service_proxy.NAME]),
            ("data", "config.conf"),
            "ipvs.strictARP is off, so every node answers ARP for the addresses of "
            f"{shortened(subject_of(pool) for pool in pools)}",
            {"mode": service_proxy.IPVS, "strictARP": False},
            tuple(Related(subject_of(pool), ("spec", "addresses"), "is announced by MetalLB") for pool in pools),
        )


def hidden_services(cluster: Cluster) -> Iterator[Violation]:
    """A label hides a Service from kube-proxy."""
    for service in cluster.view.services:
        name = service.labels.get(service_proxy.PROXY_NAME)
        if name is not None and not is_headless(service) and service.spec.type != "ExternalName":
            yield Violation(
                subject_of(service),
                ("metadata", "labels", service_proxy.PROXY_NAME),
                f"kube-proxy leaves the Service to a proxy called {name!r}",
                {"proxy": name},
            )


def unwatchable_services(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """The service proxy may not list and watch what it programs."""
    rights = Rights(cluster.view.objects("ClusterRole"), cluster.view.objects("ClusterRoleBinding"))
    proxies, firm = clients(cluster.view), shows_api_server(cluster.pods)
    doubt = "" if proxies else "no DaemonSet of a service proxy whose rights are known"
    if doubt := doubt or other_authorizers(cluster.pods):
        yield Undecided(None, doubt, Reason.NOT_APPLICABLE)
        return
    for proxy in proxies:
        bindings = rights.bindings_of(proxy.account)
        missing = proxy.lacking(bindings)
        if not missing:
            continue
        gap = proxy.doubt or _why_unread(cluster) or rights.unknown_role(bindings)
        gap = gap or ("" if bindings or rights.are_complete else NO_BINDING)
        gap = gap or ("" if firm or not all(binding.by_group for binding in bindings) else NO_SERVER)
        if gap:
            yield Undecided(subject_of(proxy.workload), gap, Reason.NOT_APPLICABLE)
        else:
            yield _forbidden(proxy, bindings, missing, firm)


def _why_unread(cluster: Cluster) -> str:
    """Why some of the roles or bindings may be missing although others were read."""
    gaps = [cluster.view.snapshot.knowledge.withdrawn(kind) for kind in ("ClusterRole", "ClusterRoleBinding")]
    return next((gap.message for gap in gaps if gap is not None), "")


def _forbidden(
    proxy: Client, bindings: list[AccountBinding], missing: dict[Resource, tuple[str, ...]], firm: bool
) -> Violation:
    subject, path, why = _culprit(proxy, bindings)
    by_verbs: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for (_, plural), verbs in missing.items():
        by_verbs[verbs].append(plural)
    refused = [f"{' or '.join(verbs)} {_conjoined(plurals)}" for verbs, plurals in by_verbs.items()]
    return Violation(
        subject,
        path,
        f"{proxy.account} of {subject_of(proxy.workload)} may not {', nor '.join(refused)}{why}",
        {"account": proxy.account.user, "missing": {plural: list(verbs) for (_, plural), verbs in missing.items()}},
        (
            Related(subject_of(proxy.workload), POD_SPEC, "programs Services"),
            *(Related(subject_of(binding.binding), ("roleRef",), "is its binding") for binding in _own(bindings)),
        ),
        mitigated=not firm,
    )


def _own(bindings: list[AccountBinding]) -> list[AccountBinding]:
    """Bindings that name the account itself, not one of its groups."""
    return [binding for binding in bindings if not binding.by_group]


def _conjoined(plurals: list[str]) -> str:
    *most, last = plurals
    return f"{', '.join(most)} and {last}" if most else last


def _culprit(proxy: Client, bindings: list[AccountBinding]) -> tuple[Subject, Path, str]:
    """The object to be changed, its field, and what is wrong with it: a role, else what leads to it."""
    own = _own(bindings)
    for binding in own:
        if binding.role is not None:
            return subject_of(binding.role), ("rules",), ""
    if own:
        role_binding = own[0].binding
        return subject_of(role_binding), ("roleRef", "name"), f"; there is no ClusterRole {role_binding.roleRef.name}"
    named = ("serviceAccountName",) if proxy.account.name != DEFAULT_ACCOUNT else ()
    return subject_of(proxy.workload), (*POD_SPEC, *named), "; no ClusterRoleBinding names it"


CHECKS = (hidden_services, loose_arp_replies, nodes_without_service_proxy, unwatchable_services)
