"""Security headers for browsers and caches."""

from __future__ import annotations

import falcon

# For every answer, as the OWASP REST Security Cheat Sheet recommends: browsers do not guess media
# types or send referrers, and other pages cannot frame, load or open the answer.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# An answer is data, not a page, unless its resource sets another policy.
DENY_ALL = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
TWO_YEARS = "max-age=63072000"


def set_security_headers(req: falcon.Request, resp: falcon.Response, *, behind_proxy: bool) -> None:
    """Set the security headers; keep those that the resource has set."""
    resp.set_headers(SECURITY_HEADERS)
    if resp.get_header("Content-Security-Policy") is None:
        resp.set_header("Content-Security-Policy", DENY_ALL)
    if resp.get_header("Cache-Control") is None:
        is_static = (req.uri_template or "").startswith("/docs")
        resp.set_header("Cache-Control", "max-age=3600" if is_static else "no-store")
    if behind_proxy and req.get_header("X-Forwarded-Proto") == "https":
        # Browsers then refuse plain HTTP for this host.
        resp.set_header("Strict-Transport-Security", TWO_YEARS)
