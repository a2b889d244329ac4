#!/usr/bin/env bash
# Install netlint into .venv and check the bundled cluster, which has faults.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/environment.sh
.venv/bin/netlint check examples/broken-cluster || test $? -eq 1  # 1: it found the faults
