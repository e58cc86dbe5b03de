# Sala de Conversa. `make run` to talk, `make demo` to see it work, `make test` to check it.
SHELL := /bin/bash
BIN := .venv/bin
PACKAGES := registro voz kivy_client
export PYTHON

.PHONY: help run demo install dev test lint format clean bench-registro bench-voz bench-rele
.DEFAULT_GOAL := help

help:
	@echo "make run      registry and client on this machine, ready to talk"
	@echo "make demo     two programs talk to each other for ten seconds; needs no screen and no sound card"
	@echo "make test     lint, types and all tests"
	@echo "make install  the set-up alone (.venv/)"
	@echo "make clean    removes .venv/ and what the tools left"
	@echo "make bench-registro, bench-voz, bench-rele   measurements beside other programs"

install:
	@scripts/setup.sh client

dev:
	@scripts/setup.sh dev

run: install
	@exec $(BIN)/python -m scripts.run

demo: install
	@exec $(BIN)/python -m scripts.demo

lint: dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "Some files are not formatted; run: make format"; exit 1; }
	@$(BIN)/mypy --no-error-summary $(PACKAGES)
	@echo "lint and types: clean"

format: dev
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

test: lint
	@$(BIN)/python -m scripts.test

bench-registro bench-voz bench-rele: dev
	@exec $(BIN)/python -m bench.$(@:bench-%=%)

clean:
	@rm -rf .venv build dist *.egg-info _trial_temp* .mypy_cache .ruff_cache .hypothesis twisted/plugins/dropin.cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
