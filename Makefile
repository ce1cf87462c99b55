# make run     installs what is missing and opens the dashboard
# make test    installs what is missing; lint, types and all tests
# make check   the same without the tests marked slow: about four minutes
# make soak    half an hour of clicks, runs and kills on one server
# make audit   known weaknesses of the locked packages (pip-audit, asks the network)
# make fuzz    damages a home's files in 10,000 ways, and reads it
# make lock    renews requirements.lock from the newest versions in the ranges of requirements.txt
#
# Everything is installed from the ranges in requirements.txt at exactly the versions in requirements.lock.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/pip install --quiet --constraint requirements.lock
SIDE_BY_SIDE := --numprocesses 2 --dist loadgroup --no-loadscope-reorder
FUZZ ?= 10000
BENCHMARKS := backups baselines busy coverage demo engine fooled frozen heads kills light memory meter notebook page \
  peeking pictures planning play prevalence recorded rehearsal results slices start strangers study surfaces units \
  visits

.PHONY: audit bench bench-quick bench-gpu bench-import run test check fuzz lint lock soak $(addprefix bench-,$(BENCHMARKS))

run: $(VENV)/.installed
	$(BIN)/python -m alcore dashboard

test: lint
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

check: lint
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow"

lint: $(VENV)/.installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/.installed: requirements.txt requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --requirement requirements.txt
	touch $@

$(VENV)/.installed-tests: $(VENV)/.installed tests/requirements.txt
	$(INSTALL) --requirement tests/requirements.txt
	touch $@

# Half an hour of clicks, runs and kills on one server.
soak: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.soak

# Known weaknesses of the packages that are installed; asks the package index.
audit: $(VENV)/.installed
	$(PYTHON) -m venv $(VENV)-audit && $(VENV)-audit/bin/pip install --quiet pip-audit
	$(VENV)-audit/bin/pip-audit --requirement requirements.lock --no-deps --disable-pip

# 10,000 changes of a home's files; a few hundred are among the tests.
fuzz: $(VENV)/.installed-tests
	ALCORE_FUZZ=$(FUZZ) $(BIN)/python -m pytest -q -s --timeout 0 tests/test_damaged_home.py

lock:
	fresh=$$(mktemp -d) && $(PYTHON) -m venv $$fresh \
	  && $$fresh/bin/pip install --quiet --requirement tests/requirements.txt \
	  && { echo "# Exact versions that passed; renewed by make lock."; $$fresh/bin/pip freeze; } > requirements.lock; \
	  rm -rf $$fresh

$(addprefix bench-,$(BENCHMARKS)): bench-%: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.$*

bench-import: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.importing

# The engine's table; bench-quick in two minutes, bench-gpu on a GPU.
bench: bench-engine

bench-quick: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.engine --quick

bench-gpu: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.engine --device cuda
