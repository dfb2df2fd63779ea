"""`POST /postbacks/appsflyer`."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address

import falcon

from api.addresses import UNKNOWN
from api.errors import ProblemError
from api.operation import Access, Answer, Operation
from api.requests import read_body
from api.resources.answers import answer
from api.schemas import AppsFlyerMessage, EventResponse, dump_meta
from warehouse.store.clock import Clock
from warehouse.store.event_types import APPSFLYER_PUSH
from warehouse.store.protocol import NewEvent, Store


@dataclass(frozen=True)
class AppsFlyerResource:
    """Messages of AppsFlyer's Push API.

    AppsFlyer signs nothing, so it sends a secret in the address. No quota applies, because a
    refused message may be lost.
    """

    store: Store
    secret: str
    networks: Sequence[IPv4Network | IPv6Network]
    clock: Clock

    @Operation(
        tag="attribution",
        access=Access.APPSFLYER,
        body=AppsFlyerMessage,
        answers={HTTPStatus.OK: Answer(EventResponse)},
        example={
            "appsflyer_id": "1767600000000-1234567",
            "event_name": "af_purchase",
            "event_time": "2026-01-05 09:00:00.123",
            "event_revenue_usd": "4.99",
            "event_value": '{"af_receipt_id": "RCP-1"}',
        },
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Record a message of AppsFlyer's Push API.

        The server keeps the message as it is. The warehouse counts an event once, however often
        AppsFlyer sends it.
        """
        self._admit(req)
        message = read_body(req, AppsFlyerMessage)
        event = NewEvent(APPSFLYER_PUSH, self.clock(), dump_meta(message.model_dump()))
        recorded = self.store.record(None, event)
        answer(resp, HTTPStatus.OK, EventResponse(event_id=recorded.event_id))

    def _admit(self, req: falcon.Request) -> None:
        client: str = req.context.client
        if self.networks and not self._is_known(client):
            raise ProblemError(
                403,
                "address_not_allowed",
                "This address may not send messages. Add it to APPSFLYER_PUSH_ADDRESSES.",
            )
        given = req.get_param("secret") or ""
        if not hmac.compare_digest(given.encode(), self.secret.encode()):
            raise ProblemError(
                403,
                "wrong_secret",
                "The secret is missing or wrong. Send `?secret=` with APPSFLYER_PUSH_SECRET.",
            )

    def _is_known(self, client: str) -> bool:
        if client == UNKNOWN:
            return False
        # An IPv6 client is a network.
        address = ip_address(client.partition("/")[0])
        return any(address in network for network in self.networks)
