"""Files that lie in every repository and are no manifests: values, workflows, charts, build output."""

from collections.abc import Iterator
from random import Random

from cluster.words import DOMAINS

Files = Iterator[tuple[str, str]]


def fixed() -> Files:
    """Files that exist once. What is ignored must not be read: it contradicts the rest or is broken."""
    yield ".gitignore", "\n".join(("# build output", *_IGNORED)) + "\n"
    yield ".pre-commit-config.yaml", _PRE_COMMIT
    yield ".yamllint.yaml", "extends: default\nrules:\n  line-length: disable\n"
    yield "mkdocs.yml", "site_name: Platform\nnav:\n  - Home: index.md\n"
    yield (
        "skaffold.yaml",
        "apiVersion: skaffold/v4beta11\nkind: Config\nbuild:\n  artifacts:\n    - image: example\n",
    )
    yield "playbook.yml", "- hosts: all\n  become: yes\n  tasks:\n    - name: ping\n      ping:\n"
    yield "build/output/deployment.yaml", _CONTRADICTION
    yield "apps/rendered/all.yaml", _CONTRADICTION + "---\nbroken: [\n"
    yield "local.generated.yaml", "kind: Service\n\tbroken by a tab\n"
    yield ".cache/objects.json", '{"kind": "Service"'
    for chart in ("storefront", "ingest"):
        yield from _chart(chart)


def drawn(random: Random, count: int) -> Files:
    """Small files of five sorts, under ever new names."""
    for number in range(count):
        domain = random.choice(DOMAINS)
        yield random.choice((_values, _workflow, _compose, _dashboard, _api))(random, domain, number)


def kustomization(resources: list[str], namespace: str, patches: list[str]) -> str:
    lines = [
        "apiVersion: kustomize.config.k8s.io/v1beta1",
        "kind: Kustomization",
        f"namespace: {namespace}",
        "resources:",
    ]
    lines += [f"  - {name}" for name in resources]
    if patches:
        lines += ["patches:"] + [f"  - path: {name}" for name in patches]
    return "\n".join(lines) + "\n"


def _values(random: Random, domain: str, number: int) -> tuple[str, str]:
    facts = (
        domain,
        random.randint(1, 9),
        domain,
        number,
        random.choice((80, 8080)),
        random.choice(("yes", "off")),
        domain,
    )
    return f"helm/{domain}/values-{number}.yaml", _VALUES % facts


def _workflow(random: Random, domain: str, number: int) -> tuple[str, str]:
    return f".github/workflows/{domain}-{number}.yml", _WORKFLOW % (
        domain,
        domain,
        domain,
        random.randint(1, 99),
    )


def _compose(random: Random, domain: str, number: int) -> tuple[str, str]:
    return f"tools/{domain}-{number}/docker-compose.yaml", _COMPOSE % (domain, random.randint(3000, 9000))


def _dashboard(random: Random, domain: str, number: int) -> tuple[str, str]:
    return f"monitoring/{domain}-{number}/provider.yaml", _PROVIDER % (
        domain,
        number,
        "=" * random.randint(10, 60),
    )


def _api(random: Random, domain: str, number: int) -> tuple[str, str]:
    names = random.sample(DOMAINS, random.randint(1, 6))
    return f"docs/api/{domain}-{number}.yaml", _API % domain + "".join(_API_PATH % (domain, name) for name in names)


def _chart(name: str) -> Files:
    folder = f"charts/{name}"
    yield f"{folder}/Chart.yaml", f"apiVersion: v2\nname: {name}\nversion: 0.3.1\ntype: application\n"
    yield f"{folder}/values.yaml", "replicas: 2\nservice:\n  port: 80\n"
    yield f"{folder}/templates/_helpers.tpl", '{{- define "fullname" -}}{{ .Release.Name }}{{- end -}}\n'
    yield f"{folder}/templates/deployment.yaml", _CHART_DEPLOYMENT
    yield f"{folder}/templates/service.yaml", _CHART_SERVICE


_IGNORED = (
    "/build/",
    "rendered/",
    "*.generated.yaml",
    "!keep.generated.yaml",
    ".cache/",
    "/expected.json",
    "/generated.json",
)
_PRE_COMMIT = """repos:
- repo: https://example.com/hooks
  rev: v1.4
  hooks: [{id: yamllint}]
"""
_VALUES = """# Values for %s
replicaCount: %d
image:
  repository: ghcr.io/example/%s
  tag: '%d'
service: {type: ClusterIP, port: %d}
resources: {}
ingress:
  enabled: %s
  hosts:
  - host: %s.example.com
    paths: [/]
"""
_WORKFLOW = """name: %s
on:
  push:
    branches: [main]
    paths: ['apps/%s/**']
jobs:
  deploy:
    runs-on: ubuntu-24.04
    steps:
    - uses: actions/checkout@v5
    - run: |
        make deploy APP=%s
        echo ${{ github.sha }} %d
"""
_COMPOSE = """services:
  %s:
    build: .
    ports: ['%d:8080']
    environment:
      MODE: dev
  db:
    image: postgres:17
    volumes: [data:/var/lib/postgresql/data]
volumes: {data: }
"""
_PROVIDER = """apiVersion: 1
providers:
  - name: %s
    folder: ''
    type: file
    options: {path: /d/%d}
# %s
"""
_API = """openapi: 3.1.0
info: {title: %s, version: '1'}
paths:
"""
_API_PATH = """  /%s/%s:
    get:
      responses:
        '200': {description: ok}
"""
_CONTRADICTION = """apiVersion: v1
kind: Service
metadata:
  name: nobody-selects
  namespace: build
spec:
  selector: {app: no-such-app}
  ports: [{port: 80, targetPort: nowhere}]
"""
_CHART_DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "fullname" . }}
spec:
  {{- if not .Values.autoscaling }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  selector:
    matchLabels: {app: {{ .Chart.Name }}}
  template:
    metadata:
      labels: {app: {{ .Chart.Name }}}
    spec:
      containers:
        - name: app
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          {{- with .Values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
"""
_CHART_SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: {{ include "fullname" . }}
spec:
  ports:
    - port: {{ .Values.service.port }}
      targetPort: http
  selector: {app: {{ .Chart.Name }}}
"""
