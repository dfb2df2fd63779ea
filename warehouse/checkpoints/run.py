"""Runs the checkpoints. Importing this module takes seconds, because of Great Expectations."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import duckdb
import great_expectations as gx
from great_expectations.data_context.data_context.ephemeral_data_context import (
    EphemeralDataContext,
)
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource, TableAsset
from great_expectations.expectations.expectation import Expectation as GxExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from warehouse.checkpoints import expectations as _registered  # noqa: F401 (suites use them)
from warehouse.checkpoints.errors import CannotCheckError
from warehouse.checkpoints.outcome import CheckpointOutcome, Outcome, judged, not_compared
from warehouse.checkpoints.project import STORE, Expectation, Suite
from warehouse.checkpoints.store import missing_file, parse_store_url, read_only
from warehouse.checkpoints.verdicts import FILES_OF_THE_BUILD, ManifestRow
from warehouse.checkpoints.wording import MAX_EXAMPLES
from warehouse.database import WarehouseUnavailableError, connect_when_free
from warehouse.inputs.functions import register_functions
from warehouse.settings import Settings

WAREHOUSE = "warehouse"
MEASURE = "expect_measure_to_be_between"
# Great Expectations fetches rows after it has closed the connection. SQLAlchemy's rollback would
# make DuckDB's dialect drop the rows: `IndexError: list index out of range`.
WITHOUT_ROLLBACK = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}

# The results of a suite as JSON objects, by the name of the expectation.
Evaluated = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Results:
    """The results of a run.

    Attributes:
        checkpoints: The outcome of each checkpoint.
        built: The files of the judged build, with the columns FILE; empty if it recorded none.
    """

    checkpoints: tuple[CheckpointOutcome, ...]
    built: tuple[ManifestRow, ...]


def run_checkpoints(
    checkpoints: Mapping[str, Sequence[Suite]],
    bounds: Mapping[str, float],
    settings: Settings,
    report: Callable[[str], None],
) -> Results:
    """Run checkpoints.

    No other process can write to the warehouse meanwhile.

    Args:
        checkpoints: The suites of each checkpoint.
        bounds: The numbers that the suites use.
        settings: The paths and URLs.
        report: Called with a message while another process locks the warehouse.

    Raises:
        CannotCheckError: The suites cannot run.
        WarehouseUnavailableError: Another process locks the warehouse.
    """
    # It logs a traceback for each failed query; the outcome contains the reason.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    store = parse_store_url(settings.store_url)
    skip_reason = _reason_not_to_compare(store, settings)
    with _translate_errors():
        context = _context(
            {
                # Quoted, because it becomes part of a URL.
                "WAREHOUSE_PATH": quote(str(settings.warehouse_path.absolute())),
                "STORE_URL": read_only(store),
            }
        )
        warehouse = SQLDatasource(
            name=WAREHOUSE,
            connection_string="duckdb:///${WAREHOUSE_PATH}?access_mode=read_only",
            kwargs=WITHOUT_ROLLBACK,
            assets=[
                _asset(suite.table, settings) for suites in checkpoints.values() for suite in suites
            ],
        )
        # The recommended method, `data_sources.add_sql`, would query each data source.
        for source in (warehouse, SQLDatasource(name=STORE, connection_string="${STORE_URL}")):
            context.add_datasource(datasource=source)
        validate = partial(_validate, context, bounds)
        with _locked(warehouse, settings.warehouse_path, report) as connection:
            outcomes = tuple(
                CheckpointOutcome(name, tuple(_judge(suites, validate, connection, skip_reason)))
                for name, suites in checkpoints.items()
            )
            built = _built_files(connection)
    return Results(outcomes, built)


def _reason_not_to_compare(store: URL, settings: Settings) -> str:
    """Say why the warehouse cannot be compared with the store; empty if it can."""
    missing_store = missing_file(store)
    if missing_store is not None:
        return f"no store at {missing_store}"
    if settings.events_uri is not None:
        # The lake has newer events than the build; `python -m warehouse verify` compares them.
        return "the build has the events of an earlier state of the lake"
    return ""


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Convert errors of Great Expectations, which are not verdicts on the data."""
    try:
        yield
    except (CannotCheckError, WarehouseUnavailableError):
        raise
    except Exception as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise CannotCheckError(
            f"Great Expectations cannot run this: {type(error).__name__}: {reason}"
        ) from error


def _context(environment: dict[str, str]) -> EphemeralDataContext:
    """Make a context that writes nothing.

    Args:
        environment: The values of `${NAME}`, which may contain dollar signs.
    """
    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
        runtime_environment=environment,
    )


def _asset(table: str, settings: Settings) -> TableAsset:
    schema, name = table.split(".")
    if name == "game_events" and settings.events_uri is not None:
        # The view of the last build on the lake.
        name = "game_events_in_lake"
    return TableAsset(name=table, schema_name=schema, table_name=name)


@contextmanager
def _locked(
    source: SQLDatasource, path: Path, report: Callable[[str], None]
) -> Iterator[Connection]:
    """Lock the warehouse, so that no writer changes it between two queries.

    DuckDB rejects connections of a process with different configurations, so this one uses the
    data source's engine.
    """
    engine = source.get_engine()
    try:
        with connect_when_free(path, lambda: _connect(engine), report=report) as warehouse:
            yield warehouse
    finally:
        engine.dispose()
        source.get_execution_engine().engine.dispose()


def _connect(engine: Engine) -> Connection:
    try:
        connection = engine.connect()
    except DBAPIError as error:
        if isinstance(error.orig, duckdb.Error):
            raise error.orig from error
        raise
    # Judged views call the functions, on any connection of this process.
    register_functions(cast("duckdb.DuckDBPyConnection", connection.connection.dbapi_connection))
    return connection


def _judge(
    suites: Sequence[Suite],
    validate: Callable[[Suite], Evaluated],
    warehouse: Connection,
    skip_reason: str,
) -> Iterator[Outcome]:
    for suite in suites:
        selected = [each for each in suite.expectations if not (skip_reason and each.compares)]
        evaluated = validate(replace(suite, expectations=selected)) if selected else {}
        for expectation in suite.expectations:
            if expectation not in selected:
                yield not_compared(expectation, suite, skip_reason)
            else:
                result = evaluated[expectation.name]
                _name_rows_outside(result, suite, warehouse)
                yield judged(expectation, suite, result)


def _validate(
    context: EphemeralDataContext, bounds: Mapping[str, float], suite: Suite
) -> Evaluated:
    """Return the result of each expectation of a suite, by name.

    `Checkpoint.run` has the same result format for all validations, so it cannot identify rows by
    the key of each table.
    """
    name = suite.table.replace(".", "__")
    expectations = [_converted(each) for each in suite.expectations]
    asset = context.data_sources.get(WAREHOUSE).get_asset(suite.table)
    definition = gx.ValidationDefinition(
        name=name,
        data=asset.add_batch_definition_whole_table("whole"),
        suite=context.suites.add(gx.ExpectationSuite(name, expectations)),
    )
    evaluated = definition.run(
        expectation_parameters=dict(bounds),
        result_format={
            "result_format": "SUMMARY",
            **({"unexpected_index_column_names": suite.key} if suite.key else {}),
        },
    )
    results = evaluated.to_json_dict()["results"]  # type: ignore[no-untyped-call]
    return {result["expectation_config"]["meta"]["name"]: result for result in results}


def _converted(expectation: Expectation) -> GxExpectation:
    configuration = ExpectationConfiguration(
        type=expectation.type,
        kwargs=expectation.kwargs,
        description=expectation.description,
        meta={"name": expectation.name},
    )
    try:
        return configuration.to_domain_obj()
    except Exception as error:
        # A suite of configurations would silently skip it.
        raise CannotCheckError(
            f"Great Expectations rejects {expectation.name} in suites.yml. Correct its type or its"
            " arguments."
        ) from error


def _name_rows_outside(result: dict[str, Any], suite: Suite, warehouse: Connection) -> None:
    """Add the rows out of bounds to the result of a failed measure, which only has the range."""
    configuration = result["expectation_config"]
    is_outside = not result["success"] and result["result"].get("observed_value") is not None
    if configuration["type"] != MEASURE or not is_outside or not suite.key:
        return
    column = configuration["kwargs"]["column"]
    outside = [
        f"{column} {sign} {configuration['kwargs'][bound]}"
        for bound, sign in (("min_value", "<"), ("max_value", ">"))
        if bound in configuration["kwargs"]
    ]
    rows = warehouse.exec_driver_sql(
        f"select {', '.join([*suite.key, column])} from {suite.table}"  # noqa: S608 (ours)  # nosec B608
        f" where {' or '.join(outside)} order by all limit {MAX_EXAMPLES + 1}"
    )
    result["result"]["partial_unexpected_index_list"] = [dict(row) for row in rows.mappings()]


def _built_files(warehouse: Connection) -> tuple[ManifestRow, ...]:
    tables = warehouse.exec_driver_sql(
        "select 1 from information_schema.tables"
        " where table_schema = 'reports' and table_name = 'rpt_manifest'"
    )
    if not tables.all():
        return ()
    return tuple(tuple(row) for row in warehouse.exec_driver_sql(FILES_OF_THE_BUILD))
