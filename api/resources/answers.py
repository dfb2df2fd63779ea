"""Write JSON answers."""

from __future__ import annotations

from http import HTTPStatus

import falcon
from pydantic import BaseModel


def answer(
    resp: falcon.Response, status: HTTPStatus, model: BaseModel, *, is_replay: bool = False
) -> None:
    """Answer with a model as JSON; mark the stored answer of an earlier request as a replay."""
    resp.status = status
    resp.content_type = falcon.MEDIA_JSON
    resp.data = model.model_dump_json().encode()
    if is_replay:
        resp.set_header("Idempotent-Replay", "true")
