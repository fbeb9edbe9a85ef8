# Two commands: `make run` and `make test`. Each target calls one tool; the logic is in the project.
PYTHON ?= python3
REAL_DATA ?= ../shared/data

.PHONY: run test ui real lint bench quality-bench mutate lock columns docs

run: .venv/run.stamp
	@.venv/bin/salesops run

test: .venv/test.stamp
	@.venv/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

ui: .venv/run.stamp
	@.venv/bin/salesops ui

real: .venv/test.stamp
	@.venv/bin/python -m tests.real $(REAL_DATA)

lint: .venv/test.stamp
	@.venv/bin/python -m tests.lint

bench: .venv/test.stamp
	@.venv/bin/python -m tests.bench

quality-bench: .venv/test.stamp
	@.venv/bin/python -m tests.quality_bench $(REAL_DATA)

mutate: .venv/test.stamp
	@$(if $(SUITES),true,.venv/bin/python -m tests.mutate $(MART))
	@$(if $(MART),true,.venv/bin/python -m tests.mutate_suites $(filter-out all,$(SUITES)))

lock: .venv/test.stamp
	@.venv/bin/python -m tests.lock

columns: .venv/test.stamp
	@.venv/bin/python -m tests.columns

docs: .venv/test.stamp
	@.venv/bin/python -m tests.docs

.venv/run.stamp: requirements.lock pyproject.toml
	@echo "· set up .venv (once, a few minutes)" >&2
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install -qq --no-deps --require-hashes -r requirements.lock
	@.venv/bin/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

.venv/test.stamp: requirements-test.lock .venv/run.stamp
	@echo "· set up what the tests need" >&2
	@.venv/bin/python -m pip install -qq --no-deps --require-hashes -r requirements-test.lock
	@touch $@
