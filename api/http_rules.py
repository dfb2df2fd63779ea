"""HTTP rules that WSGI servers leave to the application."""

from __future__ import annotations

import re

import falcon

from api.errors import ProblemError

# The unparsed request target: waitress sets the first variable, gunicorn the second. Granian sets
# neither, so needless percent-encoding goes undetected there.
_RAW_TARGETS = ("REQUEST_URI", "RAW_URI")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
# An empty segment before the last one, or a segment `.` or `..`.
_NOT_NORMAL = re.compile(r"//|/\.\.?(/|$)")
# Percent-encoding does not change letters, digits and -._~ (RFC 3986, section 6.2.2.2). A server
# decodes an encoded slash to a path separator.
_NEEDLESSLY_ENCODED = re.compile(
    r"%(2[DEF]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])", re.IGNORECASE
)


def check_host(req: falcon.Request) -> None:
    """Refuse an HTTP/1.1 request without exactly one Host header (RFC 9112, section 3.2).

    Raises:
        ProblemError: 400 with code `malformed_request`.
    """
    # Servers join repeated headers with commas, and a host name contains none.
    host = req.env.get("HTTP_HOST", "")
    if "," in host or (not host and req.env["SERVER_PROTOCOL"] == "HTTP/1.1"):
        raise ProblemError(
            400,
            "malformed_request",
            "An HTTP/1.1 request must have exactly one Host header.",
        )


def check_path(req: falcon.Request) -> None:
    """Refuse a path that is not in canonical form.

    Falcon routes `//metrics` to `/metrics`, and servers decode `/%6detrics` to `/metrics` (PEP
    3333). Such a path would bypass a proxy rule that blocks `/metrics` by its literal text.

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
            "The path is not in canonical form. Remove empty segments (//), dot segments and"
            " needless percent-encoding.",
        )
