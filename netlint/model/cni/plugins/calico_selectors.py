"""Calico's selectors, as BGPPeers and IPPools choose nodes by them.

Source: docs.tigera.io, reference, Selectors; github.com/projectcalico/calico, lib/std or libcalico-go/lib/selector.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Labels = Mapping[str, str]
Selector = Callable[[Labels], bool]
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<sign>&&|\|\||==|!=|[!(){},])|(?P<word>[A-Za-z0-9_./-]+))""",
)
_END = ("end", "")
_COMPARISONS: dict[str, Callable[[str | None, str], bool]] = {
    "==": lambda own, text: own == text,
    "!=": lambda own, text: own != text,
    "contains": lambda own, text: own is not None and text in own,
    "starts with": lambda own, text: own is not None and own.startswith(text),
    "ends with": lambda own, text: own is not None and own.endswith(text),
}


def parse(text: str) -> Selector:
    """What a selector selects; an empty one selects everything.

    Raises ValueError for text that is no selector as far as it is known here.
    """
    parser = _Parser(_tokens(text))
    if parser.now == _END:
        return lambda _: True
    selector = parser.alternatives()
    parser.take("end")
    return selector


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position, text = 0, text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"{text!r} is no selector that is understood")
        kind = str(match.lastgroup)
        value = match[kind]
        tokens.append((kind, value[1:-1] if kind == "text" else value))
        position = match.end()
    return [*tokens, _END]


class _Parser:
    """Recursive descent: alternatives of conjunctions of terms."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def now(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def take(self, kind: str, *values: str) -> str:
        sort, value = self.now
        if sort != kind or (values and value not in values):
            raise ValueError(f"{value or 'the end'!r} is not expected in a selector")
        self._at += kind != "end"
        return value

    def follows(self, kind: str, value: str) -> bool:
        if self.now != (kind, value):
            return False
        self._at += 1
        return True

    def alternatives(self) -> Selector:
        selectors = [self._conjunction()]
        while self.follows("sign", "||"):
            selectors.append(self._conjunction())
        return selectors[0] if len(selectors) == 1 else lambda labels: any(selects(labels) for selects in selectors)

    def _conjunction(self) -> Selector:
        terms = [self._term()]
        while self.follows("sign", "&&"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda labels: all(selects(labels) for selects in terms)

    def _term(self) -> Selector:
        if self.follows("sign", "!"):
            negated = self._term()
            return lambda labels: not negated(labels)
        if self.follows("sign", "("):
            inner = self.alternatives()
            self.take("sign", ")")
            return inner
        word = self.take("word")
        return self._call(word) if self.follows("sign", "(") else self._comparison(word)

    def _call(self, name: str) -> Selector:
        if name == "has":
            key = self.take("word")
            self.take("sign", ")")
            return lambda labels: key in labels
        self.take("sign", ")")
        if name not in {"all", "global"}:
            raise ValueError(f"{name}() is not known in a selector")
        return lambda _: name == "all"

    def _comparison(self, key: str) -> Selector:
        if self.now[0] == "sign":
            compare = _COMPARISONS[self.take("sign", "==", "!=")]
            return self._against(key, compare)
        word = self.take("word", "in", "not", "contains", "starts", "ends")
        if word in {"in", "not"}:
            return self._membership(key, word == "in")
        if word != "contains":
            word = f"{word} {self.take('word', 'with')}"
        return self._against(key, _COMPARISONS[word])

    def _against(self, key: str, compare: Callable[[str | None, str], bool]) -> Selector:
        text = self.take("text")
        return lambda labels: compare(labels.get(key), text)

    def _membership(self, key: str, wanted: bool) -> Selector:
        if not wanted:
            self.take("word", "in")
        self.take("sign", "{")
        values = set()
        while self.now != ("sign", "}"):
            values.add(self.take("text"))
            self.follows("sign", ",")
        self.take("sign", "}")
        return lambda labels: (labels.get(key) in values) is wanted
