"""Node dumps: one folder for each host, in a directory or a tar archive, as ``schemas/node-dump.schema.json`` says."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from netlint.errors import SourceError
from netlint.objects.host import DockerDaemon, Link, NodeDump, Route
from netlint.snapshot import Snapshot, Spot, UnreadableDocument
from netlint.sources.inputs import reason

LARGEST_FILE = 64 << 20
NODES = "nodes"
CNI = "cni"
LEASES = "var-lib-cni-networks-"
CONFLISTS = (".conf", ".conflist", ".json")


def read(source: str, snapshot: Snapshot) -> None:
    """Add the dumps to the snapshot; a file that cannot be read is recorded, and the others count.

    Raises SourceError where there is no dump at all.
    """
    hosts: dict[tuple[str, str], dict[str, bytes]] = {}
    for name, text in _files(source):
        above, host, file = _placed(name)
        hosts.setdefault((above, host), {})[file] = text
    tops = {above for above, _ in hosts}
    if len(tops) > 1:  # an archive of more than nodes, such as one of a whole cluster
        hosts = {key: files for key, files in hosts.items() if PurePosixPath(key[0]).name == NODES}
    if not hosts:
        raise SourceError(f"{source}: no node dump in it: a folder for each node, with ip-addr.json in it")
    for (above, host), files in sorted(hosts.items()):
        folder = "/".join(part for part in (source.rstrip("/"), above, host) if part)
        snapshot.dumps.append(_dump(NodeDump(folder, host), files, snapshot))


def _placed(name: str) -> tuple[str, str, str]:
    """What is above a node's folder, the folder, and the file in it."""
    folder, _, file = name.rpartition("/")
    if PurePosixPath(folder).name == CNI:
        folder, _, _ = folder.rpartition("/")
        file = f"{CNI}/{file}"
    above, _, host = folder.rpartition("/")
    return above, host, file


def _dump(dump: NodeDump, files: dict[str, bytes], snapshot: Snapshot) -> NodeDump:
    for name, text in sorted(files.items()):
        try:
            _take(dump, name, text)
        except (msgspec.DecodeError, ValueError) as error:
            snapshot.unreadable.append(UnreadableDocument(Spot(f"{dump.folder}/{name}", 1), str(error)))
    return dump


def _files(source: str) -> Iterator[tuple[str, bytes]]:
    """Names below the source, with their content; only of files that are read."""
    path = Path(source)
    try:
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                name = found.relative_to(path).as_posix()
                if _is_read(name) and found.is_file():
                    yield name, found.read_bytes()
            return
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and _is_read(member.name) and member.size <= LARGEST_FILE:
                    stream = archive.extractfile(member)
                    if stream is not None:
                        yield member.name.removeprefix("./"), stream.read()
    except tarfile.TarError as error:
        raise SourceError(f"{source}: {error}: node dumps are a folder or a tar archive of one") from error
    except OSError as error:
        raise SourceError(f"{source}: {reason(error)}") from error


def _is_read(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return parts[-1] in READERS or parts[-1].startswith(LEASES) or parts[-2:-1] == (CNI,)


def _take(dump: NodeDump, name: str, text: bytes) -> None:
    folder, _, file = name.rpartition("/")
    if folder == CNI and file.endswith(CONFLISTS):
        dump.conflists[file] = msgspec.json.decode(text, type=dict[str, Any])
    elif file.startswith(LEASES):
        network = file.removeprefix(LEASES).removesuffix(".txt")
        dump.leases[network] = [line.split()[0] for line in text.decode().splitlines() if line.strip()]
    elif file in READERS:
        READERS[file](dump, text)


def _links(dump: NodeDump, text: bytes) -> None:
    dump.links = msgspec.json.decode(text, type=list[Link])


def _routes(dump: NodeDump, text: bytes) -> None:
    dump.routes = [*(dump.routes or []), *msgspec.json.decode(text, type=list[Route])]


def _subnet_env(dump: NodeDump, text: bytes) -> None:
    lines = (line.partition("=") for line in text.decode().splitlines())
    dump.subnet_env = {key.strip(): value.strip() for key, equals, value in lines if equals}


def _docker(dump: NodeDump, text: bytes) -> None:
    dump.docker = msgspec.json.decode(text, type=DockerDaemon)


READERS: dict[str, Callable[[NodeDump, bytes], None]] = {
    "etc-docker-daemon.json": _docker,
    "ip-addr.json": _links,
    "ip-route.json": _routes,
    "ip-route6.json": _routes,
    "run-flannel-subnet.env": _subnet_env,
}
