"""The real kubectl, where there is one."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest


class Kubectl:
    """Prints YAML as JSON, as kubectl reads it (it needs no server for that), with an annotation added."""

    def __init__(self, executable: Path, folder: Path) -> None:
        self._executable = executable
        self._file = folder / "stream.yaml"

    def version(self) -> str:
        """Such as ``v1.36.3``; empty when the executable does not tell."""
        run = subprocess.run([self._executable, "version", "--client"], capture_output=True, text=True, check=False)
        found = re.search(r"Client Version: (v[0-9.]+)", run.stdout)
        return found[1] if found else ""

    def read(self, stream: bytes) -> list[dict]:
        """The objects of the stream, annotated.

        Raises:
            ValueError: kubectl cannot read the YAML.
            LookupError: It can, but an object lacks what every object has.
        """
        self._file.write_bytes(stream)
        command = [
            self._executable,
            "annotate",
            "--local",
            "-f",
            self._file,
            "netlint.example.com/oracle=1",
            "-o",
            "json",
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            raise ValueError(run.stderr) if "error parsing" in run.stderr else LookupError(run.stderr)
        return [*_objects(run.stdout)]


def _objects(text: str):
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        found, at = decoder.raw_decode(text, at)
        yield found
        at += len(text[at:]) - len(text[at:].lstrip())


@pytest.fixture(scope="session")
def kubectl(tmp_path_factory) -> Kubectl:
    """From ``NETLINT_KUBECTL``, else the one in ``KUBEBUILDER_ASSETS``."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    executable = os.environ.get("NETLINT_KUBECTL") or (assets and shutil.which("kubectl", path=assets))
    if not executable:
        pytest.skip("no kubectl: NETLINT_KUBECTL is not set and KUBEBUILDER_ASSETS names none")
    found = Kubectl(Path(executable), tmp_path_factory.mktemp("kubectl"))
    if not found.version().startswith("v1.3"):
        pytest.skip(f"{executable} is not kubectl 1.3x: {found.version() or 'no version'}")
    return found
