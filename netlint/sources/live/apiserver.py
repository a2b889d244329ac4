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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from netlint import __version__
from netlint.errors import ClusterError, UsageError
from netlint.objects import Kind
from netlint.objects.meta import group_of
from netlint.sources.live import kubeconfigs
from netlint.sources.live.kubeconfigs import without_credentials
from netlint.sources.live.threads import within

if TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration

PAGE = 500
MOST_EMPTY = 100
"""Pages without an item that may follow each other: etcd can have deleted what was there."""
LARGEST_BODY = 1 << 30
"""Bytes of an answer: etcd takes objects of 1.5 MiB, of which a page has 500."""
_CHUNK = 64 << 10
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
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

    kind: str = ""
    metadata: PageMeta | None = None
    items: msgspec.Raw = msgspec.Raw()

    @property
    def next(self) -> str:
        """The token that continues the list; empty on the last page."""
        return self.metadata.next if self.metadata else ""

    @property
    def revision(self) -> str:
        """The resource version of the list."""
        return self.metadata.resourceVersion if self.metadata else ""


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
class ApiConnection:
    """Which cluster, as whom.

    ``timeout``: in seconds for each request, from its start to the last byte of the answer; ``deadline``: when
    everything must have been read (time.monotonic).
    """

    client: ApiClient
    context: str
    user: str | None
    timeout: float
    deadline: float = float("inf")

    @property
    def server(self) -> str:
        """The server's URL, without a password in it."""
        return without_credentials(str(self.client.configuration.host))

    def get(self, path: str, query: dict[str, str] | None = None) -> bytes:
        """The body of the answer.

        Waits as long as a busy server asks for (Retry-After), within the timeout. Raises RequestError for
        an answer that is no success, ClusterError where there is none.
        """
        limit = min(time.monotonic() + self.timeout, self.deadline)
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
        """Status, body and Retry-After.

        A timeout of the client is one for each packet, and a server may send a byte at a time.
        """
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
        if timeout <= 0:
            raise self._late()
        try:
            return within(timeout, lambda: self._answer(request, timeout))
        except TimeoutError as error:
            raise self._late() from error
        except (ApiException, HTTPError, OSError) as error:
            raise self.failure(_in_words(error)) from error
        except ValueError as error:  # which http.client says of a token with a line break
            raise self.failure("the credentials cannot be sent: a character in them is not allowed") from error

    def _answer(self, request: tuple[Any, ...], timeout: float) -> tuple[int, bytes, str | None]:
        ends = time.monotonic() + timeout
        response = self.client.call_api(*request, _request_timeout=timeout).response  # type: ignore[misc]
        body = bytearray()
        while chunk := response.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > LARGEST_BODY:
                raise OSError(f"an answer has more than {LARGEST_BODY >> 20} MiB")
            if time.monotonic() > ends:  # nobody waits any more
                break
        return response.status, bytes(body), response.headers.get("Retry-After")

    def _late(self) -> ClusterError:
        is_over = time.monotonic() >= self.deadline
        option = "--timeout (of all requests together)" if is_over else "--request-timeout"
        return self.failure(f"no answer in time; try a larger {option}")

    def failure(self, problem: str) -> ClusterError:
        """The error to raise where this server does not do what it should."""
        return ClusterError(f"{self.context} at {self.server}{self._way}: {problem}")

    @property
    def _way(self) -> str:
        from urllib.parse import urlsplit

        from kubernetes.client.rest import should_bypass_proxies

        settings = self.client.configuration
        if not settings.proxy or should_bypass_proxies(self.server, settings.no_proxy or ""):
            return ""
        proxy = urlsplit(settings.proxy)
        return f" through the proxy {proxy.scheme}://{proxy.hostname}" + (f":{proxy.port}" if proxy.port else "")

    def version(self) -> str:
        """The server's version, such as v1.36.3; ClusterError where it does not let us in."""
        try:
            return msgspec.json.decode(self.get("/version"), type=Version).gitVersion
        except RequestError as error:
            raise self.failure(error.message) from error
        except (msgspec.DecodeError, RecursionError) as error:
            raise self.failure("this is no Kubernetes API server") from error

    def group_versions(self) -> frozenset[str] | None:
        """What is served, such as apps/v1, besides the core group; None where the server does not tell.

        Raises ClusterError as ``get``.
        """
        try:
            answer = msgspec.json.decode(self.get("/apis"), type=Groups)
        except (RequestError, msgspec.DecodeError, RecursionError):
            return None
        return frozenset(version.groupVersion for group in answer.groups for version in group.versions)

    def pages(self, kind: Kind, api_version: str, namespace: str | None) -> Iterator[Page]:
        """A list in pages, all at one resource version. Raises RequestError and ClusterError as ``get``."""
        query = {"limit": str(PAGE)}
        empty = 0
        while True:
            page = self._page(kind, self.get(list_path(kind, api_version, namespace), query))
            yield page
            if not page.next:
                return
            empty = empty + 1 if bytes(page.items) == b"[]" else 0
            if page.next == query.get("continue") or empty > MOST_EMPTY:
                raise self.failure(f"the list of {kind.plural} does not get on: the server gives page after page")
            query = {**query, "continue": page.next}

    def _page(self, kind: Kind, body: bytes) -> Page:
        try:
            page = _PAGE.decode(body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise self.failure(f"the list of {kind.plural} is no list: {error}") from error
        if bytes(page.items) == b"null":  # as Go writes an empty one
            page.items = msgspec.Raw(b"[]")
        if not bytes(page.items).startswith(b"[") or page.kind == "Table":
            raise self.failure(f"the list of {kind.plural} is no list: {page.kind or 'the answer'} has no items")
        return page


def list_path(kind: Kind, api_version: str, namespace: str | None) -> str:
    """Where the API serves a list."""
    root = f"/apis/{api_version}" if group_of(api_version) else f"/api/{api_version}"
    scope = f"/namespaces/{quote(namespace, safe='')}" if namespace and kind.namespaced else ""
    return f"{root}{scope}/{kind.plural}"


TOKEN_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path
CA_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
NOTHING = (
    "nothing to check: name files or folders, or give --kubeconfig; there is no kubeconfig "
    "(KUBECONFIG, ~/.kube/config), and this is not inside a cluster"
)


def connect(
    kubeconfig: Path | None, context: str | None, user: str | None, timeout: float, limit: float = 1800.0
) -> ApiConnection:
    """Connect as kubectl would: --kubeconfig, KUBECONFIG, the default file, else from inside a cluster.

    ``timeout`` and ``limit`` in seconds, of one request and of everything, a credential plugin included.
    Raises UsageError where nothing of this exists, ClusterError where it cannot be used.
    """
    from kubernetes.client import Configuration

    begun = time.monotonic()
    settings = Configuration()
    file = kubeconfigs.path_of(kubeconfig)
    name, acting = _configured(settings, file, context, timeout)
    settings.retries = False
    return ApiConnection(_client(settings, file), name, user or acting, timeout, begun + limit)


def _configured(
    settings: Configuration, file: str | None, context: str | None, timeout: float
) -> tuple[str, str | None]:
    """Put the kubeconfig, or what a pod finds in itself, into the settings; gives context and user to impersonate."""
    from kubernetes.config import ConfigException
    from kubernetes.config.incluster_config import InClusterConfigLoader

    try:
        if file is not None:
            return within(timeout, lambda: kubeconfigs.load(file, context, settings))
        InClusterConfigLoader(TOKEN_FILE, CA_FILE).load_and_set(settings)
    except ConfigException as error:
        if file is None and "KUBERNETES_SERVICE_HOST" not in os.environ:
            raise UsageError(NOTHING) from error
        raise ClusterError(f"{file or 'this is inside a cluster, but'}: {error}") from error
    except TimeoutError as error:
        problem = "the credential plugin did not end in time; try a larger --request-timeout"
        raise ClusterError(f"{file}: {problem}") from error
    except OSError as error:
        raise ClusterError(f"{file or 'in-cluster configuration'}: {error.filename}: {error.strerror}") from error
    return "in-cluster", None


def _client(settings: Configuration, file: str | None) -> ApiClient:
    from kubernetes.client import ApiClient
    from urllib3 import disable_warnings
    from urllib3.exceptions import DependencyWarning, LocationParseError

    if not settings.verify_ssl:
        disable_warnings()  # whoever writes insecure-skip-tls-verify knows
    disable_warnings(DependencyWarning)  # what is missing is told below
    try:
        client = ApiClient(settings)
    except ImportError as error:
        raise ClusterError(f"{file or 'in-cluster'}: a SOCKS proxy needs PySocks: pip install pysocks") from error
    except (ValueError, LocationParseError) as error:
        raise ClusterError(f"{file or 'in-cluster'}: the proxy is no URL: look at proxy-url and HTTPS_PROXY") from error
    client.user_agent = f"netlint/{__version__}"
    return client


def _message(body: bytes) -> str:
    try:
        return _STATUS.decode(body).message
    except (msgspec.DecodeError, RecursionError):
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
        return without_credentials(_NUMBER.sub("", text.rpartition(": ")[2]))
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
    "failed to decode": "the compressed answer cannot be unpacked",
    "timed out": "no answer in time; try a larger --request-timeout",
}
