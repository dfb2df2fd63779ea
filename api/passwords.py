"""Passwords: which are taken, and how they are kept (argon2id)."""

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

# Each hash takes 64 MiB and all cores for some tens of milliseconds. More at a time would slow down
# every other request and end no sooner.
HASHES_AT_A_TIME = 1
# Logins that hash or wait for that, each in a thread of the server; further ones are refused.
LOGINS_AT_A_TIME = 8

# Those that a guesser tries first. They fall to whoever has the patience for 100 tries a day.
MIN_GUESSES = 10_000
# What a password must hold beside a name that anybody knows.
MIN_OWN_CHARACTERS = 4
# What is estimated; the estimate takes long for longer texts, which are no easier to guess.
ESTIMATED_CHARACTERS = 72
PRODUCT = "gamehouse"


class Passwords:
    """Judges, hashes and verifies passwords; what takes long, a few at a time.

    The rules are those of NIST SP 800-63B, section "Passwords": a least length, none that is known
    to be common or follows from the name, and no rule about which characters. Characters that look
    and mean the same are the same, however a keyboard sends them (NFKC).
    """

    def __init__(self, min_length: int, *, logins_at_a_time: int = LOGINS_AT_A_TIME) -> None:
        """Use argon2id with the parameters of RFC 9106 for machines with little memory.

        Args:
            min_length: Characters that a new password has at least.
            logins_at_a_time: How many hash or wait for their turn.
        """
        self._min_length = min_length
        self._hasher = PasswordHasher()
        self._turns = threading.BoundedSemaphore(HASHES_AT_A_TIME)
        self._places = threading.BoundedSemaphore(logins_at_a_time)

    def check_new(self, username: str, password: str) -> None:
        """Refuse a new password that is too easily guessed.

        Raises:
            ProblemError: 400 with code `unsafe_password`.
        """
        normal = _normal(password)
        if len(normal) < self._min_length:
            raise _unsafe("too_short", f"It must have at least {self._min_length} characters.")
        if reason := _too_guessable(username, normal):
            raise _unsafe("too_guessable", reason)

    def hash(self, password: str) -> str:
        """Hash a password with a new salt, which the result holds.

        Raises:
            ProblemError: 503 with code `login_busy`.
        """
        with self._turn():
            return self._hasher.hash(_normal(password))

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether this is the password.

        Without a hash it is not, which takes as long to tell.

        Raises:
            ProblemError: 503 with code `login_busy`.
        """
        with self._turn():
            try:
                return self._hasher.verify(password_hash or self._nobodys, _normal(password))
            except VerifyMismatchError:
                return False

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_hex())

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for a turn to hash, or refuse where enough logins wait already."""
        if not self._places.acquire(blocking=False):
            raise unavailable("login_busy", "Too many players log in now.")
        try:
            with self._turns:
                yield
        finally:
            self._places.release()


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _follows_from(name: str, password: str) -> bool:
    """Tell whether a password is a name and little else; a name of few letters is in any text."""
    name, text = name.casefold(), password.casefold()
    rest = text.replace(name, "")
    return len(name) >= MIN_OWN_CHARACTERS and rest != text and len(rest) < MIN_OWN_CHARACTERS


def _too_guessable(username: str, password: str) -> str | None:
    """Say why a password is too easily guessed; None where it is not."""
    if _follows_from(username, password) or _follows_from(PRODUCT, password):
        return "It is too close to the username or to the name of the game's server."
    estimate = zxcvbn(password[:ESTIMATED_CHARACTERS], user_inputs=[username])
    if estimate["guesses"] >= MIN_GUESSES:
        return None
    return str(estimate["feedback"]["warning"]) or "It is too easily guessed."


def _unsafe(code: str, message: str) -> ProblemError:
    return ProblemError(
        400,
        "unsafe_password",
        "A new player needs a password that is not easily guessed.",
        errors=[FieldError(field="password", code=code, message=message)],
    )
