"""Writing answers."""

from __future__ import annotations

from http import HTTPStatus

import falcon
from pydantic import BaseModel


def answer(
    resp: falcon.Response, status: HTTPStatus, model: BaseModel, *, is_replay: bool = False
) -> None:
    """Answer with a model as JSON; for a replay, an earlier request with the key did the work."""
    resp.status = status
    resp.content_type = falcon.MEDIA_JSON
    resp.data = model.model_dump_json().encode()
    if is_replay:
        resp.set_header("Idempotent-Replay", "true")
