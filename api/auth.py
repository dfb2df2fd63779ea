"""Authentication and authorization."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

import falcon
from limits import RateLimitItem

from api.errors import BROWSER_CHALLENGE, CHALLENGE, ProblemError, invalid_token
from api.revocations import Revocations
from api.throttle import Limiter
from api.tokens import Identity, Role, Tokens

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9_.-]+)")
_BASIC = re.compile(r"[Bb][Aa][Ss][Ii][Cc] +([A-Za-z0-9+/]+={0,2})")
_NAME_AND_TOKEN = re.compile(rb"[^:]*:([A-Za-z0-9_.-]+)", re.DOTALL)


@dataclass(frozen=True)
class Authenticator:
    """Identifies the caller of a request and stores the identity in its context for the log."""

    tokens: Tokens
    revocations: Revocations
    limiter: Limiter
    limit: RateLimitItem | None

    def optional(self, req: falcon.Request) -> Identity | None:
        """Identify the caller; None if the request has no token.

        Raises:
            ProblemError: 401 if the token is invalid, 429 if its account exceeds the rate limit.
        """
        # A resource may call this several times, but the request counts once.
        identity: Identity | None = req.context.get("identity")
        if identity is not None:
            return identity
        header = req.get_header("Authorization")
        if header is None:
            return None
        match = _BEARER.fullmatch(header)
        if match is None:
            raise invalid_token(
                "The Authorization header is not a bearer token. Send `Authorization: Bearer`"
                " followed by the token."
            )
        return self._authenticate(req, match[1])

    def _authenticate(self, req: falcon.Request, encoded: str) -> Identity:
        token = self.tokens.read(encoded)
        if self.revocations.include(token.token_id, token.session):
            raise invalid_token("The token is revoked. Log in again.")
        identity = token.identity
        if identity.role is Role.PLAYER and identity.store_id != self.revocations.store_id:
            # This store may have given the same user id to another player.
            raise invalid_token("The token belongs to another store. Log in again.")
        req.context.token = token
        req.context.identity = identity
        self.limiter.hit(self.limit, identity.role, identity.subject)
        return identity

    def anyone(self, req: falcon.Request) -> Identity:
        """Identify the caller, a player or an operator.

        Raises:
            ProblemError: 401.
        """
        identity = self.optional(req)
        if identity is None:
            raise ProblemError(
                401,
                "missing_token",
                "The request has no token. Log in, then send `Authorization: Bearer` followed by"
                " the token.",
                headers={"WWW-Authenticate": CHALLENGE},
            )
        return identity

    def player(self, req: falcon.Request) -> int:
        """Return the user id of the caller, who must be a player.

        Raises:
            ProblemError: 401, or 403 for an operator.
        """
        user_id = self.anyone(req).user_id
        if user_id is None:
            raise ProblemError(
                403, "players_only", "Operators have no account. Send a player's token."
            )
        return user_id

    def operator(self, req: falcon.Request) -> None:
        """Admit an operator, who may use a browser.

        A browser cannot send a bearer token for an address that a user opens. It prompts for a
        name and a password instead. The password must be the token; the name is ignored.

        Raises:
            ProblemError: 401, or 403 for a player.
        """
        token = _token_as_password(req.get_header("Authorization"))
        try:
            identity = self.anyone(req) if token is None else self._authenticate(req, token)
        except ProblemError as error:
            # A 429 has no challenge.
            if challenge := error.headers.get("WWW-Authenticate"):
                error.headers["WWW-Authenticate"] = f"{BROWSER_CHALLENGE}, {challenge}"
            raise
        if identity.role is not Role.OPERATOR:
            raise ProblemError(
                403, "operators_only", "Players cannot read the reports. Send an operator's token."
            )

    def visible_user(self, req: falcon.Request, wanted: int | None) -> int | None:
        """Return the user id whose data the caller may read; None means all players.

        Args:
            req: The request.
            wanted: The user id that the caller asks for, if any.

        Raises:
            ProblemError: 401, or 403 for a player who asks for another player's data.
        """
        identity = self.anyone(req)
        if identity.role is Role.OPERATOR:
            return wanted
        if wanted not in (None, identity.user_id):
            raise ProblemError(
                403, "operators_only", "Players see only their own events. Omit `userId`."
            )
        return identity.user_id


def _token_as_password(header: str | None) -> str | None:
    """Return the password of HTTP Basic credentials if it has the form of a token."""
    credentials = _BASIC.fullmatch(header or "")
    if credentials is None:
        return None
    try:
        decoded = base64.b64decode(credentials[1], validate=True)
    except ValueError:
        return None
    match = _NAME_AND_TOKEN.fullmatch(decoded)
    return None if match is None else match[1].decode("ascii")
