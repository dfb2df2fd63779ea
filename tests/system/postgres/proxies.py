"""The compose file's nodes and proxy, and nginx in the proxy's place, as processes of the tests."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.harness import ROOT
from tests.support.left_out import leave_out
from tests.support.server import Request, Server
from tests.system.containers.image import NODES, command, compose
from warehouse.spark.ports import free_port

MAX_WAIT_SECONDS = 30
PROGRAMS = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
HAPROXY, NGINX = "haproxy", "nginx"


class Node(Server):
    """A node, run by the command of the compose file with another address."""

    def __init__(self, log_path: Path, settings: Mapping[str, str]) -> None:
        port = free_port()
        program, *options = command(NODES[0])
        own = {"--host=0.0.0.0": "--host=127.0.0.1", "--port=5000": f"--port={port}"}
        words = [own.get(option, option) for option in options]
        assert set(own.values()) <= set(words)
        super().__init__(
            log_path.with_name("game.duckdb"),
            {"TRUSTED_PROXIES": "1", **settings},
            port,
            command=("-m", program, *words),
            log_path=log_path,
        )

    def kill(self) -> None:
        """End it where it is: granian's main process, and the worker, which would outlive it."""
        assert self.process is not None
        main = self.process.pid
        tasks = Path(f"/proc/{main}/task/{main}/children")
        workers = tasks.read_text(encoding="ascii").split() if tasks.exists() else []
        super().kill()
        subprocess.run(["kill", "-KILL", *workers], stderr=subprocess.DEVNULL, check=False)


@dataclass(frozen=True)
class Proxy:
    """A proxy that runs.

    Attributes:
        name: `haproxy` or `nginx`.
        port: Where it takes HTTP.
        tls_port: Where it takes HTTPS.
    """

    name: str
    port: int
    tls_port: int

    def call(self, request: Request) -> tuple[int, Any]:
        return Server(Path(), port=self.port).call(request)


@contextmanager
def running(
    name: str, nodes: list[Node], folder: Path, changes: Mapping[str, str] | None = None
) -> Iterator[Proxy]:
    """Run a proxy with the configuration of the project and other addresses.

    Args:
        name: `haproxy` or `nginx`.
        nodes: Two of them, or one that is taken for both.
        folder: For its files.
        changes: Texts of the configuration and what the test has in their place, to be quicker.
    """
    program = shutil.which(name, path=PROGRAMS)
    if program is None:
        package = {HAPROXY: "haproxy", NGINX: "nginx-light"}[name]
        leave_out(f"{name} is not installed (Debian's package is {package})")
    proxy = Proxy(name, free_port(), free_port())
    settings, words = _haproxy(proxy, folder) if name == HAPROXY else _nginx(proxy, folder)
    for node, server in zip(NODES, (nodes[0], nodes[-1]), strict=True):
        settings = settings.replace(f"{node}:5000", f"127.0.0.1:{server.port}")
    for text, other in (changes or {}).items():
        assert text in settings, text
        settings = settings.replace(text, other)
    path, log_path = folder / f"{name}.conf", folder / f"{name}.log"
    path.write_text(settings, encoding="utf-8")
    with log_path.open("wb") as log:
        process = subprocess.Popen([program, *words, str(path)], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + MAX_WAIT_SECONDS
        while not _is_up(proxy):
            assert process.poll() is None, log_path.read_text()
            assert time.monotonic() < deadline, log_path.read_text()
            time.sleep(0.05)
        yield proxy
    finally:
        process.kill()
        process.wait()


def _haproxy(proxy: Proxy, folder: Path) -> tuple[str, list[str]]:
    settings = str(compose()["configs"]["proxy"]["content"])
    binds = (
        f"bind 127.0.0.1:{proxy.port}\n"
        f"    bind 127.0.0.1:{proxy.tls_port} ssl crt {_certificate(folder)}"
    )
    settings = settings.replace("bind :5000", binds)
    # Names are what its resolvers are for, and these are numbers.
    return re.sub(" resolvers docker init-addr libc,none", "", settings), ["-f"]


def _nginx(proxy: Proxy, folder: Path) -> tuple[str, list[str]]:
    settings = (ROOT / "docs/nginx.conf").read_text(encoding="utf-8")
    certificate = _certificate(folder)
    listens = (
        f"listen 127.0.0.1:{proxy.port};\n"
        f"        listen 127.0.0.1:{proxy.tls_port} ssl;\n"
        f"        ssl_certificate {certificate};\n        ssl_certificate_key {certificate};"
    )
    settings = settings.replace("listen 5000;", listens)
    settings = settings.replace("/var/log/nginx/access.log", f"{folder}/access.log")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"\n    {kind}_temp_path {folder}/{kind};" for kind in kinds)
    settings = settings.replace("http {", f"http {{{places}")
    process = f"daemon off; master_process off; pid {folder}/nginx.pid;"
    return settings, ["-e", "stderr", "-g", process, "-c"]


def _certificate(folder: Path) -> Path:
    """Make a certificate, with its key in the same file."""
    path = folder / "localhost.pem"
    if not path.exists():
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"),
                *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj"),
                *("/CN=localhost", "-keyout", str(path), "-out", str(folder / "public.pem")),
            ],
            capture_output=True,
            check=True,
        )
        path.write_bytes(path.read_bytes() + (folder / "public.pem").read_bytes())
    return path


def _is_up(proxy: Proxy) -> bool:
    try:
        return proxy.call(Request("GET", "/health"))[0] == 200
    except OSError:
        return False
