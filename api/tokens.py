"""Tokens: JWT that say who somebody is, signed with a secret of the server."""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

import jwt

from api.errors import invalid_token
from warehouse.store.clock import Clock, utc_now

ALGORITHM = "HS256"
ISSUER = "gamehouse"
AUDIENCE = "gamehouse-api"
REQUIRED_CLAIMS = ["iss", "aud", "exp", "iat", "sub", "jti", "role"]
KEY_ID_DIGITS = 16

# Tokens that are known to be good, each of less than a kilobyte.
KNOWN_TOKENS = 10_000

# Of a user id, a column of 64 bits; and of a time, beyond the year 9999 of any calendar.
MAX_USER_ID = 2**63 - 1
MAX_EXPIRES_AT = 2**48
MAX_TOKEN_ID = 64

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
        store_id: Which store knows the player by that id; None for an operator, who has no account
            and gets a token without a store.
    """

    role: Role
    subject: str
    store_id: str | None = None

    @property
    def user_id(self) -> int | None:
        """A player's id; None for an operator."""
        return int(self.subject) if self.role is Role.PLAYER else None


@dataclass(frozen=True)
class Token:
    """What a good token says.

    Attributes:
        identity: Whose it is.
        token_id: Its `jti`, by which it may be revoked.
        expires_at: When it ceases to be good, in seconds since 1970.
    """

    identity: Identity
    token_id: str
    expires_at: float


class Tokens:
    """Makes and reads tokens.

    Players send the same token for a day, and to verify it takes longer than all else that an
    application does for a request. So good ones are remembered, as long as this object lives, which
    has one set of secrets, and asked each time whether they have expired. A bad one is never
    remembered: nobody can crowd out the good ones with it. To look a token up takes a time that
    tells nothing about others: they are found by a hash under a random key of the process, and only
    a token with the same hash is compared at all.
    """

    def __init__(
        self, secret: str, previous: Sequence[str] = (), *, clock: Clock = utc_now
    ) -> None:
        """Use secrets of at least 32 bytes.

        Args:
            secret: Signs new tokens.
            previous: Those that signed before; what they signed is good until it expires.
            clock: Dates tokens and tells when they expire.
        """
        self._secret = secret
        self._secrets = {key_id(each): each for each in (*previous, secret)}
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
        if identity.store_id is not None:
            claims["store"] = identity.store_id
        headers = {"kid": key_id(self._secret)}
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM, headers=headers)

    def read(self, token: str) -> Token:
        """Tell whose a token is, after verifying it or remembering that.

        Raises:
            ProblemError: 401; it is not ours, not valid any more, or not for this API.
        """
        known = self._recall(token)
        if known.expires_at <= self._clock().timestamp():
            raise invalid_token("The token has expired; log in again.")
        return known

    def verify(self, token: str) -> Token:
        """Verify a token.

        Raises:
            ProblemError: 401; it is not ours, not valid any more, or not for this API.
        """
        try:
            secret = self._secrets[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token,
                secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": REQUIRED_CLAIMS},
            )
        except jwt.ExpiredSignatureError:
            raise invalid_token("The token has expired; log in again.") from None
        except (jwt.InvalidTokenError, KeyError, TypeError):  # no key id, another one, or no text
            raise invalid_token("The token is not valid.") from None
        role, subject, token_id, expires_at = (
            claims[name] for name in ("role", "sub", "jti", "exp")
        )
        # What follows keeps and compares these; a signature says nothing about their size.
        is_sane = (
            (_is_user_id(subject) if role == Role.PLAYER else role == Role.OPERATOR)
            and 0 < len(token_id) <= MAX_TOKEN_ID
            and type(expires_at) in (int, float)
            and expires_at <= MAX_EXPIRES_AT
        )
        if not is_sane:
            raise invalid_token("The token is not valid.")
        identity = Identity(Role(role), subject, claims.get("store"))
        return Token(identity, token_id, float(expires_at))


def _is_user_id(subject: str) -> bool:
    return bool(_USER_ID.fullmatch(subject)) and int(subject) <= MAX_USER_ID


def key_id(secret: str) -> str:
    """Name a secret in the `kid` of the tokens that it signs, without telling anything about it."""
    digest = hmac.digest(secret.encode(), b"gamehouse key id", hashlib.sha256)
    return digest.hex()[:KEY_ID_DIGITS]
