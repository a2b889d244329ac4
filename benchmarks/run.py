"""Measures netlint: wall time, memory and findings on generated inputs, as a Markdown table.

python benchmarks/run.py --scale 0.1 --work /tmp/netlint-bench
python benchmarks/run.py --only api,kubectl --rounds 5 --json figures.json
"""

import argparse
import json
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import baselines
import emit
import machine
import measure

BENCHMARKS = Path(__file__).parent
CLUSTER_CASES = tuple(emit.FILE_NAMES)
CASES = (*CLUSTER_CASES, "repository", "help")
MOST_BASELINE_MEMORY = 12 << 30
_BYTES_PER_BYTE = {"api": 8, "kubectl": 5}  # what json.loads needs for each byte of the file, roughly
_SMALLER = 10  # times smaller is the file for json.loads where the whole one would need too much


@dataclass
class Figures:
    """What was measured in one case."""

    case: str
    bytes: int
    objects: int
    seconds: list[float] = field(default_factory=list)
    peak: int = 0
    peak_anonymous: int = 0
    largest_rss: int = 0
    baseline: str = ""
    baseline_seconds: float = 0.0
    found: int = 0
    expected: int = 0
    missing: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return not (self.missing or self.surplus)


class Bench:
    """The inputs in one folder and the command to measure."""

    def __init__(self, work: Path, scale: float, netlint: list[str], rounds: int, variety: bool) -> None:
        self.work = work
        self.variety = variety
        self.scale = scale
        self.netlint = netlint
        self.rounds = rounds

    def measured(self, case: str) -> Figures:
        folder, target, size = self._input(case)
        facts = json.loads((folder / "generated.json").read_text())
        figures = Figures(case, size, facts["objects"])
        with tempfile.TemporaryDirectory() as place:
            report = Path(place) / "report.json"
            command = [*self.netlint, "check", target, "--format", "json", "--output", str(report)]
            for number in range(self.rounds + 1):
                run = measure.run(command, folder, sample=number == self.rounds)
                _require(run, report)
                if number < self.rounds:
                    figures.seconds.append(run.seconds)
                figures.largest_rss = max(figures.largest_rss, run.largest_rss)
            figures.peak, figures.peak_anonymous = run.peak, run.peak_anonymous
            _compare(figures, json.loads(report.read_text()), json.loads((folder / "expected.json").read_text()))
        self._add_baseline(figures, folder, target)
        return figures

    def _input(self, case: str) -> tuple[Path, str, int]:
        """Folder, name of the input in it, and size; generated when it is not there."""
        if case == "repository":
            folder = self.work / case
            if not (folder / "generated.json").exists():
                _generate("repository", folder)
            return folder, ".", json.loads((folder / "generated.json").read_text())["bytes"]
        path = self.work / emit.FILE_NAMES[case]
        facts = self.work / "generated.json"
        known = json.loads(facts.read_text()) if facts.exists() else {}
        if not path.exists() or (known.get("scale"), known.get("faults"), known.get("variety")) != (
            self.scale,
            True,
            self.variety,
        ):
            varied = ["--variety"] if self.variety else []
            _generate("cluster", self.work, "--scale", str(self.scale), "--formats", case, *varied)
        return self.work, path.name, path.stat().st_size

    def _add_baseline(self, figures: Figures, folder: Path, target: str) -> None:
        case = figures.case
        if case in ("yaml", "yamllist", "repository"):
            figures.baseline = "CSafeLoader, from a sample"
            figures.baseline_seconds = baselines.seconds("yaml" if case != "repository" else case, folder / target)
            return
        figures.baseline, part, path = "json.loads", 1.0, folder / target
        if figures.bytes * _BYTES_PER_BYTE[case] > min(MOST_BASELINE_MEMORY, machine.available_memory() * 2 // 3):
            smaller = Bench(self.work / "smaller", self.scale / _SMALLER, self.netlint, 1, self.variety)
            folder, target, size = smaller._input(case)
            figures.baseline, part, path = "json.loads, from 1/10", figures.bytes / size, folder / target
        figures.baseline_seconds = baselines.seconds("json", path) * part

    def help(self) -> dict[str, list[float]]:
        """Start-up, in turns: netlint, a bare Typer program, a bare interpreter."""
        commands = {
            "netlint --help": [*self.netlint, "--help"],
            "bare Typer program --help": [sys.executable, str(BENCHMARKS / "bare_typer.py"), "--help"],
            "python -c pass": [sys.executable, "-c", "pass"],
        }
        found: dict[str, list[float]] = {name: [] for name in commands}
        with tempfile.TemporaryDirectory() as place:
            for _ in range(self.rounds * 5):
                for name, command in commands.items():
                    found[name].append(measure.run(command, Path(place)).seconds)
        return found


def main() -> int:
    arguments = _parser().parse_args()
    cases = arguments.only.split(",")
    if unknown := sorted(set(cases) - set(CASES)):
        sys.exit(f"unknown case: {', '.join(unknown)} (known: {', '.join(CASES)})")
    netlint = shlex.split(arguments.netlint)
    program = shutil.which(netlint[0])
    if program is None:
        sys.exit(f"{netlint[0]}: no such command; name one with --netlint")
    netlint[0] = str(Path(program).absolute())
    bench = Bench(arguments.work.resolve(), arguments.scale, netlint, arguments.rounds, arguments.variety)
    where = machine.description(netlint)
    print("\n".join(f"- {name}: {value}" for name, value in where.items()) + "\n", flush=True)
    results: list[Figures] = []
    for case in [case for case in cases if case != "help"]:
        if not results:
            print(_HEADER, flush=True)
        results.append(bench.measured(case))
        print(_row(results[-1]), flush=True)
    for figures in results:
        _print_differences(figures)
    start_up = bench.help() if "help" in cases else {}
    if start_up:
        print("\n" + _start_up_table(start_up))
    if arguments.json:
        raw = {
            "machine": where,
            "scale": arguments.scale,
            "cases": [asdict(each) for each in results],
            "help": start_up,
        }
        arguments.json.write_text(json.dumps(raw, indent=1) + "\n")
    return 0 if all(figures.right for figures in results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="1 = 5,000 nodes and 150,000 pods (default)")
    parser.add_argument("--variety", action="store_true", help="a cluster in which nothing is like anything else")
    work = Path(tempfile.gettempdir()) / "netlint-bench"
    parser.add_argument(
        "--work", type=Path, default=work, metavar="DIR", help=f"where inputs are kept (default: {work})"
    )
    parser.add_argument("--netlint", default="netlint", metavar="CMD", help="the command to measure (default: netlint)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each case (default: 3)")
    parser.add_argument("--only", default=",".join(CASES), help=f"cases to measure (default: {','.join(CASES)})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the raw figures")
    return parser


def _generate(*arguments: str | Path) -> None:
    kind, folder, *rest = arguments
    command = [sys.executable, BENCHMARKS / "generate.py", kind, "--out", folder, "--faults", *rest]
    subprocess.run(command, check=True, stdout=sys.stderr)


def _require(run: measure.Run, report: Path) -> None:
    """Exit code 1 means findings; anything above, or no report, means that netlint failed."""
    if run.exit_code not in (0, 1) or not report.exists():
        sys.exit(f"netlint ended with {run.exit_code}: {run.errors or 'no report was written'}")


def _compare(figures: Figures, report: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    """Findings that are errors or warnings must be the expected ones, no more and no fewer."""
    counted = [finding for finding in report["findings"] if finding["severity"] in ("error", "warning")]
    found, wanted = {_name(finding) for finding in counted}, {_name(finding) for finding in expected}
    figures.found, figures.expected = len(found), len(wanted)
    figures.missing, figures.surplus = sorted(wanted - found), sorted(found - wanted)


def _name(finding: dict[str, Any]) -> str:
    subject = finding["subject"]
    return f"{finding['rule']}: {subject['kind']} {subject.get('namespace') or '-'}/{subject['name']}"


def _print_differences(figures: Figures) -> None:
    for what, names in (("not found", figures.missing), ("not expected", figures.surplus)):
        for name in names[:20]:
            print(f"\n{figures.case}: {what}: {name}")
        if len(names) > 20:
            print(f"\n{figures.case}: {what}: {len(names) - 20} more")


_COLUMNS = (
    "case",
    "MB",
    "objects",
    "wall s, min",
    "median",
    "min as a ratio to",
    "peak MiB of all processes",
    "of it anonymous",
    "largest process MiB",
    "findings",
)
_HEADER = f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|"


def _row(figures: Figures) -> str:
    ratio = min(figures.seconds) / figures.baseline_seconds
    cells = (
        figures.case,
        f"{figures.bytes / 1e6:,.1f}",
        f"{figures.objects:,}",
        f"{min(figures.seconds):.2f}",
        f"{statistics.median(figures.seconds):.2f}",
        f"{ratio:.3f} × {figures.baseline} ({figures.baseline_seconds:.1f} s)",
        f"{figures.peak / measure.MIB:.0f}",
        f"{figures.peak_anonymous / measure.MIB:.0f}",
        f"{figures.largest_rss / measure.MIB:.0f}",
        f"{figures.found} of {figures.expected}" + ("" if figures.right else ", **different**"),
    )
    return f"| {' | '.join(cells)} |"


def _start_up_table(found: dict[str, list[float]]) -> str:
    names = list(found)
    netlint = found[names[0]]
    lines = ["| start-up | ms, min | median | netlint is (min) |", "|---|---|---|---|"]
    for name, seconds in found.items():
        times = f"{min(netlint) / min(seconds):.2f} ×"
        lines.append(f"| {name} | {min(seconds) * 1000:.0f} | {statistics.median(seconds) * 1000:.0f} | {times} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
