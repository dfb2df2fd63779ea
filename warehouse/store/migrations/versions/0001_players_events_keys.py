"""Players, events and idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "players",
        sa.Column("user_id", ROW_NUMBER, primary_key=True),
        sa.Column("username", sa.String(64), nullable=False, unique=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("balance", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("is_shipped", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index(
        "players_to_ship",
        "players",
        ["user_id"],
        sqlite_where=sa.text("is_shipped = 0"),
        postgresql_where=sa.text("is_shipped = false"),
    )
    op.create_table(
        "events",
        sa.Column("position", ROW_NUMBER, primary_key=True),
        sa.Column("event_id", sa.String(36), nullable=False, unique=True),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("players.user_id")),
        sa.Column("event_type", sa.String(64), nullable=False),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("meta", sa.Text),
        sa.Column("balance", sa.BigInteger),
        sa.Column("is_shipped", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("events_by_player", "events", ["user_id", "position"])
    op.create_index(
        "events_to_ship",
        "events",
        ["position"],
        sqlite_where=sa.text("is_shipped = 0"),
        postgresql_where=sa.text("is_shipped = false"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("players.user_id"), primary_key=True),
        sa.Column("key", sa.String(128), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("balance", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
