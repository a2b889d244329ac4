"""The live tests run against a real control plane, which they start themselves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import controlplane
import pytest
from controlplane import ControlPlane, prepare

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def binaries(request: pytest.FixtureRequest) -> Path:
    """The folder of etcd, kube-apiserver, kube-controller-manager and kubectl."""
    return _prepared(request, ())


@pytest.fixture(scope="session")
def node_binaries(request: pytest.FixtureRequest) -> Path:
    """The same folder, with kube-proxy and flanneld."""
    return _prepared(request, prepare.NODE)


@pytest.fixture(scope="session")
def control_plane(binaries: Path) -> Iterator[ControlPlane]:
    """A control plane with its controller manager, for tests that do not change what others read."""
    with ControlPlane(binaries) as running:
        yield running


@pytest.fixture
def new_control_plane(binaries: Path) -> Iterator[Callable[..., ControlPlane]]:
    """Starts control planes that belong to the test alone, with the options that it names."""
    with ExitStack() as stack:

        def start(**options: Any) -> ControlPlane:
            return stack.enter_context(ControlPlane(binaries, **options))

        yield start


def _prepared(request: pytest.FixtureRequest, extra: tuple[str, ...]) -> Path:
    """The folder of the binaries; skips with the reason when there are none and no test run demands them."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled():  # a build takes minutes: show that it goes on
            return controlplane.binaries(extra)
    except controlplane.UnavailableError as error:
        if os.environ.get("NETLINT_REQUIRE_LIVE") == "1":
            pytest.fail(f"live tests are required, but {error}", pytrace=False)
        pytest.skip(f"no control plane: {error}")
