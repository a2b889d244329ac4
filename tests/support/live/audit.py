"""The log in which the API server writes down all requests before it answers them."""

from __future__ import annotations

import json
from pathlib import Path

_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["ResponseStarted", "ResponseComplete"],
    "rules": [{"level": "Metadata"}],
}


class AuditLog:
    def __init__(self, folder: Path) -> None:
        self._log = folder / "audit.log"
        policy = folder / "policy.json"
        policy.write_text(json.dumps(_POLICY), encoding="utf-8")
        self.flags = [f"--audit-policy-file={policy}", f"--audit-log-path={self._log}"]

    def requests(self, user: str) -> list[tuple[str, str]]:
        """Verb and URI of each request of the user, sorted."""
        written, _, _ = self._log.read_text(encoding="utf-8").rpartition("\n")
        events = map(json.loads, written.splitlines())
        own = [event for event in events if event["user"]["username"] == user]
        return sorted((event["verb"], event["requestURI"]) for event in own)
