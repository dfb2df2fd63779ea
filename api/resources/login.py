"""`POST /login`."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import falcon

from api.errors import CHALLENGE, ProblemError
from api.operation import Access, Operation
from api.passwords import Passwords
from api.requests import read_body
from api.resources.answers import answer
from api.schemas import LoginRequest
from api.sessions import LOGGED_IN, Sessions, player_identity
from api.throttle import LoginGuard
from warehouse.store.names import name_key
from warehouse.store.protocol import Player, Store, UsernameTakenError


@dataclass(frozen=True)
class LoginResource:
    """Registration and login."""

    store: Store
    passwords: Passwords
    guard: LoginGuard
    sessions: Sessions
    registration_enabled: bool

    @Operation(
        tag="accounts",
        access=Access.PUBLIC,
        body=LoginRequest,
        example={"username": "ada", "password": "correct horse"},  # nosec B105 (an example)
        answers={HTTPStatus.OK: LOGGED_IN, HTTPStatus.CREATED: LOGGED_IN},
        problems=[HTTPStatus.UNAUTHORIZED],
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Log in. An unknown username is registered, unless registration is off.

        Returns 201 after a registration, 200 after a login and 401 with code `wrong_password`
        otherwise. Returns 400 with code `unsafe_password` if a new player's password is too easy to
        guess.
        """
        credentials = read_body(req, LoginRequest)
        # Attempts for all spellings of a name count together.
        name, client = name_key(credentials.username), req.context.client
        self.guard.admit(name, client)
        try:
            player, is_new = self._log_in(credentials.username, credentials.password)
        except Exception:
            self.guard.withdraw(name, client)
            raise
        if player is None:
            raise ProblemError(
                401,
                "wrong_password",
                "The username or the password is wrong. Correct them and log in again.",
                headers={"WWW-Authenticate": CHALLENGE},
            )
        self.guard.succeed(name, client, holds_name=player.holds_name)
        identity = player_identity(player, self.store.store_id())
        answer(resp, HTTPStatus.CREATED if is_new else HTTPStatus.OK, self.sessions.begin(identity))

    def _log_in(self, username: str, password: str) -> tuple[Player | None, bool]:
        """Verify the credentials, or register a new player.

        Returns:
            The player, or None if the credentials are wrong; and whether the player is new.
        """
        player = self.store.find_player(username)
        if player is None and self.registration_enabled:
            if new := self._register(username, password):
                return new, True
            # Another request registered the name in the meantime.
            player = self.store.find_player(username)
        # Verify for unknown names too, so that the response time does not reveal them.
        password_hash = None if player is None else player.password_hash
        return (player if self.passwords.verify(password_hash, password) else None), False

    def _register(self, username: str, password: str) -> Player | None:
        """Create an account; None if the name is taken."""
        self.passwords.check_new(username, password)
        password_hash = self.passwords.hash(password)
        try:
            return self.store.register(username, password_hash)
        except UsernameTakenError:
            return None
