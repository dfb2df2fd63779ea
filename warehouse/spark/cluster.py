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
from warehouse.spark.processes import Processes, signal_group

# The Thrift Server asks nobody for a password. So nothing listens to other machines.
HOST = "127.0.0.1"
WORKERS = (1, 2)
# What a part may take to come up on a machine that has other things to do.
START_SECONDS = 120
POLL_SECONDS = 0.05
# What dbt may take to cancel its statements.
INTERRUPT_SECONDS = 10
CONF = Path(__file__).with_name("conf")
# About 3 GB in all. The Thrift Server plans, hands out rows and keeps the catalog; the memory of a
# worker is that of its one executor.
DAEMON_MEMORY, THRIFT_MEMORY, WORKER_MEMORY = "192m", "1g", "768m"
# For processes of a minute or two, with two cores for all of them: a compiler that is quick instead
# of thorough, and a collector without threads of its own.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"


def _say_nothing(_: str) -> None:
    pass


@dataclass(frozen=True)
class Part:
    """A process of the cluster.

    Attributes:
        name: What to call it.
        process: It.
        log: What it prints.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Cluster:
    """A running cluster; `running_cluster` makes one.

    Attributes:
        folder: Where it keeps its data, settings and logs.
        port: Where its Thrift Server listens, on 127.0.0.1.
    """

    def __init__(self, folder: Path, processes: Processes, port: int) -> None:
        """Take what `running_cluster` prepared."""
        self.folder, self.port = folder, port
        self._home = spark_home()
        self._data, self._logs = folder / "data", folder / "logs"
        self._processes = processes
        self._master_port = free_port()
        self._parts: dict[str, Part] = {}
        self._environment = {
            # Nothing of another Spark that this machine may have.
            **{name: text for name, text in os.environ.items() if not name.startswith("SPARK_")},
            "JAVA_HOME": str(java_home()),
            "SPARK_HOME": str(self._home),
            "SPARK_CONF_DIR": str(folder / "conf"),
            "SPARK_LOCAL_IP": HOST,
            "SPARK_LOCAL_DIRS": str(self._data / "local"),
        }
        # The Thrift Server would take that memory for its own.
        self._daemon = {
            "SPARK_DAEMON_MEMORY": DAEMON_MEMORY,
            "SPARK_DAEMON_JAVA_OPTS": java_options(self._data),
        }

    @property
    def address(self) -> dict[str, str]:
        """The settings with which dbt's target `spark` finds it."""
        return {"SPARK_THRIFT_HOST": HOST, "SPARK_THRIFT_PORT": str(self.port)}

    def start(self, report: Callable[[str], None]) -> None:
        """Start all parts and wait until statements can be sent.

        Raises:
            CannotUseSparkError: One of them does not come up.
        """
        report("Starting Spark: a master, two workers and a Thrift Server")
        master = self._start(
            "master",
            *("spark-class", "org.apache.spark.deploy.master.Master", "--host", HOST),
            *("--port", str(self._master_port), "--webui-port", "0"),
        )
        # It has much to do before it asks for the master.
        server = self._start(
            "thrift-server",
            *("spark-submit", "--name", "gamehouse", "--master", self._master_url),
            *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"),
            "spark-internal",
            *("--hiveconf", f"hive.server2.thrift.bind.host={HOST}"),
            *("--hiveconf", f"hive.server2.thrift.port={self.port}"),
            *("--hiveconf", "hive.server2.authentication=NOSASL"),
        )
        # A worker that does not find its master tries again only after some seconds.
        self._wait_for(self._master_port, master)
        for number in WORKERS:
            self.start_worker(number)
        self._wait_for(self.port, server)

    def start_worker(self, number: int) -> None:
        """Start a worker, at first or again; it registers with the master by itself."""
        self._start(
            f"worker-{number}",
            *("spark-class", "org.apache.spark.deploy.worker.Worker", "--host", HOST),
            *("--webui-port", "0", "--cores", "1", "--memory", WORKER_MEMORY),
            *("--work-dir", str(self._data / f"worker-{number}"), self._master_url),
        )

    def kill_worker(self, number: int) -> None:
        """End a worker and its executor where they stand."""
        worker = self._parts[f"worker-{number}"].process
        signal_group(worker, signal.SIGKILL)
        worker.wait()

    def require_all(self) -> None:
        """Look whether all parts live.

        Raises:
            CannotUseSparkError: One of them has ended.
        """
        for part in self._parts.values():
            if part.process.poll() is not None:
                raise CannotUseSparkError(f"Spark's {part.name} has ended; {part.log} says why.")

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run a program that works on the cluster, to its end.

        Where this process is interrupted, so is the program, and it has time to end in order.

        Returns:
            Its exit status.
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
        """Wait until a part listens, as long as it and all others live."""
        deadline = time.monotonic() + START_SECONDS
        while not is_listening(port):
            self.require_all()
            if time.monotonic() > deadline:
                raise CannotUseSparkError(
                    f"Spark's {part.name} did not come up within {START_SECONDS} s; {part.log} may"
                    " say why."
                )
            time.sleep(POLL_SECONDS)


@contextmanager
def running_cluster(
    folder: Path, *, port: int | None = None, report: Callable[[str], None] = _say_nothing
) -> Iterator[Cluster]:
    """Run a cluster.

    It ends with the block, and with this process in whatever way that ends. Its tables go with it.

    Args:
        folder: Where it keeps its data, settings and logs; the logs stay.
        port: Where its Thrift Server shall listen; any free port by default.
        report: Told what happens meanwhile.

    Yields:
        The cluster, ready for statements.

    Raises:
        CannotUseSparkError: Java or a package is missing, the port or the folder is in use, or a
            part does not come up.
        OSError: The folder cannot be written.
    """
    spark_home()
    java_home()
    if port is not None and is_listening(port):
        raise CannotUseSparkError(
            f"Port {port} of {HOST} is in use, by another cluster perhaps. End that, or set"
            " SPARK_THRIFT_PORT to a free port."
        )
    folder = folder.absolute()
    with _alone_in(folder):
        _prepare(folder)
        with Processes(folder / "data") as processes:
            cluster = Cluster(folder, processes, port or free_port())
            cluster.start(report)
            try:
                yield cluster
            finally:
                report("Stopping Spark")


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotUseSparkError(f"Another cluster works in {folder}. End it first.") from None
        yield


def _prepare(folder: Path) -> None:
    """Make the folders and the settings; remove what a cluster before has left."""
    for name in ("data", "logs", "conf"):
        shutil.rmtree(folder / name, ignore_errors=True)
    shutil.copytree(CONF, folder / "conf")
    (folder / "logs").mkdir()
    (folder / "data/temporary").mkdir(parents=True)
    # It holds a secret.
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
        # Tables end with the cluster, so there is no metastore to keep. Each statement that makes a
        # table or a view costs a fifth less so.
        "spark.sql.catalogImplementation": "in-memory",
        # To compile a statement and to plan it anew between its stages pays off with many rows.
        # With few it costs more than it saves.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.warehouse.dir": (folder / "data/warehouse").as_uri(),
    }
    with (folder / "conf/spark-defaults.conf").open("a") as settings:
        settings.writelines(f"{name} {text}\n" for name, text in own.items())


def java_options(data: Path) -> str:
    """Write the options of every Java; what it keeps for a while goes where all else goes."""
    return f'{JAVA_OPTIONS} "-Djava.io.tmpdir={data}/temporary"'


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Tell whether somebody listens on a port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False
