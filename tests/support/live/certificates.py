"""An authority for client certificates, made by openssl."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.support.program import execute

IS_AVAILABLE = shutil.which("openssl") is not None
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256")


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as files."""

    file: Path
    key: Path


class Authority:
    """Signs for users; the API server trusts it with --client-ca-file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.own = self._paths("authority")
        _openssl("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", "/CN=tests", *self._output(self.own))

    def issue(self, user: str) -> Certificate:
        """A certificate for the user."""
        issued = self._paths(user)
        signed_by = ["-CA", str(self.own.file), "-CAkey", str(self.own.key)]
        usage = ["-addext", "extendedKeyUsage=clientAuth"]
        _openssl(
            "req", "-x509", *_NEW_KEY, *signed_by, *usage, "-days", "1", "-subj", f"/CN={user}", *self._output(issued)
        )
        return issued

    def _paths(self, name: str) -> Certificate:
        return Certificate(self._folder / f"{name}.crt", self._folder / f"{name}.key")

    @staticmethod
    def _output(certificate: Certificate) -> list[str]:
        return ["-out", str(certificate.file), "-keyout", str(certificate.key)]


def _openssl(*arguments: str) -> None:
    execute("openssl", *arguments, check=True)
