# Two commands matter: `make demo` shows the program, `make test` tests it. Both start from nothing
# but Python 3.11 or newer, make and git.
PYTHON ?= python3
VENV ?= .venv
PIP_OPTIONS = --quiet --no-input --disable-pip-version-check
RUN = $(VENV)/bin/python
WORKERS ?= 2
PYTEST = $(RUN) -m pytest -q --timeout 600
export PYTHONUTF8 = 1

.PHONY: help demo test check bench endurance format lock docs clean

help:
	@echo "make demo       a fictional territory, from raw files to the diagnosis"
	@echo "make test       every kind of test, the long ones sampled"
	@echo "make check      style, types, layers"
	@echo "make endurance  the long versions in full"
	@echo "make bench      measures against peers, written to docs/benchmarks.md"
	@echo "make docs       write the reference pages again"
	@echo "make format     put the code in the house style"
	@echo "make lock       write the locks again from pyproject.toml (needs uv)"

# Debian and Ubuntu leave the module venv out of their bare Python
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { [ "$$(id -u)" = 0 ] && apt-get update -qq </dev/null >/dev/null \
	       && apt-get install -y -qq python3-venv </dev/null >/dev/null; } \
	  || { echo "Install the package python3-venv, then call make again."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# an environment that another tool made may lack pip
$(VENV)/.pip: | $(VENV)/bin/python
	@$(RUN) -m pip --version >/dev/null 2>&1 || $(RUN) -m ensurepip --upgrade >/dev/null
	@touch $@

# hashed locks, then the package itself, built with what the lock holds
$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/.pip
	@echo "Installing what the program needs"
	@$(RUN) -m pip install $(PIP_OPTIONS) --require-hashes -r requirements.lock
	@$(RUN) -m pip install $(PIP_OPTIONS) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/.pip
	@echo "Installing what the program and its tests need"
	@$(RUN) -m pip install $(PIP_OPTIONS) --require-hashes -r requirements-dev.lock
	@$(RUN) -m pip install $(PIP_OPTIONS) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.runtime

# the peers that the benchmarks set the program against; none is needed to run or test it
$(VENV)/.bench: requirements-bench.lock pyproject.toml | $(VENV)/.pip
	@echo "Installing what the benchmarks need"
	@$(RUN) -m pip install $(PIP_OPTIONS) --require-hashes -r requirements-bench.lock
	@$(RUN) -m pip install $(PIP_OPTIONS) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.dev $(VENV)/.runtime

demo: $(VENV)/.runtime
	@$(VENV)/bin/assemblier demo --out demo-out

test: $(VENV)/.dev
	@bash .ci/system-parts
	@$(PYTEST) -n $(WORKERS) --dist loadfile -m "not endurance" --durations 15

endurance: $(VENV)/.dev
	@bash .ci/system-parts
	@ASSEMBLIER_HYPOTHESIS=full $(PYTEST) -m endurance --timeout 1500 --durations 10

check: $(VENV)/.dev
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy
	@$(PYTEST) tests/test_layers.py

format: $(VENV)/.dev
	@$(RUN) -m ruff check --fix-only --quiet .
	@$(RUN) -m ruff format .

bench: $(VENV)/.bench
	@$(RUN) docs/write_benchmarks.py

docs: $(VENV)/.dev
	@$(RUN) docs/generate.py

lock:
	@bash .ci/lock

clean:
	@rm -rf demo-out .pytest_cache .mypy_cache .ruff_cache
