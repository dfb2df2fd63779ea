"""`/reports/`: the pages and the reports of the last build and check."""

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
from api.headers import DENY_ALL
from api.operation import ETAG, LAST_MODIFIED, LOCATION, Access, Answer, Operation

_INDEX = "index.html"
_TAG = re.compile(r'"([^"]*)"')
_MEDIA_TYPES = {
    ".html": falcon.MEDIA_HTML,
    ".json": falcon.MEDIA_JSON,
    ".parquet": "application/vnd.apache.parquet",
}

# Pages contain their scripts and styles, and the chart library compiles text to functions. They
# load and send nothing, so a script injected through the data could not send it anywhere.
_PAGE_POLICY = (
    f"{DENY_ALL}; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline';"
    " img-src data:; font-src data:"
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
            "path": "Path of a file, or of a folder with an `index.html`, below `/reports/`."
        },
        problems=[HTTPStatus.NOT_FOUND],
    )
    def on_get(self, req: falcon.Request, resp: falcon.Response, path: str) -> None:
        """Send a file of the last build; without a path, the page.

        The other files are `manifest.json`, the reports that it lists, `checkpoints.html` and
        `dbt_docs.html`. A browser may send the token as the password of HTTP Basic with any name.
        """
        self._send(req, resp, path)

    on_head = on_get

    @Operation(
        tag="reports",
        access=Access.PUBLIC,
        answers={HTTPStatus.PERMANENT_REDIRECT: Answer(headers=[LOCATION])},
    )
    def on_get_folder(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Redirect to `/reports/`, where the relative links of the page work.

        This endpoint needs no token. If a browser received a password prompt here, it would also
        send the password to all other endpoints.
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
                "The report does not exist. Run `make build` to write all reports.",
            ) from None
        except IsADirectoryError:
            _redirect_into(req, resp)
            return
        # Files with different content can share a time and an inode, and a build with the same
        # result writes the same bytes to a new file. So the tag is a hash of the content.
        resp.etag = file.sha256
        resp.last_modified = file.modified_at
        resp.cache_control = ["private", "no-cache"]
        resp.vary = ["Authorization"]
        if _is_not_modified(req, file):
            file.close()
            resp.status = HTTPStatus.NOT_MODIFIED
            return
        resp.content_type = _MEDIA_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
        resp.set_header("Content-Security-Policy", _PAGE_POLICY)
        if req.method == "HEAD":
            file.close()
            resp.content_length = file.size
        else:
            resp.set_stream(file, file.size)


def _redirect_into(req: falcon.Request, resp: falcon.Response) -> None:
    """Redirect to the same path with a trailing slash."""
    resp.status = HTTPStatus.PERMANENT_REDIRECT
    resp.location = f"{quote(req.path)}/"


def _is_not_modified(req: falcon.Request, file: File) -> bool:
    """Return whether the client already has the content (RFC 9110, section 13)."""
    tags = req.get_header("If-None-Match")
    if tags is not None:
        # If-None-Match uses the weak comparison, so the mark of a weak tag is ignored.
        return tags.strip() == "*" or file.sha256 in _TAG.findall(tags)
    try:
        since = req.get_header_as_datetime("If-Modified-Since", obs_date=True)
    except falcon.HTTPInvalidHeader:
        return False
    return since is not None and file.modified_at <= since
