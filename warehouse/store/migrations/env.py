"""Runs the migrations on the connection of `migrate`."""

from __future__ import annotations

from alembic import context

from warehouse.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
