"""Rules of nftables for people: nearly as nft prints them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

PASSING = {"counter", "log", "comment"}
"""Statements that make no difference."""
_OPERATORS = {"&", "|", "^"}


def spelt(expressions: Sequence[dict[str, Any]]) -> str:
    """The rule on one line."""
    told = ((kind, content) for item in expressions for kind, content in item.items() if kind not in PASSING)
    return " ".join(_statement(kind, content) for kind, content in told)


def _statement(kind: str, content: Any) -> str:
    """The statement as nft prints it, where that is simple."""
    match kind, content:
        case "match", {"left": left, "op": operator, "right": right}:
            return f"{_expression(left)} {'!= ' if operator == '!=' else ''}{_expression(right)}"
        case "mangle", {"key": key, "value": value}:
            return f"{_expression(key)} set {_expression(value)}"
        case _, {"target": str(target)}:
            return f"{kind} {target}"
        case (("masquerade" | "snat"), {**more}):
            return " ".join(
                (kind, *(f"to {value}" if key == "addr" else _expression(value) for key, value in more.items()))
            )
        case _, None:
            return kind
    return f"{kind} {json.dumps(content)}"


def _expression(value: Any) -> str:  # noqa: PLR0911
    match value:
        case {"payload": {"protocol": protocol, "field": field}}:
            return f"{protocol} {field}"
        case {"meta": {"key": key}}:
            return str(key) if key in {"oifname", "iifname"} else f"meta {key}"
        case {"prefix": {"addr": address, "len": length}}:
            return f"{address}/{length}"
        case {"range": [first, last]}:
            return f"{first}-{last}"
        case {"set": [*values]}:
            return f"{{ {', '.join(map(_expression, values))} }}"
        case {**more} if len(more) == 1 and not _OPERATORS.isdisjoint(more):
            return f" {next(iter(more))} ".join(_expression(operand) for operand in value[next(iter(more))])
        case [*values]:
            return ",".join(map(_expression, values))
    return str(value) if isinstance(value, str | int) else json.dumps(value)
