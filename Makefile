# Nothing has to be active or installed beforehand but Python 3.11 (or later) and make.

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
JOBS ?= 2

# Installs are repeated when the dependencies changed, or when the repository was moved.
PLACE := $(shell printf '%s' '$(CURDIR)' | cksum | cut -d ' ' -f 1)
CORE := $(VENV)/.core-$(PLACE)
LAB := $(VENV)/.lab-$(PLACE)
DEV := $(VENV)/.dev-$(PLACE)
DEPENDENCIES := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run test lab check format-check lint types imports docstrings notebooks gates bench format

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

run: $(CORE) ## run the demo backtest on the embedded sample
	@$(PY) -m basis_lab.cli backtest btc_basis --data-dir data/sample

test: $(DEV) ## run the whole test suite and hold coverage to its floors
	@$(PY) -m pytest -n $(JOBS) --cov --cov-report=json:coverage.json --cov-report=
	@$(PY) tests/checks/coverage_floors.py coverage.json

lab: $(LAB) ## open JupyterLab on the workbench
	@$(PY) -m basis_lab.cli lab

check: format-check lint types imports docstrings notebooks ## everything but the tests

format-check: $(DEV) # formatting of sources and notebooks
	@$(PY) -m ruff format --check

lint: $(DEV) # ruff on sources and notebooks
	@$(PY) -m ruff check

types: $(DEV) # mypy, strict
	@$(PY) -m mypy

imports: $(DEV) # layers and forbidden imports
	@$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

docstrings: $(DEV) # numpydoc validation of what is public
	@$(PY) tests/checks/docstrings.py

notebooks: $(DEV) # import, call and show; no outputs but those that are checked
	@$(PY) tests/checks/notebooks.py

gates: $(CORE) ## put every shipped mode through the quality gates
	@$(PY) -m gates

bench: $(DEV) ## measure speed and memory
	@$(PY) -m benchmarks

format: $(DEV) ## format, and mend what can be mended by machine
	@$(PY) -m ruff format
	@$(PY) -m ruff check --fix

$(PY):
	@for python in python3.11 python3 python python3.12 python3.13 python3.14; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec $$python -m venv --clear $(VENV); \
	  fi; \
	done; \
	echo 'Python 3.11 or later was not found on the PATH; install it and run make again' >&2; \
	exit 2

$(CORE): $(DEPENDENCIES) | $(PY)
	@echo 'installing basis_lab into $(VENV)'
	@$(PIP) install -q -c constraints.txt -e .
	@touch $@

$(LAB): $(DEPENDENCIES) | $(PY)
	@echo 'installing basis_lab with its notebooks into $(VENV)'
	@$(PIP) install -q -c constraints.txt -e '.[lab]'
	@touch $(CORE) $@

$(DEV): $(DEPENDENCIES) | $(PY)
	@echo 'installing basis_lab with its notebooks, tests and checks into $(VENV)'
	@$(PIP) install -q -c constraints.txt -e '.[dev,lab]'
	@touch $(CORE) $(LAB) $@
