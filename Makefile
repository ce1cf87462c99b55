# make run    installs what is missing and opens the dashboard
# make test   installs what is missing and runs all tests

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test bench-demo bench-page bench-prevalence bench-coverage bench-surfaces bench-memory bench-study bench-rehearsal

run: $(VENV)/.installed
	$(BIN)/python -m alcore dashboard

test: $(VENV)/.installed-tests
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

bench-demo: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.demo

bench-page: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.page

$(VENV)/.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)/.installed-tests: $(VENV)/.installed tests/requirements.txt
	$(BIN)/pip install --quiet --requirement tests/requirements.txt
	touch $@

bench-prevalence: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.prevalence

bench-coverage: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.coverage

bench-surfaces: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.surfaces

bench-memory: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.memory

bench-study: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.study

bench-rehearsal: $(VENV)/.installed-tests
	$(BIN)/python -m tests.benchmarks.rehearsal
