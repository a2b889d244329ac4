"""What is said, and that it ends, where a server answers as no API server should."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import yaml

from tests.support.misbehaving import (
    Answer,
    cut,
    flood,
    hang,
    misbehaving,
    numbered,
    page,
    pages,
    pod,
    reset,
    response,
    trickle,
)
from tests.support.runs import check

OK = b"HTTP/1.1 200 OK\r\n"
HEAD = OK + b"Content-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
FIRST = response(page(pod(), following="next"))
PODS = json.dumps(page(pod())).encode()
PACKED = "Content-Encoding: gzip\r\n"


def status(code: int, message: str = "", headers: str = "") -> bytes:
    return response({"kind": "Status", "apiVersion": "v1", "message": message, "code": code}, code, headers)


SLOW = "no answer in time; try a larger --request-timeout"
BROKEN = "the connection broke off"
NO_LIST = "the list of pods is no list"
CUT_OFF = f"{NO_LIST}: Input data was truncated"
NO_JSON = f"{NO_LIST}: JSON is malformed: invalid character (byte 0)"
ENDLESS = "the list of pods does not get on: the server gives page after page"
EXPIRED = "the list of pods expired 3 times while it was read"
BREAKING: dict[str, tuple[Answer, str]] = {
    "without items": (response({"kind": "PodList", "metadata": {}}), f"{NO_LIST}: PodList has no items"),
    "an empty mapping": (response({}), f"{NO_LIST}: the answer has no items"),
    "a Status with 200": (response({"kind": "Status", "status": "Failure"}), f"{NO_LIST}: Status has no items"),
    "a Table": (response({"kind": "Table", "metadata": {}, "rows": []}), f"{NO_LIST}: Table has no items"),
    "items as a mapping": (response({**page(), "items": {"a": 1}}), f"{NO_LIST}: PodList has no items"),
    "items as text": (response({**page(), "items": "all"}), f"{NO_LIST}: PodList has no items"),
    "a list": (response([]), f"{NO_LIST}: Expected `object`, got `array`"),
    "null": (response("null"), f"{NO_LIST}: Expected `object`, got `null`"),
    "nothing": (response(""), CUT_OFF),
    "HTML": (response("<html>login</html>"), NO_JSON),
    "text": (response("hello"), NO_JSON),
    "zeros": (response(b"\0" * 100), NO_JSON),
    "JSON that is cut off": (response(PODS[:-9]), CUT_OFF),
    "metadata as a list": (
        response({"metadata": [], "items": []}),
        f"{NO_LIST}: Expected `object | null`, got `array` - at `$.metadata`",
    ),
    "a number that continues": (
        response({"metadata": {"continue": 5}, "items": []}),
        f"{NO_LIST}: Expected `str`, got `int` - at `$.metadata.continue`",
    ),
    "deep nesting": (
        response(b'{"metadata":{},"items":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        f"{NO_LIST}: maximum recursion depth exceeded while deserializing an object",
    ),
    "corrupt gzip": (response(b"\x1f\x8b" + b"x" * 50, 200, PACKED), "the compressed answer cannot be unpacked"),
    "truncated gzip": (response(gzip.compress(PODS)[:-20], 200, PACKED), CUT_OFF),
    "a compression that nobody knows": (
        response("{}", 200, "Content-Encoding: x\r\n"),
        f"{NO_LIST}: the answer has no items",
    ),
    "less than it says": (cut(response(page(pod()), length=10_000)), BROKEN),
    "more than it says": (response(page(pod()), length=20), CUT_OFF),
    "a chunk that is cut off": (cut(CHUNKED + b"5\r\nhel"), BROKEN),
    "a chunk without a size": (cut(CHUNKED + b"zz\r\nhello\r\n"), BROKEN),
    "a chunk of negative size": (cut(CHUNKED + b"-5\r\nhello\r\n"), BROKEN),
    "no HTTP": (cut(b"hello\r\n\r\n"), BROKEN),
    "TLS": (cut(b"\x15\x03\x01\x00\x02\x02\x16"), BROKEN),
    "the end": (cut(b""), BROKEN),
    "a reset": (reset, BROKEN),
    "silence": (hang(), SLOW),
    "silence in the head": (hang(OK), SLOW),
    "silence in the body": (hang(response(page(), length=1000)), SLOW),
    "a status line that trickles": (trickle(b"", b"H"), SLOW),
    "headers that trickle": (trickle(OK, b"X-A: b\r\n"), SLOW),
    "a body that trickles": (trickle(response(page(), length=10**9)), SLOW),
    "chunks that trickle": (trickle(CHUNKED, b"1\r\n \r\n"), SLOW),
    "interim answers for ever": (flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), SLOW),
    "headers for ever": (flood(OK, b"X-A: b\r\n" * 100), BROKEN),
    "a header for ever": (flood(OK + b"X-A: ", b"b" * 1000), BROKEN),
    "a redirect": (
        response("", 302, "Location: http://127.0.0.1:1/other\r\n"),
        "the list of pods broke off: the server answers 302",
    ),
    "a redirect to itself": (
        response("", 301, "Location: /api/v1/pods\r\n"),
        "the list of pods broke off: the server answers 301",
    ),
    "204": (response("", 204), CUT_OFF),
    "304": (response("", 304), "the list of pods broke off: the server answers 304"),
    "400": (status(400, "bad"), "the list of pods broke off: bad"),
    "401": (
        status(401, "Unauthorized"),
        "the list of pods broke off: Unauthorized: the credentials are not accepted; log in again",
    ),
    "410": (status(410, "too old"), EXPIRED),
    "418 as HTML": (response("<p>teapot</p>", 418), "the list of pods broke off: the server answers 418"),
    "429 for ever": (status(429, "slow down", "Retry-After: 1\r\n"), "the list of pods broke off: slow down"),
    "429 until a date": (status(429, "slow down", "Retry-After: Tue\r\n"), "the list of pods broke off: slow down"),
    "500": (status(500, "etcd is gone"), "the list of pods broke off: etcd is gone"),
    "503 for long": (status(503, "busy", "Retry-After: 99\r\n"), "the list of pods broke off: busy"),
    "999": (response("{}", 999), "the list of pods broke off: the server answers 999"),
    "403 on a later page": (pages(FIRST, status(403, "no more")), "the list of pods broke off: no more"),
    "404 on a later page": (pages(FIRST, status(404)), "the list of pods broke off: the server answers 404"),
    "405 on a later page": (pages(FIRST, status(405)), "the list of pods broke off: the server answers 405"),
    "410 on every later page": (pages(*[FIRST, status(410)] * 3), EXPIRED),
    "500 on a later page": (pages(FIRST, status(500, "boom")), "the list of pods broke off: boom"),
    "a Status as a later page": (pages(FIRST, response({"kind": "Status"})), f"{NO_LIST}: Status has no items"),
    "a later page without items": (pages(FIRST, response({})), f"{NO_LIST}: the answer has no items"),
    "one token again and again": (FIRST.replace(b"\r\n", b"\r\nX-A: b\r\n", 1), ENDLESS),
    "empty pages for ever": (numbered(lambda number: response(page(following=f"t{number}"))), ENDLESS),
    "pages for ever": (
        numbered(
            lambda number: response(
                page(pod(f"p{number}", f"10.1.{number // 250 % 250}.{number % 250}"), following=f"t{number}")
            )
        ),
        "no answer in time; try a larger --timeout (of all requests together)",
    ),
}


def run(folder: Path, url: str) -> tuple[int, list[str], list[tuple[str, str]], str]:
    """Exit code, errors, skips and standard error, without the URL of the server."""
    contexts = [{"name": "lab", "context": {"cluster": "lab", "user": "me"}}]
    clusters = [{"name": "lab", "cluster": {"server": url}}]
    users = [{"name": "me", "user": {"token": "t0ken"}}]
    config = {"contexts": contexts, "clusters": clusters, "users": users, "current-context": "lab"}
    (folder / "config").write_text(yaml.safe_dump(config))
    limits = ("--request-timeout", "0.8", "--timeout", "2")
    ended = check(
        folder, "--kubeconfig", "config", "--select", "duplicate-pod-ips", "-q", "-o", "json=report.json", *limits
    )
    report = json.loads((folder / "report.json").read_text())
    errors = [error.replace(url, "URL") for error in report["run"]["errors"]]
    skips = [(skip["reason"], skip["message"]) for skip in report["skips"]]
    return ended.code, errors, skips, ended.error.replace(url, "URL")


def barred(error: str, reason: str, message: str) -> tuple[int, list[str], list[tuple[str, str]], str]:
    said = f"netlint: reading lab at URL\nnetlint: {error}\n"
    return 2, [error], [(reason, message)], said


@pytest.mark.parametrize("way", BREAKING)
def test_a_list_that_is_none_is_incomplete(way: str, tmp_path: Path) -> None:
    answer, problem = BREAKING[way]
    with misbehaving(answer) as server:
        assert run(tmp_path, server.url) == barred(f"lab at URL: {problem}", "incomplete", "the list of pods broke off")


EMPTY = (2, ["lab: there is no object to check"])
MALFORMED = "Pod without a name is malformed"
READ: dict[str, tuple[Answer, int, list[str], list[tuple[str, str]]]] = {
    "items null": (response({**page(), "items": None}), *EMPTY, []),
    "metadata null": (response({"metadata": None, "items": []}), *EMPTY, []),
    "404": (status(404), *EMPTY, [("not-applicable", "the server does not serve pods")]),
    "405": (status(405), *EMPTY, [("not-applicable", "the server does not serve pods")]),
    "an item that is a number": (response(page(5)), *EMPTY, [("incomplete", MALFORMED)]),
    "an item that is text": (response(page(pod(), "web")), 0, [], [("incomplete", MALFORMED)]),
    "an item without a name": (response(page({"metadata": {}})), *EMPTY, [("incomplete", MALFORMED)]),
    "an item with a wrong field": (
        response(page({**pod(), "spec": 5})),
        0,
        [],
        [("incomplete", "Pod web is malformed")],
    ),
    "gzip": (response(gzip.compress(PODS), 200, PACKED), 0, [], []),
    "no length": (cut(HEAD + b"\r\n" + PODS), 0, [], []),
    "bytes that are no UTF-8": (response(PODS.replace(b'"web"', b'"w\xff"')), 0, [], []),
    "410 on one later page": (pages(FIRST, status(410), FIRST, response(page(pod("b", "10.244.0.6")))), 0, [], []),
}


@pytest.mark.parametrize("way", READ)
def test_a_list_that_is_odd_is_read_as_far_as_it_goes(way: str, tmp_path: Path) -> None:
    answer, code, errors, skips = READ[way]
    with misbehaving(answer) as server:
        said = "".join(f"netlint: {error}\n" for error in errors)
        assert run(tmp_path, server.url) == (code, errors, skips, f"netlint: reading lab at URL\n{said}")


NO_SERVER = "this is no Kubernetes API server"
STRANGERS: dict[str, tuple[Answer, str]] = {
    "HTML": (response("<html/>"), NO_SERVER),
    "a list": (response([]), NO_SERVER),
    "nothing": (response(""), NO_SERVER),
    "404": (response("gone", 404), "gone"),
    "407": (response("<p>proxy</p>", 407), "the server answers 407"),
    "500": (status(500, "down"), "down"),
    "silence": (hang(), SLOW),
    "trickles": (trickle(OK, b"X-A: b\r\n"), SLOW),
    "the end": (cut(b""), BROKEN),
}


@pytest.mark.parametrize("way", STRANGERS)
def test_a_server_that_is_none(way: str, tmp_path: Path) -> None:
    answer, problem = STRANGERS[way]
    with misbehaving(b"", version=answer) as server:
        assert run(tmp_path, server.url) == barred(
            f"lab at URL: {problem}", "incomplete", "the cluster could not be read"
        )
