"""Node dumps: one folder for each host, in a directory or an archive, as ``schemas/node-dump.schema.json`` says.

Files are found (``host_folders``) and decoded one by one (``host_files``); only what they say is kept.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from netlint.errors import SourceError
from netlint.objects.host import NodeDump
from netlint.snapshot import Snapshot
from netlint.sources.dumps.host_files import Part, part
from netlint.sources.dumps.host_folders import LAYOUT, HostFile, files_in
from netlint.sources.dumps.iptables_save import FilterLines

NODES, PODS = "nodes", "pods"  # what holds the folders of hosts, and of pods, in a dump of a whole cluster
Parts = dict[str, Part | Exception]
"""What the files of one host say, by their name, or why that cannot be told."""


def read(source: str, snapshot: Snapshot) -> None:
    """Add the dumps to the snapshot; a file that cannot be read is an error of the reading, and the others count.

    Raises SourceError where there is no dump at all.
    """
    problems = snapshot.reading.errors
    above, hosts = _of_nodes(source, _parts(source, problems))
    folder = Path(source) / above
    empty = sorted(entry.name for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else ()
    problems += [f"{folder / name}: no file of a node dump in it" for name in empty if name not in hosts]
    for host, parts in sorted(hosts.items()):
        path = "/".join(word for word in (source.rstrip("/"), above, host) if word)
        snapshot.dumps.append(_dump(NodeDump(path, host), parts, problems))


def _parts(source: str, problems: list[str]) -> dict[str, dict[str, Parts]]:
    """By the folder that holds those of hosts, and by host, what the files say."""
    folders: dict[str, dict[str, Parts]] = {}
    known = FilterLines()
    for file in files_in(source, problems):
        outcome = _decoded(file, known, problems)
        if outcome is not None:
            folders.setdefault(file.above, {}).setdefault(file.host, {})[file.name] = outcome
    return folders


def _decoded(file: HostFile, known: FilterLines, problems: list[str]) -> Part | Exception | None:
    """What a file says, or what is wrong in it; None where its bytes cannot be had."""
    try:
        return part(file, known)
    except SourceError as error:
        problems.append(str(error))
    except OSError as error:
        problems.append(f"{file.place}: {error.strerror}")
    except (ValueError, RecursionError) as error:  # msgspec's own errors included
        return error
    return None


def _of_nodes(source: str, folders: dict[str, dict[str, Parts]]) -> tuple[str, dict[str, Parts]]:
    """The folder that holds those of the nodes, and what is in them."""
    if "" in folders.get("", {}):
        raise SourceError(f"{source}: these are the files of one node; name the folder that holds its folder")
    named = {above: hosts for above, hosts in folders.items() if PurePosixPath(above).name == NODES}
    of_nodes = named or {above: hosts for above, hosts in folders.items() if PurePosixPath(above).name != PODS}
    if not of_nodes:
        raise SourceError(f"{source}: no node dump in it: {LAYOUT}")
    if len(of_nodes) > 1:
        raise SourceError(f"{source}: node dumps in {' and in '.join(sorted(of_nodes)[:2])}; name one of them")
    return of_nodes.popitem()


def _dump(dump: NodeDump, parts: Parts, problems: list[str]) -> NodeDump:
    for name, outcome in sorted(parts.items()):
        if isinstance(outcome, Exception):
            problems.append(f"{dump.folder}/{name}: {outcome}")
        else:
            outcome(dump)
    return dump
