"""Fetches the reports of a build on Spark through the Thrift Server into a folder.

On Spark, a report is a view of its lines (`macros/export/export_json.sql`). This module writes them
to files with the same bytes as those of DuckDB.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from warehouse.inputs.functions import LAST, NEXT, publish_reports
from warehouse.spark.errors import CannotUseSparkError
from warehouse.spark.needs import require_packages

# The number of rows per request.
BATCH_ROWS = 5_000
# The sections of a report: the line before the rows, the rows, and the line after them.
OPENING, ROW, CLOSING = range(3)
FILE_NAME = re.compile(r"[a-z][a-z0-9_]*\.json")
SESSION = {
    # The server returns one partition at a time, instead of collecting all rows in memory.
    "spark.sql.thriftServer.incrementalCollect": "true",
    # As in every session of dbt-spark.
    "spark.sql.ansi.enabled": "false",
}
STATES_OF_WAITING = ("INITIALIZED_STATE", "PENDING_STATE", "RUNNING_STATE")


def fetch_reports(host: str, port: int, folder: Path, *, schema: str = "reports") -> list[str]:
    """Fetch all reports of the last successful build, and replace the earlier ones.

    Args:
        host: The host of the Thrift Server.
        port: The port of the Thrift Server.
        folder: The folder of the files, which are replaced together when all are complete.
        schema: The schema of the views.

    Returns:
        The names of the files, the manifest last.

    Raises:
        CannotUseSparkError: A package is missing, the server does not answer, or the reports are
            missing or incomplete.
        OSError: A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    publish_reports(str(folder), are_good=False)
    is_whole = False
    try:
        with _session(host, port) as cursor:
            manifest = list(_lines(cursor, schema, LAST))
            hashes = {
                file: _write(folder, file, _lines(cursor, schema, file))
                for file in _report_files(manifest)
            }
            if list(_lines(cursor, schema, LAST)) != manifest:
                raise CannotUseSparkError("Another build ended meanwhile. Run this again.")
        _write(folder, LAST, iter(_hashed(manifest, hashes)))
        is_whole = True
    finally:
        publish_reports(str(folder), is_whole)
    return [*hashes, LAST]


@contextmanager
def _session(host: str, port: int) -> Iterator[Any]:
    """Open a session of the Thrift Server and yield a cursor of PyHive."""
    require_packages()
    hive = importlib.import_module("pyhive.hive")
    exceptions = importlib.import_module("pyhive.exc")
    thrift = importlib.import_module("thrift.Thrift")
    # It also logs the errors that it raises.
    logging.getLogger("thrift").setLevel(logging.CRITICAL)
    try:
        connection = hive.connect(
            host=host, port=port, auth="NOSASL", username="gamehouse", configuration=SESSION
        )
    except (thrift.TException, OSError) as error:
        raise CannotUseSparkError(
            f"No Thrift Server answers on {host}:{port}. Start one on this machine with `python -m"
            " warehouse cluster`, or set SPARK_THRIFT_HOST and SPARK_THRIFT_PORT to another."
        ) from error
    try:
        yield connection.cursor(arraysize=BATCH_ROWS)
    except exceptions.Error as error:
        raise CannotUseSparkError(
            f"Spark cannot return the reports: {_reason(error)}\nIf there is no build yet, run"
            " `dbt build --target spark`."
        ) from error
    except (thrift.TException, EOFError) as error:
        raise CannotUseSparkError(
            f"The Thrift Server on {host}:{port} closed the connection. Nothing was changed. Try"
            " again."
        ) from error
    finally:
        # This fails if the server has stopped.
        with contextlib.suppress(thrift.TException, EOFError, OSError):
            connection.close()


def _reason(error: Exception) -> str:
    """Return the message of the server without its stack trace."""
    status = getattr(error.args[0] if error.args else None, "status", None)
    return str(getattr(status, "errorMessage", error)).splitlines()[0]


def _lines(
    cursor: Any,  # noqa: ANN401 (PyHive has no types)
    schema: str,
    file: str,
) -> Iterator[tuple[int, str]]:
    """Yield the section and the text of each line of a report, in order."""
    states = importlib.import_module("TCLIService.ttypes").TOperationState
    waiting = [getattr(states, name) for name in STATES_OF_WAITING]
    view = f"{schema}.json_{file.removesuffix('.json')}"
    cursor.execute(f"select section, line from {view}", async_=True)  # noqa: S608  # nosec B608
    while (status := cursor.poll()).operationState in waiting:
        pass  # the server answers at the end of the statement, or after five seconds
    if status.operationState != states.FINISHED_STATE:
        exceptions = importlib.import_module("pyhive.exc")
        raise exceptions.OperationalError(status.errorMessage or "The statement was cancelled.")
    yield from iter(cursor.fetchone, None)


def _report_files(manifest: list[tuple[int, str]]) -> list[str]:
    """Return the reports in a manifest."""
    rows = [json.loads(line) for section, line in manifest if section == ROW]
    files = [row["file"] for row in rows if row["kind"] == "report"]
    # The names become part of SQL and paths.
    if not files or not all(FILE_NAME.fullmatch(file) for file in files):
        raise CannotUseSparkError(f"The manifest has no valid reports: {files}. Build again.")
    return files


def _hashed(manifest: list[tuple[int, str]], hashes: dict[str, str]) -> list[tuple[int, str]]:
    """Add the hashes of the fetched reports to the manifest."""
    lines = []
    for section, line in manifest:
        row = json.loads(line) if section == ROW else {}
        if row.get("kind") == "report":
            row["sha256"] = hashes[row["file"]]
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":")) if row else line
        lines.append((section, text))
    return lines


def _write(folder: Path, file: str, lines: Iterator[tuple[int, str]]) -> str:
    """Write the new version of a report; return its SHA-256."""
    digest = hashlib.sha256()
    before = None
    with (folder / (file + NEXT)).open("wb") as output:
        for section, line in lines:
            if not _may_follow(before, section):
                break
            comma = "," if before == section == ROW else ""
            text = f"{comma}{line}\n".encode()
            output.write(text)
            digest.update(text)
            before = section
        else:
            if before == CLOSING:
                return digest.hexdigest()
    raise CannotUseSparkError(f"{file} arrived incomplete. Nothing was changed. Try again.")


def _may_follow(before: int | None, section: int) -> bool:
    if before is None:
        return section == OPENING
    return before != CLOSING and (section > before or section == before == ROW)
