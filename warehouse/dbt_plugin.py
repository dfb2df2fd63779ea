"""The plugin of dbt-duckdb that prepares the warehouse for a build (see `profiles.yml`)."""

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
from warehouse.inputs.functions import register_functions
from warehouse.settings import Settings, UnusablePathError


class Plugin(BasePlugin):
    """Creates the folders that a build writes to, waits for the warehouse and adds SQL functions.

    dbt-duckdb waits silently, for a read-only disk as long as for a lock. This plugin names the
    process that it waits for, and fails at once on any other error.
    """

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Run before the first connection of a dbt process.

        Raises:
            DbtRuntimeError: The warehouse or the reports folder is not writable, the name of the
                warehouse is reserved, or the memory limit is not valid.
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
            f"WAREHOUSE_MEMORY_LIMIT is {memory_limit!r}. Set it to an amount such as 8GB, or unset"
            " it."
        ) from error
    return memory_limit


def _make_writable(folder: Path, setting: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DbtRuntimeError(
            f"Cannot create the folder {folder}: {error.strerror}. Set {setting} to a writable"
            " path."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DbtRuntimeError(
            f"Cannot write to {folder}. Nothing was changed. Give this user write access, or set"
            f" {setting} to a writable path."
        )
