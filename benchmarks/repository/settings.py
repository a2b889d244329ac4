"""ConfigMaps: the configuration files that people carry in manifests, as literal blocks."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from cluster.words import DOMAINS, ENVIRONMENT

from repository.blueprints import Blueprint
from repository.workloads import metadata

Tree = dict[str, Any]

_SETTINGS = ("enabled", "timeout-ms", "url", "pool.size")


def config_map(random: Random, app: Blueprint, name: str) -> Tree:
    data: dict[str, str] = {}
    for file_name, make in random.sample(_FILES, random.choice((1, 2, 2, 3))):
        data[file_name] = make(random, app)
    if random.random() < 0.4:
        data |= dict(random.sample(ENVIRONMENT, random.randint(1, 6)))
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(random, app, name), "data": data}


def _properties(random: Random, app: Blueprint) -> str:
    lines = [f"# {app.name}", "", "spring.application.name=" + app.name]
    for domain in random.sample(DOMAINS, random.randint(3, 75)):
        lines.append(f"{app.team}.{domain}.{random.choice(_SETTINGS)}={random.randint(0, 9000)}")
        if random.random() < 0.1:
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _nginx(random: Random, app: Blueprint) -> str:
    locations = "".join(
        f"    location /{domain}/ {{\n"
        f"      proxy_pass http://{app.name}:{random.choice((80, 8080))};\n"
        f"      proxy_read_timeout {random.randint(5, 90)}s;\n"
        f"    }}\n"
        for domain in random.sample(DOMAINS, random.randint(1, 12))
    )
    return (
        f"worker_processes auto;\n\nevents {{ worker_connections 1024; }}\n\nhttp {{\n  server {{\n"
        f"    listen 8080;\n    server_name {app.name}.example.com;\n{locations}  }}\n}}\n"
    )


def _json(random: Random, app: Blueprint) -> str:
    value = {
        "service": app.name,
        "features": {domain: random.random() < 0.5 for domain in random.sample(DOMAINS, random.randint(2, 30))},
        "limits": [random.randint(1, 500) for _ in range(random.randint(1, 6))],
        "greeting": "Grüße aus der Konfiguration",
    }
    return json.dumps(value, indent=random.choice((2, 2, 4)), ensure_ascii=False) + random.choice(("\n", ""))


def _yaml(random: Random, app: Blueprint) -> str:
    """YAML within YAML, with a kind that is not to be taken for an object."""
    lines = [f"kind: {app.team.capitalize()}Config", "server:", "  port: 8080", "upstreams:"]
    lines += [
        f"- name: {domain}\n  weight: {random.randint(1, 100)}"
        for domain in random.sample(DOMAINS, random.randint(2, 30))
    ]
    return "\n".join(lines) + "\n"


def _toml(random: Random, app: Blueprint) -> str:
    tables = "".join(
        f'\n[{domain}]\nurl = "https://{domain}.example.com"\nretries = {random.randint(0, 5)}\n'
        for domain in random.sample(DOMAINS, random.randint(1, 8))
    )
    return f'name = "{app.name}"\nlisten = ":8080"\n{tables}'


def _script(random: Random, app: Blueprint) -> str:
    steps = "".join(f'  echo "step {number}: {random.choice(DOMAINS)}"\n' for number in range(random.randint(1, 9)))
    return f'#!/bin/sh\nset -eu\n\nmain() {{\n{steps}}}\n\nmain "$@" # {app.name}\n'


def _rules(random: Random, app: Blueprint) -> str:
    groups = "".join(
        f"  - alert: {domain.capitalize()}Slow\n"
        f"    expr: histogram_quantile(0.99, rate({domain}_seconds_bucket[5m])) > {random.randint(1, 9)}\n"
        f"    for: 10m\n    annotations:\n      summary: '{{{{ $labels.pod }}}} of {app.name} is slow'\n"
        for domain in random.sample(DOMAINS, random.randint(1, 6))
    )
    return f"groups:\n- name: {app.name}\n  rules:\n{groups}"


_FILES: tuple[tuple[str, Callable[[Random, Blueprint], str]], ...] = (
    ("application.properties", _properties),
    ("nginx.conf", _nginx),
    ("config.json", _json),
    ("config.yaml", _yaml),
    ("settings.toml", _toml),
    ("entrypoint.sh", _script),
    ("alerts.yaml", _rules),
)
