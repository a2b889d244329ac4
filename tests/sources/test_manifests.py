"""Manifests prove what is there; what is not, only where nothing in the input makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.runs import check

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: lab}
spec:
  rules:
  - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: books, port: {number: 80}}}}]}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: other, namespace: lab}
spec: {selector: {app: other}, ports: [{port: 80}]}
"""
MISSING = (
    "all.yaml:6:74: error: missing-backend-services: Ingress lab/front "
    "spec.rules[0].http.paths[0].backend.service.name: there is no Service lab/books\n"
)


def found(folder: Path, *documents: str, select: str) -> tuple[int, str]:
    (folder / "all.yaml").write_text("---\n".join(documents))
    run = check(folder, ".", "--select", select)
    assert run.error == ""
    return run.code, run.out


def maker(api_version: str, kind: str, namespace: str = "lab", spec: str = "{}") -> str:
    metadata = f"{{name: it{f', namespace: {namespace}' if namespace else ''}}}"
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {metadata}\nspec: {spec}\n"


@pytest.mark.parametrize(
    "beside",
    [
        maker("monitoring.coreos.com/v1", "ServiceMonitor"),
        maker("cert-manager.io/v1", "Certificate"),
        maker("external-secrets.io/v1", "ExternalSecret"),
        maker("gateway.networking.k8s.io/v1", "GatewayClass"),
        maker("argoproj.io/v1alpha1", "AppProject"),
        maker("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
        maker("postgresql.cnpg.io/v1", "Cluster", namespace="another"),
        maker("helm.toolkit.fluxcd.io/v2", "HelmRelease", spec="{targetNamespace: another}"),
        maker("batch/v1", "Lease"),
    ],
)
def test_what_makes_no_service_excuses_nothing(beside: str, tmp_path: Path) -> None:
    assert found(tmp_path, INGRESS, SERVICE, beside, select="missing-backend-services") == (1, MISSING)


@pytest.mark.parametrize(
    ("beside", "named"),
    [
        (maker("helm.toolkit.fluxcd.io/v2", "HelmRelease"), "HelmRelease lab/it"),
        (maker("helm.toolkit.fluxcd.io/v2", "HelmRelease", "flux", "{targetNamespace: lab}"), "HelmRelease lab/it"),
        (
            maker("argoproj.io/v1alpha1", "Application", "argocd", "{destination: {namespace: lab}}"),
            "Application lab/it",
        ),
        (maker("postgresql.cnpg.io/v1", "Cluster"), "Cluster lab/it"),
        (maker("nobody-knows.example/v1", "Thing"), "Thing lab/it"),
    ],
)
def test_what_may_make_a_service_is_named(beside: str, named: str, tmp_path: Path) -> None:
    assert found(tmp_path, INGRESS, SERVICE, beside, select="missing-backend-services") == (
        0,
        f"-: skip: missing-backend-services: {named} may make a Service, which netlint does not see\n",
    )


def test_an_export_shows_all_whatever_makes_them(tmp_path: Path) -> None:
    observed = SERVICE.replace("namespace: lab", "namespace: lab, uid: 7b")
    cluster = maker("postgresql.cnpg.io/v1", "Cluster")
    assert found(tmp_path, INGRESS, observed, cluster, select="missing-backend-services") == (1, MISSING)


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: debug, namespace: lab, labels: {app: tool}%s}
spec: {containers: [{name: debug}]}
"""


def test_a_pod_that_somebody_wrote_is_not_all_of_them(tmp_path: Path) -> None:
    assert found(tmp_path, SERVICE, POD % "", select="services-without-pods") == (
        0,
        "-: skip: services-without-pods: the Pods in it are manifests, and controllers make others\n",
    )


@pytest.mark.parametrize("scaffold", ["", ", creationTimestamp: null", ', uid: "", resourceVersion: ""'])
def test_scaffolds_are_no_observation(scaffold: str, tmp_path: Path) -> None:
    assert found(tmp_path, SERVICE, POD % scaffold + "status: {}\n", select="services-without-pods")[0] == 0


@pytest.mark.parametrize(
    "given", [", uid: 7b", ', creationTimestamp: "2026-01-05T09:00:00Z"', ', resourceVersion: "7"']
)
def test_what_a_cluster_gave_is_one(given: str, tmp_path: Path) -> None:
    code, out = found(tmp_path, SERVICE, POD % given, select="services-without-pods")
    assert (code, out) == (
        0,
        "all.yaml:4:18: warning: services-without-pods: Service lab/other spec.selector: "
        "app=other selects no pod in namespace lab\n",
    )


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: other, namespace: lab}
spec:
  selector: {matchLabels: {app: other}}
  template:
    metadata: {labels: {app: other}}
    spec: {containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}
"""


def test_pods_of_helm_hooks_are_no_pods_of_services(tmp_path: Path) -> None:
    hook = POD.replace("app: tool", "app: other") % ", annotations: {helm.sh/hook: test}"
    to_http = SERVICE.replace("port: 80", "port: 80, targetPort: http")
    assert found(tmp_path, to_http, DEPLOYMENT, hook, select="services,entrypoints")[0] == 0


def test_a_manifest_of_a_pod_says_nothing_of_readiness(tmp_path: Path) -> None:
    pod = POD.replace("app: tool", "app: other") % ""
    balanced = SERVICE.replace("spec: {", "spec: {type: LoadBalancer, ")
    skips = "the Pods in it are manifests, and controllers make others"
    code, out = found(tmp_path, balanced, pod, select="dead-entrypoints")
    assert (code, [line for line in out.splitlines() if skips not in line]) == (0, [])


def test_a_slice_that_somebody_wrote_is_not_all_of_them(tmp_path: Path) -> None:
    written = (
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
        "metadata: {name: db-1, namespace: lab, labels: {kubernetes.io/service-name: db}}\n"
        "addressType: IPv4\nendpoints: [{addresses: [203.0.113.7]}]\n"
    )
    balanced = SERVICE.replace("spec: {", "spec: {type: LoadBalancer, ")
    assert "error" not in found(tmp_path, balanced, DEPLOYMENT, written, select="dead-entrypoints")[1]
