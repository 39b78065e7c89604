# Everything that a fresh machine with Python 3.11 needs is set up by the first target that is used.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
SOURCES := api subscriptions schema domain migrations tests

.DEFAULT_GOAL := help
.PHONY: help demo test chaos fuzz mutants check lint types contracts sdl lifecycles database format bench schema migration

help: ## List the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/'

demo: $(READY) ## Run a live roundtable on the embedded database
	$(RUN) -m api demo $(ARGS)

test: $(READY_DEV) ## Run every test
	$(RUN) -m pytest -n 3 --dist worksteal -q $(ARGS)

chaos: $(READY_DEV) ## Run the tests of faults at length: about an hour, alone on the machine
	CONCORDAT_CHAOS=long $(RUN) -m pytest -s -q --timeout 0 tests/chaos $(ARGS)

fuzz: $(READY_DEV) ## Draw thousands of documents for two executors, and of steps that must leak nothing
	CONCORDAT_FUZZ=long $(RUN) -m pytest -q --timeout 0 tests/execution/test_generated.py \
	  tests/execution/test_world.py tests/api/test_secrecy.py $(ARGS)

mutants: $(READY_DEV) ## Change the executor in a thousand ways: its tests must notice nine of ten
	rm -rf mutants
	$(RUN) -m mutmut run
	$(RUN) -m mutmut results
	$(RUN) -m mutmut export-cicd-stats
	@$(RUN) -c 'import json; counts = json.load(open("mutants/mutmut-cicd-stats.json")); \
	  noticed = (counts["killed"] + counts["timeout"]) / counts["total"]; \
	  print(f"The tests noticed {noticed:.1%}; it has to be 90 %."); exit(noticed < 0.9)'

check: lint types contracts sdl lifecycles database ## Everything that must hold of a commit, but the tests

lint: $(READY_DEV)
	$(VENV)/bin/ruff check $(SOURCES)
	$(VENV)/bin/ruff format --check $(SOURCES)

types: $(READY_DEV)
	$(VENV)/bin/mypy

contracts: $(READY_DEV)
	$(VENV)/bin/lint-imports

sdl: $(READY_DEV)
	@$(RUN) -m api schema | diff -u schema/schema.graphql - \
	  || { echo "The schema changed: run make schema and look at the difference."; exit 1; }

lifecycles: $(READY_DEV)
	@$(RUN) -m api lifecycles | diff -u docs/lifecycles.md - \
	  || { echo "A lifecycle changed: run make schema and look at the difference."; exit 1; }

database: $(READY_DEV)
	DATA_FOLDER=$$(mktemp -d) $(RUN) -m api migrate --check

format: $(READY_DEV) ## Put the code into shape
	$(VENV)/bin/ruff check --fix $(SOURCES)
	$(VENV)/bin/ruff format $(SOURCES)

bench: $(READY_DEV) ## Measure, and print ratios
	$(RUN) -m tests.benchmarks $(ARGS)

schema: $(READY_DEV) ## Write the printed schema, and the diagrams of the lifecycles
	$(RUN) -m api schema > schema/schema.graphql.new
	mv schema/schema.graphql.new schema/schema.graphql
	$(RUN) -m api lifecycles > docs/lifecycles.md

migration: $(READY_DEV) ## Write a migration from the records: make migration MESSAGE="Add a thing"
	$(RUN) -m api migrate --write "$(MESSAGE)"

$(READY): requirements.lock
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

$(READY_DEV): requirements-dev.lock
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements-dev.lock
	touch $(READY) $@
