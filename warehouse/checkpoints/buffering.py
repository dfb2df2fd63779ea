"""Lets Great Expectations read what DuckDB answers.

Great Expectations 1.x runs a query inside `with self.get_connection()` and fetches its rows when
that block has ended (`SqlAlchemyExecutionEngine.execute_query`). Drivers that hold the whole answer
in the cursor do not mind. DuckDB streams, and its SQLAlchemy dialect empties the cursor of a closed
connection: no row is left, and every expectation ends in `IndexError: list index out of range`.

Here the dialect fetches the whole answer at once and SQLAlchemy serves it from memory. It may
be large in theory only: Great Expectations asks for aggregates and for a few unexpected rows.

`tests/warehouse/checkpoints/test_buffering.py` fails when upstream is mended; this can go then.
Seen with great-expectations 1.24.1 and duckdb-sqlalchemy 1.5.6.5.
"""

from __future__ import annotations

from duckdb_sqlalchemy import Dialect, DuckDBExecutionContext
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy


class BufferingExecutionContext(DuckDBExecutionContext):
    """Runs a statement as the dialect does, and fetches all of its rows before it returns."""

    def post_exec(self) -> None:
        """Run by SQLAlchemy between the statement and the result that it makes of the cursor."""
        super().post_exec()  # type: ignore[no-untyped-call]
        if self.cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, self.cursor.description, self.cursor.fetchall()
            )


def buffer_results() -> None:
    """Have every DuckDB engine of this process buffer its results. Doing it again does no harm."""
    Dialect.execution_ctx_cls = BufferingExecutionContext
