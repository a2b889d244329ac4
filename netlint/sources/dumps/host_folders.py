"""The files of hosts, in a folder or an archive: which of them are read, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from netlint.errors import SourceError
from netlint.objects.host import FILTERS
from netlint.sources.finding import archives
from netlint.sources.finding.input_files import Stream, from_file, printable, reason

CNI = "cni"
LEASES = "var-lib-cni-networks-"
CONFLISTS = (".conf", ".conflist", ".json")
PACKET_FILTERS = {name for names in FILTERS.values() for name in names}
FILES = PACKET_FILTERS | {
    "etc-docker-daemon.json",
    "ip-addr.json",
    "ip-route.json",
    "ip-route6.json",
    "ip-rule.json",
    "ip-rule6.json",
    "ipset.txt",
    "nft.json",
    "run-flannel-subnet.env",
    "sysctl.txt",
}
LAYOUT = "a folder for each node, with ip-addr.json and other files in it"


@dataclass(frozen=True, slots=True)
class HostFile:
    """One file: ``name`` in the folder of its ``host``, which is in the folder ``above``; ``place`` for reports."""

    place: str
    above: str
    host: str
    name: str
    stream: Stream


def files_in(source: str, problems: list[str]) -> Iterator[HostFile]:
    """The files below the source that are read, each open until the next one is asked for.

    Raises SourceError where there is neither a folder nor an archive.
    """
    path = Path(source)
    if not path.exists():
        raise SourceError(f"{source}: No such file or directory")
    if path.is_dir():
        yield from _in_folder(path, problems)
        return
    archive = archives.as_archive(from_file(source, source))
    if archive is None:
        raise SourceError(f"{source}: neither a folder nor an archive: node dumps are {LAYOUT}")
    try:
        for name, stream in archive.members():
            if _is_read(name):
                yield HostFile(f"{source}/{name}", *_placed(name), stream)
    except SourceError as error:
        problems.append(str(error))


def _in_folder(folder: Path, problems: list[str]) -> Iterator[HostFile]:
    for path in sorted(folder.rglob("*")):
        name = printable(path.relative_to(folder).as_posix())
        if not (_is_read(name) and path.is_file()):
            continue
        try:
            stream = path.open("rb")
        except OSError as error:
            problems.append(f"{printable(str(path))}: {reason(error)}")
            continue
        with stream:
            yield HostFile(printable(str(path)), *_placed(name), stream)


def _is_read(name: str) -> bool:
    parts = PurePosixPath(name).parts
    file, folder = parts[-1], parts[-2:-1]
    return file in FILES or file.startswith(LEASES) or (folder == (CNI,) and file.endswith(CONFLISTS))


def _placed(name: str) -> tuple[str, str, str]:
    """What is above a node's folder, the folder, and the file in it."""
    folder, _, file = name.rpartition("/")
    if PurePosixPath(folder).name == CNI:
        folder, _, _ = folder.rpartition("/")
        file = f"{CNI}/{file}"
    above, _, host = folder.rpartition("/")
    return above, host, file
