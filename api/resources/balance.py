"""`GET /balance`."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import falcon

from api.auth import Authenticator
from api.operation import Access, Answer, Operation
from api.resources.answers import answer
from api.schemas import BalanceResponse
from warehouse.store.protocol import Store, UnknownPlayerError


@dataclass(frozen=True)
class BalanceResource:
    """The caller's balance."""

    store: Store
    authenticator: Authenticator

    @Operation(tag="coins", access=Access.PLAYER, answers={HTTPStatus.OK: Answer(BalanceResponse)})
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the caller's balance."""
        user_id = self.authenticator.player(req)
        player = self.store.get_player(user_id)
        if player is None:
            raise UnknownPlayerError(str(user_id))
        answer(resp, HTTPStatus.OK, BalanceResponse(user_id=user_id, balance=player.balance))

    on_head = on_get
