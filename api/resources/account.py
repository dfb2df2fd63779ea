"""`POST /token`, `POST /password`, `GET /account/export` and `DELETE /account`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus

import falcon

from api.auth import Authenticator
from api.errors import ProblemError
from api.operation import Access, Answer, Operation
from api.passwords import Passwords
from api.requests import read_body
from api.resources.answers import answer
from api.revocations import Revocations
from api.schemas import (
    AccountSummary,
    ErasureRequest,
    Event,
    ExportResponse,
    IdempotencyKey,
    PasswordRequest,
)
from api.sessions import LOGGED_IN, Sessions
from api.throttle import LoginGuard
from warehouse.store.clock import Clock
from warehouse.store.names import name_key
from warehouse.store.protocol import (
    MAX_SESSION_SECONDS,
    Player,
    Store,
    UnknownPlayerError,
    session_name,
)

# Events or keys that an export reads at a time.
EXPORT_PAGE = 500


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
        new_hash = self.passwords.hash(passwords.new)
        generation = self.store.change_password(user_id, player.password_hash, new_hash)
        self._forget_sessions(player)
        identity = replace(req.context.identity, generation=generation)
        answer(resp, HTTPStatus.OK, self.sessions.begin(identity))

    @Operation(
        tag="accounts",
        access=Access.PLAYER,
        answers={HTTPStatus.OK: Answer(ExportResponse)},
    )
    def on_get_export(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return everything that the store has of the caller, in a stream of any length."""
        player = self._caller(self.authenticator.player(req))
        summary = AccountSummary(
            user_id=player.user_id,
            username=player.username,
            created_at=player.created_at,
            balance=player.balance,
            event_counts=self.store.event_counts(player.user_id),
        )
        resp.content_type = falcon.MEDIA_JSON
        resp.stream = self._export(summary)

    on_head_export = on_get_export

    @Operation(
        tag="accounts",
        access=Access.PLAYER,
        body=ErasureRequest,
        answers={HTTPStatus.NO_CONTENT: Answer()},
        example={"password": "correct horse"},  # nosec B105 (an example)
    )
    def on_delete(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Erase the caller's account and end all sessions; the body has the password.

        The name, the password, the keys and the details of the events are erased. The amounts of
        earned and spent coins remain, under the user id alone. The name is free again. Returns 403
        with code `wrong_password` if the password is wrong, which counts as a failed login.
        """
        user_id = self.authenticator.player(req)
        player = self._verified(req, user_id, read_body(req, ErasureRequest).password)
        self.store.erase(user_id, player.password_hash)
        self._forget_sessions(player)
        resp.status = HTTPStatus.NO_CONTENT

    def _export(self, summary: AccountSummary) -> Iterator[bytes]:
        """Serialize an ExportResponse in parts, a page of the store each."""
        yield summary.model_dump_json().encode()[:-1] + b',"events":['
        separator = b""
        before: str | None = None
        while page := self.store.recent_events(summary.user_id, EXPORT_PAGE, before):
            yield separator + b",".join(Event.of(each).model_dump_json().encode() for each in page)
            separator, before = b",", page[-1].event_id
        yield b'],"idempotencyKeys":['
        separator, after = b"", ""
        while keys := self.store.keys_of(summary.user_id, EXPORT_PAGE, after):
            models = [
                IdempotencyKey(key=each.key, event_id=each.event_id, created_at=each.created_at)
                for each in keys
            ]
            yield separator + b",".join(model.model_dump_json().encode() for model in models)
            separator, after = b",", keys[-1].key
        yield b"]}"

    def _forget_sessions(self, player: Player) -> None:
        """End the sessions of a player in this process; the store has ended them."""
        name = session_name(player.user_id, player.session_generation)
        self.revocations.add(name, self.clock().timestamp() + MAX_SESSION_SECONDS)

    def _caller(self, user_id: int) -> Player:
        player = self.store.get_player(user_id)
        if player is None:
            raise UnknownPlayerError(str(user_id))
        return player

    def _verified(self, req: falcon.Request, user_id: int, password: str) -> Player:
        """Return the caller's account if the password is right.

        Raises:
            ProblemError: 403; it is wrong. 429; too many attempts failed.
        """
        player = self._caller(user_id)
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
