"""Counts of pruned events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pruned_events",
        sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_type", sa.String(64), primary_key=True),
        sa.Column("event_count", sa.BigInteger, nullable=False),
    )
