"""The reader that is used: fast or exact, with one answer."""

import json
import sys

import pytest

from netlint.yamltext import exact, reader
from tests.support.program import execute
from tests.support.yamltext import manifests


@pytest.mark.parametrize("text", manifests.ALL, ids=lambda text: text[:25])
def test_every_manifest_is_read_as_the_exact_reader_reads_it(text):
    read, expected = reader.to_json(text.encode()), exact.to_json(text.encode())
    assert json.loads(read.json) == json.loads(expected.json)
    assert read.duplicates == expected.duplicates == ()


def test_duplicates_are_told():
    assert reader.to_json(b"a: 1\na: 2\n") == (b'{"a":2}', (exact.Duplicate(("a",), 2, 1),))


def test_what_is_no_yaml_is_refused():
    with pytest.raises(exact.Unreadable, match="a key without ':'"):
        reader.to_json(b"a: 1\nb\nc: 1\n")


def test_libyaml_is_loaded_only_when_it_is_needed():
    code = "\n".join(
        (
            "import sys",
            "from netlint.yamltext import reader",
            "reader.to_json(b'a: 1'); assert 'yaml' not in sys.modules",
            "reader.to_json(b'a: &b c'); assert 'yaml' in sys.modules",
        )
    )
    assert execute(sys.executable, "-c", code).returncode == 0
