"""The generation of each player's sessions, and the time at which a player was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "players",
        sa.Column("session_generation", sa.Integer, nullable=False, server_default=sa.text("0")),
    )
    op.add_column("players", sa.Column("erased_at", sa.BigInteger))
