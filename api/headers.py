"""Headers that keep browsers and caches from doing harm."""

from __future__ import annotations

import falcon

# For every answer, as OWASP's cheat sheet for REST advises: it is what it says it is, tells nobody
# where it came from, and no other page frames, loads or opens it.
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# An answer is data and not a page, unless its resource says otherwise.
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
TWO_YEARS = "max-age=63072000"


def set_security_headers(req: falcon.Request, resp: falcon.Response, *, behind_proxy: bool) -> None:
    """Have no media type guessed and nothing of a player cached; what a resource says stands."""
    resp.set_headers(ALWAYS)
    if resp.get_header("Content-Security-Policy") is None:
        resp.set_header("Content-Security-Policy", NOTHING)
    if resp.get_header("Cache-Control") is None:
        is_static = (req.uri_template or "").startswith("/docs")
        resp.set_header("Cache-Control", "max-age=3600" if is_static else "no-store")
    if behind_proxy and req.get_header("X-Forwarded-Proto") == "https":
        # A browser that was here over HTTPS shall not come back without.
        resp.set_header("Strict-Transport-Security", TWO_YEARS)
