# make run     installs what is missing and opens the dashboard
# make test    installs what is missing; lint, types and all tests
# make check   the same without the tests marked slow: about 90 seconds
# make lock    renews requirements.lock from the newest versions in the ranges of requirements.txt
#
# Everything is installed from the ranges in requirements.txt at exactly the versions in requirements.lock.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/pip install --quiet --constraint requirements.lock
SIDE_BY_SIDE := --numprocesses 2 --dist loadgroup --no-loadscope-reorder
BENCHMARKS := coverage demo engine memory page pictures prevalence rehearsal results study surfaces

.PHONY: bench bench-quick bench-gpu run test check lint lock $(addprefix bench-,$(BENCHMARKS))

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

lock:
	fresh=$$(mktemp -d) && $(PYTHON) -m venv $$fresh \
	  && $$fresh/bin/pip install --quiet --requirement tests/requirements.txt \
	  && { echo "# Exact versions that passed; renewed by make lock."; $$fresh/bin/pip freeze; } > requirements.lock; \
	  rm -rf $$fresh

$(addprefix bench-,$(BENCHMARKS)): bench-%: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.$*

# The engine's table; bench-quick in two minutes, bench-gpu on a GPU.
bench: bench-engine

bench-quick: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.engine --quick

bench-gpu: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.engine --device cuda
