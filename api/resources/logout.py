"""`POST /logout`: ends a session."""

from __future__ import annotations

from http import HTTPStatus

import falcon

from api.auth import Authenticator
from api.operation import Access, Answer, Operation
from api.revocations import Revocations


class LogoutResource:
    """Sessions."""

    def __init__(self, authenticator: Authenticator, revocations: Revocations) -> None:
        """Use these collaborators."""
        self._authenticator = authenticator
        self._revocations = revocations

    @Operation(
        tag="accounts",
        access=Access.ANYONE,
        answers={HTTPStatus.NO_CONTENT: Answer()},
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Revoke the token of this request: it is good for nothing from now on.

        Other tokens of the same player or operator stay good.
        """
        self._authenticator.anyone(req)
        self._revocations.revoke(req.context.token)
        resp.status = HTTPStatus.NO_CONTENT
