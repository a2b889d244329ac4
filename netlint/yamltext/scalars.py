"""JSON of a value in ordinary block YAML, as far as the fast reader covers it.

Whatever is not plainly one of the covered forms raises `Irregular`, which leaves it to the exact reader.
"""

import re

import msgspec

from . import dialect

_TEXT = rb"[ -~\x80-\xff]"
_REST = rb"(?: ++(?:\#" + _TEXT + rb"*+)?+)?+"  # spaces, or a comment that spaces set off
_BLANK = re.compile(_REST)
# What is its own JSON between quotes: quoted text, a word, or what has one dot or dash too many for a number.
_SIMPLE = re.compile(rb'("[ !#-\[\]-~]*+")|(?:[A-Za-z/]|[0-9]\w*+(?:\.\w++\.|-\w++-))[\w./@=:-]*+(?<!:)')
_PLAIN = re.compile(rb"(?:(?![ \-?:,\[\]{}#&*!|>'\"%@`])|[-:](?! |\Z))" + _TEXT + rb"*+")
_DOUBLE = re.compile(rb'"((?:[ !#-\[\]-~\x80-\xff]|\\[ -~])*+)"' + _REST)
_ESCAPE = re.compile(rb'\\(?:(["\\bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|U([0-9a-fA-F]{8})|(.))')
_SINGLE = re.compile(rb"'((?:[ -&(-~\x80-\xff]|'')*+)'" + _REST)
_ITEM = (
    rb"(?:(?:[\w./]|-(?=[\w./-]))(?:[\w./=@+-]|:(?=[\w./:-]))*+"
    rb"|\"[ !#-\[\]-~\x80-\xff]*+\"|'[ -&(-~\x80-\xff]*+')"
)
_PAIR = rb"([A-Za-z/][\w./-]*+): ++(" + _ITEM + rb")"
_FLOW_ITEM, _FLOW_PAIR = re.compile(_ITEM), re.compile(_PAIR)
_FLOW_LIST = re.compile(rb"\[( *+(?:%b(?: *+, *+%b)*+)?) *+\]" % (_ITEM, _ITEM) + _REST)
_FLOW_MAPPING = re.compile(rb"\{( *+(?:%b(?: *+, *+%b)*+)?) *+\}" % (_PAIR, _PAIR) + _REST)
_FOLD = re.compile(rb"(?<![ \\]) *+\n +(?=[^ \n])")  # a space after a backslash is no white space
_BLOCK = re.compile(rb"([|>])([1-9]?)([-+]?)\n\n*+( ++)")
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_MORE_INDENTED_OR_EMPTY = re.compile(rb"\n[ \t\n]")

_WORDS = frozenset(map(str.encode, dialect.WORDS))
_encode = msgspec.json.Encoder().encode
_UNKNOWN_TO_JSON = {
    name.encode(): _encode(character)[1:-1]
    for name, character in zip("0ave N_LP", "\0\a\v\x1b \x85\xa0\u2028\u2029", strict=True)
}


class Irregular(Exception):
    """The text is not covered; it may still be good YAML."""


def to_json(value: bytes) -> bytes:
    """JSON of all that follows ``key: `` or ``- ``, comment included; nothing for a blank or a comment alone.

    A quoted value may hold line breaks; a text that starts with a space is blank or a comment.

    Raises:
        Irregular: The value is of a form that is not covered.
    """
    simple = _SIMPLE.fullmatch(value)
    if simple is None or value in _WORDS:
        return _by_first_character(value)
    return value if simple.lastindex else b'"%b"' % value


def _by_first_character(value: bytes) -> bytes:
    first = value[:1]
    if first == b'"':
        return _double(value)
    if first == b"'":
        return _encode(_matched(_SINGLE, _folded(value))[1].replace(b"''", b"'").decode())
    if first == b"[":
        return _flow_list(_matched(_FLOW_LIST, value)[1])
    if first == b"{":
        return _flow_mapping(_matched(_FLOW_MAPPING, value)[1])
    if first in (b"", b" "):
        _matched(_BLANK, value)
        return b""
    return _plain(value)


def _matched(pattern: re.Pattern[bytes], value: bytes) -> re.Match[bytes]:
    match = pattern.fullmatch(value)
    if match is None:
        raise Irregular
    return match


def _folded(value: bytes) -> bytes:
    """A quoted value with its single line breaks folded; empty lines and lines at column 0 stay and fail."""
    return _FOLD.sub(b" ", value) if b"\n" in value else value


def _double(value: bytes) -> bytes:
    text = _matched(_DOUBLE, _folded(value))[1]
    return b'"%b"' % (_ESCAPE.sub(_json_escape, text) if b"\\" in text else text)


def _json_escape(match: re.Match[bytes]) -> bytes:
    known, short, long, other = match.groups()
    if known:
        return match[0]
    if other:
        if other not in _UNKNOWN_TO_JSON:
            raise Irregular
        return _UNKNOWN_TO_JSON[other]
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise Irregular
    return _encode(chr(code))[1:-1]


def _plain(value: bytes) -> bytes:
    text = _matched(_PLAIN, value)[0].partition(b" #")[0].rstrip(b" ")
    if b": " in text or text.endswith(b":"):
        raise Irregular
    scalar = dialect.resolve(text.decode())
    if isinstance(scalar, str):
        return _encode(scalar)
    try:
        return dialect.to_json(scalar).encode()
    except ValueError:
        raise Irregular from None


def _flow_list(text: bytes) -> bytes:
    return b"[" + b",".join(map(to_json, _FLOW_ITEM.findall(text))) + b"]"


def _flow_mapping(text: bytes) -> bytes:
    pairs = [(_plain(key), to_json(item)) for key, item in _FLOW_PAIR.findall(text)]
    if len(dict(pairs)) < len(pairs) or not all(key.startswith(b'"') for key, _ in pairs):
        raise Irregular
    return b"{" + b",".join(b"%b:%b" % pair for pair in pairs) + b"}"


def joined(lines: list[bytes]) -> bytes:
    """One line that reads like `lines`, a value which goes on over the lines below its first.

    Raises:
        Irregular: A line before the last ends in a comment, or a line has line breaks of its own.
    """
    parts = [line.strip(b" ") for line in lines]
    if parts[0].startswith(b"#"):
        _matched(_BLANK, b" " + parts[0])
        parts[0] = b""
    if any(b" #" in part for part in parts[:-1]) or any(b"\n" in part for part in parts):
        raise Irregular
    return b" ".join(parts).lstrip(b" ")


def block_to_json(value: bytes, column: int) -> bytes:
    """JSON of a block scalar.

    Args:
        value: The header (``|`` or ``>``) and the lines of the content without the end of the last; each is
            empty or starts with the indentation of the first.
        column: Column of the mapping or list that holds it; the content must be deeper.

    Raises:
        Irregular: The scalar is of a form that is not covered.
    """
    block = _BLOCK.match(value)
    if block is None or _CONTROL.search(value):
        raise Irregular
    style, indented_by, chomping, indentation = block.groups()
    if len(indentation) <= column or (indented_by and len(indentation) != column + int(indented_by)):
        raise Irregular
    text = value[value.index(b"\n") :].replace(b"\n" + indentation, b"\n")[1:]
    content = text.rstrip(b"\n")
    ending = {b"": b"\n", b"-": b"", b"+": text[len(content) :] + b"\n"}[chomping]
    if style == b">":
        if _MORE_INDENTED_OR_EMPTY.search(b"\n" + content):
            raise Irregular
        content = content.replace(b"\n", b" ")
    return _encode((content + ending).decode())
