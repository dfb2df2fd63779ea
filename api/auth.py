"""Who is asking, and whether they may."""

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
    """Tells resources who is asking; the log hears it, too."""

    tokens: Tokens
    revocations: Revocations
    limiter: Limiter
    limit: RateLimitItem | None

    def optional(self, req: falcon.Request) -> Identity | None:
        """Identify the caller; None where no token was sent.

        Raises:
            ProblemError: 401; a token was sent and is not valid. 429; its account sends too many.
        """
        # A resource may ask several times; the request counts once.
        known: Identity | None = req.context.get("identity")
        if known is not None:
            return known
        header = req.get_header("Authorization")
        if header is None:
            return None
        match = _BEARER.fullmatch(header)
        if match is None:
            raise invalid_token("Send the header Authorization: Bearer followed by the token.")
        return self._known(req, match[1])

    def _known(self, req: falcon.Request, token: str) -> Identity:
        read = self.tokens.read(token)
        if self.revocations.include(read.token_id):
            raise invalid_token("The token was revoked; log in again.")
        is_players = read.identity.role is Role.PLAYER
        if is_players and read.identity.store_id != self.revocations.store_id:
            # By the same id, this store knows somebody else.
            raise invalid_token("The token is of another store of accounts; log in again.")
        req.context.token = read
        req.context.identity = read.identity
        self.limiter.hit(self.limit, read.identity.role, read.identity.subject)
        return read.identity

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
            raise ProblemError(403, "players_only", "Operators have no account to do this with.")
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
            # One that sends too many requests is asked for nothing.
            if challenge := error.headers.get("WWW-Authenticate"):
                error.headers["WWW-Authenticate"] = f"{BROWSER_CHALLENGE}, {challenge}"
            raise
        if identity.role is not Role.OPERATOR:
            raise ProblemError(403, "operators_only", "This is for operators, not for players.")

    def visible_user(self, req: falcon.Request, wanted: int | None) -> int | None:
        """Tell whose data the caller may see, who asked for `wanted`; None is everyone's.

        Raises:
            ProblemError: 401, or 403 for a player who asked for another one's.
        """
        identity = self.anyone(req)
        if identity.role is Role.OPERATOR:
            return wanted
        if wanted not in (None, identity.user_id):
            raise ProblemError(403, "operators_only", "Players see their own events alone.")
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
