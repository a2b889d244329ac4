"""Talking to an API server: the official client authenticates and carries the bytes, nothing more.

Its generated classes and models are not used: they cost half a second of imports and decode 87 times
slower than structs.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from netlint import __version__
from netlint.errors import ClusterError
from netlint.objects import Kind

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

PAGE = 500
TOO_MANY_REQUESTS = 429
EXPIRED = 410
SERVER_ERRORS = 500
LONGEST_PAUSE = 10.0  # seconds


class StatusBody(msgspec.Struct):
    """The body of an answer that is no success (metav1.Status)."""

    message: str = ""


class PageMeta(msgspec.Struct):
    """``metadata`` of a list."""

    resourceVersion: str = ""
    next: str = msgspec.field(default="", name="continue")


class Page(msgspec.Struct):
    """One page of a list; its items stay as they are."""

    metadata: PageMeta = msgspec.field(default_factory=PageMeta)
    items: msgspec.Raw = msgspec.Raw(b"[]")


class Version(msgspec.Struct):
    """The answer of ``/version``."""

    gitVersion: str = ""


class RequestError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        """``message``: the server's own."""
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Connection:
    """Which cluster, as whom; ``timeout`` in seconds for each request."""

    client: ApiClient
    context: str
    user: str | None
    timeout: float

    @property
    def server(self) -> str:
        """The server's URL."""
        return str(self.client.configuration.host)

    def get(self, path: str, query: dict[str, str] | None = None) -> bytes:
        """The body of the answer.

        Waits as long as a busy server asks for (429, Retry-After), within the timeout. Raises
        RequestError for an answer that is no success, ClusterError where there is none.
        """
        limit = time.monotonic() + self.timeout
        while True:
            status, body, pause = self._request(path, query or {}, limit - time.monotonic())
            if status < 300:
                return body
            busy = status == TOO_MANY_REQUESTS
            if not busy or time.monotonic() + pause >= limit:
                raise RequestError(status, _message(body) or f"the server answers {status}")
            time.sleep(pause * random.uniform(1, 1.1))  # noqa: S311 - spreads clients out, nothing secret

    def _request(self, path: str, query: dict[str, str], timeout: float) -> tuple[int, bytes, float]:
        """Status, body, and for how many seconds the server asks to wait."""
        from urllib3.exceptions import HTTPError

        headers = {"Accept": "application/json", "User-Agent": f"netlint/{__version__}"}
        if self.user:
            headers["Impersonate-User"] = self.user
        request = self.client.param_serialize(
            "GET",
            path,
            query_params=list(query.items()),
            header_params=headers,
            auth_settings=["BearerToken"],
        )
        try:
            response = self.client.call_api(*request, _request_timeout=max(0.1, timeout))
            body = response.read()
        except (HTTPError, OSError) as error:
            raise ClusterError(f"{self.context} at {self.server}: {_in_words(error)}") from error
        return response.status, body, _pause(response.headers.get("Retry-After"))

    def version(self) -> str:
        """The server's version, such as v1.36.3; ClusterError where it does not let us in."""
        try:
            return msgspec.json.decode(self.get("/version"), type=Version).gitVersion
        except RequestError as error:
            hint = ": the credentials are not accepted; log in again" if error.status == 401 else ""
            raise ClusterError(f"{self.context} at {self.server}: {error.message}{hint}") from error
        except msgspec.DecodeError as error:
            raise ClusterError(f"{self.context} at {self.server} is no Kubernetes API server") from error

    def pages(self, kind: Kind, version: str, namespace: str | None) -> Iterator[Page]:
        """A list in pages, all at one resource version. Raises RequestError and ClusterError as ``get``."""
        query = {"limit": str(PAGE)}
        while True:
            body = self.get(list_path(kind, version, namespace), query)
            try:
                page = msgspec.json.decode(body, type=Page)
            except msgspec.DecodeError as error:
                raise ClusterError(f"{self.server}: the list of {kind.plural} is cut off: {error}") from error
            yield page
            if not page.metadata.next:
                return
            query = {**query, "continue": page.metadata.next}


def list_path(kind: Kind, version: str, namespace: str | None) -> str:
    """Where the API serves a list."""
    root = f"/apis/{kind.group}/{version}" if kind.group else f"/api/{version}"
    within = f"/namespaces/{namespace}" if namespace and kind.namespaced else ""
    return f"{root}{within}/{kind.plural}"


def connect(kubeconfig: Path | None, context: str | None, user: str | None, timeout: float) -> Connection:
    """Connect as kubectl would: --kubeconfig, KUBECONFIG, the default file, else from inside a cluster.

    Raises ClusterError where nothing of this exists or can be used.
    """
    from kubernetes.client import ApiClient, Configuration
    from kubernetes.config import ConfigException, list_kube_config_contexts
    from kubernetes.config.incluster_config import InClusterConfigLoader
    from kubernetes.config.kube_config import load_kube_config

    settings = Configuration()
    file = _kubeconfig(kubeconfig)
    try:
        if file is not None:
            load_kube_config(config_file=file, context=context, client_configuration=settings)
            name = context or list_kube_config_contexts(file)[1]["name"]
        else:
            InClusterConfigLoader(TOKEN_FILE, CA_FILE).load_and_set(settings)
            name = "in-cluster"
    except ConfigException as error:
        raise ClusterError(_not_configured(file, context, error)) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ClusterError(f"{file or 'in-cluster configuration'}: {error}") from error
    settings.retries = False
    return Connection(ApiClient(settings), name, user, timeout)


TOKEN_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path
CA_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"


def _kubeconfig(named: Path | None) -> str | None:
    """The kubeconfig file, or the list of them in KUBECONFIG; None where there is none."""
    if named is not None:
        if not named.is_file():
            raise ClusterError(f"{named}: no such kubeconfig")
        return str(named)
    from_environment = os.environ.get("KUBECONFIG")
    if from_environment:
        return from_environment
    default = Path("~/.kube/config").expanduser()
    return str(default) if default.is_file() else None


def _not_configured(file: str | None, context: str | None, error: Exception) -> str:
    if file is None:
        return (
            "nothing to check: name files or folders, or give --kubeconfig; there is no kubeconfig "
            "(KUBECONFIG, ~/.kube/config), and this is not inside a cluster"
        )
    contexts = _contexts(file)
    if context is not None and context not in contexts:
        return f"{file} has no context {context!r}; it has {', '.join(contexts) or 'none'}"
    return f"{file}: {error}"


def _contexts(file: str) -> list[str]:
    from kubernetes.config import ConfigException, list_kube_config_contexts

    try:
        return [str(found["name"]) for found in list_kube_config_contexts(file)[0]]
    except ConfigException:
        return []


def _message(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=StatusBody).message
    except msgspec.DecodeError:
        return ""


def _pause(retry_after: str | None) -> float:
    try:
        return min(LONGEST_PAUSE, max(0.1, float(retry_after or 1)))
    except ValueError:
        return 1.0


def _in_words(error: BaseException) -> str:
    """The innermost reason of a failed connection."""
    text = str(getattr(error, "reason", None) or error)
    for marker in (
        "CERTIFICATE_VERIFY_FAILED",
        "Connection refused",
        "timed out",
        "Name or service not known",
    ):
        if marker in text:
            return _WORDS[marker]
    return text.rpartition(": ")[2] if ": " in text else text


_WORDS = {
    "CERTIFICATE_VERIFY_FAILED": "the server's certificate is not signed by the CA of the kubeconfig",
    "Connection refused": "the connection is refused; is the server running?",
    "timed out": "no answer in time; try a larger --request-timeout",
    "Name or service not known": "the server's name is unknown",
}
