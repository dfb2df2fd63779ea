"""Where a request ends: waitress's parser, with what it leaves open closed.

Whoever disagrees with a proxy before it about that reads a request that somebody hid in the body of
another one. So what can be read in two ways is refused (RFC 9112, section 6.3).
"""

from __future__ import annotations

from waitress.parser import (  # type: ignore[import-untyped]
    HTTPRequestParser,
    ParsingError,
)


class StrictParser(HTTPRequestParser):  # type: ignore[misc]
    """Reads one request."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read the first line and the headers.

        Raises:
            ParsingError: They are no HTTP, or do not tell where the request ends.
        """
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            # An address such as `http://[`, or a length of thousands of digits.
            raise ParsingError("The address or the length makes no sense") from error
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Send either Content-Length or Transfer-Encoding")
        # Waitress takes it out of the headers where it heeds it.
        if "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("Transfer-Encoding needs HTTP/1.1")
