"""A key that all spellings of a username share.

If several accounts have the same key, only the oldest gets it. The others can still log in with the
exact name that they registered.
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROWS_AT_A_TIME = 10_000

players = sa.table(
    "players", sa.column("user_id"), sa.column("username"), sa.column("username_key")
)
PAGE = (
    sa.select(players.c.user_id, players.c.username)
    .where(players.c.user_id > sa.bindparam("after"))
    .order_by(players.c.user_id)
    .limit(ROWS_AT_A_TIME)
)
GIVE_KEY = (
    sa.update(players)
    .where(players.c.user_id == sa.bindparam("whose"))
    .values(username_key=sa.bindparam("key"))
)


def upgrade() -> None:
    op.add_column("players", sa.Column("username_key", sa.Text))
    connection = op.get_bind()
    taken: set[str] = set()
    after = 0
    while page := connection.execute(PAGE, {"after": after}).all():
        rows = []
        for user_id, username in page:  # the older ones first
            key = _key(str(username))
            if key not in taken:
                taken.add(key)
                rows.append({"whose": user_id, "key": key})
        if rows:
            connection.execute(GIVE_KEY, rows)
        after = page[-1].user_id
    op.create_index("players_by_name", "players", ["username_key"], unique=True)


def _key(username: str) -> str:
    folded = unicodedata.normalize("NFKC", username).casefold()
    return unicodedata.normalize("NFKC", folded)
