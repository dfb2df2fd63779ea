"""A PostgreSQL server of the tests' own, from the machine's package."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from warehouse.spark.ports import free_port
from warehouse.store.engine import open_engine
from warehouse.store.migrations import migrate
from warehouse.store.tables import metadata

START_SECONDS = 60
SUPERUSER = "gamehouse"
# Nothing of it outlives the tests, so nothing needs to reach the disk.
QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def find_programs() -> Path | None:
    """Find the folder of `initdb` and `postgres`, the newest first; None if there is none."""
    folders = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True),
        *map(Path, os.environ.get("PATH", "").split(os.pathsep)),
    ]
    return next((path for path in folders if (path / "initdb").exists()), None)


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


class PostgresServer:
    """A server on a free port of the loopback address and on a socket in its own folder.

    It requires a password over the loopback address, but not over the socket.
    """

    def __init__(self, programs: Path, *, is_durable: bool = False) -> None:
        """Make its files and start it.

        Args:
            programs: The folder of its programs.
            is_durable: Whether commits wait for the disk, as they do outside of tests.
        """
        self._programs = programs
        self._settings = {} if is_durable else QUICK
        self._numbers = count(1)
        self._store: str | None = None
        # As root it does not run; and the folders of pytest are their owner's alone.
        self._user = _unprivileged_user() if os.getuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="gamehouse-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        if self._user:
            shutil.chown(self.folder, self._user)
        self._run(
            *("initdb", "--pgdata", str(self._data), "--username", SUPERUSER, "--no-sync"),
            *("--auth-local", "trust", "--auth-host", "scram-sha-256"),
            *("--encoding", "UTF8", "--no-locale", "--no-instructions"),
        )
        self.start()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "max_connections": "300",
            "autovacuum": "off",
            **self._settings,
        }
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self._programs / "postgres"),
                    *("-D", str(self._data)),
                    *(
                        word
                        for name, value in settings.items()
                        for word in ("-c", f"{name}={value}")
                    ),
                ],
                stdout=log,
                stderr=log,
                user=self._user,
                group=self._group,
                extra_groups=[] if self._user else None,
                cwd=self.folder,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.execute("select 1")
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """End it in good order, and all connections with it."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it as a crash would: without a word to its clients."""
        self._end(signal.SIGQUIT)

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait()

    def pids(self) -> list[int]:
        assert self._process is not None
        main = self._process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text(encoding="ascii")
        return [main, *map(int, children.split())]

    def new_database(self) -> str:
        """Make a database with nothing in it; returns its URL."""
        name = f"game_{next(self._numbers)}"
        with self._connect("postgres") as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return self.url(name)

    def empty_store(self) -> str:
        """Give the URL of a store without players: one for all tests, which takes least time.

        Remaining connections are closed.
        """
        if self._store is None:
            self._store = self.new_database()
            engine = open_engine(self._store, writes=True)
            migrate(engine)
            engine.dispose()
            return self._store
        database = str(make_url(self._store).database)
        with self._connect(database) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
            tables = sql.SQL(", ").join(map(sql.Identifier, metadata.tables))
            connection.execute(sql.SQL("truncate {} restart identity").format(tables))
            connection.execute("insert into store_identity values (gen_random_uuid()::text)")
        return self._store

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self.folder}&port={self.port}"

    def execute(
        self, statement: LiteralString, database: str = "postgres"
    ) -> list[tuple[Any, ...]]:
        with self._connect(database) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=str(self.folder),
            port=self.port,
            user=SUPERUSER,
            dbname=database,
            autocommit=True,
        )

    @property
    def _group(self) -> int | None:
        return pwd.getpwnam(self._user).pw_gid if self._user else None

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            capture_output=True,
            text=True,
            user=self._user,
            group=self._group,
            extra_groups=[] if self._user else None,
            cwd=self.folder,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def _unprivileged_user() -> str:
    names = {user.pw_name for user in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)
