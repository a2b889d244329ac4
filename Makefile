# Runs that take too long for every change; what every change needs is in tests/run.sh.

# The endpoints that netlint recomputes against those that the real controller writes, then edits of these:
# in all 6,300 Services and 15,300 pods in populations of three seeds, with IPv4, IPv6 and both.
SEEDS = 1 2 3
SERVICES = 700
PODS = 1700

.PHONY: oracle
oracle:
	for seed in $(SEEDS); do \
		NETLINT_ORACLE_SEED=$$seed NETLINT_ORACLE_SERVICES=$(SERVICES) NETLINT_ORACLE_PODS=$(PODS) NETLINT_REQUIRE_LIVE=1 \
			.venv/bin/pytest --durations=0 tests/live/test_live_endpoints.py -k "recomputed or every_edit" || exit 1; \
	done

# A sample of mutants of the domain, and how many of them the tests kill: another seed, another sample.
SEED = 1
SAMPLE = 40

.PHONY: mutants
mutants:
	.venv/bin/python -m tests.mutants --seed $(SEED) --sample $(SAMPLE)

# Branch coverage of each room by all tests but those of live clusters.
.PHONY: coverage
coverage:
	rm -rf build/coverage
	.venv/bin/coverage run -m pytest -q -n 2 --ignore=tests/live
	.venv/bin/coverage combine -q
	.venv/bin/coverage json -q
	.venv/bin/python -m tests.support.branch_coverage build/coverage/report.json
