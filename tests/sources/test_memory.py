"""Memory grows with the number of objects, never with the bytes of the file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.program import execute

OBJECTS = 2000
SMALL, LARGE = 4 << 10, 40 << 10  # bytes of one object: 8 and 80 MB in all
MOST_GROWTH = 20 << 10  # KiB, of 70 MiB that the larger file has more
PEAK = """
import runpy, sys
sys.argv = ["netlint", "check", sys.argv[1], "-q"]
try:
    runpy.run_module("netlint", run_name="__main__")
except SystemExit as ended:
    code = ended.code
peaks = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(code, *peaks)
"""


def pods(size: int) -> Iterator[dict[str, Any]]:
    """Pods of which almost everything is in fields that netlint does not read."""
    managed = {f"f:field-{number}": {".": {}, "f:value": "x" * 100} for number in range(size // 150)}
    for number in range(OBJECTS):
        meta = {"name": f"pod-{number}", "namespace": "shop", "managedFields": [{"fieldsV1": managed}]}
        status = {"podIP": f"10.1.{number // 250}.{number % 250}"}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {}, "status": status}


def listed(items: Iterator[dict[str, Any]], **layout: Any) -> Iterator[str]:
    yield json.dumps({"apiVersion": "v1", "kind": "List", "items": []}, **layout).split("]")[0]
    for number, item in enumerate(items):
        text = json.dumps(item, **layout)
        yield ("," if number else "") + ("\n" + text if "indent" in layout else text)
    yield "]}\n"


def indented(size: int) -> Iterator[str]:
    """As kubectl writes it: the text of one pod, indented, with other names and addresses."""
    first = next(pods(size))
    whole = json.dumps({"apiVersion": "v1", "items": [first, first], "kind": "List"}, indent=4)
    start, item = whole[: whole.index("[") + 1], whole[whole.index("[") + 1 : whole.index("\n        },") + 10]
    yield start
    for number in range(OBJECTS):
        yield ("," if number else "") + item.replace("pod-0", f"pod-{number}").replace(
            "10.1.0.0", f"10.1.{number // 250}.{number % 250}"
        )
    yield '\n    ],\n    "kind": "List"\n}\n'


def documents(size: int) -> Iterator[str]:
    text = yaml.dump(next(pods(size)))
    for number in range(OBJECTS):
        yield text.replace("pod-0", f"pod-{number}").replace("10.1.0.0", f"10.1.{number // 250}.{number % 250}")
        yield "---\n"


WRITERS = {
    "compact.json": lambda size: listed(pods(size), separators=(",", ":")),
    "indented.json": indented,
    "documents.yaml": documents,
}


def peak(path: Path) -> int:
    """The most memory that checking a file took, in KiB."""
    run = execute(sys.executable, "-c", PEAK, path, check=True)
    code, size = run.stdout.split()
    assert (code, run.stderr) == ("0", "")
    return int(size)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak of a process there")
@pytest.mark.parametrize("name", WRITERS)
def test_ten_times_the_bytes_of_the_same_objects_take_no_more_memory(name, tmp_path) -> None:
    taken = []
    for size in (SMALL, LARGE):
        with (tmp_path / name).open("w") as file:
            file.writelines(WRITERS[name](size))
        assert (tmp_path / name).stat().st_size > OBJECTS * size * 0.8
        taken.append(peak(tmp_path / name))
    assert taken[1] - taken[0] < MOST_GROWTH
