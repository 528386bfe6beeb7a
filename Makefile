# Everything on a fresh machine that has Python 3.11 or later, make and a package index.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PARALLEL := --numprocesses logical --dist worksteal

.PHONY: bench bench-quick benchmark calibration-benchmark check clean coverage-study demo docs findings help notebooks pairing-study search-study test test-long

help:
	@echo "make demo       set up, simulate the incident, say where the chart is"
	@echo "make test       set up, run every check and test"
	@echo "make test-long  the same with ten times the random cases"
	@echo "make bench-quick  the benchmark suite in a minute: shorter horizons, few replications"
	@echo "make bench      the whole benchmark suite (writes results/suite-1; resumes where it was stopped)"
	@echo "make findings   the suite, then docs/findings.md and docs/mutations.md anew"
	@echo "make benchmark  time the engines against each other and against other simulators"
	@echo "make calibration-benchmark  calibrate from 1,000,000 rows with a malformed one among them, and measure memory"
	@echo "make coverage-study  count how often intervals hold the truth (writes docs/coverage.md)"
	@echo "make pairing-study   measure what the same runs for all are worth (writes docs/pairing.md)"
	@echo "make search-study    hold the search against brute force (writes docs/search.md)"
	@echo "make docs       renew the generated pages of docs/, and what commands print in README and docs"
	@echo "make notebooks  run the notebooks and write what they show"
	@echo "make clean      remove the environment and what runs have written"

demo: $(READY)
	@$(BIN)/fastlanes-sim demo

test: check
	$(BIN)/python -m pytest $(PARALLEL)
	NUMBA_DISABLE_JIT=1 HYPOTHESIS_PROFILE=short $(BIN)/python -m pytest -q tests/engines --cov=fastlanes_sim.engines.kernel --cov-fail-under=95

bench: $(READY)
	$(BIN)/fastlanes-sim bench

findings: bench
	$(BIN)/python -m benchmarks.findings
	$(BIN)/python -m benchmarks.mutations

bench-quick: $(READY)
	$(BIN)/fastlanes-sim bench --quick

benchmark: $(READY)
	$(BIN)/python -m pip install --quiet "ciw>=3.2" "salabim>=25"
	$(BIN)/python -m benchmarks.engines

calibration-benchmark: $(READY)
	$(BIN)/python -m benchmarks.calibration

coverage-study: $(READY)
	$(BIN)/python -m benchmarks.coverage

pairing-study: $(READY)
	$(BIN)/python -m benchmarks.pairing

search-study: $(READY)
	$(BIN)/python -m benchmarks.search

docs: $(READY)
	$(BIN)/python -m documenting

notebooks: $(READY)
	$(BIN)/python -m documenting.notebooks

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-long: $(READY)
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest $(PARALLEL)

$(READY): pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fastlanes_sim needs Python 3.11 or later: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $(READY)

clean:
	rm -rf $(VENV) $(filter-out results/baselines/ results/suite-1/,$(wildcard results/*/)) .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
