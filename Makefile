# make env   create .venv with every locked package      make demo  start the bot with the embedded model
# make test  lint, type-check and test                   make lock  refresh the lock files
# make audit ask whether a locked package has a known weakness
# make gpu   measure on this machine's GPU what the documents lack; REHEARSE=1: with tiny models on the CPU
# make wheels  fetch into wheels/ what a GPU's machine lacks that has torch; PYTHON_THERE=3.12 says which Python it has
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
PORT ?= 7860
BIN := .venv/bin
# Its build for the CPU is another file than the one that a GPU host gets, so no hash would fit both: it alone has none.
TORCH := $(shell sed -n 's/^ *"\(torch==[0-9.]*\)",$$/\1/p' pyproject.toml)

# uv does not read pip's settings: hand it the folders pip would look into, and the system's certificates.
export UV_FIND_LINKS ?= $(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null || echo "$${PIP_FIND_LINKS:-}")
ifdef PIP_FIND_LINKS
UV_FIND_LINKS := $(PIP_FIND_LINKS)
endif
export UV_SYSTEM_CERTS := 1
export VIRTUAL_ENV := $(CURDIR)/.venv
# Compiled as it is installed, a worker starts in half the time, even where Python may write no bytecode.
export UV_COMPILE_BYTECODE := 1

.PHONY: env demo test lint types unit lock audit gpu wheels clean
env: .venv/.installed

.venv/.installed: requirements-dev.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kandinsky-bot needs Python 3.11 or newer; choose one with make PYTHON=python3.12")'
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-uv.lock; }
	$(BIN)/uv pip install --quiet --require-hashes --no-deps --requirement requirements-dev.lock
	$(BIN)/uv pip install --quiet $(TORCH)
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

LOCK := $(BIN)/uv pip compile --quiet --python-version 3.11 --no-header --no-annotate --generate-hashes
WITHOUT_TORCH := awk '/^torch==/ {skip = 1} !skip {print} skip && !/\\$$/ {skip = 0}'
lock:
	$(LOCK) pyproject.toml | $(WITHOUT_TORCH) > requirements.lock
	$(LOCK) pyproject.toml --group dev | $(WITHOUT_TORCH) > requirements-dev.lock

audit: env
	$(BIN)/uv tool run pip-audit --disable-pip --require-hashes --requirement requirements.lock

# Nothing is installed here that was not carried along: a GPU's machine has its own torch, and perhaps no network.
gpu:
	$(or $(wildcard $(BIN)/python),$(PYTHON)) -m tools.gpu $(if $(REHEARSE),--rehearse)

PYTHON_THERE ?= 3.12
GLIBCS := 28 27 17
wheels: env
	$(BIN)/python -m tools.gpu.packages | xargs $(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest wheels --python-version $(PYTHON_THERE) --implementation cp $(foreach minor,$(GLIBCS),--platform manylinux_2_$(minor)_x86_64) --platform manylinux2014_x86_64 --platform manylinux1_x86_64

clean:
	rm -rf .venv build dist *.egg-info
