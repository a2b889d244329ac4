"""Kubeconfig files that tests change, and what stands in them: tokens and credential plugins."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import yaml

from tests.support.controlplane import ControlPlane
from tests.support.program import execute

from .certificates import Certificate

_EXEC_API = "client.authentication.k8s.io/v1"
Json = dict[str, Any]


def changed(plane: ControlPlane, path: Path, cluster: Json | None = None, user: Json | None = None, **top: Any) -> Path:
    """The administrator's kubeconfig with changes of its cluster (None removes an entry), another user, and others."""
    config = yaml.safe_load(plane.kubeconfig().read_text(encoding="utf-8"))
    own = config["clusters"][0]["cluster"] | (cluster or {})
    config["clusters"][0]["cluster"] = {name: value for name, value in own.items() if value is not None}
    if user is not None:
        config["users"][0]["user"] = user
    path.write_text(yaml.safe_dump(config | top), encoding="utf-8")
    return path


def plugin(folder: Path, script: str) -> Json:
    """A user whose credentials a shell script prints."""
    program = folder / "credential-plugin"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return {"exec": {"apiVersion": _EXEC_API, "command": f"./{program.name}", "interactiveMode": "Never"}}


def printing(**status: str) -> str:
    """The script of a plugin that prints these credentials."""
    answer = json.dumps({"apiVersion": _EXEC_API, "kind": "ExecCredential", "status": status})
    return f"cat <<'END'\n{answer}\nEND"


def with_certificate(certificate: Certificate) -> Json:
    return {"client-certificate": str(certificate.file), "client-key": str(certificate.key)}


def service_account_token(plane: ControlPlane, namespace: str, name: str, expires_in: int) -> str:
    """A token of the account, signed with the server's own key; the server itself makes none that expires soon."""
    uid = plane.admin.get(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}")["metadata"]["uid"]
    issuer, now = "https://kubernetes.default.svc", int(time.time())
    claims = {
        "iss": issuer,
        "aud": [issuer],
        "sub": f"system:serviceaccount:{namespace}:{name}",
        "iat": now - 7200,
        "nbf": now - 7200,
        "exp": now + expires_in,
        "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}},
    }
    signed = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
    key = plane.folder / "certificates" / "apiserver.key"
    command = ["openssl", "dgst", "-sha256", "-sign", str(key)]
    signature = execute(*command, input=signed.encode(), text=False, check=True).stdout
    return f"{signed}.{_base64(signature)}"


def _part(content: Json) -> str:
    return _base64(json.dumps(content).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
