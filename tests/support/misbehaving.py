"""An API server that answers as no API server should: raw bytes on a real socket."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Answer = bytes | Callable[[socket.socket, str], None]
"""What is sent, or what is done with the connection and the path that was asked for."""


def response(
    body: bytes | str | dict[str, Any] | list[Any] | None,
    status: int = 200,
    headers: str = "",
    length: int | None = None,
) -> bytes:
    """A whole answer; JSON unless it is text or bytes already."""
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    size = len(content) if length is None else length
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n{headers}\r\n"
    return head.encode() + content


def pod(name: str = "web", address: str = "10.244.0.5") -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": name},
        "spec": {"nodeName": "n1", "containers": [{"name": "web"}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }


def page(*items: Any, following: str = "", **more: Any) -> dict[str, Any]:
    metadata = {"resourceVersion": "7", **({"continue": following} if following else {})}
    return {"apiVersion": "v1", "kind": "PodList", "metadata": metadata, "items": list(items), **more}


VERSION = response({"gitVersion": "v1.36.3"})
GROUPS = response({"groups": []})


class Misbehaving:
    """A server with answers by path; ``rest`` is what everything else gets."""

    def __init__(self, answers: dict[str, Answer], rest: Answer) -> None:
        self._answers = {"/version": VERSION, "/apis": GROUPS, **answers}
        self._rest = rest
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.asked: list[str] = []
        self.over = threading.Event()

    def serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while path := _path(connection):
                self.asked.append(path)
                answer = self._answers.get(path.partition("?")[0], self._rest)
                if isinstance(answer, bytes):
                    connection.sendall(answer)
                else:
                    answer(connection, path)
                    return

    def close(self) -> None:
        self.over.set()
        self._listening.close()


def _path(connection: socket.socket) -> str:
    """The path that is asked for; empty where the connection ends."""
    request = b""
    while b"\r\n\r\n" not in request:
        received = connection.recv(65536)
        if not received:
            return ""
        request += received
    return request.split(b" ", 2)[1].decode()


@contextmanager
def misbehaving(pods: Answer, **others: Answer) -> Iterator[Misbehaving]:
    """Serve ``pods`` as the list of pods; ``others``: ``version`` or ``apis`` instead of healthy answers."""
    answers = {f"/{name}": answer for name, answer in others.items()}
    server = Misbehaving({**answers, "/api/v1/pods": pods}, response("", 404))
    threading.Thread(target=server.serve, daemon=True).start()
    try:
        yield server
    finally:
        server.close()


def trickle(head: bytes, forever: bytes = b" ", every: float = 0.1) -> Answer:
    """The head at once, then a byte now and then for ever."""

    def send(connection: socket.socket, _: str) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(forever)
            time.sleep(every)

    return send


def flood(head: bytes, forever: bytes) -> Answer:
    """The head, then as much as the connection takes."""

    def send(connection: socket.socket, _: str) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(forever)

    return send


def hang(head: bytes = b"") -> Answer:
    """The head, and nothing more."""

    def send(connection: socket.socket, _: str) -> None:
        connection.sendall(head)
        time.sleep(30)

    return send


def cut(answer: bytes) -> Answer:
    """This, and the end of the connection."""

    def send(connection: socket.socket, _: str) -> None:
        connection.sendall(answer)

    return send


def reset(connection: socket.socket, _: str) -> None:
    """A connection that breaks off (RST)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def pages(*answers: Answer) -> Answer:
    """One answer for each request of the list, the last one again and again."""
    todo = list(answers)
    lock = threading.Lock()

    def send(connection: socket.socket, path: str) -> None:
        with lock:
            answer = todo.pop(0) if len(todo) > 1 else todo[0]
        if isinstance(answer, bytes):
            connection.sendall(answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        else:
            answer(connection, path)

    return send


def numbered(make: Callable[[int], bytes]) -> Answer:
    """Another answer for each request."""
    count = iter(range(10**9))

    def send(connection: socket.socket, _: str) -> None:
        connection.sendall(make(next(count)).replace(b"\r\n", b"\r\nConnection: close\r\n", 1))

    return send
