"""`python -m api serve`: the API on waitress and, beside it, the loader; from start to stop."""

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

# The loader itself gives up its last attempt before this.
LOADER_STOP_SECONDS = 20.0

# Open at a time; further ones wait until some end. Each holds a descriptor and little else.
CONNECTIONS = 1000
# The part of the descriptors that connections may have: the store, the warehouse and the files that
# are sent need some, and without any a process can open nothing.
DESCRIPTOR_SHARE = 4

# Waitress's adjustments, beside address and threads.
ADJUSTMENTS: dict[str, Any] = {
    # select() ends at 1024 descriptors.
    "asyncore_use_poll": True,
    "connection_limit": CONNECTIONS,
    # Longer than proxies keep an idle connection, which else send requests into one that ends.
    "channel_timeout": 75,
    "cleanup_interval": 5,
    # The main loop sends answers, not the threads. With waitress's default of one byte the loop
    # spins beside each thread that sends, and 64 connections get a tenth of what 16 get.
    "send_bytes": 64 * 1024,
    "max_request_header_size": 32 * 1024,
    # Waitress refuses larger bodies in plain text. Smaller ones that are still too large reach the
    # application, which refuses them with a problem document.
    "max_request_body_size": 1024 * 1024,
    # The application reads X-Forwarded-For, on all servers alike, and only as TRUSTED_PROXIES says.
    "clear_untrusted_proxy_headers": False,
    "ident": None,
}


def serve(settings: Settings, logger: FilteringBoundLogger) -> None:
    """Serve until SIGTERM or SIGINT; a second one ends the requests in flight.

    After the first one, requests in flight are answered and new ones are refused. Then the store
    finishes what was submitted, and the loader ships what is committed.

    Raises:
        StoreUnavailableError: The store cannot be opened.
        OSError: The port is taken, for example.
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
                # Returns at SystemExit, when the requests that have a thread are answered.
                server.run()
            finally:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                # Before the loader stops, which ships what the store still commits.
                store.close()
    finally:
        store.close()
        outbox.close()
    logger.info("stopped")


def _listen(app: App, settings: Settings) -> waitress.server.BaseWSGIServer:
    adjustments = dict(ADJUSTMENTS)
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors != resource.RLIM_INFINITY:
        possible = descriptors // DESCRIPTOR_SHARE
        adjustments["connection_limit"] = min(adjustments["connection_limit"], possible)
    try:
        return waitress.create_server(
            app, host=settings.host, port=settings.port, threads=settings.threads, **adjustments
        )
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise OSError(f"it cannot listen on {where}: {error.strerror}") from error


def _stop_on_signals(drain: Drain) -> None:
    def end_when_drained() -> None:
        drain.wait()
        # Again to this process, whose main thread it wakes up.
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
    """Run the loader in a thread, if it is wanted; at the end it ships what is left."""
    if not settings.loader_enabled:
        yield
        return
    # DuckDB is large, and the API runs without it where LOADER=off.
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
    # Under load requests wait for a thread, and waitress logs a line for each of them.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
