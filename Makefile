# Every target sets up what it needs by itself: Python 3.11 or newer and make are enough. `make help` lists them.
#
#   PYTHON=python3.13   the interpreter for a new .venv        ARGS="-k cache"   more arguments for the target's command
#   WORKERS=0           how many processes run the tests, each with servers of its own; 0: this one (for --pdb)

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
VENV := .venv
BIN := $(VENV)/bin
WORKERS := 2
export PYTHON

# What would send packages elsewhere, or change which code runs, stays outside; addresses and certificates come along.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONUSERBASE
unexport PIP_TARGET PIP_PREFIX PIP_ROOT PIP_USER PIP_REQUIRE_VIRTUALENV PIP_PYTHON PIP_DRY_RUN PIP_REPORT PIP_SRC
unexport PIP_CONSTRAINT PIP_REQUIREMENT PIP_EDITABLE PIP_NO_DEPS PIP_NO_BINARY PIP_ONLY_BINARY PIP_REQUIRE_HASHES
unexport PIP_NO_BUILD_ISOLATION PIP_PRE PIP_UPGRADE PIP_FORCE_REINSTALL PIP_IGNORE_INSTALLED PIP_LOG
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
PIP := $(BIN)/python -m pip
INSTALL := $(PIP) install -qq --no-user --no-input

##@ To see it work
.PHONY: demo
demo: $(VENV)/.runtime ## A day in the life of the clone, on a PostgreSQL of its own
	$(BIN)/clone-cqrs demo $(ARGS)

.PHONY: serve
serve: $(VENV)/.runtime ## The clone over HTTP; ARGS="--port 8080" for another port
	$(BIN)/clone-cqrs serve $(ARGS)

##@ To change it
.PHONY: test
test: $(VENV)/.development ## The test suite, on PostgreSQL 18 (from a wheel) and 15 (from Debian)
	@scripts/install-test-servers
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile $(ARGS)

.PHONY: check
check: $(VENV)/.development ## Format, lint, types, import directions, the repository and its documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/repository tests/docs -m "not runs_documents"

.PHONY: format
format: $(VENV)/.development ## Rewrite the code in the project's format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

.PHONY: bench
bench: $(VENV)/.development ## The figures of docs/benchmarks.md, on this machine; ARGS=dispatch for one of them
	@scripts/install-test-servers wrk
	$(BIN)/python -m benchmarks $(or $(ARGS),all)

.PHONY: lock
lock: $(VENV)/.development ## Write requirements/ anew from pyproject.toml; UPGRADE=1 takes the newest versions
	$(INSTALL) --require-hashes --only-binary :all: -r requirements/lock.txt
	scripts/lock $(BIN)/uv $(if $(UPGRADE),--upgrade)

.PHONY: clean
clean: ## Remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

# The two states of .venv, as files that tell when each was reached and in which directory: a clone that was moved or
# copied has scripts and paths of its old place in it, and is set up anew.
REQUIREMENTS := pyproject.toml Makefile $(wildcard requirements/*.txt)
ifneq ($(shell cat $(VENV)/.runtime 2>/dev/null),$(CURDIR))
.PHONY: $(VENV)/.runtime
endif

$(VENV)/.runtime: $(REQUIREMENTS)
	@echo "Setting up $(VENV) (once; until requirements/ change)"
	@test "$$(cat $@ 2>/dev/null)" = "$(CURDIR)" && $(PIP) --version >/dev/null 2>&1 || scripts/create-venv $(VENV)
	@$(INSTALL) --require-hashes --only-binary :all: -r requirements/build.txt
	@$(INSTALL) --require-hashes --only-binary :all: -r requirements/runtime.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@echo "$(CURDIR)" > $@

$(VENV)/.development: $(VENV)/.runtime
	@$(INSTALL) --require-hashes --only-binary :all: -r requirements/dev.txt
	@echo "$(CURDIR)" > $@
