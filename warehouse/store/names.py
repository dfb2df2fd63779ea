"""Usernames that are one, however they are spelled."""

from __future__ import annotations

import unicodedata


def name_key(username: str) -> str:
    """Make what all spellings of a username have in common: `Ada` and `ADA` are one.

    NFKC makes one of the letters that look alike by their nature, casefolding one of large and
    small ones. Either may undo the other, so that NFKC comes twice (Unicode, section 3.13).
    """
    return _nfkc(_nfkc(username).casefold())


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
