"""A malformed object without its malformed fields."""

from __future__ import annotations

import re
from copy import copy
from typing import Any

import msgspec

from netlint.objects.meta import Path
from netlint.objects.problems import Problem, is_defaulted, problems

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
_JSON_TYPES = {type(None): "null", bool: "bool", int: "int", float: "float", str: "str", dict: "object", list: "array"}
_ZEROS: dict[str, Any] = {"array": [], "bool": False, "float": 0.0, "int": 0, "object": {}, "str": ""}
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
    replaced: set[Path] = set()
    while value:
        try:
            item: object = msgspec.convert(value, struct)
        except msgspec.ValidationError as error:
            for path, problem, zero in _offences(value, struct, str(error)):
                if problem is not None and path not in replaced:
                    taken_out.append((path, problem))
                _take_out(value, path, zero, replaced)
            continue
        wrong = list(problems(item))
        if not wrong:
            return msgspec.json.encode(value), taken_out
        taken_out += wrong
        for path, _ in wrong:
            _take_out(value, path, "", replaced)
    return b"{}", taken_out


Offence = tuple[Path, str | None, Any]
"""Where the decoder stumbled, how to say it (None for a ``null``), and the zero value of what it expected there."""


def _offences(value: Any, struct: type, error: str, known: Path = ()) -> list[Offence]:
    """All that is wrong at the place of an error; ``known``: the steps to it, as far as somebody knows them."""
    match = _PLACE.match(error)
    assert match is not None
    path: Path = ()
    at = value
    for number, (key, index, anywhere) in enumerate(_STEP.findall(match["place"] or "")):
        if number < len(known):
            step = known[number]
        elif anywhere:
            offences = [offence for key in list(at) for offence in _of_entry(value, struct, (*path, key))]
            return offences or [(path, _in_words(match["problem"]), msgspec.UNSET)]
        else:
            step = int(index) if index else key
        path = (*path, step)
        at = at[step]
    is_nothing = at is None or is_defaulted(struct, path, at)
    return [(path, None if is_nothing else _in_words(match["problem"]), _zero(match["problem"]))]


def _of_entry(value: Any, struct: type, path: Path) -> list[Offence]:
    """What is wrong in one entry of a mapping: msgspec does not say in which, so each is converted by itself."""
    try:
        msgspec.convert(_alone(value, path), struct)
    except msgspec.ValidationError as error:
        return _offences(value, struct, str(error), path)
    return []


def _alone(value: Any, path: Path) -> Any:
    """The value without everything that stands beside the path."""
    for step in path:
        value = value[step]
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def _zero(problem: str) -> Any:
    """The zero value of the type that was expected; UNSET where it has none, as a choice of fixed names."""
    match = _TYPES.search(problem)
    if match is None:
        return msgspec.UNSET
    types = match["expected"].split(" | ")
    return None if "null" in types else _ZEROS.get(types[0], msgspec.UNSET)


def _in_words(problem: str) -> str:
    match = _TYPES.search(problem)
    if match is None:
        return problem[:1].lower() + problem[1:]
    expected = [word for word in match["expected"].split(" | ") if word != "null"]
    found = _WORDS.get(match["got"], match["got"])
    return f"expected {' or '.join(_WORDS.get(word, word) for word in expected)}, found {found}"


def wrong_type(expected: str, value: Any) -> str:
    """The problem of a value that is not what is ``expected``."""
    return f"expected {expected}, found {_WORDS[_JSON_TYPES[type(value)]]}"


def _take_out(value: Any, path: Path, zero: Any, replaced: set[Path]) -> None:
    """Take a field out; an entry of a list becomes the zero value, so that its neighbours keep their index.

    That happens once to each path: what is wrong again, or has no zero value, goes with what it stands in. So every
    call removes a field or replaces an entry that no call has replaced, and there is an end to them.
    """
    while path and (path in replaced or (zero is msgspec.UNSET and isinstance(path[-1], int))):
        path = path[:-1]
    if not path:
        value.clear()
        return
    replaced.add(path)
    for step in path[:-1]:
        value = value[step]
    if isinstance(value, list):
        value[path[-1]] = copy(zero)  # type: ignore[index]
    else:
        value.pop(path[-1], None)
