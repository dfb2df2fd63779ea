"""`/openapi.json`, and Swagger UI at `/docs` from the files of a package; `/` leads there."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus
from typing import Any

import falcon
from swagger_ui_bundle import swagger_ui_path  # type: ignore[import-untyped]

from api.errors import ProblemError

# The page loads nothing from other hosts. Swagger UI needs inline styles and images.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Swagger UI shows an optional token as required, so the style hides that button.
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>gamehouse API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
<style>[id$="-get__track"] .authorization__btn { display: none }</style>
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true});
"""
_FILES = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": falcon.MEDIA_PNG,
}


class OpenApiResource:
    """The OpenAPI document, which the first request generates, because few servers are asked."""

    def __init__(self, describe: Callable[[], dict[str, Any]]) -> None:
        self._describe = describe

    @cached_property
    def _document(self) -> bytes:
        return json.dumps(self._describe(), ensure_ascii=False).encode()

    def on_get(self, _: falcon.Request, resp: falcon.Response) -> None:
        """Send the document."""
        resp.content_type = falcon.MEDIA_JSON
        resp.data = self._document

    on_head = on_get


class DocsResource:
    """Swagger UI."""

    def on_get(self, _: falcon.Request, resp: falcon.Response) -> None:
        """Send the page."""
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Content-Security-Policy", _CONTENT_SECURITY_POLICY)
        resp.text = _PAGE

    on_head = on_get

    def on_get_root(self, _: falcon.Request, resp: falcon.Response) -> None:
        """Redirect to the page."""
        resp.status = HTTPStatus.FOUND
        resp.location = "/docs"

    on_head_root = on_get_root

    def on_get_file(self, _: falcon.Request, resp: falcon.Response, name: str) -> None:
        """Send a file of the page."""
        if name == "start.js":
            resp.content_type = "text/javascript; charset=utf-8"
            resp.text = _START
        elif name in _FILES:
            resp.content_type = _FILES[name]
            resp.data = (swagger_ui_path / name).read_bytes()
        else:
            raise ProblemError(404, "not_found", "The file does not exist. Open /docs instead.")

    on_head_file = on_get_file
