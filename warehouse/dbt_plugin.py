"""What must hold when dbt opens the warehouse; dbt-duckdb loads it (see `profiles.yml`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.events.logging import AdapterLogger
from dbt_common.exceptions import DbtRuntimeError

from warehouse.database import WarehouseUnavailableError, open_when_free
from warehouse.functions import register_functions
from warehouse.settings import Settings, UnusablePathError


class Plugin(BasePlugin):
    """Makes the folders that a build writes to, waits for the warehouse and adds functions to it.

    dbt-duckdb waits in silence, and just as long for a read-only disk as for a lock. Here the wait
    says which process it is for, and whatever waiting cannot cure fails at once.
    """

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Run before the first connection of a dbt process.

        Raises:
            DbtRuntimeError: The warehouse or the folder of the reports cannot be written, the
                warehouse must have another name, or DuckDB does not understand the memory limit.
        """
        try:
            settings = Settings.from_environment()
        except UnusablePathError as error:
            raise DbtRuntimeError(str(error)) from error
        warehouse = Path(creds.path)
        _make_writable(warehouse.parent, "WAREHOUSE_PATH")
        _make_writable(settings.reports_path, "REPORTS_PATH")
        if settings.memory_limit is not None:
            config["memory_limit"] = _verified(settings.memory_limit)
        try:
            open_when_free(
                warehouse,
                read_only=False,
                attempts=creds.retries.connect_attempts if creds.retries else 1,
                report=AdapterLogger("gamehouse").info,
            ).close()
        except WarehouseUnavailableError as error:
            raise DbtRuntimeError(str(error)) from error

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Run after the first connection of a dbt process."""
        register_functions(conn)


def _verified(memory_limit: str) -> str:
    try:
        duckdb.connect(config={"memory_limit": memory_limit}).close()
    except duckdb.Error as error:
        raise DbtRuntimeError(
            f"WAREHOUSE_MEMORY_LIMIT is {memory_limit!r}. Set it to an amount such as 8GB, or leave"
            " it out."
        ) from error
    return memory_limit


def _make_writable(folder: Path, setting: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DbtRuntimeError(
            f"Cannot make the folder {folder}: {error.strerror}. Set {setting} to a place that can"
            " be written."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DbtRuntimeError(
            f"Cannot write to {folder}. Give yourself the right to, or set {setting} to a place"
            " that can be written. Nothing was changed."
        )
