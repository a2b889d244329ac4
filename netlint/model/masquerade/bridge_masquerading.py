"""``ipMasq`` of the bridge and ptp plugins in secondary networks.

Source: CNI plugins' documentation of bridge and ptp (cni.dev/plugins), github.com/containernetworking/plugins, pkg/ip.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint.model.cni.masquerading import Masquerade, Whom
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.hosts.cni_files import MASQUERADING
from netlint.model.ranges.secondary_networks import (
    NetworkAttachment,
    SecondaryRange,
    network_attachments,
    secondary_ranges,
)


def masquerades(view: SnapshotView) -> Iterator[Masquerade]:
    """Spared is only what the plugin's own IPAM gives out."""
    ranges = [entry for entry in secondary_ranges(view) if isinstance(entry, SecondaryRange)]
    for attachment in network_attachments(view):
        if isinstance(attachment, NetworkAttachment):
            for plugin in attachment.plugins:
                pools = [entry.declaration for entry in ranges if entry.declaration.subject == attachment.subject]
                if plugin.get("type") in MASQUERADING and plugin.get("ipMasq") is True and pools:
                    reason = f"ipMasq of {plugin['type']} spares only {', '.join(map(str, pools))}"
                    path = ("spec", "config")
                    yield Masquerade(Whom.PODS, reason, attachment.subject, path, hidden=tuple(pools), mild=True)
