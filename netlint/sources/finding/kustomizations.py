"""What kustomizations apply as patches, which are parts of objects and no objects."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import msgspec

from netlint import side_files, yamltext

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def patches(folder: str, name: str) -> list[str]:
    """Files that this kustomization of a folder applies as patches: parts of objects, not objects.

    Raises OSError where it cannot be read.
    """
    text = side_files.read(os.path.join(folder, name))
    return [os.path.normpath(os.path.join(folder, path)) for path in patches_in(text)]


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
