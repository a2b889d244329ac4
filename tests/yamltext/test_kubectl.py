"""The readers against the real kubectl: whatever they read, it reads too, and as the same value.

The only difference allowed is that netlint refuses more.
"""

import json
import textwrap
from itertools import islice
from random import Random

import pytest

from netlint.yamltext import documents, exact, reader
from tests.support.yamltext import texts
from tests.support.yamltext.values import typed

HEAD = "apiVersion: example.com/v1\nkind: Foo\nmetadata:\n  name: foo\n"


def read(stream):
    """What netlint reads in the documents of the stream, or None if it refuses one."""
    try:
        found = [json.loads(reader.to_json(stream[start:end]).json) for start, end in documents.split(stream)]
    except exact.Unreadable:
        return None
    return [document for document in found if document is not None]


def readable(make, seed):
    """Objects from `make` that netlint reads, each with its value."""
    random = Random(seed)
    while True:
        text = (HEAD + make(random)).encode() + b"\n"
        found = read(text)
        if found is not None and len(found) == 1:
            yield text, found


def compare(kubectl, text, ours):
    assert typed(without_metadata(kubectl.read(text))) == typed(without_metadata(ours)), text


def without_metadata(found):
    """The objects without what kubectl puts in order: the annotations, a null namespace."""
    return [{key: value for key, value in document.items() if key != "metadata"} for document in found]


def scalars(random):
    return f"spec:\n  a: {texts.scalar(random)}\n  b:\n  - {texts.scalar(random)}"


def keys(random):
    return f"spec:\n  {texts.scalar(random)}: 1"


def nested(random):
    return "spec:\n" + textwrap.indent(texts.document(random), "  ")


def changed(random):
    return "spec:\n" + textwrap.indent(texts.broken(random), "  ")


@pytest.mark.parametrize("make", [scalars, keys, nested, changed], ids=lambda make: make.__name__)
def test_many_objects_at_a_time(kubectl, make):
    cases = readable(make, make.__name__)
    for _ in range(10):
        batch = [*islice(cases, 100)]
        try:
            compare(kubectl, b"---\n".join(text for text, _ in batch), [ours for _, [ours] in batch])
        except (AssertionError, ValueError):  # find the one
            for text, ours in batch:
                compare(kubectl, text, ours)
            raise


def test_broken_files(kubectl):
    random = Random("files")
    compared = 0
    for _ in range(400):
        text = texts.broken(random).encode()
        if text.lstrip().startswith(b"{"):  # before 1.33, what looks like JSON had to be JSON
            continue
        ours = read(text)
        if ours is not None and ours and all(map(_is_object, ours)):
            try:
                compare(kubectl, text, ours)
            except LookupError:
                continue
            compared += 1
    assert compared > 50


def _is_object(document):
    return isinstance(document, dict) and "items" not in document  # kubectl prints the items of a list one by one
