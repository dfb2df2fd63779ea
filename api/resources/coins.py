"""`POST /earn` and `POST /spend`."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import falcon

from api.auth import Authenticator
from api.operation import REPLAYED, Access, Answer, Operation, link
from api.quotas import Quotas
from api.requests import read_body, read_idempotency
from api.resources.answers import answer
from api.schemas import CoinsRequest, CoinsResponse, IdempotencyHeaders
from warehouse.store.protocol import Idempotency, Recorded, Store

# What both endpoints have in common.
_COINS: dict[str, Any] = {
    "tag": "coins",
    "access": Access.PLAYER,
    "body": CoinsRequest,
    "headers": IdempotencyHeaders,
    "answers": {
        HTTPStatus.CREATED: Answer(
            CoinsResponse,
            headers=[REPLAYED],
            links={
                "balance": link("get__balance", "The new balance."),
                "older": link("get__events", "Earlier events.", before="$response.body#/eventId"),
            },
        )
    },
    "problems": [HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY],
}


class _ChangeBalance(Protocol):
    """`Store.earn` or `Store.spend`."""

    def __call__(
        self, user_id: int, amount: int, reason: str, idempotency: Idempotency | None, /
    ) -> Recorded: ...


@dataclass(frozen=True)
class CoinsResource:
    """Earned and spent coins."""

    store: Store
    authenticator: Authenticator
    quotas: Quotas

    @Operation(**_COINS, example={"amount": 50, "reason": "quest"})
    def on_post_earn(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Raise the caller's balance and write an `earn` event in one transaction.

        Returns 409 with code `balance_overflow` if the balance would exceed 2^53 - 1.
        """
        self._change_balance(req, resp, self.store.earn)

    @Operation(**_COINS, example={"amount": 30, "reason": "sword"})
    def on_post_spend(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Lower the caller's balance and write a `spend` event in one transaction.

        Returns 409 with code `insufficient_balance` if the balance is smaller than the amount. Then
        the balance does not change.
        """
        self._change_balance(req, resp, self.store.spend)

    def _change_balance(
        self, req: falcon.Request, resp: falcon.Response, change: _ChangeBalance
    ) -> None:
        user_id = self.authenticator.player(req)
        coins = read_body(req, CoinsRequest)
        self.quotas.charge(req)
        recorded = change(user_id, coins.amount, coins.reason, read_idempotency(req, coins))
        if recorded.balance is None:
            raise RuntimeError("the store returned no balance")
        answer(
            resp,
            HTTPStatus.CREATED,
            CoinsResponse(event_id=recorded.event_id, balance=recorded.balance),
            is_replay=recorded.replayed,
        )
