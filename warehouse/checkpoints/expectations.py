"""Two expectations that Great Expectations lacks. Importing the module registers them."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.data_context.context_factory import project_manager
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.expectation import (
    BatchExpectation,
    ColumnAggregateExpectation,
)
from sqlalchemy import Engine

from warehouse.checkpoints.wording import (
    TOO_LITTLE_DATA,
    demanded,
    found,
    interval,
    label,
    named,
    text,
)

# What Great Expectations makes an ExpectationValidationResult of.
Judgement = dict[str, Any]


class ExpectMeasureToBeBetween(ColumnAggregateExpectation):
    """Every value of a column lies within bounds; null stands for "too little data to judge".

    `expect_column_max_to_be_between` fails where there are only nulls, and
    `expect_column_values_to_be_between` shows no value. Not a number and infinity never hold.
    """

    min_value: float | dict[str, str] | None = None
    max_value: float | dict[str, str] | None = None

    metric_dependencies: ClassVar[tuple[str, ...]] = (
        "column.min",
        "column.max",
        "column.non_null_count",
    )
    success_keys: ClassVar[tuple[str, ...]] = ("min_value", "max_value")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> Judgement:
        del runtime_configuration, execution_engine  # the metrics are all it takes
        if not metrics["column.non_null_count"]:
            return {"success": True, "result": {"observed_value": None}}
        least, most = metrics["column.min"], metrics["column.max"]
        bounds = self._get_success_kwargs()
        holds = _lies_between(least, bounds) and _lies_between(most, bounds)
        observed = least if least == most else interval(least, most)
        if least is None or most is None:
            observed = "not a number"
        return {"success": holds, "result": {"observed_value": observed}}

    @classmethod
    def _get_observed_value_from_evr(cls, result: ExpectationValidationResult | None) -> str:
        return _in_data_docs(result)


def _lies_between(value: float | None, bounds: dict[str, float | None]) -> bool:
    # Great Expectations hands over None for what is not a number.
    if value is None or not math.isfinite(value):
        return False
    low, high = bounds.get("min_value"), bounds.get("max_value")
    # As a float, since decimal 0.1 is less than float 0.1.
    value = float(value)
    return (low is None or low <= value) and (high is None or value <= high)


@dataclass(frozen=True)
class Count:
    """A count beside those that it must lie between.

    Attributes:
        key: What is counted.
        least: By the other data source, at least this many.
        count: By the data source that is judged.
        most: By the other data source, at most this many.
    """

    key: str
    least: int
    count: int
    most: int

    @property
    def holds(self) -> bool:
        """Whether the count lies within."""
        return self.least <= self.count <= self.most


class ExpectCountsToLieBetween(BatchExpectation):
    """Counts per key lie between two counts per key of another data source.

    A row that moves from there to here may be under way: it is here and not yet marked as moved, or
    not here yet. So the honest statement is moved <= here <= all, for every key of either side; a
    key that a side lacks counts 0 there.

    Attributes:
        base_query: SQL on the data source of the batch; its columns are key and count.
        comparison_data_source_name: The other data source.
        comparison_query: SQL on that one; its columns are key, least and most.
    """

    base_query: str
    comparison_data_source_name: str
    comparison_query: str

    success_keys: ClassVar[tuple[str, ...]] = (
        "base_query",
        "comparison_data_source_name",
        "comparison_query",
    )

    # The metrics that Great Expectations has for two queries cut them off after 200 rows.
    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> Judgement:
        del metrics, runtime_configuration
        assert isinstance(execution_engine, SqlAlchemyExecutionEngine)  # noqa: S101 (for mypy)  # nosec B101
        here = _rows(execution_engine.engine, self.base_query)
        there = self._rows_of_the_other()
        counts = [
            Count(key, least, here.get(key, (0,))[0], most)
            for key in sorted(here.keys() | there.keys())
            for least, most in [there.get(key, (0, 0))]
        ]
        result: dict[str, Any] = {
            "observed_value": None,
            "details": {
                "compared_count": len(counts),
                "outside": [asdict(count) for count in counts if not count.holds],
            },
        }
        if counts:
            result["observed_value"] = named(result, ()) or found(result)
        return {"success": all(count.holds for count in counts), "result": result}

    def _rows_of_the_other(self) -> dict[str, tuple[int, ...]]:
        name = self.comparison_data_source_name
        try:
            engine = project_manager.get_datasources()[name].get_execution_engine().engine
            try:
                return _rows(engine, self.comparison_query)
            finally:
                engine.dispose()
        except Exception as error:
            # The error itself would bring URL and statement into Data Docs; its cause does not.
            reason = getattr(error, "orig", None) or error
            raise RuntimeError(f"{name} cannot be read: {reason}") from None

    @classmethod
    def _get_observed_value_from_evr(cls, result: ExpectationValidationResult | None) -> str:
        return _in_data_docs(result)


def _rows(engine: Engine, query: str) -> dict[str, tuple[int, ...]]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(query).all()
    counts = {label(row[0]): tuple(int(count or 0) for count in row[1:]) for row in rows}
    if len(counts) < len(rows):
        raise ValueError(f"a key occurs more than once in the result of {query}")
    return counts


def _in_data_docs(result: ExpectationValidationResult | None) -> str:
    """Write what was observed and, since the description does not say it, what is expected."""
    if result is None or result.expectation_config is None or "observed_value" not in result.result:
        return "--"
    observed = result.result["observed_value"]
    if observed is None:
        return TOO_LITTLE_DATA
    configuration = result.expectation_config
    return f"{text(observed)} (expected: {demanded(configuration.type, configuration.kwargs)})"
