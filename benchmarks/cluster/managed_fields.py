"""``metadata.managedFields``: one entry for each manager, with a tree of the names of its fields."""

from typing import Any

_KEYS = ("name", "type", "containerPort", "port", "uid", "ip", "mountPath")


def entry(manager: str, version: str, time: str, owned: dict[str, Any], subresource: str = "") -> dict[str, Any]:
    """The record that ``manager`` owns every field of ``owned``."""
    record = {
        "manager": manager,
        "operation": "Update",
        "apiVersion": version,
        "time": time,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields_of(owned),
    }
    return record | {"subresource": subresource} if subresource else record


def fields_of(value: Any) -> dict[str, Any]:
    """The field set of a value: ``f:`` for members, ``k:`` for list items with a key."""
    if isinstance(value, dict):
        return {f"f:{key}": fields_of(member) for key, member in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return _items(value)
    return {}


def _items(items: list[dict[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for item in items:
        key = next((key for key in _KEYS if key in item), None)
        if key is None:
            return {}
        label = f'"{item[key]}"' if isinstance(item[key], str) else item[key]
        fields[f'k:{{"{key}":{label}}}'] = {".": {}} | fields_of(item)
    return fields
