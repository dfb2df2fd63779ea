"""Headers that keep browsers and caches from doing harm."""

from __future__ import annotations

import falcon


class SecurityHeaders:
    """Falcon middleware: no guessing of media types, and no caching of what concerns a player."""

    def process_response(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        resource: object,  # noqa: ARG002 (Falcon's interface)
        req_succeeded: bool,  # noqa: ARG002
    ) -> None:
        """Set the headers."""
        resp.set_header("X-Content-Type-Options", "nosniff")
        # What a resource says itself stands.
        if resp.get_header("Cache-Control") is None:
            is_static = (req.uri_template or "").startswith("/docs")
            resp.set_header("Cache-Control", "max-age=3600" if is_static else "no-store")
