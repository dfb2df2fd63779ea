"""`python -m api serve`: run the API on waitress, with the loader in a thread."""

from __future__ import annotations

import logging
import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import waitress  # type: ignore[import-untyped]
from structlog.typing import FilteringBoundLogger

from api.assembly import assemble, freeze
from api.draining import Drain
from api.errors import App
from api.log import LibraryLogs
from api.settings import Settings
from warehouse.store.protocol import Outbox

# The loader ends its last attempt before this.
LOADER_STOP_SECONDS = 20.0

# The maximum number of open connections; further clients wait.
CONNECTIONS = 1000
# Connections may use one descriptor in this many. The store, the warehouse and sent files need the
# rest.
DESCRIPTOR_SHARE = 4

# Waitress's adjustments, except for address and threads.
ADJUSTMENTS: dict[str, Any] = {
    # select() supports only 1024 descriptors.
    "asyncore_use_poll": True,
    "connection_limit": CONNECTIONS,
    # Longer than proxies keep idle connections. Otherwise a proxy could send a request on a
    # connection that the server closes.
    "channel_timeout": 75,
    "cleanup_interval": 5,
    # The main loop sends answers, not the threads. With waitress's default of one byte, the loop
    # spins while a thread sends, and 64 connections get a tenth of the throughput of 16.
    "send_bytes": 64 * 1024,
    "max_request_header_size": 32 * 1024,
    # Waitress refuses larger bodies in plain text. The application refuses smaller bodies above its
    # own limit with a problem document.
    "max_request_body_size": 1024 * 1024,
    # The application reads X-Forwarded-For on all servers, according to TRUSTED_PROXIES.
    "clear_untrusted_proxy_headers": False,
    "ident": None,
}


def serve(settings: Settings, logger: FilteringBoundLogger) -> None:
    """Serve until SIGTERM or SIGINT; a second signal aborts the requests in flight.

    After the first signal, the server finishes requests in flight and refuses new ones. Then the
    store finishes all submitted commands, and the loader ships all committed events.

    Raises:
        StoreUnavailableError: The store cannot be opened.
        OSError: The server cannot listen, for example because the port is in use.
    """
    _log_libraries(logger)
    drain = Drain()
    app, store, outbox = assemble(settings, logger, drain)
    try:
        server = _listen(app, settings)
        _stop_on_signals(drain)
        with _loader(settings, outbox, logger):
            logger.info(
                "serving", host=settings.host, port=settings.port, loader=settings.loader_enabled
            )
            freeze()
            try:
                # Returns at SystemExit, after the threads have answered their requests.
                server.run()
            finally:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                # Close the store before the loader stops, so that it ships the last commits.
                store.close()
    finally:
        store.close()
        outbox.close()
    logger.info("stopped")


def _listen(app: App, settings: Settings) -> waitress.server.BaseWSGIServer:
    adjustments = dict(ADJUSTMENTS)
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors != resource.RLIM_INFINITY:
        maximum = descriptors // DESCRIPTOR_SHARE
        adjustments["connection_limit"] = min(adjustments["connection_limit"], maximum)
    try:
        return waitress.create_server(
            app, host=settings.host, port=settings.port, threads=settings.threads, **adjustments
        )
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise OSError(
            f"Cannot listen on {where}: {error.strerror}. Change HOST or PORT, or stop the process"
            " that uses this port."
        ) from error


def _stop_on_signals(drain: Drain) -> None:
    def end_when_drained() -> None:
        drain.wait()
        # The second signal wakes the main thread.
        os.kill(os.getpid(), signal.SIGTERM)

    def stop(_: int, __: FrameType | None) -> None:
        if drain.is_stopping:
            raise SystemExit
        drain.begin()
        threading.Thread(target=end_when_drained, name="drain", daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


@contextmanager
def _loader(settings: Settings, outbox: Outbox, logger: FilteringBoundLogger) -> Iterator[None]:
    """Run the loader in a thread if LOADER=on; on stop it ships the remaining events."""
    if not settings.loader_enabled:
        yield
        return
    # DuckDB is large, and with LOADER=off the API does not need it.
    from warehouse.loader.destination import destination_of  # noqa: PLC0415
    from warehouse.loader.loader import Loader  # noqa: PLC0415
    from warehouse.store.election import election_of  # noqa: PLC0415

    loader = Loader(
        outbox,
        settings.warehouse_path,
        destination=destination_of(settings.warehouse_path, settings.events_uri),
        interval_seconds=settings.loader_interval_seconds,
        election=election_of(settings.store_url, settings.warehouse_path),
    )
    stop = threading.Event()
    thread = threading.Thread(target=loader.run, args=(stop,), name="loader", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(LOADER_STOP_SECONDS)
        if thread.is_alive():
            logger.warning("loader_did_not_stop", seconds=LOADER_STOP_SECONDS)


def _log_libraries(logger: FilteringBoundLogger) -> None:
    handler = LibraryLogs(logger)
    for name, level in (("waitress", logging.WARNING), ("warehouse", logging.INFO)):
        library = logging.getLogger(name)
        library.addHandler(handler)
        library.setLevel(level)
        library.propagate = False
    # Under load, waitress logs a line for each request that waits for a thread.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
