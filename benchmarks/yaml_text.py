"""YAML as kubectl prints it: what go-yaml makes of a tree of JSON values.

Keys are sorted, sequences stand at the indentation of their key, strings are quoted only when they would
otherwise be read as something else, and long ones are folded at 80 columns.
"""

import re
from functools import cmp_to_key, lru_cache
from typing import Any

WIDTH = 80

PLAIN = re.compile(
    r"(?:[^ \-?:,\[\]{}#&*!|>'\"%@`]|[-?:](?=[^ ]))"  # an indicator may start a word, not stand alone
    r"(?:[^ :#]|:(?=[^ ])|(?<=[^ ])#|[ ]+(?=[^ #]))*(?<!:)"
)
SPECIAL = re.compile(r"[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[\x85\u2028\u2029]")
NOT_A_STRING = re.compile(
    r"""(?:
    y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF
  | ~|null|Null|NULL|
  | [-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?
  | [-+]?[0-9][0-9_]*(?:\.[0-9_]*)?
  | [-+]?0(?:b[01_]+|o?[0-7_]+|x[0-9a-fA-F_]+)
  | [-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)
  | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?
  | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}
    (?:[Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})?)?
    )""",
    re.VERBOSE,
)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\x00": "\\0", "\x1b": "\\e"}


def document(tree: dict[str, Any], indent: int = 0) -> str:
    """A block mapping, every line ended, that starts at the given indentation."""
    lines: list[str] = []
    _mapping(tree, indent, lines)
    return "\n".join(lines) + "\n"


def item(tree: dict[str, Any]) -> str:
    """The same as an item of a sequence at the left margin."""
    return "- " + document(tree, 2)[2:]


def _mapping(tree: dict[str, Any], indent: int, lines: list[str]) -> None:
    pad = " " * indent
    for key in _order(tuple(tree)):
        value = tree[key]
        if isinstance(value, str):
            lines.append(f"{pad}{scalar(key)}: {_text(value, indent, indent + len(key) + 2)}")
        elif isinstance(value, dict) and value:
            lines.append(f"{pad}{scalar(key)}:")
            _mapping(value, indent + 2, lines)
        elif isinstance(value, list) and value:
            lines.append(f"{pad}{scalar(key)}:")
            _sequence(value, indent, lines)
        else:
            lines.append(f"{pad}{scalar(key)}: {_other(value)}")


def _sequence(values: list[Any], indent: int, lines: list[str]) -> None:
    pad = " " * indent
    for value in values:
        if isinstance(value, str):
            lines.append(f"{pad}- {_text(value, indent, indent + 2)}")
        elif isinstance(value, dict) and value:
            start = len(lines)
            _mapping(value, indent + 2, lines)
            lines[start] = f"{pad}- {lines[start][indent + 2 :]}"
        elif isinstance(value, list) and value:
            start = len(lines)
            _sequence(value, indent + 2, lines)
            lines[start] = f"{pad}- {lines[start][indent + 2 :]}"
        else:
            lines.append(f"{pad}- {_other(value)}")


def _other(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{}"
    return "[]" if isinstance(value, list) else str(value)


def _text(value: str, indent: int, column: int) -> str:
    """A string value; ``indent`` is that of the collection it belongs to, ``column`` where it starts."""
    if "\n" in value and (block := _literal(value, indent + 2)) is not None:
        return block
    text = scalar(value)
    if column + len(text) <= WIDTH or " " not in text:
        return text
    return _folded(text, indent + 2, column)


@lru_cache(maxsize=1 << 15)
def scalar(value: str) -> str:
    """A string on one line: plain if that is read as the same string, else in quotes."""
    if SPECIAL.search(value) or "\n" in value:
        return '"' + "".join(_escaped(letter) for letter in value) + '"'
    if NOT_A_STRING.fullmatch(value):
        return f'"{value}"'
    if PLAIN.fullmatch(value) and not value.startswith(("---", "...")):
        return value
    return "'" + value.replace("'", "''") + "'"


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if not SPECIAL.search(letter):
        return letter
    code = ord(letter)
    return f"\\x{code:02X}" if code < 256 else f"\\u{code:04X}" if code < 65_536 else f"\\U{code:08X}"


def _folded(text: str, indent: int, column: int) -> str:
    """A line break for each single space past the margin; in double quotes also for the first of several."""
    pieces, quote = [], text[0] if text[0] in "'\"" else ""
    for place, letter in enumerate(text):
        if letter == " " and column > WIDTH and _may_break(text, place, quote):
            escape = "\\" if text[place + 1] == " " else ""
            pieces.append(f"\n{' ' * indent}{escape}")
            column = indent + len(escape)
        else:
            pieces.append(letter)
            column += 1
    return "".join(pieces)


def _may_break(text: str, place: int, quote: str) -> bool:
    if text[place - 1] == " " or (quote and not 1 < place < len(text) - 2):
        return False
    return quote == '"' or text[place + 1 : place + 2] != " "


def _literal(value: str, indent: int) -> str | None:
    """A ``|`` block; None where go-yaml prefers double quotes."""
    if SPECIAL.search(value) or " \n" in value or value.endswith(" "):
        return None
    hint = "2" if value[0] in " \n" else ""
    keep = "-" if not value.endswith("\n") else "+" if value.endswith("\n\n") or value == "\n" else ""
    pad = " " * indent
    body = value[:-1] if value.endswith("\n") else value
    return f"|{hint}{keep}\n" + "\n".join(pad + line if line else "" for line in body.split("\n"))


@lru_cache(maxsize=4096)
def _order(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(keys, key=cmp_to_key(_compare)))


def _compare(one: str, other: str) -> int:
    """go-yaml's order of keys: at the first difference letters come last, and digits count as a number."""
    place = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), -1)
    if place < 0:
        return len(one) - len(other)
    a, b = one[place], other[place]
    if a.isalpha() or b.isalpha():
        return ord(a) - ord(b) if a.isalpha() and b.isalpha() else (1 if a.isalpha() else -1)
    behind_number = "0" in (a, b) and bool(re.search(r"[1-9][0-9]*$", one[:place]))
    numbers = [_digits(key[place:], behind_number) for key in (one, other)]
    return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1]) or ord(a) - ord(b)


def _digits(rest: str, behind_number: bool) -> tuple[int, int]:
    digits = re.match(r"[0-9]*", rest)[0]  # type: ignore[index]
    return int(f"{int(behind_number)}{digits}"), len(digits)
