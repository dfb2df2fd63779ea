"""The commands `spark`, `cluster` and `fetch` of `python -m warehouse`."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from warehouse.inputs import headers
from warehouse.spark.cluster import HOST, is_listening, running_cluster
from warehouse.spark.errors import CannotUseSparkError
from warehouse.spark.reports import fetch_reports
from warehouse.terminal import EXIT_FAILED, EXIT_OK, echo, echo_error

EXIT_INTERRUPTED = 130
MAX_PORT = 65_535
SEEDS = Path("seeds")


def add_spark_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `spark`, `cluster` and `fetch` to the commands of `python -m warehouse`."""
    spark = commands.add_parser(
        "spark",
        help="build on a temporary Spark cluster on this machine",
        description="Starts a Spark cluster on this machine (a master, two workers, a Thrift"
        " Server), runs `dbt build --target spark` on it, fetches the reports and stops the"
        " cluster, which deletes its tables. It needs about 3 GB of memory and exits with the"
        " status of dbt.",
        epilog="Settings: REPORTS_PATH (the reports folder, default reports/spark), LANDING (the"
        " inputs folder, default seeds) and EVENTS_URI (the lake of the events).",
    )
    spark.add_argument(
        "arguments",
        nargs="*",
        metavar="-- ARGUMENT",
        help="further arguments of dbt, for example -- --vars '{as_of_date: 2026-01-20}'",
    )
    spark.set_defaults(run=_stoppable(_spark))

    cluster = commands.add_parser(
        "cluster",
        help="run a Spark cluster on this machine for `dbt build --target spark`",
        description="Runs a Spark cluster on this machine (a master, two workers, a Thrift Server)"
        " until Ctrl-C or SIGTERM, which deletes its tables. Every program on this machine can"
        " connect without a password, other machines cannot.",
        epilog="Settings: SPARK_THRIFT_PORT (default 17000).",
    )
    cluster.set_defaults(run=_stoppable(_cluster))

    fetch = commands.add_parser(
        "fetch",
        help="fetch the reports of `dbt build --target spark` from any Thrift Server",
        description="Fetches all reports of the last successful build, or none.",
        epilog="Settings: REPORTS_PATH (the reports folder, default reports/spark),"
        " SPARK_THRIFT_HOST (default 127.0.0.1) and SPARK_THRIFT_PORT (default 17000).",
    )
    fetch.set_defaults(run=_stoppable(_fetch))


def _stoppable(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Make SIGTERM and Ctrl-C end a command cleanly, without a traceback."""

    def stoppable(options: argparse.Namespace) -> int:
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            return run(options)
        except KeyboardInterrupt:
            return EXIT_INTERRUPTED

    return stoppable


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _spark(options: argparse.Namespace) -> int:
    faults = _faults_of_inputs(options.arguments)
    for fault in faults:
        echo_error(fault)
    if faults:
        return EXIT_FAILED
    reports, folder = _reports(), _folder()
    dbt = [str(Path(sys.executable).with_name("dbt")), "build", "--target", "spark"]
    started_at = time.monotonic()
    # Prefer the default port, because dbt parses the project again for another one.
    port = None if is_listening(thrift_port()) else thrift_port()
    with running_cluster(folder, port=port, report=echo) as cluster:
        echo(f"Spark started in {time.monotonic() - started_at:.0f} s; its logs: {folder}/logs")
        environment = {
            **os.environ,
            **cluster.address,
            "REPORTS_PATH": str(reports),
            # A separate folder, because dbt parses the project again when the target changes.
            "DBT_TARGET_PATH": str(folder / "dbt"),
        }
        exit_code = cluster.run([*dbt, *options.arguments], environment)
        if exit_code == EXIT_OK:
            echo(_fetched(fetch_reports(HOST, cluster.port, reports), reports))
        else:
            echo(f"dbt build failed; the reports in {reports}/ are unchanged.")
    return exit_code


def _faults_of_inputs(arguments: list[str]) -> list[str]:
    """Say what is wrong with the files in `seeds/`, which are placeholders with `landing`."""
    landing = os.environ.get("LANDING") or next(
        (argument for argument in arguments if "landing" in argument), None
    )
    return headers.placeholder_faults(SEEDS, landing) if landing else headers.faults(SEEDS)


def _cluster(_: argparse.Namespace) -> int:
    port = thrift_port()
    with running_cluster(_folder(), port=port, report=echo) as cluster:
        echo(
            f"The Thrift Server listens on {HOST}:{port} until Ctrl-C. In another terminal:\n"
            "  dbt build --target spark\n"
            "  python -m warehouse fetch"
        )
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                cluster.require_all()
                time.sleep(1)
    return EXIT_OK


def _fetch(_: argparse.Namespace) -> int:
    host, reports = os.environ.get("SPARK_THRIFT_HOST", HOST), _reports()
    echo(_fetched(fetch_reports(host, thrift_port(), reports), reports))
    return EXIT_OK


def thrift_port() -> int:
    """Read SPARK_THRIFT_PORT.

    Raises:
        CannotUseSparkError: It is not a port.
    """
    text = os.environ.get("SPARK_THRIFT_PORT", "17000")
    if not text.isdecimal() or not 0 < int(text) <= MAX_PORT:
        raise CannotUseSparkError(f"SPARK_THRIFT_PORT is {text!r}. Set it to a port number.")
    return int(text)


def _reports() -> Path:
    return Path(os.environ.get("REPORTS_PATH", "reports/spark"))


def _folder() -> Path:
    return Path(os.environ.get("DBT_TARGET_PATH", "target")) / "spark"


def _fetched(files: list[str], folder: Path) -> str:
    return f"Reports in {folder}/: {', '.join(files)}"
