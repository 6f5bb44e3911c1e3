# make env   create .venv with every locked package      make demo  start the bot with the embedded model
# make test  lint, type-check and test                   make lock  refresh the two lock files
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
PORT ?= 7860
BIN := .venv/bin
UV_VERSION := 0.13.9

# uv does not read pip's settings: hand it the folders pip would look into, and the system's certificates.
export UV_FIND_LINKS ?= $(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null || echo "$${PIP_FIND_LINKS:-}")
ifdef PIP_FIND_LINKS
UV_FIND_LINKS := $(PIP_FIND_LINKS)
endif
export UV_SYSTEM_CERTS := 1
export VIRTUAL_ENV := $(CURDIR)/.venv
# Compiled as it is installed, a worker starts in half the time, even where Python may write no bytecode.
export UV_COMPILE_BYTECODE := 1

.PHONY: env demo test lint types unit lock clean
env: .venv/.installed

.venv/.installed: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kandinsky-bot needs Python 3.11 or newer; choose one with make PYTHON=python3.12")'
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	$(BIN)/uv pip install --quiet --requirement requirements-dev.lock
	$(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

demo: env
	$(BIN)/kandinsky-bot demo --port $(PORT)

test: env lint types unit

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile

types: env
	$(BIN)/mypy bot engine

unit: env
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# The local build of torch carries a suffix (+cpu); the lock names the release, so that a GPU host finds its own build.
LOCK := $(BIN)/uv pip compile --quiet --python-version 3.11 --no-header --no-annotate pyproject.toml
lock:
	$(LOCK) | sed 's/^\(torch==[0-9.]*\)+.*/\1/' > requirements.lock
	$(LOCK) --group dev | sed 's/^\(torch==[0-9.]*\)+.*/\1/' > requirements-dev.lock

clean:
	rm -rf .venv build dist *.egg-info
