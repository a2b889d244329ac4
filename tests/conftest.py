"""What all tests share: the option that accepts new output, a still clock, and real Kubernetes programs."""

from __future__ import annotations

import faulthandler
import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import controlplane
from tests.support.controlplane import prepare
from tests.support.days import EPOCH


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="write what was found into rule pages and golden files")


def pytest_configure() -> None:
    """Let SIGINT interrupt, and no test fail because the machine is busy.

    Whatever a shell's script starts in the background inherits that SIGINT is ignored.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")


@pytest.fixture
def accept(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--accept"))


@pytest.fixture
def pinned_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)


@pytest.fixture(scope="session")
def binaries(request: pytest.FixtureRequest) -> Path:
    """The folder of etcd, kube-apiserver, kube-controller-manager and kubectl."""
    return _prepared(request, ())


@pytest.fixture(scope="session")
def node_binaries(request: pytest.FixtureRequest) -> Path:
    """The same folder, with kube-proxy and flanneld."""
    return _prepared(request, prepare.NODE)


def _prepared(request: pytest.FixtureRequest, extra: tuple[str, ...]) -> Path:
    """The folder of the binaries; skips with the reason when there are none and no test run demands them."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    try:
        faulthandler.cancel_dump_traceback_later()  # a build has a limit of its own
        with capture.global_and_fixture_disabled():  # a build takes minutes: show that it goes on
            return controlplane.binaries(extra)
    except controlplane.UnavailableError as error:
        if os.environ.get("NETLINT_REQUIRE_LIVE") == "1":
            pytest.fail(f"live tests are required, but {error}", pytrace=False)
        pytest.skip(f"no control plane: {error}")
