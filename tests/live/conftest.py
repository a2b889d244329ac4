"""The live tests run against a real control plane, which they start themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.controlplane import ControlPlane
from tests.support.live import certificates, faults
from tests.support.live.audit import AuditLog
from tests.support.live.certificates import Authority

LIVE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(LIVE):
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def control_plane(binaries: Path) -> Iterator[ControlPlane]:
    """A control plane with its controller manager, for tests that do not change what others read."""
    with ControlPlane(binaries) as running:
        yield running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Whose client certificates the server of `faulty` trusts."""
    if not certificates.IS_AVAILABLE:
        pytest.skip("openssl is not installed")
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def audit(tmp_path_factory: pytest.TempPathFactory) -> AuditLog:
    """What the server of `faulty` writes down of all requests."""
    return AuditLog(tmp_path_factory.mktemp("audit"))


@pytest.fixture(scope="session")
def faulty(binaries: Path, authority: Authority, audit: AuditLog) -> Iterator[ControlPlane]:
    """A control plane with a fault for every rule, for tests that only read, each as users of its own."""
    flags = [f"--client-ca-file={authority.own.file}", *audit.flags]
    with ControlPlane(binaries, users=USERS, controller_manager=False, api_server_flags=flags) as running:
        faults.plant(running)
        running.kubectl("apply", "-f", "-", stdin=faults.SECRETS)
        yield running


# A user for each test that gives rights, and administrators whose requests are looked at.
USERS: dict[str, list[str]] = {
    **{
        name: []
        for name in (
            "linter",
            "shopkeeper",
            "trader",
            "nodeless",
            "podless",
            "stranger",
            "deputy",
            "recorder",
            "keeper",
        )
    },
    **{name: ["system:masters"] for name in ("checker", "archivist")},
}


@pytest.fixture
def new_control_plane(binaries: Path) -> Iterator[Callable[..., ControlPlane]]:
    """Starts control planes that belong to the test alone, with the options that it names."""
    with ExitStack() as stack:

        def start(**options: Any) -> ControlPlane:
            return stack.enter_context(ControlPlane(binaries, **options))

        yield start
