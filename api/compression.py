"""gzip for answers and for the bodies of requests."""

from __future__ import annotations

import gzip
import re
import zlib

import falcon

# A smaller answer fits into one packet anyway.
MIN_BYTES = 1000
# Half of the time of the default level, and almost its size.
_LEVEL = 5
_GZIP_FORMAT = 31
_COMPRESSIBLE = ("application/", "text/")
_ACCEPTS_GZIP = re.compile(
    r"(^|,)\s*(gzip|\*)\s*(;\s*q=(1(\.0*)?|0\.[0-9]*[1-9][0-9]*))?\s*(,|$)", re.IGNORECASE
)


class TooLargeError(ValueError):
    """The unpacked data exceeds the limit."""


def compress_answer(req: falcon.Request, resp: falcon.Response) -> None:
    """Compress an answer in memory if it is large enough and the client accepts it.

    Files of the reports are not in memory; their `ETag` is the hash of the uncompressed content.
    """
    data = resp.data
    if data is None or len(data) <= MIN_BYTES:
        return
    if not (resp.content_type or "").startswith(_COMPRESSIBLE):
        return
    resp.append_header("Vary", "Accept-Encoding")
    if _ACCEPTS_GZIP.search(req.get_header("Accept-Encoding") or ""):
        resp.data = gzip.compress(data, _LEVEL, mtime=0)
        resp.set_header("Content-Encoding", "gzip")


def unpack(body: bytes, max_bytes: int) -> bytes:
    """Unpack a gzip body without using more memory than the limit.

    Raises:
        TooLargeError: The unpacked body exceeds the limit.
        ValueError: The body is not exactly one whole gzip member.
    """
    unpacker = zlib.decompressobj(_GZIP_FORMAT)
    try:
        unpacked = unpacker.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(unpacked) > max_bytes:
        raise TooLargeError
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("it is incomplete, or has data after its end")
    return unpacked
