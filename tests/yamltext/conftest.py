"""The real kubectl, where there is one."""

import json
from pathlib import Path

import pytest

from tests.support.program import execute


class Kubectl:
    """Prints YAML as JSON, as kubectl reads it (it needs no server for that), with an annotation added."""

    def __init__(self, executable: Path, folder: Path) -> None:
        self._executable = executable
        self._file = folder / "stream.yaml"

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
        run = execute(*command)
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
def kubectl(binaries: Path, tmp_path_factory) -> Kubectl:
    """The kubectl of the tests' control plane."""
    return Kubectl(binaries / "kubectl", tmp_path_factory.mktemp("kubectl"))
