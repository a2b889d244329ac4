"""Makes sure that the binaries of a real Kubernetes are there, and prints the folder that holds them.

They are built from the Go modules in `modules/` into the user's cache folder, once for each state of those
modules. A folder named by KUBEBUILDER_ASSETS is used as it is instead.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).resolve().parent / "modules"
KUBERNETES_VERSION = "v1.36.3"
FLANNEL_VERSION = "v0.26.7"
CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl")
NODE = ("kube-proxy", "flanneld")
LIMIT = 3600  # seconds that a build may take


class UnavailableError(Exception):
    """The binaries are not there and cannot be made here; the message is one line."""


@dataclass(frozen=True)
class Module:
    """A Go module of ours and the programs that it pins."""

    folder: Path
    programs: dict[str, str]  # name of the program -> Go package
    ldflags: str
    cgo: bool = False


def _version_flags() -> str:
    """Linker flags without which Kubernetes calls itself v0.0.0, and clients misjudge it."""
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    package = "k8s.io/component-base/version"
    values = {"gitVersion": KUBERNETES_VERSION, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join(["-s -w", *(f"-X {package}.{name}={value}" for name, value in values.items())])


KUBERNETES = Module(
    folder=MODULES / "kubernetes",
    programs={
        "etcd": "go.etcd.io/etcd/server/v3",
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
        "kubectl": "k8s.io/kubernetes/cmd/kubectl",
        "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
    },
    ldflags=_version_flags(),
)
FLANNEL = Module(
    folder=MODULES / "flannel",
    programs={"flanneld": "github.com/flannel-io/flannel"},
    ldflags=f"-s -w -X github.com/flannel-io/flannel/pkg/version.Version={FLANNEL_VERSION}",
    cgo=True,
)


def binaries(extra: Iterable[str] = ()) -> Path:
    """The folder that holds the programs of the control plane and the extra ones, made if need be."""
    wanted = [*CONTROL_PLANE, *extra]
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets:
        lacking = _lacking(Path(assets), wanted)
        if lacking:
            raise UnavailableError(f"KUBEBUILDER_ASSETS={assets} lacks {', '.join(lacking)}")
        return Path(assets).resolve()
    folder = cache_folder()
    if _lacking(folder, wanted):
        with _only_one_at_a_time(folder):
            _make(folder, _lacking(folder, wanted))
    return folder


def cache_folder() -> Path:
    """Where the programs of the modules as they stand now belong, outside the repository."""
    digest = hashlib.sha256(f"{platform.system()} {platform.machine()}".encode())
    for module in (KUBERNETES, FLANNEL):
        digest.update(repr((module.programs, module.ldflags, module.cgo)).encode())
        digest.update((module.folder / "go.mod").read_bytes())
        digest.update((module.folder / "go.sum").read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "netlint" / "controlplane" / digest.hexdigest()[:16]


def _lacking(folder: Path, programs: Iterable[str]) -> list[str]:
    return [program for program in programs if not os.access(folder / program, os.X_OK)]


@contextlib.contextmanager
def _only_one_at_a_time(folder: Path) -> Iterator[None]:
    """Holds a lock beside the folder, so that two test runs do not build the same at once."""
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path, programs: list[str]) -> None:
    if programs and shutil.which("go") is None:
        raise UnavailableError("Go is not installed (needed to build Kubernetes) and KUBEBUILDER_ASSETS is not set")
    for module in (KUBERNETES, FLANNEL):
        of_module = [program for program in programs if program in module.programs]
        if of_module:
            _build(module, of_module, folder)


def _build(module: Module, programs: list[str], folder: Path) -> None:
    """Builds into a temporary folder and renames, so that a program in the folder is always a whole one."""
    _say(f"building {', '.join(programs)} (minutes when nothing is cached) ...")
    started = time.monotonic()
    for abandoned in folder.glob(".build-*"):
        shutil.rmtree(abandoned)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=folder) as temporary:
        _go_build(module, [module.programs[program] for program in programs], Path(temporary))
        for program in programs:
            built = Path(temporary, _name_given_by_go(module.programs[program]))
            built.rename(folder / program)
    _say(f"built in {time.monotonic() - started:.0f} s")


def _go_build(module: Module, packages: list[str], output: Path) -> None:
    command = ["go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", module.ldflags]
    command += ["-o", f"{output}{os.sep}", *packages]
    environment = os.environ | {"CGO_ENABLED": str(int(module.cgo)), "GOWORK": "off"}
    try:
        result = subprocess.run(
            command,
            cwd=module.folder,
            env=environment,
            stdout=sys.stderr,
            stderr=subprocess.PIPE,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"go build in {module.folder} takes longer than {LIMIT} s") from error
    if result.returncode != 0:
        sys.stderr.write(result.stderr)
        last_line = (result.stderr.strip().splitlines() or ["no message"])[-1]
        raise UnavailableError(f"go build failed in {module.folder}: {last_line}")


def _name_given_by_go(package: str) -> str:
    """The file name that `go build` derives from a package: its last part that is no major version."""
    return package.removesuffix("/v3").rpartition("/")[2]


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _main() -> int:
    parser = argparse.ArgumentParser(description="Prepare the binaries of a real Kubernetes; print their folder.")
    parser.add_argument("--with", dest="extra", default="", help=f"more programs, of: {','.join(NODE)}")
    extra = [name for name in parser.parse_args().extra.split(",") if name]
    unknown = sorted(set(extra) - set(NODE) - set(CONTROL_PLANE))
    if unknown:
        parser.error(f"unknown program: {', '.join(unknown)}")
    try:
        print(binaries(extra))
    except (UnavailableError, OSError) as error:
        _say(f"prepare.py: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
