"""What packets really meet on the nodes, from node dumps."""

from __future__ import annotations

from netlint.dataplane.data_plane import DataPlane
from netlint.dataplane.node_links import observed_connections

__all__ = ["DataPlane", "observed_connections"]
