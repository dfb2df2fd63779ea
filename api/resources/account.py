"""`POST /token` and `POST /password`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

import falcon

from api.auth import Authenticator
from api.errors import ProblemError
from api.operation import Access, Operation
from api.passwords import Passwords
from api.requests import read_body
from api.resources.answers import answer
from api.revocations import Revocations
from api.schemas import PasswordRequest
from api.sessions import LOGGED_IN, Sessions
from api.throttle import LoginGuard
from api.tokens import MAX_TTL_SECONDS
from warehouse.store.clock import Clock
from warehouse.store.names import name_key
from warehouse.store.protocol import Player, Store, UnknownPlayerError, session_name


@dataclass(frozen=True)
class AccountResource:
    """The caller's account."""

    store: Store
    authenticator: Authenticator
    revocations: Revocations
    passwords: Passwords
    guard: LoginGuard
    sessions: Sessions
    clock: Clock

    @Operation(tag="accounts", access=Access.PLAYER, answers={HTTPStatus.OK: LOGGED_IN})
    def on_post_token(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return a new token, so that a client need not keep the password.

        The token of the request remains valid until it expires or is revoked.
        """
        self.authenticator.player(req)
        answer(resp, HTTPStatus.OK, self.sessions.begin(req.context.identity))

    @Operation(
        tag="accounts",
        access=Access.PLAYER,
        body=PasswordRequest,
        answers={HTTPStatus.OK: LOGGED_IN},
        example={"old": "correct horse", "new": "battery staple"},
    )
    def on_post_password(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Change the caller's password, end all sessions and return the token of a new one.

        Returns 403 with code `wrong_password` if the old password is wrong, and 400 with code
        `unsafe_password` if the new one is too easy to guess. Wrong passwords count as failed
        logins.
        """
        user_id = self.authenticator.player(req)
        passwords = read_body(req, PasswordRequest)
        player = self._verified(req, user_id, passwords.old)
        self.passwords.check_new(player.username, passwords.new, "new")
        expire_at = self.clock().timestamp() + MAX_TTL_SECONDS
        generation = self.store.change_password(
            user_id, player.password_hash, self.passwords.hash(passwords.new), expire_at
        )
        self.revocations.add(session_name(user_id, generation - 1), expire_at)
        identity = replace(req.context.identity, generation=generation)
        answer(resp, HTTPStatus.OK, self.sessions.begin(identity))

    def _verified(self, req: falcon.Request, user_id: int, password: str) -> Player:
        """Return the caller's account if the password is right.

        Raises:
            ProblemError: 403; it is wrong. 429; too many attempts failed.
        """
        player = self.store.get_player(user_id)
        if player is None:
            raise UnknownPlayerError(str(user_id))
        name, client = name_key(player.username), req.context.client
        self.guard.admit(name, client)
        try:
            is_right = self.passwords.verify(player.password_hash, password)
        except Exception:
            self.guard.withdraw(name, client)
            raise
        if not is_right:
            raise ProblemError(403, "wrong_password", "The password is wrong. Correct it.")
        self.guard.succeed(name, client, holds_name=player.holds_name)
        return player
