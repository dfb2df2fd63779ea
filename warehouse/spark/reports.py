"""The reports of a build on Spark, fetched through the Thrift Server into a folder.

dbt cannot write a file of this machine from Spark. A report stands there as a view of its lines
(`macros/export/export_json.sql`); here they become the files that DuckDB writes itself, byte for
byte.
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

# Rows of a report that are asked for and held at a time.
BATCH_ROWS = 5_000
# Its lines have a line before the rows, and one after them.
OPENING, ROW, CLOSING = range(3)
FILE_NAME = re.compile(r"[a-z][a-z0-9_]*\.json")
SESSION = {
    # The server hands out a partition of the rows at a time, instead of holding all at once.
    "spark.sql.thriftServer.incrementalCollect": "true",
    # As in every session of dbt-spark.
    "spark.sql.ansi.enabled": "false",
}
STATES_OF_WAITING = ("INITIALIZED_STATE", "PENDING_STATE", "RUNNING_STATE")


def fetch_reports(host: str, port: int, folder: Path, *, schema: str = "reports") -> list[str]:
    """Fetch all reports of the last build that ended well, and replace those before by them.

    Args:
        host: Where the Thrift Server is.
        port: Likewise.
        folder: Where the files shall be. They are replaced together, when all are there.
        schema: Where the views of the reports are.

    Returns:
        The names of the files, the manifest last.

    Raises:
        CannotUseSparkError: A package is missing, the server does not answer, there are no reports,
            or they are not whole.
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
                raise CannotUseSparkError(
                    "Another build ended meanwhile. Fetch its reports: run this again."
                )
        _write(folder, LAST, iter(_hashed(manifest, hashes)))
        is_whole = True
    finally:
        publish_reports(str(folder), is_whole)
    return [*hashes, LAST]


@contextmanager
def _session(host: str, port: int) -> Iterator[Any]:
    """Open a session of the Thrift Server; gives a cursor of PyHive."""
    require_packages()
    hive = importlib.import_module("pyhive.hive")
    exceptions = importlib.import_module("pyhive.exc")
    thrift = importlib.import_module("thrift.Thrift")
    # It prints what it raises as well.
    logging.getLogger("thrift").setLevel(logging.CRITICAL)
    try:
        connection = hive.connect(
            host=host, port=port, auth="NOSASL", username="gamehouse", configuration=SESSION
        )
    except (thrift.TException, OSError) as error:
        raise CannotUseSparkError(
            f"No Thrift Server answers on {host}:{port}. `python -m warehouse cluster` starts one"
            " on this machine; SPARK_THRIFT_HOST and SPARK_THRIFT_PORT say where another one is."
        ) from error
    try:
        yield connection.cursor(arraysize=BATCH_ROWS)
    except exceptions.Error as error:
        raise CannotUseSparkError(
            "Spark could not hand out the reports:"
            f" {_reason(error)}\nWhere nothing was built yet, `dbt build --target spark` does."
        ) from error
    except (thrift.TException, EOFError) as error:
        raise CannotUseSparkError(
            f"The Thrift Server on {host}:{port} went away. Nothing was changed; try again."
        ) from error
    finally:
        # Where the server is gone, so is the session.
        with contextlib.suppress(thrift.TException, EOFError, OSError):
            connection.close()


def _reason(error: Exception) -> str:
    """Say what the server said; without its stack trace."""
    status = getattr(error.args[0] if error.args else None, "status", None)
    return str(getattr(status, "errorMessage", error)).splitlines()[0]


def _lines(
    cursor: Any,  # noqa: ANN401 (PyHive has no types)
    schema: str,
    file: str,
) -> Iterator[tuple[int, str]]:
    """Yield section and line of a report, in the order of the file."""
    states = importlib.import_module("TCLIService.ttypes").TOperationState
    waiting = [getattr(states, name) for name in STATES_OF_WAITING]
    view = f"{schema}.json_{file.removesuffix('.json')}"
    cursor.execute(f"select section, line from {view}", async_=True)  # noqa: S608  # nosec B608
    while (status := cursor.poll()).operationState in waiting:
        pass  # the server answers when the statement has ended, or after five seconds
    if status.operationState != states.FINISHED_STATE:
        exceptions = importlib.import_module("pyhive.exc")
        raise exceptions.OperationalError(status.errorMessage or "The statement was cancelled.")
    yield from iter(cursor.fetchone, None)


def _report_files(manifest: list[tuple[int, str]]) -> list[str]:
    """Name the reports that a manifest lists."""
    rows = [json.loads(line) for section, line in manifest if section == ROW]
    files = [row["file"] for row in rows if row["kind"] == "report"]
    # They become a part of SQL and of paths.
    if not files or not all(FILE_NAME.fullmatch(file) for file in files):
        raise CannotUseSparkError(f"The manifest lists no reports that can be fetched: {files}")
    return files


def _hashed(manifest: list[tuple[int, str]], hashes: dict[str, str]) -> list[tuple[int, str]]:
    """Fill in the hashes of the reports, which are files only now."""
    lines = []
    for section, line in manifest:
        row = json.loads(line) if section == ROW else {}
        if row.get("kind") == "report":
            row["sha256"] = hashes[row["file"]]
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":")) if row else line
        lines.append((section, text))
    return lines


def _write(folder: Path, file: str, lines: Iterator[tuple[int, str]]) -> str:
    """Write what shall be the next version of a report; returns its SHA-256."""
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
    raise CannotUseSparkError(f"{file} did not arrive whole or in order. Nothing was changed.")


def _may_follow(before: int | None, section: int) -> bool:
    if before is None:
        return section == OPENING
    return before != CLOSING and (section > before or section == before == ROW)
