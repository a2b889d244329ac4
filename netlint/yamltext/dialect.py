"""What kubectl takes a YAML scalar to mean.

kubectl reads YAML with sigs.k8s.io/yaml over go.yaml.in/yaml/v2: a scalar is resolved as that library's
``resolve.go`` does (no base-60 integers, no dates, ``y`` and ``n`` are booleans), written as JSON by Go's
``encoding/json`` and decoded again with integers kept where they fit 64 bits. Each function here says which
step it is.
"""

import base64
import binascii
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

import msgspec

Scalar: TypeAlias = bool | int | float | str | None
"""A resolved scalar. An ``int`` lies between -2**63 and 2**64 - 1, as in Go."""

WORDS: Mapping[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
"""The words that mean something else than themselves."""

_NUMBER = re.compile(
    r"""(?x) (?P<decimal> [-+]?(?:0|[1-9][0-9]{0,19}))
    | (?P<sign> [-+]?)0
      (?:[xX](?P<hexadecimal> [0-9a-fA-F]++) | [oO]?(?P<octal> [0-7]++) | [bB](?P<binary> [01]++))
    | 0b(?P<signed_binary> [-+][01]++)
    | [-+]?(?:\.[0-9]++ | [0-9]++(?:\.[0-9]*+)?)(?:[eE][-+]?[0-9]++)?"""
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]++|[0-9]++(?:\.[0-9]*+)?)(?:[eE][-+]?[0-9]++)?")
# After a leading dot the underscores are left to strconv.ParseFloat, which wants a digit on both sides.
_FRACTION = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")

_BASES = {"decimal": 10, "hexadecimal": 16, "octal": 8, "binary": 2, "signed_binary": 2}
_SMALLEST, _LARGEST, _UNSIGNED = -(2**63), 2**63 - 1, 2**64 - 1
_STANDARD_TAG = "tag:yaml.org,2002:"
_encode = msgspec.json.Encoder().encode


def resolve(text: str) -> Scalar:
    """Value of a plain scalar (``resolve`` in go.yaml.in/yaml/v2 resolve.go; its timestamps stay strings)."""
    if text in WORDS:
        return WORDS[text]
    if text[0] == ".":
        return _finite(text.replace("_", ""), text) if _FRACTION.fullmatch(text) else text
    if text[0] in "+-0123456789":
        return _number(text)
    return text


def _number(text: str) -> Scalar:
    digits = text.replace("_", "")
    match = _NUMBER.fullmatch(digits)
    if match is None:
        return text
    integer = _integer(match)
    if integer is not None:
        return integer
    return _finite(digits, text) if _FLOAT.fullmatch(digits) else text


def _integer(match: re.Match[str]) -> int | None:
    """What ParseInt, else ParseUint, makes of it: 64 bits, the upper half only without a sign."""
    form = match.lastgroup
    if form is None:
        return None
    value = int(match[form], _BASES[form])
    if match["sign"] == "-":
        value = -value
    signed = match.string[0] in "+-" or form == "signed_binary"
    return value if _SMALLEST <= value <= (_LARGEST if signed else _UNSIGNED) else None


def _finite(digits: str, text: str) -> float | str:
    """The float, or the text itself when it is out of range: ParseFloat fails, the scalar stays a string."""
    value = float(digits)
    return text if math.isinf(value) else value


def resolve_tagged(tag: str, text: str) -> Scalar:
    """Value of a scalar with an explicit tag (its full name: ``tag:yaml.org,2002:int``, ``!local``).

    Tags that go-yaml does not know leave the text as a string.

    Raises:
        ValueError: The text is not of the tag's type; also ``!!timestamp``, which is left unread.
    """
    name = tag.removeprefix(_STANDARD_TAG) if tag.startswith(_STANDARD_TAG) else ""
    if name == "binary":
        return _binary(text)
    if name not in ("null", "bool", "int", "float", "timestamp"):
        return text
    value = resolve(text)
    if name == "float" and type(value) is int and value <= _LARGEST:
        return float(value)
    if type(value) is not {"null": type(None), "bool": bool, "int": int, "float": float}.get(name):
        raise ValueError(f"{text!r} is not a !!{name}")
    return value


def _binary(text: str) -> str:
    encoded = text.replace("\n", "")
    if not _BASE64.fullmatch(encoded):
        raise ValueError("a !!binary value is not base64")
    try:
        return base64.b64decode(encoded).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("a !!binary value is not text, which JSON cannot hold") from None


def to_json(value: Scalar) -> str:
    """JSON text of a resolved scalar, a number written so that it decodes to what kubectl decodes.

    Raises:
        ValueError: JSON has no such value (infinities, not a number).
    """
    if isinstance(value, float):
        return _float_to_json(value)
    if isinstance(value, int) and value > _LARGEST:
        return _float_to_json(float(value))
    return _encode(value).decode()


def _float_to_json(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError("JSON has no value for infinity or not-a-number")
    text = repr(value)
    if "e" in text and 1e-6 <= abs(value) < 1e21:  # Go writes an exponent only outside this range
        text = format(Decimal(text), "f")
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def key_to_text(key: Scalar) -> str:
    """The JSON key that sigs.k8s.io/yaml makes of a mapping's key (``convertToJSONableObject``).

    Raises:
        ValueError: kubectl refuses the key or rounds it (a float of more than six digits or beyond single
            precision), or it is a zero that may be negative.
    """
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int) and key <= _LARGEST:
        return str(key)
    if isinstance(key, float) and 1e-37 < abs(key) < 1e38:
        text = format(key, ".6g")
        if float(text) == key:
            return text
    raise ValueError("null is not a key" if key is None else f"the number {key} is not a key; quote it")
