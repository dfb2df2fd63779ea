"""Parse the bodies, queries and headers of requests into models."""

from __future__ import annotations

import hashlib
import json
from typing import TypeVar
from urllib.parse import parse_qsl

import falcon
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from api.compression import TooLargeError, unpack
from api.errors import ProblemError
from api.schemas import FieldError, IdempotencyHeaders
from warehouse.store.protocol import Idempotency

MAX_BODY_BYTES = 256 * 1024
MAX_QUERY_FIELDS = 50
# Limits on the answer's size, so that a hostile body does not cause a long answer.
MAX_ERRORS = 20
MAX_FIELD_NAME = 80

M = TypeVar("M", bound=BaseModel)


def read_body(req: falcon.Request, model: type[M]) -> M:
    """Read a JSON body.

    Raises:
        ProblemError: 400, 413 or 415.
    """
    document = _read_json(req)
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise ProblemError(
            400,
            validation_code(error),
            "The body is invalid. Correct the fields in `errors`.",
            errors=field_errors(error),
        ) from None


def _read_json(req: falcon.Request) -> object:
    if (req.content_length or 0) > MAX_BODY_BYTES:
        raise _body_too_large()
    encoding = (req.get_header("Content-Encoding") or "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise ProblemError(
            415,
            "unsupported_content_encoding",
            f"Content-Encoding {encoding[:MAX_FIELD_NAME]} is not supported. Send the body"
            " uncompressed or with gzip.",
            headers={"Accept-Encoding": "gzip"},
        )
    # A chunked body has no declared length; the server then ends the stream itself.
    stream = req.stream if req.env.get("wsgi.input_terminated") else req.bounded_stream
    body = stream.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise _body_too_large()
    is_incomplete = len(body) < (req.content_length or 0)
    if encoding == "gzip" and body and not is_incomplete:
        body = _unpack(body)
    req.context.body_bytes = len(body)
    if is_incomplete:
        raise ProblemError(
            400,
            "incomplete_body",
            "The body is shorter than its Content-Length. Send the request again.",
        )
    media_type = (req.content_type or "").partition(";")[0].strip().lower()
    if media_type != falcon.MEDIA_JSON and (body or media_type):
        raise ProblemError(
            415,
            "unsupported_media_type",
            "The media type is not supported. Send JSON with `Content-Type: application/json`.",
        )
    if not body:
        raise ProblemError(400, "missing_body", "The request has no body. Send a JSON object.")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise ProblemError(400, "invalid_utf8", "The body is not valid UTF-8.") from None
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise ProblemError(400, "malformed_json", f"The body is not valid JSON: {error}.") from None


def _unpack(body: bytes) -> bytes:
    try:
        return unpack(body, MAX_BODY_BYTES)
    except TooLargeError:
        raise _body_too_large() from None
    except ValueError as error:
        raise ProblemError(400, "malformed_gzip", f"The body is not valid gzip: {error}.") from None


def _body_too_large() -> ProblemError:
    return ProblemError(
        413,
        "body_too_large",
        f"The body exceeds the maximum of {MAX_BODY_BYTES} bytes. Send fewer or smaller events.",
    )


def read_query(req: falcon.Request, model: type[M]) -> M:
    """Read the query string; each parameter of the model may occur once.

    Raises:
        ProblemError: 400 with code `invalid_query`, `missing_parameter`, `repeated_parameter` or
            `invalid_parameter`.
    """
    try:
        # Falcon would replace invalid UTF-8 silently.
        pairs = parse_qsl(
            req.query_string.encode("ascii").decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_QUERY_FIELDS,
        )
    except ValueError:
        raise ProblemError(
            400,
            "invalid_query",
            "The query is invalid. Send percent-encoded UTF-8 with at most"
            f" {MAX_QUERY_FIELDS} parameters.",
        ) from None
    known = {field.alias or name for name, field in model.model_fields.items()}
    names = [name for name, _ in pairs if name in known]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ProblemError(
            400,
            "repeated_parameter",
            f"The query repeats parameters. Send each of these once: {', '.join(repeated)}.",
        )
    try:
        return model.model_validate(dict(pairs))
    except ValidationError as error:
        errors = field_errors(error)
        is_missing = any(item.code == "missing" for item in errors)
        raise ProblemError(
            400,
            "missing_parameter" if is_missing else "invalid_parameter",
            "The query is invalid. Correct the parameters in `errors`.",
            errors=errors,
        ) from None


def read_idempotency(req: falcon.Request, body: BaseModel) -> Idempotency | None:
    """Read the Idempotency-Key, if any, and hash the request's content.

    Raises:
        ProblemError: 400 with code `invalid_idempotency_key`.
    """
    key = req.get_header("Idempotency-Key")
    if key is None:
        return None
    try:
        IdempotencyHeaders.model_validate({"Idempotency-Key": key})
    except ValidationError as error:
        raise ProblemError(
            400,
            "invalid_idempotency_key",
            "The Idempotency-Key is invalid. Send 1 to 128 visible ASCII characters.",
            errors=field_errors(error),
        ) from None
    return Idempotency(key, fingerprint(f"{req.method} {req.path}", body))


def fingerprint(subject: str, body: BaseModel) -> str:
    """Hash the validated body, so that white space and the order of keys make no difference."""
    content = json.dumps(body.model_dump(mode="json", by_alias=True), sort_keys=True)
    return hashlib.sha256(f"{subject}\n{content}".encode()).hexdigest()


def validation_code(error: ValidationError) -> str:
    """Return the problem code of an invalid body."""
    kinds = {item["type"] for item in error.errors(include_input=False, include_context=False)}
    return "reserved_event_type" if "reserved_event_type" in kinds else "invalid_body"


def field_errors(error: ValidationError) -> list[FieldError]:
    """List the errors of single fields, without their values, which may be secret."""
    items = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        FieldError(
            field=".".join(str(part) for part in item["loc"])[:MAX_FIELD_NAME],
            code=item["type"],
            message=item["msg"],
        )
        for item in items[:MAX_ERRORS]
    ]
