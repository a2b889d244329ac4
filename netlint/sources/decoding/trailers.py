"""Snapshot files, which say at their end what was listed."""

from __future__ import annotations

import msgspec

from netlint.errors import SourceError
from netlint.sources.decoding.heads import Head
from netlint.sources.decoding.list_status import API_VERSION, HEADER_KIND, KIND, Trailer
from netlint.sources.decoding.losses import lost
from netlint.sources.decoding.sink import Sink


def is_of_snapshot(head: Head) -> bool:
    """Whether a document is the header or the trailer of a snapshot."""
    return head.apiVersion == API_VERSION and head.kind in {HEADER_KIND, KIND}


def learn(sink: Sink, head: Head, document: msgspec.Raw) -> None:
    """Take in what a snapshot says of the lists that it holds."""
    sink.lacks_trailer = head.kind == HEADER_KIND
    if sink.lacks_trailer:
        return
    try:
        trailer = msgspec.json.decode(document, type=Trailer)
    except msgspec.ValidationError as error:
        file = sink.text.name if sink.text else ""
        lost(sink, SourceError(f"{file}: the {KIND} in it cannot be read: {error}"), file)
        return
    sink.snapshot.reading.server = {**trailer.server, "takenAt": trailer.taken_at}
    for status in trailer.lists:
        status.teach(sink.snapshot.knowledge)


def finish(sink: Sink, file: str) -> None:
    """Take note that a file has been read to its end: a snapshot without its trailer lacks nobody knows which lists."""
    if sink.lacks_trailer:
        lost(sink, SourceError(f"{file}: the snapshot was cut off; take it again"), file)
