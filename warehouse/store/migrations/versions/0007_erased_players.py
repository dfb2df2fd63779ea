"""The time at which a player was erased.

A trigger keeps events of an erased player out of SQLite, because other processes accept them for up
to a second. On PostgreSQL, the writer checks the players when it locks them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TRIGGER = """
create trigger no_events_of_erased_players before insert on events
when (select erased_at from players where user_id = new.user_id) is not null
begin
    select raise(abort, 'the player is erased');
end
"""


def upgrade() -> None:
    op.add_column("players", sa.Column("erased_at", sa.BigInteger))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(TRIGGER)
