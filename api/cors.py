"""Browser games on other origins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import falcon

from api.operation import ETAG, REPLAYED

# Answer headers that a game on another origin may read, in addition to those that any may.
EXPOSED = ("X-Request-ID", "Retry-After", "WWW-Authenticate", REPLAYED, ETAG)


def cors(origins: Sequence[str]) -> falcon.CORSMiddleware[Any, Any]:
    """Allow browsers to call the API from these origins; `*` means all.

    A game sends its token in a header, so the browser needs no credentials of its own. It may not
    send any, which protects the login for `/reports/`.
    """
    allowed = "*" if "*" in origins else list(origins)
    return falcon.CORSMiddleware(allow_origins=allowed, expose_headers=EXPOSED)
