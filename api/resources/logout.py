"""`POST /logout`."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import falcon

from api.auth import Authenticator
from api.operation import Access, Answer, Operation
from api.revocations import Revocations


@dataclass(frozen=True)
class LogoutResource:
    """Logout."""

    authenticator: Authenticator
    revocations: Revocations

    @Operation(tag="accounts", access=Access.ANY_TOKEN, answers={HTTPStatus.NO_CONTENT: Answer()})
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Revoke the token of this request.

        Other tokens of the same player or operator remain valid.
        """
        self.authenticator.anyone(req)
        self.revocations.revoke(req.context.token)
        resp.status = HTTPStatus.NO_CONTENT
