# `make help` lists the targets. Everything installs into .venv.
PYTHON ?= python3
VENV := .venv
# uv does not compile packages. If Python cannot cache bytecode, every process compiles all imports,
# which takes half of the time of a check.
unexport PYTHONDONTWRITEBYTECODE
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
# number of pytest workers; dbt and DuckDB start additional threads
JOBS ?= 2
# dbt vars of `make build`, such as '{last_day_is_complete: true}'
export VARS ?= $(DBT_VARS)
# duration of the load test in `make soak`
SOAK_MINUTES ?= 30
# tests with a long form (tests/support/long.py)
LONG_TESTS := tests/system/faults tests/system/contract tests/system/properties \
	tests/warehouse/operations tests/system/load tests/system/e2e/test_storm.py tests/system/e2e/test_client.py \
	tests/system/e2e/test_corruptions.py tests/system/postgres/test_storm.py \
	tests/warehouse/sample/test_scale.py tests/system/spark/test_macros.py \
	tests/system/spark/test_unit_tests.py

.PHONY: help setup spark-setup build check example serve spark test soak lint lint-python lint-sql audit \
	bench lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# uv needs a quarter of pip's time. pip supports some proxies and mirrors that uv does not.
setup: $(VENV)/installed ## install the locked dependencies into .venv

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "gamehouse needs Python 3.11 to 3.13, but found $$($(PYTHON) --version)." \
		"Choose another Python: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
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

spark-setup: $(VENV)/installed-spark ## install the additional packages of `make spark`, 0.5 GB

# pyspark is published only as source. Its build requirements are installed, so no isolation.
$(VENV)/installed-spark: $(VENV)/installed requirements-spark.lock
	@echo "Installing Spark into $(VENV); this takes about a minute, once."
	@$(INSTALL) --no-build-isolation --requirement requirements-spark.lock
	@touch $@

build: setup ## build checked reports and their page from the four CSV files in seeds/
	@$(BIN)/python -m warehouse inputs
	@echo "Building and testing the models; \`dbt build\` shows each step."
	@$(BIN)/dbt --log-level warn build $${VARS:+--vars "$$VARS"}
	@$(BIN)/python -m warehouse summary
	@$(BIN)/python -m warehouse check --brief; verdict=$$?; \
		$(BIN)/python -m warehouse docs && $(BIN)/python -m warehouse page && exit $$verdict

example: setup ## build another warehouse from exports of AppsFlyer and the app stores
	@$(BIN)/python examples/appsflyer/generate.py
	@VARS="$$(cat examples/appsflyer/vars.yml)" REPORTS_PATH=examples/appsflyer/reports \
		WAREHOUSE_PATH=examples/appsflyer/gamehouse.duckdb $(MAKE) --no-print-directory build

check: setup ## check all expectations on the last build and write checkpoints.html
	@$(BIN)/python -m warehouse check

serve: setup ## run the game API on port 5000 until Ctrl-C
	@$(BIN)/python -m api serve

spark: spark-setup ## build the same models on a temporary local Spark cluster
	@$(BIN)/python -m warehouse spark

test: setup lint ## run all tests; the Spark tests need Java
	@if $(BIN)/python -c 'from warehouse.spark.needs import java_home; java_home()' 2>/dev/null; \
		then $(MAKE) --no-print-directory spark-setup; fi
	@$(BIN)/pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

soak: setup ## run the long forms of the tests, then load the API for SOAK_MINUTES=30
	@LONG=1 $(BIN)/pytest $(LONG_TESTS)
	@$(BIN)/python -m tests.system.soak --minutes $(SOAK_MINUTES)

lint: setup ## check the style of Python and SQL, and the types and security of Python
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

audit: setup ## look up known vulnerabilities of the locked dependencies (needs internet access)
	@$(BIN)/python -m tests.audit

bench: setup ## run the benchmarks and write docs/benchmarks.md; BENCH_LARGE=1 adds 10 million rows
	@$(BIN)/python -m tests.benchmarks

lock: ## renew the lock files from pyproject.toml (after make setup)
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

clean: ## remove the output of builds and tests, except .venv and the warehouse
	@rm -rf target logs .pytest_cache .mypy_cache .ruff_cache .hypothesis
