"""Every network plugin is known, and there is a healthy cluster for each."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from netlint.cluster import Cluster
from netlint.model.cni import PLUGINS, Plugin, plugins
from tests.support.model.healthy import cluster as objects_of
from tests.support.model.networks import NETWORKS
from tests.support.model.reading import snapshot


def test_every_module_with_a_plugin_is_listed() -> None:
    modules = [import_module(f"{plugins.__name__}.{module.name}") for module in pkgutil.iter_modules(plugins.__path__)]
    defined = [module.PLUGIN for module in modules if isinstance(getattr(module, "PLUGIN", None), Plugin)]
    assert sorted(plugin.name for plugin in defined) == sorted(plugin.name for plugin in PLUGINS)


def test_every_plugin_has_a_healthy_cluster() -> None:
    networks = [make() for make in NETWORKS.values()]
    shown = [Cluster(snapshot(objects_of(network), network.dumps)).network.plugins for network in networks]
    assert {detected.name for found in shown for detected in found} == {plugin.name for plugin in PLUGINS}
