"""Generates the inputs of the benchmark: a synthetic cluster, a repository of manifests, or node dumps.

python benchmarks/generate.py cluster --scale 0.1 --out /tmp/bench --formats api,kubectl,yaml --faults
python benchmarks/generate.py repository --out /tmp/bench/repository
python benchmarks/generate.py hosts --nodes 2 --out /tmp/bench/hosts
"""

import argparse
import json
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import emit
from cluster.stream import Cluster, Settings

EXPECTED = "expected.json"  # the findings that must be reported
FACTS = "generated.json"  # the settings and the number of objects


def main() -> int:
    arguments = _parser().parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    return arguments.run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="cluster|repository|hosts")
    cluster = commands.add_parser("cluster", help="a cluster as it is exported, in several formats")
    cluster.add_argument("--scale", type=float, default=1.0, help="1 = 5,000 nodes and 150,000 pods (default)")
    cluster.add_argument(
        "--formats", default=",".join(emit.FILE_NAMES), help="api,kubectl,yaml,yamllist (default: all)"
    )
    cluster.add_argument("--dual-stack", action="store_true", help="IPv4 and IPv6 addresses")
    cluster.add_argument("--ip-addresses", action="store_true", help="also the IPAddress of each cluster IP")
    cluster.add_argument("--variety", action="store_true", help="nothing is like anything else, names are long")
    cluster.add_argument("--verify", action="store_true", help="read everything back and check it (small scales)")
    cluster.set_defaults(run=_cluster)
    repository = commands.add_parser("repository", help="a repository of hand-written manifests")
    repository.add_argument("--files", type=int, default=5_000, help="YAML files (default: 5000)")
    repository.add_argument("--objects", type=int, default=20_000, help="Kubernetes objects (default: 20000)")
    repository.add_argument("--verify", action="store_true", help="read everything back and check it")
    repository.set_defaults(run=_repository)
    hosts = commands.add_parser("hosts", help="node dumps with kube-proxy's rules for many Services")
    hosts.add_argument("--nodes", type=int, default=1, help="hosts (default: 1)")
    hosts.add_argument("--services", type=int, default=10_000, help="Services (default: 10000)")
    hosts.add_argument("--endpoints", type=int, default=15, help="endpoints of each Service (default: 15)")
    hosts.set_defaults(run=_hosts)
    for command in (cluster, repository, hosts):
        command.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    for command in (cluster, repository):
        command.add_argument("--seed", type=int, default=1, help="the same seed gives the same bytes (default: 1)")
        command.add_argument("--faults", action="store_true", help="plant faults; expected.json lists the findings")
    return parser


def _cluster(arguments: argparse.Namespace) -> int:
    settings = Settings(
        arguments.scale,
        arguments.seed,
        arguments.dual_stack,
        arguments.faults,
        arguments.ip_addresses,
        arguments.variety,
    )
    formats = arguments.formats.split(",")
    unknown = sorted(set(formats) - set(emit.FILE_NAMES))
    if unknown:
        sys.exit(f"unknown format: {', '.join(unknown)} (known: {', '.join(emit.FILE_NAMES)})")
    _remove_others(arguments.out, settings)
    with ProcessPoolExecutor() as pool:
        tasks = [pool.submit(_write_format, settings, format_, arguments.out) for format_ in formats]
        for task in tasks:
            objects, line = task.result()
            print(line, flush=True)
    _write_facts(arguments.out, asdict(settings) | {"objects": objects}, Cluster(settings).expected())
    if arguments.verify:
        import verify

        return verify.cluster(settings, arguments.out, formats)
    return 0


def _remove_others(folder: Path, settings: Settings) -> None:
    """Files of a cluster with other settings would not fit the new expected.json."""
    if (folder / FACTS).exists():
        known = json.loads((folder / FACTS).read_text())
        if {key: known.get(key) for key in asdict(settings)} != asdict(settings):
            for name in (*emit.FILE_NAMES.values(), FACTS, EXPECTED):
                (folder / name).unlink(missing_ok=True)


def _write_format(settings: Settings, format_: str, folder: Path) -> tuple[int, str]:
    start, path = time.perf_counter(), folder / emit.FILE_NAMES[format_]
    unfinished = path.with_suffix(".part")
    number = emit.write(format_, Cluster(settings).objects(), unfinished)
    unfinished.rename(path)
    seconds = time.perf_counter() - start
    return number, f"{path}: {number:,} objects, {path.stat().st_size / 1e6:,.1f} MB, {seconds:.1f} s"


def _repository(arguments: argparse.Namespace) -> int:
    from repository.tree import write_repository

    start = time.perf_counter()
    _clear(arguments.out)
    summary = write_repository(
        arguments.out,
        arguments.files,
        arguments.objects,
        arguments.seed,
        arguments.faults,
        keep=arguments.verify,
    )
    facts = {"repository": True, "objects": summary.objects, "files": summary.files, "bytes": summary.bytes}
    _write_facts(arguments.out, facts, summary.expected)
    print(f"{arguments.out}: {summary}, {time.perf_counter() - start:.1f} s")
    if arguments.verify:
        import verify

        return verify.repository(arguments.out, summary)
    return 0


def _hosts(arguments: argparse.Namespace) -> int:
    import host_dumps

    size = host_dumps.write(arguments.out, arguments.nodes, arguments.services, arguments.endpoints)
    print(f"{arguments.out}: {arguments.nodes} hosts with {size / 1e6:,.1f} MB of rules each")
    return 0


def _clear(folder: Path) -> None:
    """Removes a repository that was generated before; anything else stays."""
    if (folder / FACTS).exists() and json.loads((folder / FACTS).read_text()).get("repository"):
        shutil.rmtree(folder)
        folder.mkdir()
    elif any(folder.iterdir()):
        sys.exit(f"{folder} is not empty and was not generated")


def _write_facts(folder: Path, facts: dict[str, Any], findings: list[dict[str, Any]]) -> None:
    (folder / EXPECTED).write_text(json.dumps(findings, indent=1) + "\n")
    (folder / FACTS).write_text(json.dumps(facts) + "\n")


if __name__ == "__main__":
    sys.exit(main())
