"""Random YAML: scalars, whole documents, and documents broken by small changes.

Everything is drawn from a ``random.Random``, so that a seed stands for a text.
"""

import string
from random import Random

from . import manifests

_WORDS = """
a b-c v1 100m 128Mi 50% a=b 10.0.0.1 10.0.0.0/8 fd00::1 ::1 http://x.y:80/z?q=1#f 1.2.3 $(X) 5d8f7c9b4
2e5 1e5e1 12345678-1234-1234-1234-1234567890e5 a&b a*b 1 0 -1 +1 1.0 1.50 .5 0. -0 -0.0 1e3 1E-7 1e999
010 0o10 09 0x1F 0b11 -0b11 1_000 1__0 _1 .5_0 18446744073709551616 18446744073709551615
9223372036854775808 -9223372036854775809 1e21 1e20 12:30:45 11:22:33:44:55:66 2001-01-01
2001-01-01T00:00:00Z y n yes No ON off true TRUE tRue ~ null Null NULL nULL .inf -.INF .nan = << <<< -
-- --- -a ? ?a : :a a: a:b a#b #a *a &a !a !!str !!int @a `a %a |a >a , a,b [] {} [a] {a} [a {a ] } 'a'
"a" 'a "a a'b \\ \\n "\\n" "\\u00e9" é 😀 {{a}}
"""
_SCALARS = _WORDS.split()
_ALPHABET = "ab01 :#-'\"\n[]{},&*!|>?%@`\\~.+_eyn\t=<é"
_PLAIN = string.ascii_letters + string.digits + "._/-"


def scalar(random: Random) -> str:
    """Text that may or may not be a value on one line."""
    kind = random.randrange(8)
    if kind <= 1:
        return random.choice(_SCALARS)
    if kind >= 6:
        return random.choice(_SCALARS[:20])
    if kind == 2:
        return "".join(random.choice("0123456789+-._eExXobBinfay:") for _ in range(random.randint(1, 9)))
    if kind == 3:
        return "".join(random.choice(_ALPHABET) for _ in range(random.randint(1, 8))).replace("\n", " ")
    if kind == 4:
        return " ".join(random.choice(_SCALARS) for _ in range(random.randint(2, 4)))
    return _quoted(random)


def _quoted(random: Random) -> str:
    body = "".join(random.choice(_ALPHABET) for _ in range(random.randint(0, 8)))
    if random.random() < 0.7:
        body = body.replace("\n", " ")
    return f"'{body}'" if random.random() < 0.5 else f'"{body}"'


def _key(random: Random) -> str:
    kind = random.randrange(8)
    if kind == 0:
        return scalar(random)
    if kind == 1:
        return random.choice(("'a'", '"b"', '"y"', "f:x", 'k:{"a":"b"}', "a b", "a#b", "é", "<<", ".", "1", "on"))
    return "".join(random.choice(_PLAIN[:12]) for _ in range(random.randint(1, 3)))


def document(random: Random) -> str:
    """A block document of a few levels, mostly sound."""
    lines: list[str] = []
    if random.random() < 0.1:
        lines.append(random.choice(("---", "--- # c", "# c", "", "---#c")))
    _collection(random, lines, 0, 0)
    text = "\n".join(lines)
    return text if random.random() < 0.1 else text + "\n"


def _collection(random: Random, lines: list[str], column: int, depth: int) -> None:
    if random.random() < 0.35:
        for _ in range(random.randint(1, 3)):
            _noise(random, lines)
            start = len(lines)
            gap = random.choice((1, 1, 1, 3))
            _entry(random, lines, column + 1 + gap, depth + 1)
            if len(lines) == start:
                lines.append("")
            first = lines[start]
            lines[start] = " " * column + "-" + " " * gap + first.removeprefix(" " * (column + 1 + gap))
    else:
        for _ in range(random.randint(1, 4)):
            _noise(random, lines)
            _pair(random, lines, column, depth)


def _entry(random: Random, lines: list[str], column: int, depth: int) -> None:
    if depth < 4 and random.random() < 0.5:
        _collection(random, lines, column, depth)
    else:
        lines.append(_value(random, column - 2))


def _pair(random: Random, lines: list[str], column: int, depth: int) -> None:
    head = " " * column + _key(random) + ":"
    kind = random.random()
    if depth < 4 and kind < 0.4:
        lines.append(head + random.choice(("", "", "", " ", " # c")))
        _collection(random, lines, column + random.choice((0, 1, 2, 2, 2, 4)), depth + 1)
    elif kind < 0.5:
        lines.append(head)
    else:
        lines.append(head + random.choice((" ", " ", " ", "  ")) + _value(random, column))


def _value(random: Random, column: int) -> str:
    if random.random() < 0.05:
        return random.choice(("&a ", "&b ", "!!str ", "!!int ", "!a ", "! ", "&a !a ")) + _value(random, column)
    if random.random() < 0.05:
        return random.choice(("*a", "*b", "[*a, *b]", "{<<: *a}", "{a: *b, <<: [*a, *b]}"))
    kind = random.random()
    inner = " " * (max(column, 0) + random.choice((0, 1, 2, 2, 4)))
    if kind < 0.1:
        header = random.choice("||||>") + random.choice(("", "", "-", "+", "2", "2-", " # c"))
        body = [
            inner + random.choice((*_SCALARS[:40], "a: b", "# c", "  x", "- y", ""))
            for _ in range(random.randint(0, 4))
        ]
        return "\n".join([header, *(line if random.random() < 0.9 else "" for line in body)])
    if kind < 0.2:
        quote = random.choice(("", "", "'", '"'))
        return quote + f"\n{inner}".join(scalar(random) for _ in range(random.randint(2, 3))) + quote
    if kind < 0.3:
        items = (", " if random.random() < 0.8 else ",").join(scalar(random) for _ in range(random.randint(0, 3)))
        return f"[{items}]" if random.random() < 0.7 else f"{{{items}}}"
    return scalar(random) + random.choice(("", "", "", "", " ", " # c", "#c"))


def _noise(random: Random, lines: list[str]) -> None:
    if random.random() < 0.08:
        lines.append(random.choice(("", "# c", "  # c", "      ", "   #", "#")))


def manifest(random: Random) -> str:
    """A real-looking document, whole."""
    return random.choice(manifests.ALL)


def broken(random: Random) -> str:
    """A document after one to four small changes, which it may or may not survive."""
    text = manifest(random) if random.random() < 0.6 else document(random)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        text = random.choice(_CHANGES)(random, text)
    return text


def _insert(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return (
        text[:at]
        + random.choice((*_ALPHABET, "\r", "\r\n", "  ", "\n\n", "\u2028", "\x85", "\ufeff", "...\n"))
        + text[at:]
    )


def _delete(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + text[at + random.choice((1, 1, 1, 2, 5)) :]


def _replace(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(_ALPHABET) + text[at + 1 :]


def _change_line(random: Random, text: str) -> str:
    lines = text.split("\n")
    at = random.randrange(len(lines))
    line = lines[at]
    head, colon, _ = line.partition(":")
    lines[at : at + 1] = random.choice(
        (
            [],
            [line, line],
            [" " + line],
            ["  " + line],
            [line[1:]],
            [line[2:]],
            [line, ""],
            [line, " " * random.randrange(8)],
            [line, " " * random.randrange(8) + "# c"],
            [line, " " * random.randrange(12) + scalar(random)],
            [line, " " * random.randrange(8) + _key(random) + ": " + scalar(random)],
            [line + " # c"],
            [line + " "],
            [line + " " + scalar(random)],
            [head + colon + " " + scalar(random)],
            [head + colon + " " + _value(random, random.randrange(6))],
            [head + colon],
            [line.replace("- ", "-", 1)],
            [line.replace(": ", ":  ", 1)],
            [line.replace(": ", ":", 1)],
            [line + "\r"],
        )
    )
    return "\n".join(lines)


def _swap(random: Random, text: str) -> str:
    lines = text.split("\n")
    a, b = random.randrange(len(lines)), random.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return "\n".join(lines)


def _cut(random: Random, text: str) -> str:
    return text[: random.randrange(len(text) + 1)]


_CHANGES = (_insert, _delete, _replace, _change_line, _change_line, _change_line, _swap, _cut)

LINES = (
    "a:",
    "b: c",
    "- d",
    "- e: f",
    "- - g",
    "  h:",
    "  i: j",
    "  - k",
    "  - l: m",
    "    n: o",
    "    p:",
    "    - q",
    "  r s",
    "    t",
    "",
    "   ",
    "# u",
    "  # v",
    "w: |",
    "  x: >-",
    "- |+",
    "y: 'z",
    "  A'",
    'B: "C',
    '  D"',
    "E: [F,",
    "  G]",
    "H: # I",
    "J: K # L",
    "  - M:",
    " N: O",
    "# P <Q@R>",
    "S: # T |",
    "U: V | W > X",
    "- Y: |2",
    "--- |",
    "    Z: | # >",
    "- - >-",
    "---",
    "...",
)
"""Lines that make and break each other's context."""
