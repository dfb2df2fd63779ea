# `make help` lists the targets. Everything installs into .venv and nowhere else.
PYTHON ?= python3
VENV := .venv
# uv leaves compiling to the first run. Where Python may not keep what it compiles, every process
# compiles all that it imports: half of the time of a check.
unexport PYTHONDONTWRITEBYTECODE
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
# pytest workers; dbt and DuckDB bring threads of their own
JOBS ?= 2
# dbt vars of `make build`, such as '{last_day_is_complete: true}'
export VARS ?= $(DBT_VARS)
# how long `make soak` keeps the API at its limit
SOAK_MINUTES ?= 30
# tests that have a long form (tests/support/long.py)
LONG_TESTS := tests/system/faults tests/system/contract tests/system/properties \
	tests/warehouse/operations tests/system/load tests/system/e2e/test_storm.py \
	tests/system/e2e/test_corruptions.py tests/system/postgres/test_storm.py \
	tests/warehouse/sample/test_scale.py tests/system/spark/test_macros.py \
	tests/system/spark/test_unit_tests.py tests/benchmarks/pipeline

.PHONY: help setup spark-setup build check serve spark test soak lint lint-python lint-sql audit \
	bench lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# uv takes a quarter of the time that pip takes; pip knows proxies and mirrors that uv may not.
setup: $(VENV)/installed ## install the locked dependencies into .venv

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "gamehouse needs Python 3.11 to 3.13; $$($(PYTHON) --version) was found." \
		"Name another one: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@echo "Installing into $(VENV); this takes about a minute, once."
	@$(PYTHON) -m venv --clear $(VENV)
	@awk '/^[^ ]/ {taken = /^uv==/} taken' requirements.lock >$(VENV)/uv.lock
	@$(INSTALL) --requirement $(VENV)/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes \
		--requirement requirements.lock 2>$(VENV)/uv.log || \
		$(INSTALL) --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --editable . 2>$(VENV)/editable.log || \
		{ cat $(VENV)/editable.log >&2; exit 1; }
	@touch $@

spark-setup: $(VENV)/installed-spark ## install what `make spark` needs on top, 0.5 GB

# Without isolation, since what builds pyspark is there; its source is all that is published.
$(VENV)/installed-spark: $(VENV)/installed requirements-spark.lock
	@echo "Installing Spark into $(VENV); this takes about a minute, once."
	@$(INSTALL) --no-build-isolation --requirement requirements-spark.lock
	@touch $@

build: setup ## from the four CSVs in seeds/ to checked reports and the page that shows them
	@$(BIN)/python -m warehouse inputs
	@$(BIN)/dbt build $${VARS:+--vars "$$VARS"}
	@$(BIN)/python -m warehouse summary
	@$(BIN)/python -m warehouse check --brief; verdict=$$?; \
		$(BIN)/python -m warehouse docs && $(BIN)/python -m warehouse page && exit $$verdict

check: setup ## judge the warehouse of the last build: every expectation, and Data Docs
	@$(BIN)/python -m warehouse check

serve: setup ## run the game API on port 5000 until Ctrl-C
	@$(BIN)/python -m api serve

spark: spark-setup ## the same models on a Spark cluster, which runs on this machine meanwhile
	@$(BIN)/python -m warehouse spark

test: setup lint ## run all tests; those of Spark where Java is
	@if $(BIN)/python -c 'from warehouse.spark.needs import java_home; java_home()' 2>/dev/null; \
		then $(MAKE) --no-print-directory spark-setup; fi
	@$(BIN)/pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

soak: setup ## the long forms of the tests, then the API at its limit for SOAK_MINUTES=30
	@LONG=1 $(BIN)/pytest $(LONG_TESTS)
	@$(BIN)/python -m tests.system.soak --minutes $(SOAK_MINUTES)

lint: setup ## check style and types of Python and SQL, and Python for what makes it easy to attack
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint-python lint-sql

lint-python:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@mkdir -p target
	@$(BIN)/lint-imports --no-cache >target/imports.log 2>&1 || { cat target/imports.log >&2; exit 1; }
	@$(BIN)/bandit --quiet --recursive api warehouse 2>target/bandit.log || \
		{ cat target/bandit.log >&2; exit 1; }

lint-sql:
	@mkdir -p target
	@WAREHOUSE_PATH=target/lint.duckdb $(BIN)/sqlfluff lint --disable-progress-bar models \
		tests/dbt/singular

audit: setup ## look up known vulnerabilities of the locked dependencies; needs the internet
	@$(BIN)/python -m tests.audit

bench: setup ## measure everything and write docs/benchmarks.md; BENCH_LARGE=1 for 10 million, too
	@$(BIN)/python -m tests.benchmarks

lock: ## renew the lock files from pyproject.toml (after make setup), with hashes, without addresses
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--no-strip-extras --generate-hashes --no-emit-index-url --no-annotate --upgrade \
		--custom-compile-command 'make lock' --quiet --output-file requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --constraint requirements.lock --universal \
		--python-version 3.11 --no-strip-extras --generate-hashes --no-emit-index-url \
		--no-annotate --custom-compile-command 'make lock' --quiet \
		--output-file requirements-runtime.lock
	@$(BIN)/uv pip compile pyproject.toml --extra spark --constraint requirements.lock \
		--universal --python-version 3.11 --no-strip-extras --generate-hashes \
		--no-emit-index-url --no-annotate --custom-compile-command 'make lock' --quiet \
		--output-file requirements-spark.lock

clean: ## remove what builds and tests leave behind, except .venv and the warehouse
	@rm -rf target logs .pytest_cache .mypy_cache .ruff_cache .hypothesis
