"""Create and verify tokens: JWTs signed with the server's secret."""

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
from warehouse.store.protocol import session_name

ALGORITHM = "HS256"
ISSUER = "gamehouse"
AUDIENCE = "gamehouse-api"
REQUIRED_CLAIMS = ["iss", "aud", "exp", "iat", "sub", "jti", "role"]
KEY_ID_DIGITS = 16

# Cached valid tokens, each smaller than a kilobyte.
CACHED_TOKENS = 10_000

# Upper bounds of a 64-bit user id column and of a time far beyond the year 9999.
MAX_USER_ID = 2**63 - 1
MAX_EXPIRES_AT = 2**48
MAX_TOKEN_ID = 64

_USER_ID = re.compile(r"[1-9][0-9]{0,18}")


class Role(StrEnum):
    """The role of a token's owner."""

    PLAYER = "player"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Identity:
    """The caller.

    Attributes:
        role: Player or operator.
        subject: The `sub` of the token: a user id, or an operator's name.
        store_id: The store that issued the user id; None for an operator.
        generation: How often all sessions of the player had ended when this one began.
    """

    role: Role
    subject: str
    store_id: str | None = None
    generation: int = 0

    @property
    def user_id(self) -> int | None:
        """A player's id; None for an operator."""
        return int(self.subject) if self.role is Role.PLAYER else None


@dataclass(frozen=True)
class Token:
    """A verified token.

    Attributes:
        identity: Its owner.
        token_id: The `jti`, which identifies a revoked token.
        expires_at: Expiry as a Unix timestamp.
        session: The `session_name` of a player's token; empty for an operator's.
    """

    identity: Identity
    token_id: str
    expires_at: float
    session: str


class Tokens:
    """Creates and reads tokens.

    Players send the same token for a day, and verifying it takes longer than the rest of a request.
    So this class caches valid tokens and checks their expiry at each use. It does not cache invalid
    tokens, so an attacker cannot evict valid ones. The lookup time reveals nothing about other
    tokens: the process hashes them with a random key and compares only tokens with equal hashes.
    """

    def __init__(
        self, secret: str, previous: Sequence[str] = (), *, clock: Clock = utc_now
    ) -> None:
        """Use secrets of at least 32 bytes.

        Args:
            secret: Signs new tokens.
            previous: Earlier secrets; their tokens remain valid until they expire.
            clock: Source of issue times, and of the current time for expiry.
        """
        self._secret = secret
        self._secrets = {key_id(each): each for each in (*previous, secret)}
        self._clock = clock
        self._verify_cached = lru_cache(CACHED_TOKENS)(self.verify)

    def mint(self, identity: Identity, ttl_seconds: int) -> str:
        """Create a token that is valid for `ttl_seconds`."""
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
        if identity.generation:
            claims["gen"] = identity.generation
        headers = {"kid": key_id(self._secret)}
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM, headers=headers)

    def read(self, token: str) -> Token:
        """Verify a token, with a cache.

        Raises:
            ProblemError: 401; the token is invalid or has expired.
        """
        verified = self._verify_cached(token)
        if verified.expires_at <= self._clock().timestamp():
            raise invalid_token("The token has expired. Log in again.")
        return verified

    def verify(self, token: str) -> Token:
        """Verify a token without the cache.

        Raises:
            ProblemError: 401; the token is invalid or has expired.
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
            raise invalid_token("The token has expired. Log in again.") from None
        except (jwt.InvalidTokenError, KeyError, TypeError):  # missing or unknown `kid`, non-text
            raise invalid_token("The token is invalid. Log in again.") from None
        role, subject, token_id, expires_at = (
            claims[name] for name in ("role", "sub", "jti", "exp")
        )
        # Tokens of the first generation, and of an older version, do not name it.
        generation = claims.get("gen", 0)
        # The signature does not limit the size of claims that the API stores and compares.
        is_valid = (
            (_is_user_id(subject) if role == Role.PLAYER else role == Role.OPERATOR)
            and 0 < len(token_id) <= MAX_TOKEN_ID
            and type(expires_at) in (int, float)
            and expires_at <= MAX_EXPIRES_AT
            and type(generation) is int
            and 0 <= generation <= MAX_USER_ID
        )
        if not is_valid:
            raise invalid_token("The token is invalid. Log in again.")
        identity = Identity(Role(role), subject, claims.get("store"), generation)
        user_id = identity.user_id
        session = "" if user_id is None else session_name(user_id, generation)
        return Token(identity, token_id, float(expires_at), session)


def _is_user_id(subject: str) -> bool:
    return bool(_USER_ID.fullmatch(subject)) and int(subject) <= MAX_USER_ID


def key_id(secret: str) -> str:
    """Return the `kid` of a secret's tokens, which reveals nothing about the secret."""
    digest = hmac.digest(secret.encode(), b"gamehouse key id", hashlib.sha256)
    return digest.hex()[:KEY_ID_DIGITS]
