"""Cutting a text into documents, and what kubectl's reader makes of each cut."""

import pytest

from netlint.yamltext import documents, exact


def cut(text):
    return [text[start:end] for start, end in documents.split(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", []),
        (b"a: 1", [b"a: 1"]),
        (b"a: 1\n---\nb: 2\n", [b"a: 1\n", b"b: 2\n"]),
        (b"---\na: 1\n---\nb: 2", [b"---\na: 1\n", b"b: 2"]),
        (b"a: 1\n---\n---\n---\nb: 2\n", [b"a: 1\n", b"---\n", b"b: 2\n"]),
        (b"---", [b"---"]),
        (b"a: 1\n---", [b"a: 1\n"]),
        (b"\n---\n", [b"\n"]),
        (b"a: 1\n--- # comment\nb: 2\n", [b"a: 1\n", b"b: 2\n"]),
        (b"a: 1\n---#comment\nb: 2\n", [b"a: 1\n", b"b: 2\n"]),
        (b"a: 1\r\n--- \t\r\nb: 2\r\n", [b"a: 1\r\n", b"b: 2\r\n"]),
        (b"a: |\n  x\n---\nb: 'c\n---\nd'\n", [b"a: |\n  x\n", b"b: 'c\n", b"d'\n"]),
        (b"a: 1\n --- \nb: 2\n", [b"a: 1\n --- \nb: 2\n"]),
        (b"a: 1\n--- b\nc: 2\n---\nd: 3\n", [b"a: 1\n--- b\nc: 2\n", b"d: 3\n"]),
        (b"a: 1\n----\n---\nd: 3\n", [b"a: 1\n----\n", b"d: 3\n"]),
    ],
)
def test_split(text, expected):
    assert cut(text) == expected


@pytest.mark.parametrize("text", [b"a: 1\n--- b\nc: 2\n", b"a: 1\n----\n", b"---a: 1\n", b"--- |\n  a\n"])
def test_text_after_a_separator_makes_the_document_unreadable(text):
    assert cut(text) == [text]
    with pytest.raises(exact.Unreadable, match="document separator"):
        exact.to_json(text)
