"""A live cluster, read through its API server."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netlint.sources.live.apiserver import ApiConnection


@dataclass(frozen=True)
class LiveCluster:
    """The API server that kubectl would talk to with these options.

    ``namespaces``: only these; empty: all. ``request_timeout`` and ``timeout`` in seconds, of one request with its
    answer and of everything.
    """

    kubeconfig: Path | None = None
    context: str | None = None
    user: str | None = None
    namespaces: tuple[str, ...] = ()
    request_timeout: float = 60.0
    timeout: float = 1800.0

    @cached_property
    def connection(self) -> ApiConnection:
        """Made when it is first asked for. Raises as ``apiserver.connect``."""
        from netlint.sources.live import apiserver

        return apiserver.connect(self.kubeconfig, self.context, self.user, self.request_timeout, self.timeout)
