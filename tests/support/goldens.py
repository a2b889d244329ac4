"""Whole outputs of commands on the bundled examples, held against files; ``pytest --accept`` writes them."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from tests.support.program import ROOT

GOLDEN = ROOT / "tests" / "views" / "golden"
HEALTHY, BROKEN = "examples/healthy-cluster", "examples/broken-cluster"


def assert_golden(name: str, found: str, accept: bool) -> None:
    file = GOLDEN / name
    if accept:
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


def valid(name: str, text: str) -> dict[str, Any]:
    """The document, which its schema allows."""
    schema = json.loads((ROOT / "schemas" / f"{name}-v1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(text)
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["$schema"] == schema["$id"]
    return document
