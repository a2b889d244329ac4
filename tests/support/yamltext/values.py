"""Values that are compared."""

from typing import Any


def typed(value: Any) -> Any:
    """The value with its numbers told apart (``1``, ``1.0`` and ``True`` are equal in Python)."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return type(value), value
