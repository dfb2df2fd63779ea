"""The application made of settings, for any WSGI server: `api.wsgi:application()`.

Such a server runs no loader; `python -m warehouse load --follow` does then. `python -m api serve`
runs both.
"""

from __future__ import annotations

import sys

from structlog.typing import FilteringBoundLogger

from api.app import create_app
from api.clock import utc_now
from api.errors import App
from api.log import create_logger
from api.metrics import Metrics
from api.settings import Settings
from api.store.outbox import SqlOutbox
from api.store.protocol import Outbox, Store
from api.store.sql_store import SqlStore


def assemble(settings: Settings, logger: FilteringBoundLogger) -> tuple[App, Store, Outbox]:
    """Open the store and make the application on it.

    Args:
        settings: Verified settings.
        logger: Where requests are logged.

    Returns:
        The application, and the store and the outbox for the caller to close.

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
    return create_app(store, settings, logger=logger, metrics=metrics), store, outbox


def application() -> App:
    """Make the application of the process's environment.

    Raises:
        SettingsError: The settings cannot be used.
        StoreUnavailableError: The store cannot be opened.
    """
    app, _, _ = assemble(Settings.from_environment(), create_logger(sys.stdout))
    return app
