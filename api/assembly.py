"""Create the application and its store from the settings."""

from __future__ import annotations

import gc

from structlog.typing import FilteringBoundLogger

from api.app import create_app
from api.draining import Drain
from api.errors import App
from api.metrics import Metrics
from api.settings import Settings
from warehouse.store.clock import utc_now
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import Outbox, Store
from warehouse.store.sql_store import SqlStore


def assemble(
    settings: Settings, logger: FilteringBoundLogger, drain: Drain
) -> tuple[App, Store, Outbox]:
    """Open the store and create the application; the caller closes the store and the outbox.

    Raises:
        StoreUnavailableError: The store cannot be opened.
    """
    metrics = Metrics()
    store = SqlStore(
        settings.store_url,
        readers=settings.threads,
        on_commit=metrics.observe_commit,
        disk_floor_bytes=settings.disk_floor_bytes,
    )
    outbox = SqlOutbox(settings.store_url)
    metrics.watch_backlog(outbox.backlog, utc_now)
    app = create_app(store, settings, logger=logger, metrics=metrics, drain=drain)
    return app, store, outbox


def freeze() -> None:
    """Exclude all objects loaded so far from garbage collection.

    Otherwise, under load, the collector scans the libraries' objects twice a second and stops all
    requests for a tenth of a second each time.
    """
    gc.collect()
    gc.freeze()
