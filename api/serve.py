"""`python -m api serve`: the API and, beside it, the loader; from start to graceful stop."""

from __future__ import annotations

import gc
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from structlog.typing import FilteringBoundLogger

from api.limits import Limits
from api.log import LibraryLogs
from api.server import Server
from api.settings import Settings
from api.store.protocol import Outbox
from api.wsgi import assemble

# The loader itself gives up its last attempt before this.
LOADER_STOP_SECONDS = 20.0


def serve(settings: Settings, logger: FilteringBoundLogger) -> None:
    """Serve until SIGTERM or SIGINT.

    Then no more connections are taken, requests in flight are answered, the store finishes what was
    submitted, and the loader ships what is committed.

    Args:
        settings: Verified settings.
        logger: Where everything is logged.

    Raises:
        StoreUnavailableError: The store cannot be opened.
        OSError: The port is taken, for example.
    """
    _log_libraries(logger)
    app, store, outbox = assemble(settings, logger)
    try:
        server = Server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            # A proxy connects for many clients, all from its own address.
            limits=Limits(connections_per_address=0) if settings.trusted_proxies else Limits(),
        )

        def stop(_: int, __: FrameType | None) -> None:
            server.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        with _loader(settings, outbox, logger):
            logger.info(
                "serving", host=settings.host, port=settings.port, loader=settings.loader_enabled
            )
            # Else the garbage collector looks through all that the libraries keep, twice a second
            # under load, and all requests wait for a tenth of a second.
            gc.collect()
            gc.freeze()
            try:
                server.run()
            finally:
                # Before the loader stops: what the store still commits, the loader shall ship.
                store.close()
    finally:
        store.close()
        outbox.close()
    logger.info("stopped")


@contextmanager
def _loader(settings: Settings, outbox: Outbox, logger: FilteringBoundLogger) -> Iterator[None]:
    """Run the loader in a thread, if it is wanted; at the end it ships what is left."""
    if not settings.loader_enabled:
        yield
        return
    # DuckDB is large; who runs the API without the loader does without it.
    from warehouse.destinations import destination_of  # noqa: PLC0415
    from warehouse.loader import Loader  # noqa: PLC0415

    loader = Loader(
        outbox,
        settings.warehouse_path,
        destination=destination_of(settings.warehouse_path, settings.events_uri),
        interval_seconds=settings.loader_interval_seconds,
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
    # Under load requests wait for a thread; that is no news, and the latency tells it.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
