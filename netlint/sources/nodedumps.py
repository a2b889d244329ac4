"""Node dumps: one folder for each host, in a directory or an archive, as ``schemas/node-dump.schema.json`` says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from netlint import addresses
from netlint.errors import SourceError
from netlint.objects.host import FILTERS, KERNEL, ROUTES, DockerDaemon, Link, NodeDump, RouteEntry
from netlint.objects.netfilter import NftRuleset, RoutingRule
from netlint.snapshot import Snapshot
from netlint.sources import archives, iptables
from netlint.sources.inputs import Stream, from_file, printable, read_exactly, reason

LARGEST_FILE = 64 << 20
NODES, PODS = "nodes", "pods"  # what holds the folders of hosts, and of pods, in a dump of a whole cluster
CNI = "cni"
LEASES = "var-lib-cni-networks-"
CONFLISTS = (".conf", ".conflist", ".json")
LAYOUT = "a folder for each node, with ip-addr.json and other files in it"

Files = dict[str, bytes]


def read(source: str, snapshot: Snapshot) -> None:
    """Add the dumps to the snapshot; a file that cannot be read is an error of the reading, and the others count.

    Raises SourceError where there is no dump at all.
    """
    problems = snapshot.reading.errors
    above, hosts = _hosts(source, _files(source, problems))
    problems += _empty_folders(source, above, hosts)
    for host, files in sorted(hosts.items()):
        folder = "/".join(part for part in (source.rstrip("/"), above, host) if part)
        snapshot.dumps.append(_dump(NodeDump(folder, host), files, problems))


def _hosts(source: str, found: Iterator[tuple[str, bytes]]) -> tuple[str, dict[str, Files]]:
    """The folder that holds those of the hosts, and the files of each host."""
    tops: dict[str, dict[str, Files]] = {}
    for name, text in found:
        above, host, file = _placed(name)
        tops.setdefault(above, {}).setdefault(host, {})[file] = text
    if "" in tops.get("", {}):
        raise SourceError(f"{source}: these are the files of one node; name the folder that holds its folder")
    named = {above: hosts for above, hosts in tops.items() if PurePosixPath(above).name == NODES}
    tops = named or {above: hosts for above, hosts in tops.items() if PurePosixPath(above).name != PODS}
    if not tops:
        raise SourceError(f"{source}: no node dump in it: {LAYOUT}")
    if len(tops) > 1:
        raise SourceError(f"{source}: node dumps in {' and in '.join(sorted(tops)[:2])}; name one of them")
    return tops.popitem()


def _placed(name: str) -> tuple[str, str, str]:
    """What is above a node's folder, the folder, and the file in it."""
    folder, _, file = name.rpartition("/")
    if PurePosixPath(folder).name == CNI:
        folder, _, _ = folder.rpartition("/")
        file = f"{CNI}/{file}"
    above, _, host = folder.rpartition("/")
    return above, host, file


def _empty_folders(source: str, above: str, hosts: dict[str, Files]) -> Iterator[str]:
    folder = Path(source) / above
    names = sorted(found.name for found in folder.iterdir() if found.is_dir()) if folder.is_dir() else ()
    yield from (f"{folder / name}: no file of a node dump in it" for name in names if name not in hosts)


def _dump(dump: NodeDump, files: Files, problems: list[str]) -> NodeDump:
    for name, text in sorted(files.items()):
        try:
            _take(dump, name, text)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            problems.append(f"{dump.folder}/{name}: {error}")
    return dump


def _files(source: str, problems: list[str]) -> Iterator[tuple[str, bytes]]:
    """Names below the source, with their content; only of files that are read."""
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
                yield from _text(f"{source}/{name}", name, stream, problems)
    except SourceError as error:
        problems.append(str(error))


def _in_folder(path: Path, problems: list[str]) -> Iterator[tuple[str, bytes]]:
    for found in sorted(path.rglob("*")):
        name = printable(found.relative_to(path).as_posix())
        if not (_is_read(name) and found.is_file()):
            continue
        try:
            with found.open("rb") as stream:
                yield from _text(printable(str(found)), name, stream, problems)
        except OSError as error:
            problems.append(f"{printable(str(found))}: {reason(error)}")


def _text(place: str, name: str, stream: Stream, problems: list[str]) -> Iterator[tuple[str, bytes]]:
    try:
        text = read_exactly(stream, LARGEST_FILE + 1)
    except SourceError as error:
        problems.append(str(error))
        return
    if len(text) > LARGEST_FILE:
        problems.append(f"{place}: more than {LARGEST_FILE >> 20} MiB, which no file of a node dump has")
    else:
        yield name, text


def _is_read(name: str) -> bool:
    parts = PurePosixPath(name).parts
    file, folder = parts[-1], parts[-2:-1]
    return file in READERS or file.startswith(LEASES) or (folder == (CNI,) and file.endswith(CONFLISTS))


def _take(dump: NodeDump, name: str, text: bytes) -> None:
    folder, _, file = name.rpartition("/")
    if folder == CNI:
        dump.conflists[file] = msgspec.json.decode(text, type=dict[str, Any])
    elif file.startswith(LEASES):
        dump.leases[file.removeprefix(LEASES).removesuffix(".txt")] = _leases(text)
    else:
        READERS[file](dump, text)


def _links(dump: NodeDump, text: bytes) -> None:
    """``ip`` prints ``{}`` for what a filter leaves out."""
    found = [link for link in msgspec.json.decode(text, type=list[Link]) if link.ifname]
    for link in found:
        link.addr_info = [info for info in link.addr_info if info.local]
        for info in link.addr_info:
            addresses.parse_cidr(f"{info.local}/{info.prefixlen}")
    dump.links = found


def _routes(file: str) -> Callable[[NodeDump, bytes], None]:
    """For a table that does not exist ``ip`` prints nothing, or a bracket that it does not close."""

    def take(dump: NodeDump, text: bytes) -> None:
        printed = msgspec.json.decode(text, type=list[RouteEntry]) if text.strip() not in {b"", b"["} else []
        routes = [route for route in printed if route.dst]
        for route in routes:
            if route.dst != "default":
                (addresses.parse_cidr if "/" in route.dst else addresses.parse)(route.dst)
        dump.routes[file] = routes

    return take


def _leases(text: bytes) -> list[str]:
    """``ADDRESS OWNER`` lines, one for each file that host-local keeps; its lock and its marks are none."""
    words = [line.split()[0] for line in text.decode().splitlines() if line.strip()]
    given = [word for word in words if word != "lock" and not word.startswith("last_reserved_ip")]
    for address in given:
        addresses.parse(address)
    return given


def _subnet_env(dump: NodeDump, text: bytes) -> None:
    lines = (line.partition("=") for line in text.decode().splitlines())
    dump.subnet_env = {key.strip(): value.strip() for key, equals, value in lines if equals}


def _docker(dump: NodeDump, text: bytes) -> None:
    dump.docker = msgspec.json.decode(text, type=DockerDaemon)


def _kernel(dump: NodeDump, text: bytes) -> None:
    lines = (line.partition("=") for line in text.decode().splitlines())
    dump.kernel = {key.strip(): value.strip() for key, _, value in lines if key.strip() in KERNEL}


def _filter(file: str) -> Callable[[NodeDump, bytes], None]:
    def take(dump: NodeDump, text: bytes) -> None:
        dump.filters[file] = iptables.trimmed(iptables.read(text.decode()))

    return take


def _nft(dump: NodeDump, text: bytes) -> None:
    dump.nft = msgspec.json.decode(text, type=NftRuleset)


def _ipsets(dump: NodeDump, text: bytes) -> None:
    dump.ipsets = iptables.read_sets(text.decode())


def _policy(family: int) -> Callable[[NodeDump, bytes], None]:
    def take(dump: NodeDump, text: bytes) -> None:
        dump.policy_rules[family] = msgspec.json.decode(text, type=list[RoutingRule])

    return take


READERS: dict[str, Callable[[NodeDump, bytes], None]] = {
    "etc-docker-daemon.json": _docker,
    **{name: _filter(name) for names in FILTERS.values() for name in names},
    "ip-addr.json": _links,
    **{name: _routes(name) for name in ROUTES},
    "ip-rule.json": _policy(4),
    "ip-rule6.json": _policy(6),
    "ipset.txt": _ipsets,
    "nft.json": _nft,
    "run-flannel-subnet.env": _subnet_env,
    "sysctl.txt": _kernel,
}
