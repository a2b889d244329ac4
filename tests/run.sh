#!/usr/bin/env bash
# Everything that must hold before a change lands. NETLINT_REQUIRE_LIVE=1: a skipped test of a live
# cluster is a failure, and for root one of the kernel.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh requirements-dev.lock
export PATH="$PWD/.venv/bin:$PATH"
ruff check .
ruff format --check .
mypy
lint-imports
check-jsonschema --check-metaschema schemas/*.json
check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
zizmor --offline --quiet .github/workflows
pytest -n "${NETLINT_TEST_PROCESSES:-2}" "$@"
