"""The exact reader: values, repeated keys, refusals and limits."""

import time

import pytest
import yaml

from netlint.yamltext import exact
from netlint.yamltext.exact import Duplicate, Unreadable

TOO_DEEP = "nested more than 200 levels deep"


def read(text):
    return exact.to_json(text.encode()).json.decode()


@pytest.mark.parametrize(
    ("text", "json"),
    [
        ("", "null"),
        ("\n", "null"),
        ("# comment\n", "null"),
        ("---\n# comment", "null"),
        ("--- # comment\na: 1", '{"a":1}'),
        ("a: 1\n...\n# comment\n", '{"a":1}'),
        ("text", '"text"'),
        ("- 1\n- x: [y, z]\n", '[1,{"x":[true,"z"]}]'),
        ("\ufeffa: 1", '{"a":1}'),
        ("a: b\r\nc: |\r\n  d\r\n  e\r\n", '{"a":"b","c":"d\\ne\\n"}'),
        ("a: |\n  no line break at the end", '{"a":"no line break at the end\\n"}'),
        ("a: '1'\nb: \"yes\"\nc: |-\n  1\nd: >-\n  2\n", '{"a":"1","b":"yes","c":"1","d":"2"}'),
        ("a: 1.0\nb: 1e3\nc: 0b1", '{"a":1,"b":1000,"c":1}'),
        ("a: !!str 1\nb: ! 2\nc: !x 3\nd: !!map {e: !!str 1}", '{"a":"1","b":"2","c":"3","d":{"e":"1"}}'),
        ("1: a\n1.5: b\non: c\n~a: d\n", '{"1":"a","1.5":"b","true":"c","~a":"d"}'),
        ("? a\n: b\n", '{"a":"b"}'),
        ("'<<': 1\n", '{"<<":1}'),
        ("a: {{b}: 1}", None),
        ('a: "b \u2028 c"\n', '{"a":"b\u2028c"}'),
        ("{a: 1, b}", '{"a":1,"b":null}'),
        ('{"a": [1, 2.5, true, null, "\\u00e9"]}', '{"a":[1,2.5,true,null,"é"]}'),
        ("a: é 😀\n", '{"a":"é 😀"}'),
        ("a: b\tc\n", '{"a":"b\\tc"}'),
        ("a:\tb\n", '{"a":"b"}'),
    ],
)
def test_values(text, json):
    if json is None:
        with pytest.raises(Unreadable):
            read(text)
    else:
        assert read(text) == json


@pytest.mark.parametrize(
    ("text", "json"),
    [
        ("a: &x 1\nb: *x\n", '{"a":1,"b":1}'),
        ("a: &x 1\nb: &x 2\nc: *x\n", '{"a":1,"b":2,"c":2}'),
        ("a: &x k\n*x : v\n", '{"a":"k","k":"v"}'),
        ("a: &x\nb: *x\n", '{"a":null,"b":null}'),
        ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\n", '{"a":{"p":1,"q":2},"b":{"p":1,"q":3}}'),
        ("a: &x {p: 1, q: 2}\nb: {q: 3, <<: *x}\n", '{"a":{"p":1,"q":2},"b":{"q":2,"p":1}}'),
        ("a: &x {p: 1}\nb: {<<: [*x, {p: 2, r: 3}]}\n", '{"a":{"p":1},"b":{"p":1,"r":3}}'),
        ("a: {<<: {p: 1}}\n", '{"a":{"p":1}}'),
        ("a: {<<: []}\n", '{"a":{}}'),
        ("a: &x {1: p}\nb: {<<: *x, 1: q}\n", '{"a":{"1":"p"},"b":{"1":"q"}}'),
        ("a: <<\n", '{"a":"<<"}'),
    ],
)
def test_anchors_and_merges(text, json):
    assert read(text) == json


def test_the_last_duplicate_wins_and_each_is_told():
    text = "a: 1\nb:\n- c: 1\n  d: {e: 1, e: 2}\n  c: 2\na: 3\n'a': 4\n"
    assert exact.to_json(text.encode()) == (
        b'{"a":4,"b":[{"c":2,"d":{"e":2}}]}',
        (
            Duplicate(("b", 0, "d", "e"), 4, 13),
            Duplicate(("b", 0, "c"), 5, 3),
            Duplicate(("a",), 6, 1),
            Duplicate(("a",), 7, 1),
        ),
    )


def test_merged_keys_are_no_duplicates():
    assert exact.to_json(b"a: &x {p: 1}\nb: {<<: *x, p: 2}\n").duplicates == ()


def test_spellings_of_one_key_are_duplicates():
    assert exact.to_json(b"0x1: a\n1: b\nyes: c\ntrue: d\n") == (
        b'{"1":"b","true":"d"}',
        (Duplicate(("1",), 2, 1), Duplicate(("true",), 4, 1)),
    )


@pytest.mark.parametrize(
    ("text", "problem", "line", "column"),
    [
        ("a:\n\tb: 1\n", "a tab in the indentation; YAML wants spaces", 2, 1),
        ("a: |\n\tb\n", "a tab in the indentation; YAML wants spaces", 2, 1),
        ("a: b: c\n", "': ' inside a value; quote the value or check the indentation", 1, 5),
        ("a: 1\nb\nc: 2\n", "a key without ':'", 3, 1),
        ("a: 1\n  b: 2\n", "': ' inside a value; quote the value or check the indentation", 2, 4),
        ("a:\n  b: 1\n c: 2\n", "a line that fits no key of its mapping; check the indentation", 3, 2),
        ("a:\n  - 1\n  b: 2\n", "a line that is no entry of its list; check the indentation", 3, 3),
        ("a: - b\n", "'- ' where no list can start", 1, 4),
        ("a: @b\n", "a value cannot start with '@'; quote it", 1, 4),
        ("a: %b\n", "a value cannot start with '%'; quote it", 1, 4),
        ("a:\n  b: 'c\nd: 1\n", "a quoted value that is never closed", 2, 6),
        ('a: "\\q"\n', "an unknown escape sequence in a double-quoted value", 1, 5),
        ('a: "\\/"\n', r"the escape sequence \/, which kubectl does not know", 1, 4),
        ("a: *b\n", "the alias *b has no anchor before it", 1, 4),
        ("a: &b [*b]\n", "the alias *b stands inside the value that it names", 1, 8),
        ("a: &b []\n*b : 1\n", "an alias of a mapping or a list as a key", 2, 1),
        ("a: {{ .Values.b }}\n", "a mapping or a list as a key; is this a template such as {{ ... }}?", 1, 5),
        (
            "a: {b: 1, 1: 2, <<: {'1': 2}}\n",
            "two keys that differ only in type both become '1' in JSON",
            1,
            21,
        ),
        ("a: {<<: 1}\n", "'<<' wants a mapping or a list of mappings", 1, 9),
        ("a: &b [{}]\nc: {<<: *b}\n", "'<<' wants a mapping or a list of mappings", 2, 9),
        ("a: {<<: [[]]}\n", "'<<' wants a mapping or a list of mappings", 1, 10),
        ("1: a\n'1': b\n", "two keys that differ only in type both become '1' in JSON", 2, 6),
        ("~: a\n", "null is not a key", 1, 1),
        ("18446744073709551615: a\n", "the number 18446744073709551615 is not a key; quote it", 1, 1),
        ("a: .inf\n", "JSON has no value for infinity or not-a-number", 1, 4),
        ("a: !!int b\n", "'b' is not a !!int", 1, 4),
        ("a: [!b , c]\n", "a tag inside [] or {} without a space after it", 1, 5),
        ("a: [!b,c]\n", "a tag inside [] or {} without a space after it", 1, 5),
        ("a: [b?]\n", "'?' in a plain value inside [] or {}; quote it", 1, 5),
        ("a: [b:]\n", "':' in a plain value inside [] or {}; quote the value", 1, 6),
        ("a: 1\n...\nb: 2\n", "text after the end of the document", 3, 1),
        ("- a\nb: 1\n", "a line that is no entry of its list; check the indentation", 2, 1),
        ("[a] b\n", "text after the end of the document", 1, 5),
        ("%YAML 1.1\n", "text after the end of the document", 2, 1),
        ("\ufeff%YAML 1.1\n\n--\n", "text after the end of the document", 3, 1),
        ("a: 1\n--- b\n", "text after the document separator '---'", 2, 1),
        ("a: 1\n---\nb: 2\n", "more than one document", None, None),
        ("a: \x00\n", "the character U+0000 is not allowed here", 1, 4),
        ("a: 1\nb: \x7f\n", "the character U+007F is not allowed here", 2, 4),
        ("a: 1\n\ufeffb: 2\n", "the character U+FEFF is not allowed here", 2, 1),
        ("a: b\ufeff\n", "the character U+FEFF is not allowed here", 1, 5),
        ('{"a": "\u2028"}', "the character U+2028 is not allowed here", 1, 8),
        ("\n \xa0{a: b}", "the character U+00A0 is not allowed here", 2, 2),
        ("{a: b} # c\n", "text after a JSON object", 1, 7),
        ('{"a": 1e999}', "a number beyond double precision, which kubectl refuses in JSON", 1, 7),
    ],
)
def test_refusals(text, problem, line, column):
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert (caught.value.problem, caught.value.line, caught.value.column) == (problem, line, column)


def test_text_that_is_not_utf_8():
    with pytest.raises(Unreadable) as caught:
        exact.to_json(b"a: 1\n\xc3\xa9: \xff\n")
    assert caught.value.args == ("not UTF-8: byte 0xff", 2, 4)


def test_utf_16_is_refused():
    with pytest.raises(Unreadable, match="not UTF-8"):
        exact.to_json("a: 1\n".encode("utf-16"))


@pytest.mark.parametrize(
    ("text", "problem", "line", "column"),
    [
        ("[" * 100_000, TOO_DEEP, 1, 201),
        ("- " * 100_000, TOO_DEEP, 1, 401),
        ("{a: " * 100_000, TOO_DEEP, 1, 801),
        ("[{a: " * 100_000, TOO_DEEP, 1, 501),
        ("a:\n  " + "[" * 1_001 + "]" * 1_001, TOO_DEEP, 2, 202),
        ("{" * 100_000, "a mapping or a list as a key; is this a template such as {{ ... }}?", 1, 2),
        ("a: b\n" + "[" * 100_000, "a key without ':'", 2, 1026),
    ],
    ids=["lists", "items", "mappings", "both", "closed", "braces", "key"],
)
def test_deep_nesting_is_refused_whatever_the_parser_itself_bears(text, problem, line, column):
    with pytest.raises(Unreadable) as caught:
        exact.to_json(text.encode())
    assert caught.value.args == (problem, line, column)


def test_deep_indentation_is_refused():
    text = "".join(f"{' ' * depth}a:\n" for depth in range(2_000))
    with pytest.raises(Unreadable, match=TOO_DEEP):
        read(text)


def test_nesting_at_the_limit_is_read():
    assert read("[" * 200 + "]" * 200) == "[" * 200 + "]" * 200


def test_nesting_through_aliases_is_refused():
    lines = [
        "pad: [" + "x, " * 1000 + "]",
        "a0: &a0 [x]",
        *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 201)),
    ]
    with pytest.raises(Unreadable, match=TOO_DEEP):
        read("\n".join(lines))


def test_an_alias_bomb_is_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(Unreadable, match="the aliases expand to far more than the document itself"):
        read("\n".join(lines))


def test_an_alias_bomb_of_one_long_string_is_refused():
    text = "a: &a " + "x" * 1_000_000 + "\nb: [" + "*a, " * 100 + "]\n"
    with pytest.raises(Unreadable, match="the aliases expand to far more than the document itself"):
        read(text)


def test_a_merge_bomb_is_refused():
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(50)) + "}"]
    lines += [f"a{n}: &a{n} {{x: [{', '.join([f'{{<<: *a{n - 1}}}'] * 9)}]}}" for n in range(1, 8)]
    with pytest.raises(Unreadable, match="the aliases expand to far more than the document itself"):
        read("\n".join(lines))


def test_many_keys_that_are_no_strings():
    started = time.process_time()
    text = "".join(f"{number}: x\n" for number in range(50_000)) + "a: &a\nb: *a\n"
    assert read(text).count('"x"') == 50_000
    assert time.process_time() - started < 20


def test_modest_use_of_aliases_is_read():
    text = "a: &a {" + ", ".join(f"k{n}: 1" for n in range(100)) + "}\nb: [" + "*a, " * 40 + "]\n"
    assert read(text).count('"k99"') == 41


def test_a_line_of_50_megabytes_is_read():
    started = time.process_time()
    assert len(exact.to_json(b"a: " + b"x" * 50_000_000).json) == 50_000_008
    assert time.process_time() - started < 30


@pytest.mark.parametrize("text", [b"a: '" + b"x" * 5_000_000, b"x" * 5_000_000 + b": a", b"a: [" + b"b," * 200_000])
def test_a_long_line_that_is_no_yaml_is_refused_in_linear_time(text):
    started = time.process_time()
    with pytest.raises(Unreadable):
        exact.to_json(text)
    assert time.process_time() - started < 60


def test_without_libyaml(monkeypatch):
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert read("a: [1, 'x']\nb: &x |\n  y\nc: *x\n") == '{"a":[1,"x"],"b":"y\\n","c":"y\\n"}'
    with pytest.raises(Unreadable) as caught:
        read("a: b: c\n")
    assert caught.value.args == ("': ' inside a value; quote the value or check the indentation", 1, 5)
