"""The fast reader: what it covers, what it leaves, and that it never differs from the exact reader."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint.yamltext import exact, fast
from tests.support.yamltext import manifests, texts
from tests.support.yamltext.values import typed

COVERED = [
    ("", "null"),
    ("# comment\n\n  # comment\n", "null"),
    ("---\n", "null"),
    ("--- # comment\na: b\n", '{"a":"b"}'),
    ("a: b", '{"a":"b"}'),
    ("a: b\n...\n", '{"a":"b"}'),
    ("a:\nb:\n  c:\n  d:\n", '{"a":null,"b":{"c":null,"d":null}}'),
    ("  a: 1\n  b: 2\n", '{"a":1,"b":2}'),
    ("- a\n- b: 1\n  c: 2\n- d:\n", '["a",{"b":1,"c":2},{"d":null}]'),
    ("- - a\n  - b\n-   - c\n    - - d\n", '[["a","b"],["c",["d"]]]'),
    ("a:\n- b\n- c:\n  - d\ne: f\n", '{"a":["b",{"c":["d"]}],"e":"f"}'),
    ("a:\n    - b\n    -   c:\n          d\nx:\n  yy: z\n", '{"a":["b",{"c":"d"}],"x":{"yy":"z"}}'),
    ("a: # c\n  b: 1 # c\n\n  # c\n  c: d#e # f\n", '{"a":{"b":1,"c":"d#e"}}'),
    (
        "a: 010\nb: yes\nc: ~\nd: 1.0\ne: 1e3\nf: 10:20\n",
        '{"a":8,"b":true,"c":null,"d":1,"e":1000,"f":"10:20"}',
    ),
    ("a: -b\nc: :d\ne: f:g\nh: --\ni: a b  c\n", '{"a":"-b","c":":d","e":"f:g","h":"--","i":"a b  c"}'),
    ("a: [] # c\nb: {}\nc: [x, 1, 'y', \"z\"]\nd: [ ]\n", '{"a":[],"b":{},"c":["x",1,"y","z"],"d":[]}'),
    ("a: [sh, -c, --b=c, 'd', e:f, x]\n", '{"a":["sh","-c","--b=c","d","e:f","x"]}'),
    ("a: {b: c, d: 1, e/f: 'g', h: \"y\", i: y} # j\n", '{"a":{"b":"c","d":1,"e/f":"g","h":"y","i":true}}'),
    ("a: 'b'\nc: 'it''s: #' # c\nd: ''\n", '{"a":"b","c":"it\'s: #","d":""}'),
    ('a: "b"\nc: "\\n\\u00e9\\"#" # c\nd: ""\n', '{"a":"b","c":"\\n\\u00e9\\"#","d":""}'),
    (
        '\'a\': 1\n"b c": 2\nd e: 3\nf:g: 4\nk:{"h":1}: 5\n',
        '{"a":1,"b c":2,"d e":3,"f:g":4,"k:{\\"h\\":1}":5}',
    ),
    ('a: "\\x41\\U0001F600\\e\\0\\_\\\\x41"\n', '{"a":"A😀\\u001b\\u0000\u00a0\\\\x41"}'),
    ('a: "b\n  \\ c\n  d"\n', '{"a":"b  c d"}'),
    ("a: |2\n\n  b\n- |1-\n x\n".replace("- ", "c: "), '{"a":"\\nb\\n","c":"x"}'),
    ("a: é\né: 'ü'\n😀: \"😀\"\n", '{"a":"é","é":"ü","😀":"😀"}'),
    ("a: b\n  c\n   d\ne:\n  f\n  g # c\n", '{"a":"b c d","e":"f g"}'),
    ("- a\n  b\n- c:\n    d\n     e\n", '["a b",{"c":"d e"}]'),
    ("a:\n  'b'\nc:\n  [d,\n   e]\n", '{"a":"b","c":["d","e"]}'),
    ("a: 'b\n  c'\nd: \"e\n  f\n  g\" # c\n", '{"a":"b c","d":"e f g"}'),
    (
        "a: |\n  b\n   c\n\n  # d\ne: |-\n  f\n\ng: |+\n  h\n\n",
        '{"a":"b\\n c\\n\\n# d\\n","e":"f","g":"h\\n\\n"}',
    ),
    ("- |\n a: b\n- c: |\n     d\n  e: |\n\n   f\n", '["a: b\\n",{"c":"d\\n","e":"\\nf\\n"}]'),
    ("a: >\n  b\n  c\n\nd: >-\n  e\nf: |\n  g\n  \n", '{"a":"b c\\n","d":"e","f":"g\\n"}'),
    ("a: |\n  b\n # c\nd: e\n", '{"a":"b\\n","d":"e"}'),
]

LEFT = [
    "a",
    "'a'",
    "[a]",
    "a: &b c",
    "a: *b",
    "a: !b c",
    "a: {b: c, b: d}",
    "a: {b: [c]}",
    "a: {b}",
    "a: {b: }",
    "a: {b:c}",
    "a: {y: c}",
    "a: {b: c?}",
    "a: {b: c:}",
    "a: {b: *c}",
    "a: {1: b}",
    "a: [b?]",
    "a: [- b]",
    "a: [b c]",
    "a: [b: c]",
    "a: [b, [c]]",
    "a: [b",
    "a: b: c",
    "a: b:",
    "a: - b",
    "a: 'b' c",
    'a: "b"c',
    'a: "\\/"',
    'a: "\\ud800"',
    "a: 'b",
    "a: 'b\n\n  c'",
    'a: "b\\\n  c"',
    'a: "b\\ \n  c"',
    'a: "\\U00110000"',
    'a: "\\q"',
    "a: |2\n    b\n",
    "a: |9\n  b\n",
    "a: 'b\nc'",
    "a: .inf",
    "a: @b",
    "a: ?b",
    "? a\n: b",
    "<<: {}",
    "1: a",
    "yes: a",
    "~: a",
    ".5: a",
    "a : b",
    "a#b: c",
    "-a: b",
    "---a: b",
    "... a: b",
    "a:b",
    "a: b\na: c",
    "a: b\n'a': c",
    "a:\n  b: c\n d: e",
    "a:\n  - b\n c: d",
    "a:\n  - b\n  c: d",
    "- a\nb: c",
    "a: b\n- c",
    "a: b\n  c: d",
    "a: b\nc",
    "a: b\n\n  c",
    "a: b\n  # c\n  d",
    "a: # b\r  c: d\n  e",
    "a: # \x01\n  b",
    "a: b # c\n  d",
    "a: b\n...\nc: d",
    "a: b\n... # c\n",
    "a: 'b\n...\n",
    "a: b\n---\nc: d",
    "--- a",
    "---#\na: b",
    "%YAML 1.1\n---\na: b",
    "a:\tb",
    "\ta: b",
    "a: b\t",
    "a: b # \t",
    "# \x00\na: b",
    "a: \x7f",
    "a: b\r\n",
    "a:\r\n  b: c\n",
    "a: \x85",
    "a: \u2028",
    "# \ufeff\na: b",
    "\ufeffa: b",
    "a: |",
    "a: | # c\n  b",
    "a: |\nb: c",
    "a:\n  b: |\n  c",
    "- a: |\n  b",
    "a: |\n  b\n c",
    "a: |\n  b\n \n   c",
    "a: |+\n  b\n \nc: d",
    "a: |\n  \tb\n c",
    "a: |\n  b\r\n",
    "a: >\n  b\n\n  c",
    "a: >\n  b\n   c",
    "-\n  a: b",
    "- \n- a",
    "- # c\n  a",
]


@pytest.mark.parametrize(("text", "expected"), COVERED)
def test_covered(text, expected):
    assert fast.to_json(text.encode()) == expected.encode()
    assert json.loads(exact.to_json(text.encode()).json) == json.loads(expected)


@pytest.mark.parametrize("text", LEFT)
def test_left_to_the_exact_reader(text):
    assert fast.to_json(text.encode()) is None


@pytest.mark.parametrize("text", [b"a: \xff", b"\xff\xfea\x00", b"a: \xed\xa0\x80", b"# \xc3\na: b"])
def test_text_that_is_not_utf_8_is_left(text):
    assert fast.to_json(text) is None


@pytest.mark.parametrize(
    "text",
    [manifests.SERVICE, manifests.POD, manifests.CONFIGMAP, manifests.LIST],
    ids=lambda text: text[15:30],
)
def test_exports_are_covered(text):
    check(text.encode())
    assert fast.to_json(text.encode()) is not None


def test_deep_and_wide_documents():
    deep = "".join(f"{' ' * depth}a{depth}:\n" for depth in range(90))
    wide = "".join(f"key{number}: {number}\n" for number in range(20_000))
    for text in deep, wide:
        check(text.encode())
        assert fast.to_json(text.encode()) is not None
    too_deep = "".join(f"{' ' * depth}a:\n" for depth in range(300))
    assert fast.to_json(too_deep.encode()) is None
    assert fast.to_json(b"- " * 100_000 + b"a") is None
    assert fast.to_json(b"[" * 100_000) is None


def test_long_lines():
    assert fast.to_json(b"a: " + b"x" * 5_000_000) == b'{"a":"' + b"x" * 5_000_000 + b'"}'
    assert fast.to_json(b"x" * 5_000_000 + b": a") is None
    assert fast.to_json(b"a: '" + b"x" * 5_000_000) is None
    assert fast.to_json(b"a: " + b"'" * 5_000_001) is None
    assert fast.to_json(b"a: '\n" * 500_001) is None


def test_more_shapes_and_values_than_the_caches_hold():
    for number in range(3_000):
        lines = [f"key{number}x{line}: value{number}x{line}\n" for line in range(100)]
        found = json.loads(fast.to_json("".join(lines).encode()))
        assert found[f"key{number}x99"] == f"value{number}x99"


def test_values_of_one_shape():
    for value, expected in (
        ("1", 1),
        ("b", "b"),
        ("'1'", "1"),
        ("[b]", ["b"]),
        ("{}", {}),
        ('"\\t"', "\t"),
        ("~", None),
    ):
        assert json.loads(fast.to_json(f"a: {value}\nc: d\n".encode())) == {"a": expected, "c": "d"}


def check(document):
    """Whatever the fast reader answers, the exact reader answers too, and finds no repeated key."""
    quick = fast.to_json(document)
    if quick is not None:
        slow = exact.to_json(document)
        assert json.loads(quick) == json.loads(slow.json)
        assert typed(json.loads(quick)) == typed(json.loads(slow.json))
        assert slow.duplicates == ()


SEEDS = st.integers(0, 2**64)
QUICK = settings(max_examples=400, derandomize=True, deadline=None)


@QUICK
@given(SEEDS)
def test_a_random_scalar(seed):
    random = Random(seed)
    check(f"a: {texts.scalar(random)}\nb:\n- {texts.scalar(random)}\n".encode())


@QUICK
@given(SEEDS)
def test_a_random_document(seed):
    check(texts.document(Random(seed)).encode())


@QUICK
@given(SEEDS)
def test_a_broken_document(seed):
    check(texts.broken(Random(seed)).encode())


@QUICK
@given(st.text("ab1 :#-'\"\n[],{}|>é.~\\", max_size=40))
def test_any_text(text):
    check(text.encode())


@QUICK
@given(st.lists(st.sampled_from(texts.LINES), max_size=8))
def test_any_lines(lines):
    check("\n".join(lines).encode())


@pytest.mark.parametrize(
    "text",
    [
        "---#c\na: b\n",
        "a:\r\n  - b\n",
        "a: [] # c\n",
        "a: [b] #c [\n",
        "a: >\n  b\n \n    ",
        "a: |\n  b\n \n    c\n",
        'a: "b\\\n  c"',
        'a: "b" \\ #c',
        "a:\n... b: c\n",
        "# a\n...\n",
    ],
)
def test_texts_that_were_once_read_wrongly(text):
    check(text.encode())
