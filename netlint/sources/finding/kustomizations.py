"""What kustomizations apply as patches, which are parts of objects and no objects."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from netlint import yamltext

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
LARGEST = 1 << 20  # bytes


def patches(folder: str, names: set[str]) -> Iterator[str]:
    """Files that a kustomization applies as patches: parts of objects, not objects."""
    for name in names.intersection(KUSTOMIZATIONS):
        with suppress(OSError):
            for path in patches_in(Path(folder, name).read_bytes()):
                yield os.path.normpath(os.path.join(folder, path))


def patches_in(text: bytes) -> Iterator[str]:
    """The paths, as it writes them, of the patches that a kustomization applies."""
    try:
        decoded = msgspec.json.decode(yamltext.to_json(text).json)
    except yamltext.Unreadable:
        return
    if not isinstance(decoded, dict):
        return
    listed = [decoded.get(key) or [] for key in ("patches", "patchesStrategicMerge", "patchesJson6902")]
    for patch in (patch for patches in listed if isinstance(patches, list) for patch in patches):
        path: Any = patch.get("path") if isinstance(patch, dict) else patch
        if isinstance(path, str) and "\n" not in path:
            yield path
