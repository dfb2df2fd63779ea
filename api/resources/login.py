"""`POST /login`."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import falcon

from api.errors import CHALLENGE, ProblemError
from api.operation import Access, Answer, Operation, link
from api.passwords import Passwords
from api.requests import read_body
from api.resources.answers import answer
from api.schemas import LoginRequest, LoginResponse
from api.throttle import LoginGuard
from api.tokens import Identity, Role, Tokens
from warehouse.store.names import name_key
from warehouse.store.protocol import Player, Store, UsernameTakenError

_USER_ID = "$response.body#/userId"
_LOGGED_IN = Answer(
    LoginResponse,
    links={
        "balance": link("get__balance", "The player's balance."),
        "events": link("get__events", "The player's events.", userId=_USER_ID),
        "stats": link("get__stats", "The player's event counts by type.", userId=_USER_ID),
    },
)


@dataclass(frozen=True)
class LoginResource:
    """Registration and login."""

    store: Store
    passwords: Passwords
    guard: LoginGuard
    tokens: Tokens
    ttl_seconds: int
    registration_enabled: bool

    @Operation(
        tag="accounts",
        access=Access.PUBLIC,
        body=LoginRequest,
        example={"username": "ada", "password": "correct horse"},  # nosec B105 (an example)
        answers={HTTPStatus.OK: _LOGGED_IN, HTTPStatus.CREATED: _LOGGED_IN},
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
        if player.holds_name:
            self.guard.succeed(name, client)
        else:
            # A success here must not reset the failures for the account that holds the name.
            self.guard.withdraw(name, client)
        answer(resp, HTTPStatus.CREATED if is_new else HTTPStatus.OK, self._response(player))

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

    def _response(self, player: Player) -> LoginResponse:
        identity = Identity(Role.PLAYER, str(player.user_id), self.store.store_id())
        return LoginResponse(
            user_id=player.user_id,
            token=self.tokens.mint(identity, self.ttl_seconds),
            token_type="Bearer",  # noqa: S106 (a name)  # nosec B106
            expires_in=self.ttl_seconds,
        )
