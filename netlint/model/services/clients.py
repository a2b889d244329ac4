"""Who programs Services, as a client of the API server: what it has to list and watch, and as whom.

Source: the manifests of kubeadm, Cilium, kube-router, Antrea, Calico and OVN-Kubernetes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from netlint.model.cni.service_support import ServiceProxyReplacement
from netlint.model.declared.rights import DEFAULT_ACCOUNT, Account, AccountBinding, Resource, missing_verbs
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import environment, flags
from netlint.model.services import service_proxy
from netlint.objects.apps import Workload

SERVICES: Resource = ("", "services")
SLICES: Resource = ("discovery.k8s.io", "endpointslices")
ENDPOINTS: Resource = ("", "endpoints")
NODES: Resource = ("", "nodes")
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - the file that has it
OTHER_CREDENTIALS = {"kubeconfig", "master", "k8s-kubeconfig-path", "k8s-kubeconfig"}


@dataclass(frozen=True, slots=True)
class Client:
    """A DaemonSet that programs Services; ``doubt``: why it may sign in other than by its ServiceAccount.

    ``groups``: those of certificates with which it may sign in as well. ``watches_nodes`` is kube-proxy.
    """

    workload: Workload
    watches_nodes: bool
    doubt: str = ""
    groups: frozenset[str] = frozenset()

    @property
    def account(self) -> Account:
        """Its ServiceAccount."""
        spec = self.workload.template.spec if self.workload.template else None
        name = (spec.serviceAccountName if spec else None) or DEFAULT_ACCOUNT
        return Account(self.workload.namespace, name, self.groups)

    def lacking(self, bound: Iterable[AccountBinding]) -> dict[Resource, tuple[str, ...]]:
        """The verbs that these bindings do not allow; older agents do with Endpoints in place of slices."""
        bound = list(bound)
        if self.watches_nodes:
            return missing_verbs(bound, (SERVICES, SLICES, NODES))
        endpoints = SLICES if missing_verbs(bound, [ENDPOINTS]) else ENDPOINTS
        return missing_verbs(bound, (SERVICES, endpoints))


def clients(view: SnapshotView) -> list[Client]:
    """The DaemonSets that program Services, as far as it is known how they reach the API server."""
    replacement = service_proxy.replacement(view)
    if replacement is None:
        return [Client(agent, True, _doubt_of_proxy(view)) for agent in service_proxy.agents(view)]
    agent = view.daemon_set(replacement.agent)
    return [Client(agent, False, _doubt(view, replacement, agent), replacement.groups)] if agent else []


def _doubt(view: SnapshotView, replacement: ServiceProxyReplacement, agent: Workload) -> str:
    """What else than its account's token the agent of a network plugin is given."""
    other = [
        *sorted(flags(agent).keys() & OTHER_CREDENTIALS),
        *[name for name in ("KUBECONFIG",) if environment(agent, name)],
        *replacement.credentials(view),
    ]
    return f"it is given {other[0]}" if other else ""


def _doubt_of_proxy(view: SnapshotView) -> str:
    """kube-proxy is given a kubeconfig file, which kubeadm and others keep in its ConfigMap."""
    found = view.config_maps.get((service_proxy.NAMESPACE, service_proxy.NAME))
    if any(TOKEN in text for text in ((found.data if found else None) or {}).values()):
        return ""
    return "the input does not show a kubeconfig that names its token"
