# Each target sets up what it needs on a machine that has Python 3.11 or later and make.
# `make run ARGS='--port 9000 --data-dir DIR'` passes options on.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TEST_PROCESSES ?= 3
# Tests that share servers stay in one process; what takes longest comes first.
SPREAD := --dist loadscope --no-loadscope-reorder
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format bench chaos recovery-bench docs lock clean

help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) ## create .venv with everything in it

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Mendline needs Python 3.11 or later; set PYTHON=…")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --no-deps --no-build-isolation --editable .
	@touch $@

run: $(READY) ## start the whole platform on this machine
	@exec $(BIN)/mendline run $(ARGS)

test: $(READY) ## run every test and measure branch coverage, subprocesses included
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(TEST_PROCESSES) $(SPREAD) $(ARGS)
	@$(BIN)/coverage combine --quiet
	$(if $(ARGS),,$(BIN)/coverage report --include='core/*' --fail-under=95 && $(BIN)/coverage report --fail-under=88)

lint: $(READY) ## check style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(READY) ## put the code into its standard form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(READY) ## measure speed and size; writes reports/bench.json and prints tables
	$(BIN)/python -m tests.benchmarks $(ARGS)

chaos: $(READY) ## kill everything at full scale for minutes; writes reports/chaos.json
	$(BIN)/python -m tests.chaos $(ARGS)
	$(if $(ARGS),,$(BIN)/python -m tests.chaos.backups)
	$(if $(ARGS),,$(BIN)/python -m tests.chaos.breakers)
	$(if $(ARGS),,$(BIN)/python -m tests.chaos.budget)
	$(if $(ARGS),,$(BIN)/python -m pytest -q -n0 tests/chaos/upgrades.py)
	$(if $(ARGS),,$(BIN)/python -m tests.chaos.alertmanager)
	$(if $(ARGS),,$(BIN)/python -m tests.chaos.alerts --kills 0 --output reports/alert-latency)
	$(if $(ARGS),,$(BIN)/python -m tests.chaos.alerts)
	$(if $(ARGS),,MENDLINE_TEST_YEAR_STEP_DAYS=1 $(BIN)/python -m pytest -q -n0 \
	  tests/integration/tasks/test_year.py)

recovery-bench: $(READY) ## break a sample application in many ways; writes reports/recovery.json
	$(BIN)/python -m tests.chaos.recovery $(ARGS)

docs: $(READY) ## build the documentation into site/
	$(BIN)/python docs/generate.py
	$(BIN)/zensical build --strict

lock: $(READY) ## pin the newest allowed versions with their hashes
	$(BIN)/pip-compile --quiet --upgrade --strip-extras --generate-hashes --allow-unsafe \
	  --no-emit-index-url --no-emit-find-links --no-emit-options --no-header \
	  --extra dev --extra docs --extra s3 --extra forecast --output-file requirements.lock pyproject.toml

clean: ## remove what the targets made, but no data
	rm -rf $(VENV) build dist site reports .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
