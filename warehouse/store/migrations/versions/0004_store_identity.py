"""A unique id for the store, which a restore changes."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    identity = op.create_table(
        "store_identity", sa.Column("store_id", sa.String(36), primary_key=True)
    )
    op.bulk_insert(identity, [{"store_id": str(uuid.uuid4())}])
