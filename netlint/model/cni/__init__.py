"""Which network plugins run the pod network, and what follows for addresses and packets.

Evidence is whatever a plugin leaves in the API: annotations, ConfigMaps, DaemonSets, pods, objects of its
own. Whatever else is asked of a plugin is a field of ``Plugin`` as well, which each module of ``plugins`` fills in.
"""

from __future__ import annotations

from netlint.model.cni.detection import Detected
from netlint.model.cni.plugin import Plugin
from netlint.model.cni.plugins import PLUGINS
from netlint.model.cni.pod_network import PodNetwork

__all__ = ["PLUGINS", "Detected", "Plugin", "PodNetwork"]
