"""Requests to etcd itself, over its JSON gateway."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
from pathlib import Path
from typing import Any


class _Connection(http.client.HTTPConnection):
    """To a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))


def compact(path: Path) -> None:
    """Forgets all revisions but the newest, which is one that this makes: no list that has begun is there any more."""
    own = base64.b64encode(b"/netlint-tests/compacted").decode()
    revision = _request(path, "put", {"key": own})["header"]["revision"]
    _request(path, "compaction", {"revision": revision, "physical": True})


def _request(path: Path, operation: str, body: dict[str, Any]) -> Any:
    with contextlib.closing(_Connection(path)) as connection:
        connection.request("POST", f"/v3/kv/{operation}", json.dumps(body))
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise OSError(f"etcd answers {response.status} to {operation}: {answer.decode(errors='replace')}")
        return json.loads(answer)
