"""What a file costs without netlint: ``json.loads``, or PyYAML's CSafeLoader on a part of it.

Run as a program, so that each measurement has a process of its own: ``python baselines.py json FILE``.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import yaml

SAMPLE = 4 << 20  # bytes of YAML that are enough to know the rate


def seconds(kind: str, path: Path) -> float:
    """Seconds for all of the file or folder, measured in a new process."""
    command = [sys.executable, __file__, kind, str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _json(path: Path) -> float:
    text = path.read_bytes()
    start = time.perf_counter()
    json.loads(text)
    return time.perf_counter() - start


def _yaml(path: Path) -> float:
    """The rate of the first documents or items, applied to the whole file."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if len(head) == SAMPLE:
        boundary = b"\n- " if head.startswith(b"apiVersion: v1\nitems:\n") else b"\n---\n"
        head = head[: head.rindex(boundary) + 1]
    start = time.perf_counter()
    for _ in yaml.load_all(head, yaml.CSafeLoader):
        pass
    return (time.perf_counter() - start) * path.stat().st_size / len(head)


def _repository(folder: Path) -> float:
    """Every fifth file; charts and other broken YAML are left out."""
    paths = sorted(path for ending in ("yaml", "yml") for path in folder.rglob(f"*.{ending}"))
    total, read, used = sum(path.stat().st_size for path in paths), 0, 0.0
    for path in paths[::5]:
        start = time.perf_counter()
        try:
            list(yaml.load_all(path.read_bytes(), yaml.CSafeLoader))
        except yaml.YAMLError:
            continue
        used += time.perf_counter() - start
        read += path.stat().st_size
    return used * total / read


if __name__ == "__main__":
    measure = {"json": _json, "yaml": _yaml, "repository": _repository}[sys.argv[1]]
    print(measure(Path(sys.argv[2])))
