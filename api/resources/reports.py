"""`/reports/`: the page, the reports and the Data Docs, as the last build and check left them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import falcon

from api.auth import Authenticator
from api.errors import ProblemError
from api.files import File, open_file
from api.headers import NOTHING
from api.operation import ETAG, LAST_MODIFIED, LOCATION, Access, Answer, Operation

_INDEX = "index.html"
_TAG = re.compile(r'"([^"]*)"')
_MEDIA_TYPES = {
    ".html": falcon.MEDIA_HTML,
    ".json": falcon.MEDIA_JSON,
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": falcon.MEDIA_PNG,
    ".gif": falcon.MEDIA_GIF,
    ".jpg": falcon.MEDIA_JPEG,
    ".ico": "image/vnd.microsoft.icon",
    ".otf": "font/otf",
    ".ttf": "font/ttf",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}

# Nobody frames a page to have an operator click on what they do not see. Pages hold their script
# and style, and the library that draws the charts makes functions of text. They load nothing, and
# could send nothing to anybody if a name in the data turned out to be script.
_PAGE_POLICY = (
    f"{NOTHING}; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline';"
    " img-src data:; font-src data:"
)
# Great Expectations writes pages that take libraries and a logo from these hosts, and other files
# from beside them. Without these they could hardly be read.
_DATA_DOCS = "data_docs/"
_DATA_DOCS_POLICY = (
    f"{NOTHING}; script-src 'self' 'unsafe-inline' 'unsafe-eval' https://cdn.jsdelivr.net"
    " https://cdnjs.cloudflare.com https://code.jquery.com https://stackpath.bootstrapcdn.com"
    " https://unpkg.com; style-src 'self' 'unsafe-inline' https://cdn.jsdelivr.net"
    " https://cdnjs.cloudflare.com https://maxcdn.bootstrapcdn.com https://unpkg.com;"
    " img-src 'self' data: https://great-expectations-web-assets.s3.us-east-2.amazonaws.com;"
    " font-src 'self' data: https://cdnjs.cloudflare.com"
)


@dataclass(frozen=True)
class ReportsResource:
    """Reports."""

    folder: Path
    authenticator: Authenticator

    @Operation(
        tag="reports",
        access=Access.OPERATOR,
        answers={
            HTTPStatus.OK: Answer(media_type="*/*", headers=[ETAG, LAST_MODIFIED]),
            HTTPStatus.NOT_MODIFIED: Answer(headers=[ETAG, LAST_MODIFIED]),
            HTTPStatus.PERMANENT_REDIRECT: Answer(headers=[LOCATION]),
        },
        path_parameters={
            "path": "Of a file, of several segments for `data_docs/`; of a folder its `index.html`."
        },
        problems=[HTTPStatus.NOT_FOUND],
    )
    def on_get(self, req: falcon.Request, resp: falcon.Response, path: str) -> None:
        """Send a file of the last build: where none is named, the page that shows what it found.

        The others are `manifest.json` and the reports that it lists, and `data_docs/`. A browser
        may send the token as the password of HTTP Basic, with any name.
        """
        self._send(req, resp, path)

    on_head = on_get

    @Operation(
        tag="reports",
        access=Access.PUBLIC,
        answers={HTTPStatus.PERMANENT_REDIRECT: Answer(headers=[LOCATION])},
    )
    def on_get_folder(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Send the client to where the relative links of the page lead somewhere.

        Anyone, which tells nobody anything: a browser that was asked for a password here would send
        it with the requests to all other endpoints, too.
        """
        _redirect_into(req, resp)

    on_head_folder = on_get_folder

    def _send(self, req: falcon.Request, resp: falcon.Response, path: str) -> None:
        self.authenticator.operator(req)
        name = f"{path}{_INDEX}" if path == "" or path.endswith("/") else path
        try:
            file = open_file(self.folder, name)
        except FileNotFoundError:
            raise ProblemError(
                404,
                "report_not_found",
                "There is no such report. Run `make build` to have all of them written.",
            ) from None
        except IsADirectoryError:
            _redirect_into(req, resp)
            return
        # Not of the time and the inode: both may be those of another content, and a build that
        # comes to the same writes the same bytes into a new file.
        resp.etag = file.sha256
        resp.last_modified = file.modified_at
        resp.cache_control = ["private", "no-cache"]
        resp.vary = ["Authorization"]
        if _is_known(req, file):
            file.close()
            resp.status = HTTPStatus.NOT_MODIFIED
            return
        resp.content_type = _MEDIA_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
        resp.set_header(
            "Content-Security-Policy",
            _DATA_DOCS_POLICY if name.startswith(_DATA_DOCS) else _PAGE_POLICY,
        )
        if req.method == "HEAD":
            file.close()
            resp.content_length = file.size
        else:
            resp.set_stream(file, file.size)


def _redirect_into(req: falcon.Request, resp: falcon.Response) -> None:
    """Ask for the same address with a slash at its end."""
    resp.status = HTTPStatus.PERMANENT_REDIRECT
    resp.location = f"{quote(req.path)}/"


def _is_known(req: falcon.Request, file: File) -> bool:
    """Tell whether the client has the content already (RFC 9110, section 13)."""
    tags = req.get_header("If-None-Match")
    if tags is not None:
        # It makes no difference here whether a tag is marked as weak.
        return tags.strip() == "*" or file.sha256 in _TAG.findall(tags)
    try:
        since = req.get_header_as_datetime("If-Modified-Since", obs_date=True)
    except falcon.HTTPInvalidHeader:
        return False
    return since is not None and file.modified_at <= since
