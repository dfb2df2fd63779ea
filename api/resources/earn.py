"""`POST /earn`."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import falcon

from api.auth import Authenticator
from api.operation import REPLAYED, Access, Answer, Operation, link
from api.quotas import Quotas
from api.requests import read_body, read_idempotency
from api.resources.answers import answer
from api.schemas import EarnRequest, EarnResponse, IdempotencyHeaders
from warehouse.store.protocol import Store


@dataclass(frozen=True)
class EarnResource:
    """Earned coins."""

    store: Store
    authenticator: Authenticator
    quotas: Quotas

    @Operation(
        tag="coins",
        access=Access.PLAYER,
        body=EarnRequest,
        headers=IdempotencyHeaders,
        answers={
            HTTPStatus.CREATED: Answer(
                EarnResponse,
                headers=[REPLAYED],
                links={
                    "balance": link("get__balance", "The new balance."),
                    "older": link(
                        "get__events", "Earlier events.", before="$response.body#/eventId"
                    ),
                },
            )
        },
        example={"amount": 50, "reason": "quest"},
        problems=[HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY],
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Raise the caller's balance and write an `earn` event in one transaction.

        Returns 409 with code `balance_overflow` if the balance would exceed 2^53 - 1.
        """
        user_id = self.authenticator.player(req)
        earned = read_body(req, EarnRequest)
        self.quotas.charge(req)
        recorded = self.store.earn(
            user_id, earned.amount, earned.reason, read_idempotency(req, earned)
        )
        if recorded.balance is None:
            raise RuntimeError("the store returned no balance after an earn")
        answer(
            resp,
            HTTPStatus.CREATED,
            EarnResponse(event_id=recorded.event_id, balance=recorded.balance),
            is_replay=recorded.replayed,
        )
