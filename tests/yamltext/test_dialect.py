"""Scalars: kubectl's answers, which ``kubectl annotate --local -o json`` gives for each of these."""

import pytest

from netlint.yamltext import dialect

PLAIN = """
    ~ null | null null | Null null | NULL null | nULL "nULL" | true true | TRUE true | tRue "tRue"
    y true | Y true | yes true | on true | On true | oN "oN"
    n false | N false | no false | off false | False false
    0 0 | 1 1 | +1 1 | -1 -1 | -0 0 | -0.0 0 | 0. 0 | 1. 1 | .5 0.5 | -.5 -0.5 | 1.10 1.1 | 1e3 1000
    1_000 1000 | 1__0 10 | 1_ 1 | _1 "_1" | -_1 -1 | 1_000.5 1000.5 | 1e5_0 1e+50 | 1E+2 100
    .5_0 0.5 | ._5 "._5" | .1_ ".1_" | 1e "1e" | 1.5. "1.5." | .e5 ".e5" | + "+"
    010 8 | 0777 511 | 0o10 8 | 0O17 15 | 09 9 | 0_9 9 | 0o8 "0o8"
    0x1F 31 | 0X1f 31 | 0x_1 1 | 0x "0x" | -0x1 -1 | 0x1p3 "0x1p3"
    0b11 3 | -0b11 -3 | 0b-11 -3 | 0b "0b" | 0b2 "0b2"
    9223372036854775807 9223372036854775807 | -9223372036854775808 -9223372036854775808
    9223372036854775808 9223372036854776000 | 18446744073709551615 18446744073709552000
    18446744073709551616 18446744073709552000 | -9223372036854775809 -9223372036854776000
    100000000000000000000 100000000000000000000 | 1e20 100000000000000000000 | 1e21 1e+21 | 1e-7 1e-07
    07777777777777777777777777 7.777777777777778e+24 | 1e999 "1e999" | -1e999 "-1e999" | 1e-999 0
    22:22 "22:22" | 12:42:10:20:30:40 "12:42:10:20:30:40" | 190:20:30.15 "190:20:30.15"
    2001-01-01 "2001-01-01" | 2001-01-01T00:00:00Z "2001-01-01T00:00:00Z" | 10.0.0.1 "10.0.0.1"
    = "=" | << "<<" | nan "nan" | .n ".n"
"""


def cases():
    for line in PLAIN.strip("\n").splitlines():
        for case in line.split("|"):
            text, _, json = case.strip().rpartition(" ")
            yield text, json


@pytest.mark.parametrize(("text", "json"), [*cases()])
def test_plain(text, json):
    assert dialect.to_json(dialect.resolve(text)) == json


def test_nothing_is_null():
    assert dialect.to_json(dialect.resolve("")) == "null"


@pytest.mark.parametrize("text", [".inf", "-.Inf", "+.INF", ".nan", ".NaN"])
def test_plain_that_json_cannot_hold(text):
    with pytest.raises(ValueError, match="JSON has no value"):
        dialect.to_json(dialect.resolve(text))


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("!", "1", "1"),
        ("!local", "1", "1"),
        ("tag:yaml.org,2002:str", "1", "1"),
        ("tag:yaml.org,2002:map", "yes", "yes"),
        ("tag:yaml.org,2002:int", "0x10", 16),
        ("tag:yaml.org,2002:float", "1", 1.0),
        ("tag:yaml.org,2002:bool", "y", True),
        ("tag:yaml.org,2002:null", "~", None),
        ("tag:yaml.org,2002:binary", "aG\nk=", "hi"),
    ],
)
def test_tagged(tag, text, value):
    result = dialect.resolve_tagged(tag, text)
    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("int", "1.0"),
        ("int", "x"),
        ("bool", "1"),
        ("null", "x"),
        ("float", "18446744073709551615"),
        ("binary", "a"),
        ("binary", "YWJj="),
        ("binary", "/w=="),
        ("timestamp", "2001-01-01"),
    ],
)
def test_tagged_wrongly(name, text):
    with pytest.raises(ValueError, match="!!"):
        dialect.resolve_tagged(f"tag:yaml.org,2002:{name}", text)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("a", "a"),
        (True, "true"),
        (False, "false"),
        (-5, "-5"),
        (1.5, "1.5"),
        (1e6, "1e+06"),
        (-1e-5, "-1e-05"),
    ],
)
def test_key(key, text):
    assert dialect.key_to_text(key) == text


@pytest.mark.parametrize("key", [None, 2**63, 1234567.5, 0.0, -0.0, 1e39, float("inf"), float("nan")])
def test_key_that_is_refused(key):
    with pytest.raises(ValueError, match="not a key"):
        dialect.key_to_text(key)
