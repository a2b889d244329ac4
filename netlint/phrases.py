"""How sentences name a few of many."""

from __future__ import annotations

from collections.abc import Iterable

NAMED = 3
"""So many of those that are in the same case are named; evidence and JSON have all of them."""


def and_more(text: str, more: int, form: str = "") -> str:
    """The text and how many more there are, where there are any: ``10.0.0.1 and 4 more``; ``form`` is the number's."""
    return f"{text} and {more:{form}} more" if more > 0 else text


def shortened(items: Iterable[object]) -> str:
    """At most two of them as texts, the others by number; empty without any."""
    texts = [str(item) for item in items]
    if len(texts) <= 2:
        return " and ".join(texts)
    return and_more(texts[0], len(texts) - 1)


def first_of(items: Iterable[object], limit: int = NAMED) -> str:
    """The first of them as texts, the others by number; empty without any."""
    texts = [str(item) for item in items]
    return and_more(", ".join(texts[:limit]), len(texts) - limit)


def likewise(more: int) -> str:
    """A clause on how many more are in the same case; empty for none."""
    return f"; so it is with {more} more" if more else ""


def counted(number: int, noun: str) -> str:
    """``1 node``, ``2 nodes``, ``5,000 nodes``."""
    return f"{number:,} {inflected(number, noun, noun + 's')}"


def inflected(number: int, singular: str, plural: str) -> str:
    """The form that goes with a number of things: ``is`` or ``are``."""
    return singular if number == 1 else plural
