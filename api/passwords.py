"""Password rules, hashing and verification (argon2id)."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from zxcvbn import zxcvbn

from api.errors import ProblemError, unavailable
from api.schemas import FieldError

# Each hash takes 64 MiB and all cores for tens of milliseconds. Parallel hashes would slow down
# other requests and finish no sooner.
MAX_CONCURRENT_HASHES = 1
# Logins that hash or wait to hash; each occupies a server thread. Further logins get a 503.
MAX_CONCURRENT_LOGINS = 8

# An attacker with 100 tries a day would find weaker passwords within months.
MIN_GUESSES = 10_000
# A password that contains a known name needs this many other characters.
MIN_OTHER_CHARACTERS = 4
# The strength estimate is slow for longer texts, and longer texts are not easier to guess.
ESTIMATED_CHARACTERS = 72
PRODUCT = "gamehouse"


class Passwords:
    """Checks, hashes and verifies passwords with limited concurrency.

    The rules follow NIST SP 800-63B, section "Passwords": a minimum length, no common password, no
    password derived from the username, and no rules about character classes. NFKC normalization
    makes equivalent characters equal, because keyboards encode them differently.
    """

    def __init__(self, min_length: int, *, max_logins: int = MAX_CONCURRENT_LOGINS) -> None:
        """Use argon2id with the RFC 9106 parameters for machines with little memory.

        Args:
            min_length: Minimum length of a new password.
            max_logins: How many logins may hash or wait at a time.
        """
        self._min_length = min_length
        self._hasher = PasswordHasher()
        self._hashes = threading.BoundedSemaphore(MAX_CONCURRENT_HASHES)
        self._logins = threading.BoundedSemaphore(max_logins)

    def check_new(self, username: str, password: str, field: str = "password") -> None:
        """Refuse a new password that is too easy to guess.

        Args:
            username: The player's name.
            password: The new password.
            field: The field of the request that contains it.

        Raises:
            ProblemError: 400 with code `unsafe_password`.
        """
        normal = _normal(password)
        if len(normal) < self._min_length:
            raise _unsafe(
                field,
                "too_short",
                f"The password must have at least {self._min_length} characters.",
            )
        if reason := _too_guessable(username, normal):
            raise _unsafe(field, "too_guessable", reason)

    def hash(self, password: str) -> str:
        """Hash a password with a new salt, which is part of the result.

        Raises:
            ProblemError: 503 with code `login_busy`.
        """
        with self._limited():
            return self._hasher.hash(_normal(password))

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether the password matches the hash.

        Without a hash, verification fails after the same time.

        Raises:
            ProblemError: 503 with code `login_busy`.
        """
        with self._limited():
            try:
                return self._hasher.verify(password_hash or self._dummy_hash, _normal(password))
            except VerifyMismatchError:
                return False

    @cached_property
    def _dummy_hash(self) -> str:
        return self._hasher.hash(secrets.token_hex())

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Wait for permission to hash; refuse if too many logins already wait."""
        if not self._logins.acquire(blocking=False):
            raise unavailable("login_busy", "Too many players are logging in.")
        try:
            with self._hashes:
                yield
        finally:
            self._logins.release()


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _follows_from(name: str, password: str) -> bool:
    """Return whether a password is little more than a name; ignore very short names."""
    name, text = name.casefold(), password.casefold()
    rest = text.replace(name, "")
    return len(name) >= MIN_OTHER_CHARACTERS and rest != text and len(rest) < MIN_OTHER_CHARACTERS


def _too_guessable(username: str, password: str) -> str | None:
    """Return why a password is too easy to guess; None if it is not."""
    if _follows_from(username, password) or _follows_from(PRODUCT, password):
        return "The password is too similar to the username or the product name."
    estimate = zxcvbn(password[:ESTIMATED_CHARACTERS], user_inputs=[username])
    if estimate["guesses"] >= MIN_GUESSES:
        return None
    return str(estimate["feedback"]["warning"]) or "The password is too easy to guess."


def _unsafe(field: str, code: str, message: str) -> ProblemError:
    return ProblemError(
        400,
        "unsafe_password",
        "The new password is too weak. Choose another one; see `errors`.",
        errors=[FieldError(field=field, code=code, message=message)],
    )
