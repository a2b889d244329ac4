"""Talking to an API server: the official client authenticates and carries the bytes, nothing more.

Its generated classes and models are not used: they cost half a second of imports and decode 87 times
slower than structs.
"""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging import Handler, getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from netlint import __version__
from netlint.errors import ClusterError
from netlint.objects import Kind
from netlint.objects.meta import group_of

if TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration

PAGE = 500
UNAUTHORIZED = 401
TOO_MANY_REQUESTS = 429
EXPIRED = 410
SERVER_ERRORS = 500
SHORTEST_PAUSE = 0.1  # seconds


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


# Made before there are threads: msgspec crashes where several of them are the first to use a type.
_STATUS = msgspec.json.Decoder(StatusBody)
_PAGE = msgspec.json.Decoder(Page)


class Version(msgspec.Struct):
    """The answer of ``/version``."""

    gitVersion: str


class GroupVersion(msgspec.Struct):
    """One entry of a group's ``versions``."""

    groupVersion: str


class Group(msgspec.Struct):
    """One entry of ``groups``."""

    versions: list[GroupVersion]


class Groups(msgspec.Struct):
    """The answer of ``/apis`` (metav1.APIGroupList)."""

    groups: list[Group]


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

        Waits as long as a busy server asks for (Retry-After), within the timeout. Raises RequestError for
        an answer that is no success, ClusterError where there is none.
        """
        limit = time.monotonic() + self.timeout
        while True:
            status, body, retry_after = self._request(path, query or {}, limit - time.monotonic())
            if status < 300:
                return body
            pause = _pause(status, retry_after)
            if pause is None or time.monotonic() + pause >= limit:
                hint = ": the credentials are not accepted; log in again" if status == UNAUTHORIZED else ""
                raise RequestError(status, (_message(body) or f"the server answers {status}") + hint)
            time.sleep(pause * random.uniform(1, 1.1))  # noqa: S311 - spreads clients out, nothing secret

    def _request(self, path: str, query: dict[str, str], timeout: float) -> tuple[int, bytes, str | None]:
        """Status, body and Retry-After."""
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        headers = {"Accept": "application/json"}
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
        except (ApiException, HTTPError, OSError) as error:
            raise self.failure(_in_words(error)) from error
        return response.status, body, response.headers.get("Retry-After")

    def failure(self, problem: str) -> ClusterError:
        """The error to raise where this server does not do what it should."""
        return ClusterError(f"{self.context} at {self.server}: {problem}")

    def version(self) -> str:
        """The server's version, such as v1.36.3; ClusterError where it does not let us in."""
        try:
            return msgspec.json.decode(self.get("/version"), type=Version).gitVersion
        except RequestError as error:
            raise self.failure(error.message) from error
        except msgspec.DecodeError as error:
            raise self.failure("this is no Kubernetes API server") from error

    def group_versions(self) -> frozenset[str] | None:
        """What is served, such as apps/v1, besides the core group; None where the server does not tell.

        Raises ClusterError as ``get``.
        """
        try:
            found = msgspec.json.decode(self.get("/apis"), type=Groups)
        except (RequestError, msgspec.DecodeError):
            return None
        return frozenset(version.groupVersion for group in found.groups for version in group.versions)

    def pages(self, kind: Kind, api_version: str, namespace: str | None) -> Iterator[Page]:
        """A list in pages, all at one resource version. Raises RequestError and ClusterError as ``get``."""
        query = {"limit": str(PAGE)}
        while True:
            body = self.get(list_path(kind, api_version, namespace), query)
            try:
                page = _PAGE.decode(body)
            except msgspec.DecodeError as error:
                raise self.failure(f"the list of {kind.plural} is no list: {error}") from error
            yield page
            if not page.metadata.next:
                return
            query = {**query, "continue": page.metadata.next}


def list_path(kind: Kind, api_version: str, namespace: str | None) -> str:
    """Where the API serves a list."""
    root = f"/apis/{api_version}" if group_of(api_version) else f"/api/{api_version}"
    within = f"/namespaces/{namespace}" if namespace and kind.namespaced else ""
    return f"{root}{within}/{kind.plural}"


def connect(kubeconfig: Path | None, context: str | None, user: str | None, timeout: float) -> Connection:
    """Connect as kubectl would: --kubeconfig, KUBECONFIG, the default file, else from inside a cluster.

    Raises ClusterError where nothing of this exists or can be used.
    """
    from kubernetes.client import ApiClient, Configuration
    from kubernetes.config import ConfigException
    from kubernetes.config.incluster_config import InClusterConfigLoader
    from urllib3 import disable_warnings

    settings = Configuration()
    file = _kubeconfig(kubeconfig)
    try:
        if file is not None:
            name = _load(file, context, settings)
        else:
            InClusterConfigLoader(TOKEN_FILE, CA_FILE).load_and_set(settings)
            name = "in-cluster"
    except ConfigException as error:
        raise ClusterError(_not_configured(file, error)) from error
    except OSError as error:
        raise ClusterError(f"{file or 'in-cluster configuration'}: {error.filename}: {error.strerror}") from error
    settings.retries = False
    if not settings.verify_ssl:
        disable_warnings()  # whoever writes insecure-skip-tls-verify knows
    client = ApiClient(settings)
    client.user_agent = f"netlint/{__version__}"
    return Connection(client, name, user, timeout)


def _load(file: str, context: str | None, settings: Configuration) -> str:
    """Put what a kubeconfig says into the client's settings; gives the name of the context."""
    from kubernetes.config.kube_config import load_kube_config

    try:
        name = _chosen(file, _documents(file), context)
        with _complaints() as complaints:
            load_kube_config(config_file=file, context=name, client_configuration=settings)
    except (TypeError, KeyError, AttributeError) as error:
        raise ClusterError(f"{file} is no kubeconfig: something in it is missing or of another type") from error
    except ValueError as error:
        raise ClusterError(f"{file} is no kubeconfig: {error}") from error
    if complaints:
        reason = " ".join(_NUMBER.sub("", complaints[0].removeprefix("exec: ")).split())
        raise ClusterError(f"{file}: the credential plugin failed: {reason}")
    return name


def _chosen(files: str, configs: list[dict[str, Any]], context: str | None) -> str:
    """The context to use, which names a cluster and a user that are there: the client would go on as nobody."""
    contexts = _named(configs, "contexts")
    if not contexts:
        raise ClusterError(f"{files} is no kubeconfig: it has no contexts")
    # the first file that names one decides, as for kubectl; the client would take the last one's
    name = context or next((found for config in configs if (found := config.get("current-context"))), None)
    if name is None:
        raise ClusterError(f"{files} names no current context; choose one with --context")
    if name not in contexts:
        raise ClusterError(f"{files} has no context {name!r}; it has {', '.join(contexts)}")
    for part in ("cluster", "user"):
        wanted = contexts[name]["context"].get(part)
        if wanted and wanted not in _named(configs, f"{part}s"):
            raise ClusterError(f"{files}: context {name!r} names {part} {wanted!r}, which is not there")
    return name


def _named(configs: list[dict[str, Any]], part: str) -> dict[str, dict[str, Any]]:
    """The contexts, clusters or users of the files by name; of one name, the first file's."""
    found: dict[str, dict[str, Any]] = {}
    for config in configs:
        for entry in config.get(part) or ():
            found.setdefault(str(entry["name"]), entry)
    return found


def _documents(files: str) -> list[dict[str, Any]]:
    """The files of a list such as KUBECONFIG, as far as they exist."""
    import yaml

    paths = [Path(name).expanduser() for name in files.split(os.pathsep) if name]
    try:
        found = [yaml.safe_load(path.read_bytes()) for path in paths if path.is_file()]
    except yaml.YAMLError as error:
        raise ClusterError(f"{files} is no kubeconfig: it cannot be read as YAML") from error
    if not found:
        raise ClusterError(f"{files}: no such kubeconfig")
    if not all(document is None or isinstance(document, dict) for document in found):
        raise ClusterError(f"{files} is no kubeconfig: it is no mapping")
    return [document or {} for document in found]


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What the client logs: that a credential plugin failed, whereupon it would go on as nobody."""
    heard: list[str] = []
    handler = Handler()
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logger = getLogger()
    logger.addHandler(handler)
    try:
        yield heard
    finally:
        logger.removeHandler(handler)


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
    try:
        default = Path("~/.kube/config").expanduser()
    except RuntimeError:  # a user without a home, as in many a container
        return None
    return str(default) if default.is_file() else None


def _not_configured(file: str | None, error: Exception) -> str:
    if file is None and "KUBERNETES_SERVICE_HOST" in os.environ:
        return f"this is inside a cluster, but: {error}"
    if file is None:
        return (
            "nothing to check: name files or folders, or give --kubeconfig; there is no kubeconfig "
            "(KUBECONFIG, ~/.kube/config), and this is not inside a cluster"
        )
    return f"{file}: {error}"


def _message(body: bytes) -> str:
    try:
        return _STATUS.decode(body).message
    except msgspec.DecodeError:
        text = body.decode(errors="replace").strip()
        return text if text.isprintable() and "<" not in text else ""


def _pause(status: int, retry_after: str | None) -> float | None:
    """For how many seconds to wait before asking again; None where that is of no use."""
    if status != TOO_MANY_REQUESTS and not (status >= SERVER_ERRORS and retry_after):
        return None
    try:
        return max(SHORTEST_PAUSE, float(retry_after or 1))
    except ValueError:  # a date, which API servers do not send
        return 1.0


def _in_words(error: BaseException) -> str:
    """The innermost reason of a failed connection."""
    text = str(getattr(error, "reason", None) or error)
    for marker, words in _WORDS.items():
        if marker in text:
            return words
    tls = _TLS.search(text)
    if tls is None:
        return _NUMBER.sub("", text.rpartition(": ")[2])
    untrusted = tls["reason"].removeprefix("certificate verify failed: ")
    if untrusted != tls["reason"]:
        return f"the server's certificate is not trusted: {untrusted}"
    return f"no TLS connection: {tls['reason']}"


_TLS = re.compile(r"\[(SSL|X509)[^]]*\] (?P<reason>.*?)\.? \(_ssl")
_NUMBER = re.compile(r"^\[Errno -?\d+\] ")
_WORDS = {
    "Connection refused": "the connection is refused; is the server running?",
    "Connection aborted": "the connection broke off",
    "Connection broken": "the connection broke off",
    "Failed to resolve": "the server's name cannot be resolved",
    "timed out": "no answer in time; try a larger --request-timeout",
}
