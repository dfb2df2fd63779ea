"""`POST /login`: registers a player the first time and verifies the password later."""

from __future__ import annotations

from http import HTTPStatus

import falcon

from api.auth import Identity, Passwords, Role, Tokens
from api.docs import Access, documented
from api.errors import CHALLENGE, ProblemError
from api.requests import read_body
from api.resources.answers import answer
from api.schemas import LoginRequest, LoginResponse
from api.store.protocol import Player, Store, UsernameTakenError


class LoginResource:
    """Accounts."""

    def __init__(
        self, store: Store, passwords: Passwords, tokens: Tokens, ttl_seconds: int
    ) -> None:
        """Use these collaborators; tokens are valid for `ttl_seconds`."""
        self._store = store
        self._passwords = passwords
        self._tokens = tokens
        self._ttl_seconds = ttl_seconds

    @documented(
        access=Access.PUBLIC,
        body=LoginRequest,
        answers={HTTPStatus.OK: LoginResponse, HTTPStatus.CREATED: LoginResponse},
        problems=[HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE],
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Log in; an unknown username is registered.

        201 after a registration, 200 after a login, 401 with code `wrong_password` otherwise.
        """
        credentials = read_body(req, LoginRequest)
        player = self._store.find_player(credentials.username)
        is_new = player is None
        if player is None:
            password_hash = self._passwords.hash(credentials.password)
            try:
                player = self._store.register(credentials.username, password_hash)
            except UsernameTakenError:
                # Another request registered the name in the meantime: this one logs in.
                is_new = False
                player = self._store.find_player(credentials.username)
        if player is None:
            raise RuntimeError("a taken username has no player")
        if not is_new and not self._passwords.verify(player.password_hash, credentials.password):
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED,
                "wrong_password",
                "The password is not the player's.",
                headers={"WWW-Authenticate": CHALLENGE},
            )
        answer(resp, HTTPStatus.CREATED if is_new else HTTPStatus.OK, self._welcome(player))

    def _welcome(self, player: Player) -> LoginResponse:
        identity = Identity(Role.PLAYER, str(player.user_id))
        return LoginResponse(
            user_id=player.user_id,
            token=self._tokens.mint(identity, self._ttl_seconds),
            token_type="Bearer",  # noqa: S106 (a name)  # nosec B106
            expires_in=self._ttl_seconds,
        )
