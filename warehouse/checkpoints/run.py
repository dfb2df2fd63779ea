"""Runs the checkpoints. Importing this module imports Great Expectations, which takes seconds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import duckdb
import great_expectations as gx
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.core.validation_definition import ValidationDefinition
from great_expectations.data_context.data_context.file_data_context import FileDataContext
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from warehouse.checkpoints import expectations as _registered  # noqa: F401 (suites use them)
from warehouse.checkpoints.buffering import buffer_results
from warehouse.checkpoints.errors import CannotCheckError
from warehouse.checkpoints.outcome import CheckpointOutcome, Outcome, judged, not_compared
from warehouse.checkpoints.project import (
    Checkpoint,
    Validation,
    leave_out_comparisons,
    read_events_from_lake,
)
from warehouse.checkpoints.store import missing_file, parse_store_url, read_only
from warehouse.checkpoints.verdicts import FILES_OF_THE_BUILD, ManifestRow
from warehouse.checkpoints.wording import NAMED
from warehouse.database import WarehouseUnavailableError, connect_when_free
from warehouse.functions import register_functions
from warehouse.settings import Settings

WAREHOUSE = "warehouse"
MEASURE = "expect_measure_to_be_between"


@dataclass(frozen=True)
class Results:
    """What came of a run.

    Attributes:
        checkpoints: What came of each checkpoint.
        built: The files of the build that was judged, as FILE; empty where it has recorded none.
    """

    checkpoints: tuple[CheckpointOutcome, ...]
    built: tuple[ManifestRow, ...]


def run_checkpoints(
    checkpoints: Sequence[Checkpoint],
    bounds: Mapping[str, float],
    settings: Settings,
    workshop: Path,
    report: Callable[[str], None],
) -> Results:
    """Run checkpoints, and build Data Docs of this run alone.

    No other process can write to the warehouse until all is judged.

    Args:
        checkpoints: Which.
        bounds: The numbers that the suites refer to.
        settings: Where things are.
        workshop: A folder with a copy of the project in `gx/`, which may be changed; Data Docs are
            built in `data_docs/` beside it.
        report: Told who holds the warehouse, where it has to be waited for.

    Raises:
        CannotCheckError: The project cannot be run as it stands.
        WarehouseUnavailableError: Another process holds the warehouse.
    """
    buffer_results()
    # It logs a traceback for each query that fails; the expectation's outcome tells the reason.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    store = parse_store_url(settings.store_url)
    uncompared = _reason_not_to_compare(store, settings)
    if settings.events_uri is not None:
        read_events_from_lake(workshop / "gx")
    if uncompared is not None:
        for checkpoint in checkpoints:
            for validation in checkpoint.validations:
                leave_out_comparisons(workshop / "gx", validation)
    with _refusals():
        context = gx.get_context(
            mode="file",
            context_root_dir=workshop / "gx",
            runtime_environment={
                # It becomes part of a URL.
                "WAREHOUSE_PATH": quote(str(settings.warehouse_path.absolute())),
                "STORE_URL": read_only(store),
                "DATA_DOCS_PATH": str(workshop / "data_docs"),
            },
        )
        with _held(context, settings.warehouse_path, report) as warehouse:
            outcomes = tuple(
                CheckpointOutcome(
                    checkpoint.name,
                    tuple(_judge(context, warehouse, checkpoint, bounds, uncompared)),
                )
                for checkpoint in checkpoints
            )
            built = _built_files(warehouse)
        context.build_data_docs()
    return Results(outcomes, built)


def _reason_not_to_compare(store: URL, settings: Settings) -> str | None:
    """Tell why the warehouse cannot be compared with the store; None where it can."""
    missing_store = missing_file(store)
    if missing_store is not None:
        return f"no store at {missing_store}"
    if settings.events_uri is not None:
        # The loader ships on without regard to builds; `python -m warehouse verify` compares.
        return "events are as the last build found them in the lake"
    return None


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what Great Expectations raises into a refusal: it is no verdict on the data."""
    try:
        yield
    except (CannotCheckError, WarehouseUnavailableError):
        raise
    except Exception as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise CannotCheckError(
            f"Great Expectations cannot run this: {type(error).__name__}: {reason}"
        ) from error


@contextmanager
def _held(
    context: FileDataContext, path: Path, report: Callable[[str], None]
) -> Iterator[Connection]:
    """Hold the warehouse, so that no writer changes it between two queries.

    DuckDB refuses a second connection of a process that is configured in another way, so this one
    comes from an engine of the data source.
    """
    source = context.data_sources.get(WAREHOUSE)
    assert isinstance(source, SQLDatasource)  # noqa: S101 (for mypy)  # nosec B101
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
    # Views that are judged call them, through whichever connection of this process.
    register_functions(cast("duckdb.DuckDBPyConnection", connection.connection.dbapi_connection))
    return connection


def _judge(
    context: FileDataContext,
    warehouse: Connection,
    checkpoint: Checkpoint,
    bounds: Mapping[str, float],
    uncompared: str | None,
) -> Iterator[Outcome]:
    run_id = RunIdentifier(run_name=checkpoint.name, run_time=datetime.now(UTC))
    definitions = {
        definition.name: definition
        for definition in context.checkpoints.get(checkpoint.name).validation_definitions
    }
    for validation in checkpoint.validations:
        evaluated = _validate(definitions[validation.name], validation, bounds, run_id)
        for expectation in validation.expectations:
            if expectation.compares_with_store and uncompared is not None:
                yield not_compared(expectation, validation, uncompared)
            elif expectation.name in evaluated:
                result = evaluated[expectation.name]
                _name_rows_outside(result, validation, warehouse)
                yield judged(expectation, validation, result)
            else:
                # Great Expectations goes on without it.
                raise CannotCheckError(
                    f"Great Expectations does not understand {expectation.name} in"
                    f" {validation.suite}.json. Correct its type or its arguments."
                )


def _validate(
    definition: ValidationDefinition,
    validation: Validation,
    bounds: Mapping[str, float],
    run_id: RunIdentifier,
) -> dict[str, dict[str, Any]]:
    """Give the result of each expectation of a suite, by its name.

    `Checkpoint.run` has one result format for all of its validations, and so no way to name rows by
    the key of their table.
    """
    if not definition.suite.expectations:
        return {}
    evaluated = definition.run(
        expectation_parameters=dict(bounds),
        result_format={
            "result_format": "SUMMARY",
            **({"unexpected_index_column_names": list(validation.key)} if validation.key else {}),
        },
        run_id=run_id,
    )
    results = evaluated.to_json_dict()["results"]  # type: ignore[no-untyped-call]
    return {result["expectation_config"]["meta"]["name"]: result for result in results}


def _name_rows_outside(
    result: dict[str, Any], validation: Validation, warehouse: Connection
) -> None:
    """Add the rows that are out of bounds to a failed measure, as other results have them.

    Great Expectations reduces a measure to its range, which does not say where it fails.
    """
    configuration = result["expectation_config"]
    is_outside = not result["success"] and result["result"].get("observed_value") is not None
    if configuration["type"] != MEASURE or not is_outside or not validation.key:
        return
    column = configuration["kwargs"]["column"]
    outside = [
        f"{column} {sign} {configuration['kwargs'][bound]}"
        for bound, sign in (("min_value", "<"), ("max_value", ">"))
        if bound in configuration["kwargs"]
    ]
    rows = warehouse.exec_driver_sql(
        f"select {', '.join([*validation.key, column])} from {validation.table}"  # noqa: S608 (ours)  # nosec B608
        f" where {' or '.join(outside)} order by all limit {NAMED + 1}"
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


def publish_data_docs(workshop: Path, docs: Path) -> None:
    """Put the Data Docs that were built in a workshop where those of the run before are.

    Args:
        workshop: The folder that `run_checkpoints` was given.
        docs: The folder of the Data Docs, on the same file system.
    """
    if docs.exists():
        docs.rename(workshop / "data_docs_before")
    (workshop / "data_docs").rename(docs)
