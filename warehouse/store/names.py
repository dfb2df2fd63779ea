"""Makes different spellings of a username equal."""

from __future__ import annotations

import unicodedata


def name_key(username: str) -> str:
    """Return the key that all spellings of a username share: `Ada` and `ADA` have the same.

    NFKC unifies compatible characters, case folding upper and lower case. Case folding can undo
    NFKC, so NFKC is applied twice (Unicode, section 3.13).
    """
    return _nfkc(_nfkc(username).casefold())


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
