"""How many of some mutants the tests kill: ``python -m tests.mutants --seed 1 --sample 40 netlint/model``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants.executions import executions
from tests.mutants.mutations import Mutation, sample
from tests.mutants.trials import copy_tree, is_killed

FOLDERS = ["netlint/model", "netlint/dataplane", "netlint/cluster", "netlint/checks"]
PROCESSES = 2


def main() -> None:
    """Print each mutant that survives, and at last the score."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Try whether tests kill mutants.")
    parser.add_argument("--seed", type=int, default=1, help="decides which mutants are in the sample")
    parser.add_argument("--sample", type=int, default=40, help="in how many lines one mutation is tried")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the tree; nothing is written there")
    parser.add_argument("folders", nargs="*", default=FOLDERS, help="what is mutated")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        copy_tree(options.root, tree)
        mutants = sample(tree, options.folders, options.sample, options.seed)
        survivors = sum(map(_shown, _verdicts(mutants, tree)))
    killed = len(mutants) - survivors
    print(f"score: {killed}/{len(mutants)} ({killed / len(mutants):.0%}) seed {options.seed}")


def _verdicts(mutants: list[Mutation], tree: Path) -> Iterator[str | None]:
    """What there is to say of each mutant, in the order of the sample: nothing of those that tests kill."""
    recorded = executions(tree)

    def verdict(mutant: Mutation) -> str | None:
        tests = recorded.tests(mutant.file, mutant.line, mutant.statement)
        if not tests:
            return f"{mutant} (no test executes it)"
        return None if is_killed(mutant, tree, tests, recorded.limit(tests)) else str(mutant)

    with ThreadPoolExecutor(PROCESSES) as pool:
        yield from pool.map(verdict, mutants)


def _shown(survivor: str | None) -> bool:
    """Print a survivor, or a dot; whether it is one."""
    if survivor is None:
        print(".", end="", file=sys.stderr, flush=True)
        return False
    print(survivor, flush=True)
    return True


if __name__ == "__main__":
    main()
