"""`python -m warehouse erase`: erase players by their ids, as `DELETE /account` does.

It is for players who ask by other means, and for erasures that a restored backup does not contain.
"""

from __future__ import annotations

import argparse
from contextlib import closing

from warehouse.settings import Settings
from warehouse.store.clock import utc_now
from warehouse.store.file import require_store
from warehouse.store.upkeep import SqlUpkeep
from warehouse.terminal import EXIT_FAILED, EXIT_OK, echo, echo_error


def run(options: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    settings = Settings.from_environment()
    require_store(settings.store_url)
    status = EXIT_OK
    with closing(SqlUpkeep(settings.store_url)) as upkeep:
        for user_id in options.user_id:
            if upkeep.erase(user_id, utc_now()):
                echo(f"Erased player {user_id}. The loader ships this to the warehouse.")
            else:
                echo_error(f"No player has the id {user_id}, or the player is already erased.")
                status = EXIT_FAILED
    return status
