"""What ``iptables-save`` and ``ipset save`` print.

No library on PyPI reads this text: python-iptables and its like speak to the kernel, linuxnet-iptables reads listings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from sys import intern

from netlint.objects.netfilter import FilterLine, FilterTable, FilterTables

_CHAIN = re.compile(r"(:(\S+) (\S+))(?: \[\d+:\d+\])?$")
_COUNTED = re.compile(r"\[\d+:\d+\] (-A .*)")


class FilterLines(dict[str, FilterLine]):
    """Every distinct line of all dumps, parsed where it is met first: hosts of one cluster have most in common."""

    def __missing__(self, line: str) -> FilterLine:
        """Raises ValueError where it is neither a chain nor a rule."""
        if line.startswith("-A "):
            parsed = self[line] = FilterLine(intern(line.split(" ", 2)[1]), line)
            return parsed
        chain = _CHAIN.match(line)
        if chain:
            text, name, policy = chain.groups()
            return self.setdefault(line if policy == "-" else text, FilterLine(intern(name), policy=intern(policy)))
        counted = _COUNTED.fullmatch(line)
        if counted is None:
            raise ValueError
        return self[counted[1]]


def read(lines: Iterable[str], known: FilterLines) -> FilterTables:
    """Tables with all their chains and rules.

    Raises ValueError for everything that iptables-restore would refuse for its form.
    """
    saved = FilterTables()
    numbered = enumerate(lines, 1)
    for number, line in numbered:
        if line.startswith("*"):  # what stood there before is flushed
            saved.tables[line[1:].strip()] = _table(numbered, known, saved)
        elif not _is_passed_over(line, saved):
            raise _wrong(number, line)
    return saved


def _table(numbered: Iterator[tuple[int, str]], known: FilterLines, saved: FilterTables) -> FilterTable:
    table, declared = FilterTable(), set[str]()
    for number, line in numbered:
        try:
            parsed = known[line]
        except ValueError:
            if line == "COMMIT":
                return table
            if _is_passed_over(line, saved):
                continue
            raise _wrong(number, line) from None
        if parsed.policy:
            declared.add(parsed.chain)
        elif parsed.chain not in declared:
            raise _wrong(number, line)
        table.numbers.append(number)
        table.lines.append(parsed)
    raise ValueError("the file ends inside of a table")


def _is_passed_over(line: str, saved: FilterTables) -> bool:
    """Whether a line is empty or a comment, of which the first one names the backend."""
    saved.is_nft = saved.is_nft or (line.startswith("#") and "nf_tables" in line)
    return line.startswith("#") or not line.strip()


def _wrong(number: int, line: str) -> ValueError:
    return ValueError(f"line {number} is none of iptables-save: {line[:60]!r}")


def read_sets(text: str) -> dict[str, tuple[str, list[str]]]:
    """By the name of each ipset its type, and its entries with their options."""
    sets: dict[str, tuple[str, list[str]]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        word, _, rest = line.partition(" ")
        name, _, more = rest.partition(" ")
        if word == "create" and more:
            sets[name] = (more, [])
        elif word == "add" and name in sets:
            sets[name][1].append(more)
        elif line.strip():
            raise ValueError(f"line {number} is none of ipset save: {line[:60]!r}")
    return sets
