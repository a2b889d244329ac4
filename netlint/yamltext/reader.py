"""The reader of YAML documents: fast where it can be, exact everywhere."""

from . import fast
from .outcome import Exact


def to_json(document: bytes) -> Exact:
    """JSON of one document (as `documents.split` cuts them) and its repeated keys.

    Raises:
        Unreadable: As `exact.to_json`.
    """
    json = fast.to_json(document)
    if json is not None:
        return Exact(json, ())
    from . import exact  # libyaml is loaded when a document needs it

    return exact.to_json(document)
