# `make demo` and `make test` work in a fresh clone on Debian or Ubuntu with Python 3.11+; both can be repeated.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= $(shell expr $$(nproc) + 1)

.PHONY: help demo examples test lint format bench schemas lock wheel image rbac clean system-libs

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.installed: requirements-dev.lock pyproject.toml scripts/make-venv.sh
	@PYTHON=$(PYTHON) VENV=$(VENV) sh scripts/make-venv.sh

demo: $(VENV)/.installed ## Scan the example cluster over 14 nights and write its reports
	@sh scripts/system-libs.sh pdf
	@$(BIN)/python -m examples.demo

examples: $(VENV)/.installed ## Scan the small example clusters and write their reports
	@sh scripts/system-libs.sh pdf
	@$(BIN)/python -m examples.reports

test: $(VENV)/.installed ## Run the whole test suite on a real PostgreSQL, API server, browser and PDF
	@sh scripts/system-libs.sh pdf test
	@$(BIN)/python scripts/make_tools.py
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.installed ## Style, types, security rules, the import contracts, and known vulnerabilities
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/audit.py

format: $(VENV)/.installed ## Rewrite files in the project's style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.installed ## Measure what docs/benchmarks.md reports; takes minutes
	@$(BIN)/python -m bench

schemas: $(VENV)/.installed ## Write config/schema/*.json and docs/schema.md from the code
	@$(BIN)/python scripts/write_schemas.py
	@$(BIN)/python -m scripts.write_schema_doc

lock: ## Pin every package anew, by hash; needs uv
	@sh scripts/lock.sh

wheel: $(VENV)/.installed ## Build the wheel into dist/
	@$(BIN)/python -m hatchling build -t wheel -d dist

image: ## Build the container image; needs a Docker engine
	docker build -t netattest:$(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml) .

rbac: $(VENV)/.installed ## Write deploy/base/rbac.yaml from the table of kinds
	@$(BIN)/python scripts/write_rbac.py

clean: ## Remove what can be made again; evidence in the database stays
	@rm -rf $(VENV) dist build out .mypy_cache .ruff_cache .import_linter_cache .hypothesis
