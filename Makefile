# Every target is one line that calls a script; the scripts say what they do. Start with: make demo
.DEFAULT_GOAL := help
.PHONY: help setup services stop demo demo-check run test check bench lock clean

PYTHON := .venv/bin/python

help: ## List the targets
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z%-]+):.*## /\1\t/' | expand -t 14

setup: ## Install what is missing: system packages, .venv, the map's libraries
	@scripts/setup.sh

services: setup ## Start the private PostgreSQL and Redis of this clone
	@scripts/services.sh start

stop: ## Stop the private PostgreSQL and Redis
	@scripts/services.sh stop
	@scripts/services.sh stop --test

demo: ## Show the product with made-up footage on http://127.0.0.1:8000, until Ctrl-C
	@scripts/demo.sh

demo-check: ## The same without serving; succeeds only if exactly the expected sightings are found
	@scripts/demo.sh --check

run: ## Web, workers and scheduler for development
	@scripts/run.sh

test: ## Run the whole test suite (ARGS="…" is passed on to pytest)
	@scripts/test.sh $(ARGS)

check: ## ruff, mypy --strict, import-linter, shellcheck
	@scripts/check.sh

bench: ## Run all benchmarks
	@scripts/setup_bench.sh
	@scripts/services.sh start
	@scripts/services.sh start --test
	@set -a; . var/env; set +a; $(PYTHON) -m benchmarks

bench-%: ## Run one benchmark, for instance make bench-ranking
	@scripts/setup_bench.sh
	@scripts/services.sh start
	@scripts/services.sh start --test
	@set -a; . var/env; set +a; $(PYTHON) -m benchmarks $*

lock: ## Write the lock files anew (ARGS="--upgrade" for newer versions)
	@scripts/lock.sh $(ARGS)

clean: ## Stop the services; delete var/ (with the demo's data), .venv and libraries
	@scripts/clean.sh
