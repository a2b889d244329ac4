"""The parse events of one document, from libyaml, with every refusal that kubectl's parser adds.

libyaml 0.2.5 and go.yaml.in/yaml/v2 come from one source but have drifted apart. What only libyaml accepts is
refused here, so that whatever passes is read by both in the same way.
"""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from itertools import islice
from typing import Protocol, TypeAlias

import yaml
from yaml.error import MarkedYAMLError
from yaml.events import (
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
    ScalarEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from .documents import MISUSED_SEPARATOR, split
from .outcome import Unreadable

Place: TypeAlias = tuple[int, int]
"""Line and column, both 1-based."""

_BOM = "\ufeff"
# What go-yaml and libyaml cannot read, and U+FEFF, for which go-yaml may drop a character of another line.
_FORBIDDEN = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_UNLIKE_JSON = re.compile(r"\A[ \t\r\n]*+[^ \t\r\n{]|[\x85\u2028\u2029]")
_SEPARATE_TAG = re.compile(r"(?:&[\w-]+ +)?![^\s,\[\]{}]*\s")
_LAST_COLON = re.compile(r"(?<=[\[{, ])[0-9a-fA-F]*:[0-9a-fA-F:]*(?<=:)(?=[,\]}])")
_STAND_IN = "\uf8ff"  # of private use
_SLASH_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\/")

_TAB = "a tab in the indentation; YAML wants spaces"
_COLON = "': ' inside a value; quote the value or check the indentation"
# The libyaml of PyYAML 6.0.4 stops at 1,000 levels. As it reads ahead, it may stop before it has given the events of
# levels that exceed netlint's own limit; it gives them when nothing opens a level behind that place.
_TOO_DEEP = "exceeded maximum nesting depth"
_FLAT = str.maketrans("[{", ",,")
_UNCLOSED = "found unexpected end of stream"
_EXPLANATIONS = {
    "mapping values are not allowed in this context": _COLON,
    "mapping values are not allowed here": _COLON,
    "could not find expected ':'": "a key without ':'",
    "did not find expected key": "a line that fits no key of its mapping; check the indentation",
    "did not find expected '-' indicator": "a line that is no entry of its list; check the indentation",
    "did not find expected <document start>": "text after the end of the document",
    _UNCLOSED: "a quoted value that is never closed",
    "found unexpected ':'": "':' in a plain value inside [] or {}; quote the value",
    "found unknown escape character": "an unknown escape sequence in a double-quoted value",
    "block sequence entries are not allowed in this context": "'- ' where no list can start",
    "found a tab character that violates indentation": _TAB,
    "found a tab character where an indentation space is expected": _TAB,
}


def prepare(document: bytes) -> str:
    r"""Text of `document` as kubectl hands it to its parser: no byte order mark, every line ended by ``\n``.

    Raises:
        Unreadable: Not UTF-8, characters that YAML forbids, or more than one document.
    """
    misused = MISUSED_SEPARATOR.search(document)
    if misused:
        line = document.count(b"\n", 0, misused.start()) + 1
        raise Unreadable("text after the document separator '---'", line, 1)
    if sum(1 for _ in split(document)) > 1:
        raise Unreadable("more than one document", None, None)
    text = _decode(document).removeprefix(_BOM).replace("\r\n", "\n")
    forbidden = _FORBIDDEN.search(text) or (_UNLIKE_JSON.search(text) if may_be_json(text) else None)
    if forbidden:
        problem = f"the character U+{ord(forbidden[0][-1]):04X} is not allowed here"
        raise Unreadable(problem, *_position(text, forbidden.end() - 1))
    return text if text.endswith("\n") else text + "\n"


def may_be_json(text: str) -> bool:
    """Whether kubectl's JSON reader tries the document first (when it is the first of its file)."""
    return text.lstrip().startswith("{")


def _decode(document: bytes) -> str:
    if document.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
        raise Unreadable("not UTF-8 but UTF-16; save it as UTF-8", 1, 1)
    try:
        return document.decode()
    except UnicodeDecodeError as error:
        before = document[: error.start].decode()
        problem = f"not UTF-8: byte 0x{document[error.start]:02x}"
        raise Unreadable(problem, *_position(before, len(before))) from None


def _position(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def parse(text: str) -> Iterator[Event]:
    """Events of the nodes of the one document in `text` (from `prepare`); none when it has no content.

    Raises:
        Unreadable: The text is not YAML to kubectl, or something follows the document.
    """
    inside_flow = end = 0
    for event in _content(text):
        if isinstance(event, NodeEvent):
            _refuse_drift(event, text, inside_flow > 0)
        if isinstance(event, CollectionStartEvent) and (inside_flow or event.flow_style):
            inside_flow += 1
        elif isinstance(event, CollectionEndEvent) and inside_flow:
            inside_flow -= 1
        end = event.end_mark.index if event.end_mark else end
        yield event
    if may_be_json(text) and text[end:].strip():
        raise Unreadable("text after a JSON object", *_position(text, end))


def _content(text: str) -> Iterator[Event]:
    started = False
    for event in _events(text):
        if isinstance(event, DocumentStartEvent):
            if started:
                raise at("text after the end of the document", place_of(event))
            if event.version or event.tags:
                raise at("a directive (%); kubectl cuts the document below it", place_of(event))
            started = True
        elif not isinstance(event, StreamStartEvent | StreamEndEvent | DocumentEndEvent):
            yield event


def _refuse_drift(event: NodeEvent, text: str, inside_flow: bool) -> None:
    """Refuse what libyaml accepts and go-yaml does not, or reads differently."""
    if inside_flow and getattr(event, "tag", None) and not _SEPARATE_TAG.match(_source_text(event, text)):
        raise at("a tag inside [] or {} without a space after it", place_of(event))
    if not isinstance(event, ScalarEvent):
        return
    if inside_flow and not event.style and "?" in event.value:
        raise at("'?' in a plain value inside [] or {}; quote it", place_of(event))
    if event.style == '"' and "/" in event.value and _SLASH_ESCAPE.search(_source_text(event, text)):
        raise at(r"the escape sequence \/, which kubectl does not know", place_of(event))


def _source_text(event: Event, text: str) -> str:
    if event.start_mark is None or event.end_mark is None:
        return text
    return text[event.start_mark.index : event.end_mark.index]


class _Source(Protocol):
    def get_event(self) -> Event | None: ...


class _PurePython(Reader, Scanner, Parser):
    """PyYAML's own parser, for installations without libyaml."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


def _source(text: str) -> _Source:
    if not yaml.__with_libyaml__:
        return _PurePython(text)
    from yaml._yaml import CParser

    return CParser(text)


def _events(text: str) -> Iterator[Event]:
    """The events of a text.

    go-yaml takes a colon at the end of a plain value inside [] or {} for a part of it (``[fd00::]``), libyaml for the
    end of a key: it gets another character to read.
    """
    readable = (
        _LAST_COLON.sub(lambda value: value[0][:-1] + _STAND_IN, text)
        if "::" in text and _STAND_IN not in text
        else text
    )
    source, yielded = _source(readable), 0
    try:
        while event := source.get_event():
            if isinstance(event, ScalarEvent) and _STAND_IN in event.value:
                event.value = event.value.replace(_STAND_IN, ":")
            yield event
            yielded += 1
    except MarkedYAMLError as error:
        if error.problem != _TOO_DEEP or error.problem_mark is None:
            raise _explained(error, text) from None
        deepest = error.problem_mark.index
        yield from islice(_events(text[:deepest] + text[deepest:].translate(_FLAT)), yielded, None)


def _explained(error: MarkedYAMLError, text: str) -> Unreadable:
    mark, problem = error.problem_mark or error.context_mark, error.problem or "unreadable"
    if problem == _UNCLOSED:
        mark = error.context_mark or mark  # the quote, not the end of the text
    if mark is None:
        return Unreadable(problem, None, None)
    if "cannot start any token" in problem:
        character = text[mark.index]
        problem = _TAB if character == "\t" else f"a value cannot start with {character!r}; quote it"
    return at(_EXPLANATIONS.get(problem, problem), (mark.line + 1, mark.column + 1))


def place_of(event: Event) -> Place:
    """Where `event` starts."""
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def end_of(event: Event) -> Place:
    """Where `event` ends: behind its last character, or where the next token starts."""
    mark = event.end_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def at(problem: str, place: Place) -> Unreadable:
    """The refusal of what stands at `place`."""
    return Unreadable(problem, *place)
