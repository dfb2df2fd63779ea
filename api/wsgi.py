"""The application for any WSGI server: `api.wsgi:application`.

The module reads the settings from the environment. It does not run the loader; run
`python -m warehouse load --follow` too. `python -m api serve` runs both.
"""

from __future__ import annotations

import sys

from api.assembly import assemble, freeze
from api.draining import Drain
from api.log import create_logger
from api.settings import Settings

application, _store, _outbox = assemble(
    Settings.from_environment(), create_logger(sys.stdout), Drain()
)
freeze()
