# Everything on a fresh machine that has Python 3.11 or later, make and a package index.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# HASHES=no installs packages that an index of your own has built itself.
HASHES ?= yes
SEED ?= 1
INPUTS ?= 5000
SECONDS ?= 600
PARALLEL := --numprocesses logical --dist worksteal

.PHONY: audit check clean coverage-study demo docs findings fuzz help kernel live-study notebooks pairing-study sbom search-study suite suite-quick test test-long time-calibration time-engines torture

help:
	@echo "make demo              set up, simulate the incident, print where the chart is"
	@echo "make test              set up, run every check and test"
	@echo "make test-long         the same tests with ten times as many random cases"
	@echo "make suite-quick       the benchmark suite in a minute: shorter horizons, few replications"
	@echo "make suite             the whole benchmark suite (writes results/suite-2; continues where it was stopped)"
	@echo "make findings          the suite, then docs/findings.md and docs/mutations.md"
	@echo "make time-engines      time the engines against each other and against other simulators"
	@echo "make time-calibration  time the calibration of 1,000,000 rows, and measure its memory"
	@echo "make coverage-study    count how often intervals contain the true value (writes docs/coverage.md)"
	@echo "make pairing-study     measure the gain from common random numbers (writes docs/pairing.md)"
	@echo "make live-study        compare simulations with live runs of a real worker (writes docs/live.md)"
	@echo "make search-study      compare the search with brute force (writes docs/search.md)"
	@echo "make torture           send signals at random moments to every command that takes long (hours)"
	@echo "make docs              regenerate the generated pages of docs/, and the command output shown in README and docs"
	@echo "make notebooks         run the notebooks and write their outputs"
	@echo "make fuzz              thousands of damaged and hostile inputs (SECONDS=600, INPUTS=5000 of each kind, SEED=1)"
	@echo "make audit             known holes in the packages of the lock files, where the data can be had"
	@echo "make sbom              write sbom.json, the packages of a plain install (CycloneDX)"
	@echo "make clean             remove the environment and everything that runs have written"

demo: $(READY)
	@$(BIN)/fastlanes-sim demo

test: $(READY)
	@$(MAKE) --no-print-directory --jobs 2 check kernel
	$(BIN)/python -m pytest $(PARALLEL)
	NUMBA_DISABLE_JIT=1 HYPOTHESIS_PROFILE=short $(BIN)/python -m pytest -q $(PARALLEL) -m "not compiled" tests/engines/kernel tests/engines/test_equality.py tests/engines/test_events.py tests/engines/test_order.py tests/engines/lives --cov=fastlanes_sim.engines.kernel --cov-fail-under=95

suite: $(READY)
	$(BIN)/fastlanes-sim bench

findings: suite
	$(BIN)/python -m studies.findings
	$(BIN)/python -m studies.mutations

suite-quick: $(READY)
	$(BIN)/fastlanes-sim bench --quick

time-engines: $(READY)
	$(BIN)/python -m pip install --quiet --editable ".[benchmark]"
	$(BIN)/python -m benchmarks.engines

time-calibration: $(READY)
	$(BIN)/python -m benchmarks.calibration

coverage-study: $(READY)
	$(BIN)/python -m studies.coverage

pairing-study: $(READY)
	$(BIN)/python -m studies.pairing

live-study: $(READY)
	$(BIN)/python -m studies.live

search-study: $(READY)
	$(BIN)/python -m studies.search
	$(BIN)/python -m studies.new_users

torture: $(READY)
	$(BIN)/python -m studies.torture --record $(RECORD)

docs: $(READY)
	$(BIN)/python -m tools.docs

notebooks: $(READY)
	$(BIN)/python -m tools.docs.notebooks

fuzz: $(READY)
	$(BIN)/python -m fuzz --seed $(SEED) --inputs $(INPUTS) --seconds $(SECONDS)
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -q --timeout 3600 tests/scenario/test_any_input.py

audit: $(READY)
	$(BIN)/python -m pip install --quiet --editable ".[audit]"
	$(BIN)/python -m tools.audit

sbom: $(READY)
	$(BIN)/python -m pip install --quiet --editable ".[audit]"
	$(BIN)/cyclonedx-py requirements --output-reproducible --of JSON -o sbom.json requirements-plain.lock
	@echo "Wrote sbom.json"

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Compiled by one process while another one checks; the tests would all wait for it.
kernel: $(READY)
	@$(BIN)/python -c 'from fastlanes_sim.engines.selection import make_ready; make_ready("kernel")'

test-long: $(READY)
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest --timeout 3600 $(PARALLEL)

$(READY): pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fastlanes_sim needs Python 3.11 or later: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(if $(filter no,$(HASHES)),sed -e '/--hash=/d' -e 's/ \\$$//' requirements.lock > $(VENV)/lock.txt,cp requirements.lock $(VENV)/lock.txt)
	$(BIN)/python -m pip install --quiet --no-compile --requirement $(VENV)/lock.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $(READY)

clean:
	rm -rf $(VENV) $(filter-out results/baselines/ results/suite-2/,$(wildcard results/*/)) .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
