"""`POST /login`: registers a player the first time and verifies the password later."""

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
_WELCOME = Answer(
    LoginResponse,
    links={
        "balance": link("get__balance", "The player's coins, with the token."),
        "events": link("get__events", "What the player did, with the token.", userId=_USER_ID),
        "stats": link("get__stats", "How often, with the token.", userId=_USER_ID),
    },
)


@dataclass(frozen=True)
class LoginResource:
    """Accounts."""

    store: Store
    passwords: Passwords
    guard: LoginGuard
    tokens: Tokens
    ttl_seconds: int
    registers: bool

    @Operation(
        tag="accounts",
        access=Access.PUBLIC,
        body=LoginRequest,
        example={"username": "ada", "password": "correct horse"},  # nosec B105 (an example)
        answers={HTTPStatus.OK: _WELCOME, HTTPStatus.CREATED: _WELCOME},
        problems=[HTTPStatus.UNAUTHORIZED],
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Log in; an unknown username is registered, unless the server takes no new players.

        201 after a registration, 200 after a login, 401 with code `wrong_password` otherwise.
        A new player's password must not be easily guessed: 400 with code `unsafe_password`.
        """
        credentials = read_body(req, LoginRequest)
        # Tries of one name count together, however it is spelled.
        name, client = name_key(credentials.username), req.context.client
        self.guard.admit(name, client)
        try:
            player, is_new = self._log_in(credentials.username, credentials.password)
        except Exception:
            self.guard.withdrawn(name, client)
            raise
        if player is None:
            raise ProblemError(
                401,
                "wrong_password",
                "The username and the password do not belong together.",
                headers={"WWW-Authenticate": CHALLENGE},
            )
        if player.holds_name:
            self.guard.succeeded(name, client)
        else:
            # Or it would undo the count of guesses at the account that holds the name.
            self.guard.withdrawn(name, client)
        answer(resp, HTTPStatus.CREATED if is_new else HTTPStatus.OK, self._welcome(player))

    def _log_in(self, username: str, password: str) -> tuple[Player | None, bool]:
        """Find whose name and password these are, or make them somebody's.

        Returns:
            The player, or None where they are nobody's; and whether the player is new.
        """
        player = self.store.find_player(username)
        if player is None and self.registers:
            if new := self._register(username, password):
                return new, True
            # Another request registered the name in the meantime: this one logs in.
            player = self.store.find_player(username)
        # Also where there is no such player, so that nobody learns that from the time it takes.
        password_hash = None if player is None else player.password_hash
        return (player if self.passwords.verify(password_hash, password) else None), False

    def _register(self, username: str, password: str) -> Player | None:
        """Make an account; None where the name is taken."""
        self.passwords.check_new(username, password)
        password_hash = self.passwords.hash(password)
        try:
            return self.store.register(username, password_hash)
        except UsernameTakenError:
            return None

    def _welcome(self, player: Player) -> LoginResponse:
        identity = Identity(Role.PLAYER, str(player.user_id), self.store.store_id())
        return LoginResponse(
            user_id=player.user_id,
            token=self.tokens.mint(identity, self.ttl_seconds),
            token_type="Bearer",  # noqa: S106 (a name)  # nosec B106
            expires_in=self.ttl_seconds,
        )
