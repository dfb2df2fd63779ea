"""A Spark cluster on this machine: a standalone master, two workers and a Thrift Server."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess  # nosec B404 # for its types
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from warehouse.spark.errors import CannotUseSparkError
from warehouse.spark.needs import java_home, spark_home
from warehouse.spark.ports import free_port
from warehouse.spark.processes import Processes, signal_group

# Only this machine can connect, because the Thrift Server requires no password.
HOST = "127.0.0.1"
WORKERS = (1, 2)
# The time that a part has to start on a busy machine.
START_SECONDS = 120
POLL_SECONDS = 0.05
# The time that dbt has to cancel its statements.
INTERRUPT_SECONDS = 10
CONF = Path(__file__).with_name("conf")
# About 3 GB in all. The Thrift Server plans, returns rows and has the catalog. The memory of a
# worker is that of its one executor.
DAEMON_MEMORY, THRIFT_MEMORY, WORKER_MEMORY = "192m", "1g", "768m"
# For short-lived processes on two cores: a fast compiler and a collector without extra threads.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"


@dataclass(frozen=True)
class Part:
    """A process of the cluster, and the log of its output."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Cluster:
    """A cluster; `running_cluster` makes one.

    Attributes:
        folder: The folder of its data, settings and logs.
        port: The port of its Thrift Server, on 127.0.0.1.
    """

    def __init__(self, folder: Path, processes: Processes, port: int) -> None:
        self.folder, self.port = folder, port
        self._home = spark_home()
        self._data, self._logs = folder / "data", folder / "logs"
        self._processes = processes
        self._master_port = free_port()
        self._parts: dict[str, Part] = {}
        self._environment = {
            # Without the settings of another Spark on this machine.
            **{name: text for name, text in os.environ.items() if not name.startswith("SPARK_")},
            "JAVA_HOME": str(java_home()),
            "SPARK_HOME": str(self._home),
            "SPARK_CONF_DIR": str(folder / "conf"),
            "SPARK_LOCAL_IP": HOST,
            "SPARK_LOCAL_DIRS": str(self._data / "local"),
        }
        # Only for the daemons: the Thrift Server would use these settings, too.
        self._daemon = {
            "SPARK_DAEMON_MEMORY": DAEMON_MEMORY,
            "SPARK_DAEMON_JAVA_OPTS": java_options(self._data),
        }

    @property
    def address(self) -> dict[str, str]:
        """The settings with which the dbt target `spark` connects."""
        return {"SPARK_THRIFT_HOST": HOST, "SPARK_THRIFT_PORT": str(self.port)}

    def start(self, report: Callable[[str], None]) -> None:
        """Start all parts and wait until the Thrift Server accepts connections.

        Raises:
            CannotUseSparkError: A part does not start.
        """
        report("Starting Spark: a master, two workers and a Thrift Server")
        master = self._start(
            "master",
            *("spark-class", "org.apache.spark.deploy.master.Master", "--host", HOST),
            *("--port", str(self._master_port), "--webui-port", "0"),
        )
        # Start it early: it takes long before it needs the master.
        server = self._start(
            "thrift-server",
            *("spark-submit", "--name", "gamehouse", "--master", self._master_url),
            *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"),
            "spark-internal",
            *("--hiveconf", f"hive.server2.thrift.bind.host={HOST}"),
            *("--hiveconf", f"hive.server2.thrift.port={self.port}"),
            *("--hiveconf", "hive.server2.authentication=NOSASL"),
        )
        # A worker that does not find its master retries only after some seconds.
        self._wait_for(self._master_port, master)
        for number in WORKERS:
            self.start_worker(number)
        self._wait_for(self.port, server)

    def start_worker(self, number: int) -> None:
        """Start or restart a worker, which registers with the master."""
        self._start(
            f"worker-{number}",
            *("spark-class", "org.apache.spark.deploy.worker.Worker", "--host", HOST),
            *("--webui-port", "0", "--cores", "1", "--memory", WORKER_MEMORY),
            *("--work-dir", str(self._data / f"worker-{number}"), self._master_url),
        )

    def kill_worker(self, number: int) -> None:
        """Kill a worker and its executor."""
        worker = self._parts[f"worker-{number}"].process
        signal_group(worker, signal.SIGKILL)
        worker.wait()

    def require_all(self) -> None:
        """Check that all parts run.

        Raises:
            CannotUseSparkError: A part has ended.
        """
        for part in self._parts.values():
            if part.process.poll() is not None:
                raise CannotUseSparkError(f"Spark's {part.name} has ended. See {part.log}.")

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run a program on the cluster and return its exit status.

        If this process is interrupted, it interrupts the program and waits a while for its end.
        """
        process = self._processes.start(command, environment=environment)
        try:
            return process.wait()
        except BaseException:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(INTERRUPT_SECONDS)
            raise

    @property
    def _master_url(self) -> str:
        return f"spark://{HOST}:{self._master_port}"

    def _start(self, name: str, program: str, *arguments: str) -> Part:
        is_daemon = program == "spark-class"
        log = self._logs / f"{name}.log"
        with log.open("ab") as output:
            process = self._processes.start(
                [str(self._home / "bin" / program), *arguments],
                environment={**self._environment, **(self._daemon if is_daemon else {})},
                folder=self._data,
                output=output,
            )
        part = self._parts[name] = Part(name, process, log)
        return part

    def _wait_for(self, port: int, part: Part) -> None:
        """Wait until a part listens, while all parts run."""
        deadline = time.monotonic() + START_SECONDS
        while not is_listening(port):
            self.require_all()
            if time.monotonic() > deadline:
                raise CannotUseSparkError(
                    f"Spark's {part.name} did not start within {START_SECONDS} s. See {part.log}."
                )
            time.sleep(POLL_SECONDS)


@contextmanager
def running_cluster(
    folder: Path, *, port: int | None = None, report: Callable[[str], None] = lambda _: None
) -> Iterator[Cluster]:
    """Run a cluster.

    It ends with the block, or with this process, even if that is killed. Its tables are temporary.

    Args:
        folder: The folder of its data, settings and logs; only the logs remain.
        port: The port of its Thrift Server; by default any free port.
        report: Called with messages about the progress.

    Yields:
        The cluster, ready for statements.

    Raises:
        CannotUseSparkError: Java or a package is missing, the port or the folder is in use, or a
            part does not start.
        OSError: The folder is not writable.
    """
    spark_home()
    java_home()
    if port is not None and is_listening(port):
        raise CannotUseSparkError(
            f"Port {port} of {HOST} is in use, perhaps by another cluster. Stop that cluster, or"
            " set SPARK_THRIFT_PORT to a free port."
        )
    folder = folder.absolute()
    with _exclusive_use_of(folder):
        _prepare(folder)
        with Processes(folder / "data") as processes:
            cluster = Cluster(folder, processes, port or free_port())
            cluster.start(report)
            try:
                yield cluster
            finally:
                report("Stopping Spark")


@contextmanager
def _exclusive_use_of(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotUseSparkError(f"Another cluster uses {folder}. Stop it first.") from None
        yield


def _prepare(folder: Path) -> None:
    """Remove the files of an earlier cluster, and create the folders and the settings."""
    for name in ("data", "logs", "conf"):
        shutil.rmtree(folder / name, ignore_errors=True)
    shutil.copytree(CONF, folder / "conf")
    (folder / "logs").mkdir()
    (folder / "data/temporary").mkdir(parents=True)
    # It contains a secret.
    (folder / "conf").chmod(0o700)
    options = java_options(folder / "data")
    own = {
        "spark.authenticate": "true",
        "spark.authenticate.secret": secrets.token_hex(32),
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.driver.memory": THRIFT_MEMORY,
        "spark.driver.extraJavaOptions": options,
        "spark.executor.memory": WORKER_MEMORY,
        "spark.executor.cores": "1",
        "spark.executor.extraJavaOptions": options,
        # Tables are temporary, so no metastore is needed. Statements that create a table or a view
        # take a fifth less time.
        "spark.sql.catalogImplementation": "in-memory",
        # Compiling and replanning a statement only pays off with many rows.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.warehouse.dir": (folder / "data/warehouse").as_uri(),
    }
    with (folder / "conf/spark-defaults.conf").open("a") as settings:
        settings.writelines(f"{name} {text}\n" for name, text in own.items())


def java_options(data: Path) -> str:
    """Return the options of every Java process, with a folder for its temporary files."""
    return f'{JAVA_OPTIONS} "-Djava.io.tmpdir={data}/temporary"'


def is_listening(port: int) -> bool:
    """Return whether a process listens on a port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False
