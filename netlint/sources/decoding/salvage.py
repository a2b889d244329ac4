"""A malformed object without its malformed fields."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from netlint.objects.meta import Path
from netlint.objects.problems import Problem, problems

_ANYTHING = msgspec.json.Decoder(float_hook=float)  # a number beyond all measure is infinite
_PLACE = re.compile(r"^(?P<problem>.*?)(?: - at `(?P<place>\$.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[(\.\.\.)\]")
_WORDS = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number with a fraction",
    "int": "a whole number",
    "null": "null",
    "object": "a mapping",
    "str": "text",
}
_JSON_TYPES = {bool: "bool", int: "int", float: "float", str: "str", dict: "object", list: "array"}
_TYPES = re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`")


def without_problems(raw: msgspec.Raw | bytes, struct: type) -> tuple[bytes, list[Problem]]:
    """The item as JSON that decodes as ``struct``, and the problems that had to be taken out.

    A ``null`` is no problem anywhere: Go's decoder leaves the zero value (encoding/json), and so do we.
    """
    # bytes that are no UTF-8 become U+FFFD, as in Go
    value: Any = _ANYTHING.decode(bytes(raw).decode("utf-8", "replace"))
    if not isinstance(value, dict):
        return b"{}", [((), wrong_type("a mapping", value))]
    taken_out: list[Problem] = []
    zeros: set[Path] = set()
    while True:
        try:
            item: object = msgspec.convert(value, struct)
        except msgspec.ValidationError as error:
            for path, problem in _offences(value, str(error)):
                if problem is not None and path not in zeros:
                    taken_out.append((path, problem))
                zeros.add(path)
                _remove(value, path, str(error))
            continue
        wrong = list(problems(item))
        if not wrong:
            return msgspec.json.encode(value), taken_out
        taken_out += wrong
        for path, _ in wrong:
            _remove(value, path)


def _offences(value: Any, error: str) -> list[tuple[Path, str | None]]:
    """Where the decoder stumbled, and how to say it; None for a ``null``."""
    match = _PLACE.match(error)
    assert match is not None
    path: list[str | int] = []
    at = value
    for key, index, anywhere in _STEP.findall(match["place"] or ""):
        if anywhere:
            return _in_mapping(at, tuple(path), match["problem"])
        step: str | int = int(index) if index else key
        path.append(step)
        at = at[step]
    return [(tuple(path), None if at is None else _in_words(match["problem"]))]


def _in_mapping(mapping: dict[str, Any], path: Path, problem: str) -> list[tuple[Path, str | None]]:
    """The values of a mapping of text to text that are no text; msgspec does not say which they are."""
    return [
        ((*path, key), None if value is None else _in_words(problem, value))
        for key, value in mapping.items()
        if not isinstance(value, str)
    ]


def _in_words(problem: str, value: Any = None) -> str:
    match = _TYPES.search(problem)
    if match is None:
        return problem[:1].lower() + problem[1:]
    expected = [word for word in match["expected"].split(" | ") if word != "null"]
    got = match["got"] if value is None else _JSON_TYPES[type(value)]
    return f"expected {' or '.join(_WORDS.get(word, word) for word in expected)}, found {_WORDS.get(got, got)}"


def wrong_type(expected: str, value: Any) -> str:
    """The problem of a value that is not what is ``expected``."""
    return f"expected {expected}, found {_WORDS[_JSON_TYPES[type(value)]]}"


def _remove(value: Any, path: Path, error: str = "") -> None:
    """Take a field out; an entry of a list stays as the zero value, so that its neighbours keep their index.

    Of a list of names that are fixed, which have no zero value, nothing is left.
    """
    if isinstance(path[-1], int) and "enum value" in error:
        path = path[:-1]
    for step in path[:-1]:
        value = value[step]
    if isinstance(value, list):
        value[path[-1]] = {} if "Expected `object" in error else ""  # type: ignore[index]
    else:
        del value[path[-1]]
