"""Where values stand."""

import pytest

from netlint.yamltext import positions
from netlint.yamltext.exact import Unreadable

TEXT = b"""\
# comment
apiVersion: v1
metadata:
  name: "a"
  labels: &labels {app: x, 1: y}
spec:
  ports:
  - port: 80
    name: web
  - {port: 90,
     name: other}
  selector: *labels
  merged:
    <<: *labels
    own: |
      text
  name: first
  name: second
  empty:
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (2, 1, None)),
        (("apiVersion",), (2, 13, 15)),
        (("metadata",), (4, 3, None)),
        (("metadata", "name"), (4, 9, 12)),
        (("metadata", "labels"), (5, 11, 33)),
        (("metadata", "labels", "1"), (5, 31, 32)),
        (("spec", "ports"), (8, 3, None)),
        (("spec", "ports", 0), (8, 5, None)),
        (("spec", "ports", 0, "name"), (9, 11, 14)),
        (("spec", "ports", 1), (10, 5, None)),
        (("spec", "ports", 1, "name"), (11, 12, 17)),
        (("spec", "selector"), (12, 13, 13)),
        (("spec", "selector", "app"), (5, 25, 26)),
        (("spec", "merged", "app"), (5, 25, 26)),
        (("spec", "merged", "own"), (15, 10, None)),
        (("spec", "name"), (18, 9, 15)),
        (("spec", "empty"), (19, 9, 9)),
        (("spec", "ports", 2, "name"), (8, 3, None)),
        (("spec", "ports", -1), (8, 3, None)),
        (("spec", "ports", "port"), (8, 3, None)),
        (("spec", "nothing", "here"), (7, 3, None)),
        (("kind",), (2, 1, None)),
    ],
)
def test_locate(path, place):
    assert positions.locate(TEXT, path) == place


def test_a_document_without_content_has_no_places():
    assert positions.locate(b"# comment\n", ("a",)) is None


def test_columns_count_characters_and_no_byte_order_mark():
    assert positions.locate("\ufeffa: [é, b]\n".encode(), ("a", 1)) == (1, 8, 9)


def test_an_unreadable_document_has_no_places():
    with pytest.raises(Unreadable):
        positions.locate(b"a: [", ("a",))
