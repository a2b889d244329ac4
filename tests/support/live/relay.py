"""A relay in front of the API server: it sees every request, and a test decides what becomes of each.

It has the server's own certificate, so whoever trusts the server trusts the relay.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import yaml

from tests.support.controlplane import ControlPlane

_PASSED_ON = ("Accept", "Authorization", "Impersonate-User", "User-Agent")


@dataclass(frozen=True)
class Request:
    """What netlint asks for."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    time: float

    @property
    def target(self) -> str:
        """Path and query, as they stand in the first line of a request."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def continues(self) -> bool:
        """Whether it asks for a page that is not the first."""
        return "continue" in self.query

    def with_query(self, **changes: str) -> Request:
        return dataclasses.replace(self, query={**self.query, **changes})


@dataclass(frozen=True)
class Answer:
    """What netlint gets; of the body only the first bytes where the relay is to break off."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_at: int | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class GoneError(Exception):
    """Raised by a behaviour: the connection ends without an answer."""


Forward = Callable[[Request], Answer]
Behaviour = Callable[[Request, Forward], Answer]


def passing_on(request: Request, forward: Forward) -> Answer:
    """The behaviour of a relay that changes nothing."""
    return forward(request)


def in_pages_of(size: int, behave: Behaviour = passing_on) -> Behaviour:
    """The behaviour with smaller pages, so that few objects make many of them."""

    def smaller(request: Request, forward: Forward) -> Answer:
        return behave(request.with_query(limit=str(size)) if "limit" in request.query else request, forward)

    return smaller


def refusal(status: int, reason: str, message: str, **headers: str) -> Answer:
    """An answer such as the API server gives when it refuses; `Retry_After` becomes `Retry-After`."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(body | {"code": status}).encode(), {"Content-Type": "application/json", **named})


class Relay:
    """Runs from `with` to the end of its block, on loopback."""

    def __init__(self, plane: ControlPlane, behave: Behaviour = passing_on) -> None:
        self._plane = plane
        self._behave = behave
        self._lock = threading.Lock()
        self.in_flight = 0
        self._errors: list[Exception] = []
        self.requests: list[Request] = []  # in the order of their arrival
        self.statuses: list[int] = []  # in the order of the answers
        self.most_in_flight = 0
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="relay")

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_address[1]}"

    @property
    def targets(self) -> list[str]:
        """Path and query of each request, sorted: lists are read side by side."""
        return sorted(request.target for request in self.requests)

    def kubeconfig(self, user: str = "admin") -> Path:
        """The user's kubeconfig, by way of the relay."""
        original = self._plane.kubeconfig(user)
        config = yaml.safe_load(original.read_text(encoding="utf-8"))
        config["clusters"][0]["cluster"]["server"] = self.url
        path = original.with_suffix(f".{self._server.server_address[1]}.kubeconfig")
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return path

    def answer(self, request: Request) -> Answer:
        """Called by the threads that serve connections."""
        with self._counted(request):
            answer = self._behave(request, self._forward)
            self.statuses.append(answer.status)
            return answer

    @contextlib.contextmanager
    def _counted(self, request: Request) -> Iterator[None]:
        with self._lock:
            self.requests.append(request)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            yield
        finally:
            with self._lock:
                self.in_flight -= 1

    def _forward(self, request: Request) -> Answer:
        address = urlsplit(self._plane.url)
        tls = ssl.create_default_context(cafile=str(self._plane.ca_file))
        connection = http.client.HTTPSConnection(address.hostname or "", address.port, timeout=60, context=tls)
        with contextlib.closing(connection):
            connection.request(request.method, request.target, headers=dict(request.headers))
            response = connection.getresponse()
            kept = ("Content-Type", "Retry-After")
            headers = {name: value for name, value in response.getheaders() if name in kept}
            return Answer(response.status, response.read(), headers)

    def failed(self, error: Exception) -> None:
        """Remembers what must not happen in a relay."""
        self._errors.append(error)

    def stop(self) -> None:
        """Takes no more connections, and ends those that there are."""
        self._server.shutdown()
        self._server.close_all()

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        self._thread.join(30)
        if self._errors and not any(exception):
            raise self._errors[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, relay: Relay) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.relay = relay
        certificates = relay._plane.folder / "certificates"
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificates / "apiserver.crt", certificates / "apiserver.key")
        self._open: set[socket.socket] = set()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: a client that does not go on must not keep others waiting."""
        try:
            connection = self._tls.wrap_socket(request, server_side=True)
        except (OSError, ssl.SSLError):
            return  # a client that does not trust the certificate
        with connection:
            self._open.add(connection)
            try:
                _Handler(connection, client_address, self)
            except (ConnectionError, ssl.SSLError):
                pass  # the client has gone
            except Exception as error:
                self.relay.failed(error)
            finally:
                self._open.discard(connection)

    def close_all(self) -> None:
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _serve(self) -> None:
        address = urlsplit(self.path)
        headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        query = dict(parse_qsl(address.query))
        try:
            answer = self.server.relay.answer(Request(self.command, address.path, query, headers, time.monotonic()))
        except GoneError:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: answer.cut_at])
        self.close_connection |= answer.cut_at is not None

    def log_message(self, *arguments: object) -> None:
        """Says nothing on the test run's standard error."""
