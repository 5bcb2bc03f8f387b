# Every chore has a name here. All it needs is make and a Python from 3.11 on: the first target that wants it makes
# .venv out of requirements/*.txt (pinned, with hashes), and makes it anew when those change.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN  := $(VENV)/bin
PIP  := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
JOBS ?= 3
ARGS ?=

# Wherever this is set, as in many images of Python, each of the hundreds of processes that the tests start would compile
# the whole house anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Print this list
	@if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then on=$$(printf '\033[1;36m'); off=$$(printf '\033[0m'); fi; \
	printf 'Stepwell: durable workflows that you own.\n\n'; \
	awk -F ':.*## ' -v on="$$on" -v off="$$off" \
	  '/^[a-z-]+:.*## / { printf "  %smake %-14s%s %s\n", on, $$1, off, $$2 }' $(firstword $(MAKEFILE_LIST))

# ------------------------------------------------------------------------------------------------------- for everybody

.PHONY: demo
demo: $(VENV)/.base ## Run a shop's order workflow from end to end, and watch it
	@$(BIN)/stepwell demo $(ARGS)

.PHONY: serve
serve: $(VENV)/.base ## Serve the API on http://127.0.0.1:8083 (ARGS='--help' lists the options)
	@$(BIN)/stepwell serve $(ARGS)

# ------------------------------------------------------------------------------------------------------ for developers

.PHONY: test
test: ## Everything that has to pass: `check`, and all tests
	@$(MAKE) -j3 browser console-bundle console-check format lint types imports
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS) || { \
	  status=$$?; echo "tests: run one alone: $(BIN)/python -m pytest 'NAME', its name as it stands after FAILED" >&2; exit $$status; }

.PHONY: console
console: $(VENV)/.dev ## Work on the console: http://127.0.0.1:5173/console/ (STEPWELL_URL says where the API is)
	@$(BIN)/python hatch_build.py dev

.PHONY: console-build
console-build: $(VENV)/.dev ## Build the console that `make serve` shows
	@$(BIN)/python hatch_build.py

.PHONY: console-packages
console-packages: $(VENV)/.dev
	@[ -d console/node_modules ] || echo "console  fetching its packages (once; about half a minute)" >&2
	@$(BIN)/python hatch_build.py packages

.PHONY: console-check
console-check: console-packages
	@said=$$(NO_COLOR=1 $(BIN)/python hatch_build.py check 2>&1) || { echo "$$said" >&2; exit 1; }
	@echo "console  ok"

.PHONY: console-bundle
console-bundle: console-packages
	@$(BIN)/python -m tests.console.bundle

.PHONY: browser
browser:
	@sh tests/console/install-browser

.PHONY: check
check: format lint types imports tidy ## The quick part: format, lint, types, imports, tidy

.PHONY: format
format: $(VENV)/.dev
	@$(BIN)/ruff format --check --output-format concise --quiet . || { echo "format: run 'make fix'" >&2; exit 1; }
	@echo "format   ok"

.PHONY: lint
lint: $(VENV)/.dev
	@$(BIN)/ruff check --quiet --output-format concise .
	@echo "lint     ok"

.PHONY: types
types: $(VENV)/.dev
	@$(BIN)/python -m mypy --no-error-summary
	@echo "types    ok"

.PHONY: imports
imports: $(VENV)/.dev
	@said=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$said" >&2; exit 1; }
	@echo "imports  ok"

.PHONY: tidy
tidy: $(VENV)/.dev
	@$(BIN)/python -m pytest -q --no-header -p no:cacheprovider tests/tidy

.PHONY: fix
fix: $(VENV)/.dev ## Format, and mend what can be mended by a machine
	@$(BIN)/ruff check --quiet --fix-only . ; $(BIN)/ruff format --quiet .

.PHONY: proof
proof: $(VENV)/.dev ## The long loops that hunt rare faults, in half an hour; STEPWELL_SEEDS=10000 looks further
	@$(BIN)/python -m pytest -q -m proof -n $(JOBS) --dist worksteal --timeout 3600 $(ARGS)

.PHONY: simulate
simulate: $(VENV)/.dev ## Executions under a virtual clock with crashes; ARGS='-k ...' picks
	@$(BIN)/python -m pytest -q -m 'not bench' --timeout 3600 tests/simulation tests/simulation_runtime $(ARGS)

.PHONY: bench
bench: $(VENV)/.dev ## Measure on this machine (ARGS='engine durable' picks, ARGS=--json prints JSON)
	@$(BIN)/python -m bench $(ARGS)

.PHONY: bench-console
bench-console: $(VENV)/.dev browser ## Measure the console in a real browser
	@$(BIN)/python -m bench console-graph console $(ARGS)

.PHONY: docs
docs: $(VENV)/.dev ## Check the pages: links, shapes, names
	@$(BIN)/python -m pytest -q --no-header -p no:cacheprovider tests/tidy/test_docs.py

.PHONY: requirements
requirements: ## Resolve requirements/*.txt anew (for Python 3.11 and on, with hashes)
	@sh requirements/resolve

.PHONY: clean
clean: ## Remove .venv, caches and build output
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov \
	  src/stepwell/console/dist console/node_modules
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------------------------------------------------- set-up

# Python itself: the first of these that is recent enough and can make a virtual environment. PYTHON=... decides.
$(VENV)/.python:
	@for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
	  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Setting up $(VENV) with $$("$$candidate" --version) (once; about half a minute)" >&2; \
	    "$$candidate" -m venv --clear $(VENV) && touch $@; exit; \
	  fi; \
	done; \
	echo "Stepwell needs Python 3.11 or later with its venv module, and found none." >&2; \
	echo "Debian, Ubuntu: apt install python3 python3-venv.  Another place: make PYTHON=/path/to/python3.12 ..." >&2; \
	exit 1

# What the service needs, and Stepwell itself, from this folder.
$(VENV)/.base: $(VENV)/.python requirements/build.txt requirements/base.txt pyproject.toml
	@$(PIP) --require-hashes -r requirements/build.txt -r requirements/base.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

# What developing it needs on top.
$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	@echo "Fetching what the tests need (once; about a minute)" >&2
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@
