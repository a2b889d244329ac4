"""``ipMasq`` of the bridge and ptp plugins in secondary networks.

Source: CNI plugins' documentation of bridge and ptp (cni.dev/plugins), github.com/containernetworking/plugins, pkg/ip.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint.model.cni.masquerading import Masquerade, Whom
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.hosts.cni_files import MASQUERADING
from netlint.model.ranges.secondary_networks import Attachment, SecondaryRange, attachments, secondary_ranges


def masquerades(view: SnapshotView) -> Iterator[Masquerade]:
    """Spared is only what the plugin's own IPAM gives out."""
    ranges = [found for found in secondary_ranges(view) if isinstance(found, SecondaryRange)]
    for found in attachments(view):
        if isinstance(found, Attachment):
            for plugin in found.plugins:
                own = [one.declaration for one in ranges if one.declaration.subject == found.subject]
                if plugin.get("type") in MASQUERADING and plugin.get("ipMasq") is True and own:
                    why = f"ipMasq of {plugin['type']} spares only {', '.join(map(str, own))}"
                    path = ("spec", "config")
                    yield Masquerade(Whom.PODS, why, found.subject, path, hidden=tuple(own), mild=True)
