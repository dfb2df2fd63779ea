"""What HTTP asks of a request and WSGI servers leave to the application."""

from __future__ import annotations

import re

import falcon

from api.errors import ProblemError

# Where servers keep what was sent: the first is waitress's, the second gunicorn's. Granian has
# neither; then what was percent-encoded can no longer be told.
_RAW_TARGETS = ("REQUEST_URI", "RAW_URI")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
# An empty segment before the last one, and segments that are `.` or `..`.
_NOT_NORMAL = re.compile(r"//|/\.\.?(/|$)")
# Letters, digits and -._~ are the same with and without (RFC 3986, section 6.2.2.2), and an encoded
# slash is none in a path but becomes one.
_NEEDLESSLY_ENCODED = re.compile(
    r"%(2[DEF]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])", re.IGNORECASE
)


def check_host(req: falcon.Request) -> None:
    """Refuse a request of HTTP/1.1 that does not name one host (RFC 9112, section 3.2).

    Raises:
        ProblemError: 400 with code `malformed_request`.
    """
    # Servers join headers of one name with commas, and a host's name has none.
    host = req.env.get("HTTP_HOST", "")
    if "," in host or (not host and req.env["SERVER_PROTOCOL"] == "HTTP/1.1"):
        raise ProblemError(
            400, "malformed_request", "A request of HTTP/1.1 has one Host header. Send it once."
        )


def check_path(req: falcon.Request) -> None:
    """Refuse a path in another spelling than the canonical one.

    Falcon takes `//metrics` for `/metrics`, and a server hands `/%6detrics` over as `/metrics` (PEP
    3333). A proxy in front that lets nobody see `/metrics` may compare what was sent.

    Raises:
        ProblemError: 404.
    """
    raw = next((req.env[name] for name in _RAW_TARGETS if req.env.get(name)), "")
    sent = raw if raw.startswith("/") else _ABSOLUTE.sub("", raw, count=1)
    path = sent.partition("?")[0]
    if _NOT_NORMAL.search(path) or _NOT_NORMAL.search(req.path) or _NEEDLESSLY_ENCODED.search(path):
        raise ProblemError(
            404,
            "not_found",
            "There is nothing under this spelling of a path. Leave out empty segments (//) and"
            " dot segments, and percent-encode nothing that need not be.",
        )
