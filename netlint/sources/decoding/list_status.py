"""What is known of each list of a cluster, live or in a snapshot."""

from __future__ import annotations

import msgspec

from netlint.objects import KIND_NAMED
from netlint.snapshot import Knowledge, Reason
from netlint.snapshot.knowledge import ALL

API_VERSION = "netlint.dev/v1"
HEADER_KIND = "SnapshotHeader"
KIND = "Snapshot"


class ListStatus(msgspec.Struct, rename="camel"):
    """One list: ``namespace`` is ``*`` for all of them; complete where there is no ``reason``."""

    kind: str
    namespace: str
    resource_version: str = ""
    reason: Reason | None = None
    message: str = ""

    def teach(self, knowledge: Knowledge) -> None:
        """Put it into a snapshot's knowledge."""
        if self.namespace not in {"", ALL} and self.kind in KIND_NAMED and self.kind != "ConfigMap":
            knowledge.never[self.kind] = f"the {KIND_NAMED[self.kind].plural} of other namespaces were not listed"
        if self.reason is None:
            knowledge.completed(self.kind, self.namespace)
        else:
            knowledge.withdraw(self.kind, self.namespace, self.reason, self.message)


class Header(msgspec.Struct, rename="camel"):
    """The first document of a snapshot: a trailer has to follow."""

    api_version: str = API_VERSION
    kind: str = HEADER_KIND


class Trailer(msgspec.Struct, rename="camel"):
    """The last document of a snapshot; without it the file was cut off."""

    api_version: str
    kind: str
    taken_at: str
    server: dict[str, str]
    lists: list[ListStatus]
