"""What HTTP asks of a request and WSGI servers leave to the application."""

from __future__ import annotations

from http import HTTPStatus

import falcon

from api.errors import ProblemError


class HttpRules:
    """Falcon middleware: a request of HTTP/1.1 names one host (RFC 9112, section 3.2)."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:  # noqa: ARG002
        """Look at the request.

        Raises:
            ProblemError: 400 with code `malformed_request`.
        """
        # Servers join headers of one name with commas, and a host's name has none.
        host = req.env.get("HTTP_HOST", "")
        if "," in host or (not host and req.env["SERVER_PROTOCOL"] == "HTTP/1.1"):
            raise ProblemError(
                HTTPStatus.BAD_REQUEST,
                "malformed_request",
                "A request of HTTP/1.1 has one Host header. Send it once.",
            )
