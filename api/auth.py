"""Who is asking: passwords (argon2id) and tokens (JWT)."""

from __future__ import annotations

import base64
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from http import HTTPStatus

import falcon
import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from api.clock import Clock, utc_now
from api.errors import BROWSER_CHALLENGE, CHALLENGE, ProblemError, invalid_token, unavailable
from api.waiting import aside

ALGORITHM = "HS256"
ISSUER = "gamehouse"
AUDIENCE = "gamehouse-api"
REQUIRED_CLAIMS = ["iss", "aud", "exp", "iat", "sub", "jti", "role"]

# Each hash takes 64 MiB for some tens of milliseconds: more at a time would exhaust the machine.
HASHES_AT_A_TIME = 4
HASH_WAIT_SECONDS = 10

# Tokens that are known to be good, each of less than a kilobyte.
KNOWN_TOKENS = 10_000

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9_.-]+)")
_BASIC = re.compile(r"[Bb][Aa][Ss][Ii][Cc] +([A-Za-z0-9+/]+={0,2})")
_NAME_AND_TOKEN = re.compile(rb"[^:]*:([A-Za-z0-9_.-]+)", re.DOTALL)
_USER_ID = re.compile(r"[1-9][0-9]{0,18}")


class Role(StrEnum):
    """What a token allows."""

    PLAYER = "player"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Identity:
    """The caller.

    Attributes:
        role: Player or operator.
        subject: The `sub` of the token: a user id, or an operator's name.
    """

    role: Role
    subject: str

    @property
    def user_id(self) -> int | None:
        """A player's id; None for an operator."""
        return int(self.subject) if self.role is Role.PLAYER else None


class Passwords:
    """Hashes and verifies passwords, a few at a time."""

    def __init__(self) -> None:
        """Use argon2id with the parameters of RFC 9106 for machines with little memory."""
        self._hasher = PasswordHasher()
        self._turns = threading.BoundedSemaphore(HASHES_AT_A_TIME)

    def hash(self, password: str) -> str:
        """Hash a password with a new salt, which the result holds."""
        return aside(lambda: self._hash(password))

    def verify(self, password_hash: str, password: str) -> bool:
        """Tell whether this is the password."""
        return aside(lambda: self._verify(password_hash, password))

    def _hash(self, password: str) -> str:
        with self._turn():
            return self._hasher.hash(password)

    def _verify(self, password_hash: str, password: str) -> bool:
        with self._turn():
            try:
                return self._hasher.verify(password_hash, password)
            except VerifyMismatchError:
                return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=HASH_WAIT_SECONDS):
            raise unavailable("login_busy", "Too many players log in now.")
        try:
            yield
        finally:
            self._turns.release()


@dataclass(frozen=True)
class Token:
    """What a good token says.

    Attributes:
        identity: Whose it is.
        expires_at: When it ceases to be good, in seconds since 1970.
    """

    identity: Identity
    expires_at: float


class Tokens:
    """Makes and reads tokens.

    Players send the same token for a day, and to verify it takes longer than all else that an
    application does for a request. So good ones are remembered, as long as this object lives, which
    has one secret, and asked each time whether they have expired. A bad one is never remembered:
    nobody can crowd out the good ones with it. To look a token up takes a time that tells nothing
    about others: they are found by a hash under a random key of the process, and only a token with
    the same hash is compared at all.
    """

    def __init__(self, secret: str, *, clock: Clock = utc_now) -> None:
        """Use a secret of at least 32 bytes; `clock` dates tokens and tells when they expire."""
        self._secret = secret
        self._clock = clock
        self._recall = lru_cache(KNOWN_TOKENS)(self.verify)

    def mint(self, identity: Identity, ttl_seconds: int) -> str:
        """Make a token that is valid for `ttl_seconds`."""
        now = self._clock()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + timedelta(seconds=ttl_seconds),
            "sub": identity.subject,
            "jti": str(uuid.uuid4()),
            "role": identity.role.value,
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def read(self, token: str) -> Identity:
        """Tell whose a token is, after verifying it or remembering that.

        Raises:
            ProblemError: 401; it is not ours, not valid any more, or not for this API.
        """
        known = self._recall(token)
        if known.expires_at <= self._clock().timestamp():
            raise _expired()
        return known.identity

    def verify(self, token: str) -> Token:
        """Verify a token.

        Raises:
            ProblemError: 401; it is not ours, not valid any more, or not for this API.
        """
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": REQUIRED_CLAIMS},
            )
        except jwt.ExpiredSignatureError:
            raise _expired() from None
        except jwt.InvalidTokenError:
            raise invalid_token("The token is not valid.") from None
        subject, expires_at = claims["sub"], float(claims["exp"])
        if claims["role"] == Role.PLAYER and _USER_ID.fullmatch(subject):
            return Token(Identity(Role.PLAYER, subject), expires_at)
        if claims["role"] == Role.OPERATOR:
            return Token(Identity(Role.OPERATOR, subject), expires_at)
        raise invalid_token("The token is not valid.")


def _expired() -> ProblemError:
    return invalid_token("The token has expired; log in again.")


class Authenticator:
    """Tells resources who is asking; the log hears it, too."""

    def __init__(self, tokens: Tokens) -> None:
        """Use these tokens."""
        self._tokens = tokens

    def optional(self, req: falcon.Request) -> Identity | None:
        """Identify the caller; None where no token was sent.

        Raises:
            ProblemError: 401; a token was sent and is not valid.
        """
        header = req.get_header("Authorization")
        if header is None:
            return None
        match = _BEARER.fullmatch(header)
        if match is None:
            raise invalid_token("Send the header Authorization: Bearer followed by the token.")
        return self._known(req, match[1])

    def _known(self, req: falcon.Request, token: str) -> Identity:
        identity = self._tokens.read(token)
        req.context.identity = identity
        return identity

    def anyone(self, req: falcon.Request) -> Identity:
        """Identify the caller, a player or an operator.

        Raises:
            ProblemError: 401.
        """
        identity = self.optional(req)
        if identity is None:
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED,
                "missing_token",
                "Log in and send the header Authorization: Bearer followed by the token.",
                headers={"WWW-Authenticate": CHALLENGE},
            )
        return identity

    def player(self, req: falcon.Request) -> int:
        """Identify the caller, a player, by the user id.

        Raises:
            ProblemError: 401, or 403 for an operator, who has no account.
        """
        user_id = self.anyone(req).user_id
        if user_id is None:
            raise ProblemError(
                HTTPStatus.FORBIDDEN, "players_only", "Operators have no account to do this with."
            )
        return user_id

    def operator(self, req: falcon.Request) -> None:
        """Let an operator pass, who may use a browser.

        A browser sends no bearer token when somebody opens an address; it asks for a name and a
        password. The token is good as the password, and nothing else is: the name is not looked at.

        Raises:
            ProblemError: 401, or 403 for a player.
        """
        token = _token_as_password(req.get_header("Authorization"))
        try:
            identity = self.anyone(req) if token is None else self._known(req, token)
        except ProblemError as error:
            challenge = error.headers["WWW-Authenticate"]
            error.headers["WWW-Authenticate"] = f"{BROWSER_CHALLENGE}, {challenge}"
            raise
        if identity.role is not Role.OPERATOR:
            raise ProblemError(
                HTTPStatus.FORBIDDEN, "operators_only", "This is for operators, not for players."
            )

    def visible_user(self, req: falcon.Request, wanted: int | None) -> int | None:
        """Tell whose data the caller may see; None is everyone's.

        Args:
            req: The request.
            wanted: Whose data the caller asked for, if anyone's in particular.

        Raises:
            ProblemError: 401, or 403 for a player who asked for another one's.
        """
        identity = self.anyone(req)
        if identity.role is Role.OPERATOR:
            return wanted
        if wanted not in (None, identity.user_id):
            raise ProblemError(
                HTTPStatus.FORBIDDEN, "operators_only", "Players see their own events alone."
            )
        return identity.user_id


def _token_as_password(header: str | None) -> str | None:
    """Read the password of HTTP Basic where it may be a token."""
    credentials = _BASIC.fullmatch(header or "")
    if credentials is None:
        return None
    try:
        decoded = base64.b64decode(credentials[1], validate=True)
    except ValueError:
        return None
    match = _NAME_AND_TOKEN.fullmatch(decoded)
    return None if match is None else match[1].decode("ascii")
