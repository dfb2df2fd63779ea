"""Two expectations that Great Expectations lacks. Importing the module registers them."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

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
    examples,
    interval,
    label,
    observed,
)

# Great Expectations converts it to an ExpectationValidationResult.
Judgement = dict[str, Any]


class ExpectMeasureToBeBetween(ColumnAggregateExpectation):
    """Every value of a column is within bounds; null means "too little data to judge".

    `expect_column_max_to_be_between` fails if all values are null, and
    `expect_column_values_to_be_between` shows no value. NaN and infinity always fail.
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
        del runtime_configuration, execution_engine
        if not metrics["column.non_null_count"]:
            return {"success": True, "result": {"observed_value": None}}
        least, most = metrics["column.min"], metrics["column.max"]
        bounds = self.configuration.kwargs
        holds = _lies_between(least, bounds) and _lies_between(most, bounds)
        observed = least if least == most else interval(least, most)
        if least is None or most is None:
            observed = "not a number"
        return {"success": holds, "result": {"observed_value": observed}}


def _lies_between(value: float | None, bounds: dict[str, float | None]) -> bool:
    # Great Expectations passes None for NaN.
    if value is None or not math.isfinite(value):
        return False
    low, high = bounds.get("min_value"), bounds.get("max_value")
    # As a float, because decimal 0.1 is less than float 0.1.
    value = float(value)
    return (low is None or low <= value) and (high is None or value <= high)


@dataclass(frozen=True)
class Count:
    """A count and its bounds.

    Attributes:
        key: What is counted.
        least: The minimum, from the other data source.
        count: The count in the judged data source.
        most: The maximum, from the other data source.
    """

    key: str
    least: int
    count: int
    most: int

    @property
    def holds(self) -> bool:
        """Whether the count is within the bounds."""
        return self.least <= self.count <= self.most


class ExpectCountsToLieBetween(BatchExpectation):
    """Counts per key are between two counts per key of another data source.

    While a row is shipped, it may have arrived without its mark, or not yet. So the condition is
    shipped <= arrived <= all, for every key of either side; a missing key counts as 0.

    Attributes:
        base_query: SQL on the judged data source, with the columns key and count.
        comparison_data_source_name: The other data source.
        comparison_query: SQL on the other data source, with the columns key, least and most.
    """

    base_query: str
    comparison_data_source_name: str
    comparison_query: str

    success_keys: ClassVar[tuple[str, ...]] = (
        "base_query",
        "comparison_data_source_name",
        "comparison_query",
    )

    # The metrics of Great Expectations for two queries stop after 200 rows.
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
            result["observed_value"] = examples(result, ()) or observed(result)
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
            # The error contains the URL and the statement, its cause does not.
            reason = getattr(error, "orig", None) or error
            raise RuntimeError(f"{name} cannot be read: {reason}") from None


def _rows(engine: Engine, query: str) -> dict[str, tuple[int, ...]]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(query).all()
    counts = {label(row[0]): tuple(int(count or 0) for count in row[1:]) for row in rows}
    if len(counts) < len(rows):
        raise ValueError(f"a key occurs more than once in the result of {query}")
    return counts
