"""Typed models of requests and responses, the source of validation and documentation.

Field names equal the warehouse's column names; clients use camelCase aliases.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SkipValidation,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError, to_json

from warehouse.store.event_types import EVENT_TYPE_PATTERN, RESERVED_EVENT_TYPES
from warehouse.store.protocol import MAX_BALANCE, StoredEvent

MAX_BATCH = 500
# The maximum number of fields of a request or of an event in a batch.
MAX_FIELDS = 50
MAX_META_BYTES = 4096
MAX_META_DEPTH = 8
MAX_USER_ID = 2**63 - 1
FIRST_YEAR, LAST_YEAR = 2000, 2099

_ISO_8601 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:?[0-5][0-9])"
)
# Control and format characters, line and paragraph separators of Unicode 16, which can hide or
# forge text. The JSON parser already refuses surrogates. The list is explicit, so that the rule is
# the same for every Python version and can be published in the OpenAPI document. Characters beyond
# 16 bits need a separate pattern, because Python and JavaScript share no escape for them.
_UNSAFE = (
    r"\u0000-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u180e"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
)
_UNSAFE_BEYOND = (
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f"
)
_PLAIN = re.compile(f"[^{_UNSAFE}{_UNSAFE_BEYOND}]*")


def _plain(text: str) -> str:
    """Trim text; refuse characters that hide or forge text."""
    if not _PLAIN.fullmatch(text):
        raise PydanticCustomError(
            "control_character", "Text must not contain control or format characters"
        )
    text = text.strip()
    if not text:
        raise PydanticCustomError("blank", "Text must not be blank")
    return text


def _plain_text(max_length: int) -> WithJsonSchema:
    """Return the JSON Schema of text that `_plain` accepts; the length counts before trimming."""
    return WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": max_length,
            "pattern": f"^[^{_UNSAFE}]*$",
            "not": {"pattern": rf"^\s*$|[{_UNSAFE_BEYOND}]"},
            "description": "Trimmed; must not be blank or contain control or format characters.",
        }
    )


def _not_reserved(event_type: str) -> str:
    if event_type in RESERVED_EVENT_TYPES:
        raise PydanticCustomError(
            "reserved_event_type",
            "Only the server writes the event types earn, spend, deep_link and appsflyer_push",
        )
    return event_type


def _utc_time(value: object) -> datetime:
    if not isinstance(value, str) or not _ISO_8601.fullmatch(value):
        raise PydanticCustomError(
            "invalid_time",
            "Time must be ISO 8601 with Z or an offset, such as 2026-01-31T12:00:00Z",
        )
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError(
            "invalid_time", "Time must be an existing date and time"
        ) from None
    with suppress(OverflowError):  # near the first and the last year that Python supports
        time = time.astimezone(UTC)
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        raise PydanticCustomError(
            "invalid_time", f"The year must be from {FIRST_YEAR} to {LAST_YEAR}, in UTC"
        )
    return time


def _small_object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PydanticCustomError("dict_type", "Meta must be a JSON object")
    _check_json(value, MAX_META_DEPTH)
    if len(to_json(value)) > MAX_META_BYTES:
        raise PydanticCustomError(
            "meta_too_large", f"Meta must not exceed {MAX_META_BYTES} bytes of JSON"
        )
    return value


def _check_json(value: object, depth: int) -> None:
    """Refuse nesting deeper than `depth`, and numbers that JSON cannot represent."""
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("finite_number", "Numbers must be finite")
    if isinstance(value, dict | list):
        if depth == 0:
            raise PydanticCustomError(
                "meta_too_deep", f"Meta must not be nested deeper than {MAX_META_DEPTH} levels"
            )
        for item in value.values() if isinstance(value, dict) else value:
            _check_json(item, depth - 1)


def dump_meta(meta: dict[str, Any]) -> str:
    """Serialize meta as compact JSON."""
    return to_json(meta).decode()


def _zulu(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


# Requests: ISO 8601 with an offset. Responses: UTC with microseconds and Z.
RequestTime = Annotated[
    datetime,
    BeforeValidator(_utc_time),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": "^20[0-9]{2}-"}),
]
ResponseTime = Annotated[
    datetime,
    PlainSerializer(_zulu),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "pattern": r"^[0-9-]{10}T[0-9:]{8}\.[0-9]{6}Z$"}
    ),
]
Username = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.@+-]{1,64}$")]
# NIST SP 800-63B requires at least 8 characters of any kind. The maximum limits the cost of
# hashing.
Password = Annotated[str, StringConstraints(min_length=8, max_length=128)]
Amount = Annotated[StrictInt, Field(ge=1, le=MAX_BALANCE)]
Reason = Annotated[
    str, StringConstraints(min_length=1, max_length=200), AfterValidator(_plain), _plain_text(200)
]
EventType = Annotated[
    str,
    StringConstraints(pattern=EVENT_TYPE_PATTERN),
    AfterValidator(_not_reserved),
    Field(json_schema_extra={"not": {"enum": list(RESERVED_EVENT_TYPES)}}),
]
Meta = Annotated[dict[str, Any], BeforeValidator(_small_object)]
Character = Annotated[
    str, StringConstraints(min_length=1, max_length=128), AfterValidator(_plain), _plain_text(128)
]
_EVENT_ID = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$"
EventId = Annotated[str, StringConstraints(pattern=_EVENT_ID)]
_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
ClientEventId = Annotated[str, StringConstraints(pattern=_UUID), AfterValidator(str.lower)]


def _number(value: object) -> object:
    """Convert digits of a query string; the field refuses everything else."""
    is_number = isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value)
    return int(value) if is_number else value  # type: ignore[call-overload]


# Types of responses: the schema documents their range, and pydantic does not validate it.
_UserId = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_USER_ID})]
# An older version could store a balance above MAX_BALANCE.
_Coins = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 2**63 - 1})]
_Count = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0})]
_Id = Annotated[str, WithJsonSchema({"type": "string", "pattern": _EVENT_ID})]

QueryUserId = Annotated[StrictInt, Field(ge=1, le=MAX_USER_ID), BeforeValidator(_number)]


class Model(BaseModel):
    """Base of all models: strict types, camelCase aliases, no undeclared fields."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        field_title_generator=lambda name, field: field.alias or to_camel(name),
        # A client must not send `event_type`.
        validate_by_name=False,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


class ResponseModel(Model):
    """Base of responses, which the server creates by field name."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=False)


class RequestModel(Model):
    """Base of requests. Each unknown field is an error, so the number of fields is limited."""

    @model_validator(mode="before")
    @classmethod
    def _has_few_fields(cls, value: object) -> object:
        if isinstance(value, dict) and len(value) > MAX_FIELDS:
            raise PydanticCustomError(
                "too_many_fields",
                "Object should have at most {limit} fields",
                {"limit": MAX_FIELDS},
            )
        return value


class LoginRequest(RequestModel):
    """A player's credentials."""

    username: Username
    password: Password


class PasswordRequest(RequestModel):
    """The caller's password and the one that replaces it."""

    old: Password
    new: Password


class ErasureRequest(RequestModel):
    """The caller's password."""

    password: Password


class CoinsRequest(RequestModel):
    """Coins that the caller earns or spends."""

    amount: Amount
    reason: Reason


class EventRequest(RequestModel):
    """An event in the game."""

    event_type: EventType
    meta: Meta | None = Field(
        default=None,
        description=f"At most {MAX_META_BYTES} bytes of JSON and {MAX_META_DEPTH} levels.",
    )
    occurred_at: RequestTime | None = Field(
        default=None,
        alias="tsUtc",
        description="Time of the event, with Z or an offset. Default: time of receipt.",
    )
    event_id: ClientEventId | None = Field(
        default=None,
        # An event without one keeps the fingerprint that an older version stored.
        exclude_if=lambda event_id: event_id is None,
        description="A UUID that the client gives the event. The server records the event once,"
        " however often it is sent, and answers with the same server's `eventId`.",
    )


class EventsRequest(RequestModel):
    """Up to 500 events. The server validates each separately and records the valid ones."""

    events: Annotated[list[SkipValidation[EventRequest]], Field(min_length=1, max_length=MAX_BATCH)]


class AppsFlyerMessage(BaseModel):
    """A message of AppsFlyer's Push API. The server keeps all fields, in whatever form they are."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="allow", field_title_generator=lambda name, _: name
    )

    appsflyer_id: Annotated[str, StringConstraints(min_length=1)]
    event_name: Annotated[str, StringConstraints(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _is_json(cls, value: object) -> object:
        _check_json(value, MAX_META_DEPTH)
        return value


class StatsQuery(Model):
    """A player whose events to count."""

    user_id: QueryUserId | None = Field(
        default=None, description="The player, for operators. Players see only their own events."
    )


class EventsQuery(StatsQuery):
    """A page of events."""

    limit: Annotated[StrictInt, Field(ge=1, le=100), BeforeValidator(_number)] = Field(
        default=100, description="Maximum number of events."
    )
    before: EventId | None = Field(
        default=None, description="Return only events older than the event with this id."
    )


class TrackQuery(Model):
    """A deep link. The server ignores other parameters, such as `utm_source`."""

    model_config = ConfigDict(extra="ignore")

    character: Character


class IdempotencyHeaders(Model):
    """The header that makes a request safe to repeat."""

    key: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")] | None = Field(
        default=None,
        alias="Idempotency-Key",
        description="1 to 128 visible ASCII characters. A repeated request with the same key gets"
        " the stored answer. A different request with the same key gets 422.",
    )


class LoginResponse(ResponseModel):
    """A token to send as `Authorization: Bearer ...`."""

    user_id: _UserId
    token: str = Field(repr=False)
    token_type: Literal["Bearer"]
    expires_in: _Count = Field(description="Lifetime of the token in seconds.")


class CoinsResponse(ResponseModel):
    """The recorded event and the new balance."""

    event_id: _Id
    balance: _Coins


class EventResponse(ResponseModel):
    """The recorded event."""

    event_id: _Id


class FieldError(ResponseModel):
    """An error in one field."""

    field: str
    code: str
    message: str


_Warnings = Annotated[
    list[FieldError] | None,
    Field(
        exclude_if=lambda warnings: warnings is None,
        description="What does not fit events.yml, if its mode is `warn`.",
    ),
]


class JudgedEventResponse(EventResponse):
    """The recorded event of a game."""

    warnings: _Warnings = None


class RecordedResult(ResponseModel):
    """A recorded event of a batch."""

    status: Literal[HTTPStatus.CREATED]
    event_id: _Id
    warnings: _Warnings = None


class RejectedResult(ResponseModel):
    """A rejected event of a batch, with its errors; 422 if its `eventId` has other content."""

    status: Literal[HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY]
    code: str
    errors: list[FieldError]


class EventsResponse(ResponseModel):
    """The results of a batch's events, in order. Events sent again count as recorded."""

    recorded: _Count
    rejected: _Count
    results: list[RecordedResult | RejectedResult]


class BalanceResponse(ResponseModel):
    """The caller's coins."""

    user_id: _UserId
    balance: _Coins


class Event(ResponseModel):
    """An event with the fields of the store and of `raw.game_events`."""

    event_id: _Id
    user_id: _UserId | None
    event_type: str
    occurred_at: ResponseTime = Field(serialization_alias="tsUtc")
    received_at: ResponseTime
    meta: dict[str, Any] | None

    @classmethod
    def of(cls, stored: StoredEvent) -> Event:
        """Convert an event of the store."""
        return cls(
            event_id=stored.event_id,
            user_id=stored.user_id,
            event_type=stored.event_type,
            occurred_at=stored.occurred_at,
            received_at=stored.received_at,
            meta=None if stored.meta is None else json.loads(stored.meta),
        )


class EventListResponse(ResponseModel):
    """Events, newest first. `nextBefore` is the `before` of the next page, or null at the end."""

    events: list[Event]
    next_before: _Id | None


class IdempotencyKey(ResponseModel):
    """An Idempotency-Key, or `event` and the client's `eventId`, and the event that it wrote."""

    key: str
    event_id: _Id
    created_at: ResponseTime


class AccountSummary(ResponseModel):
    """The account itself."""

    user_id: _UserId
    username: str
    created_at: ResponseTime
    balance: _Coins
    event_counts: dict[str, _Count] = Field(
        description="Number of events by type, including pruned ones, which `events` lacks."
    )


class ExportResponse(AccountSummary):
    """Everything that the store has of the caller, except the hash of the password."""

    events: list[Event] = Field(description="Newest first.")
    idempotency_keys: list[IdempotencyKey]


class StatsResponse(ResponseModel):
    """Number of events by type."""

    counts: dict[str, _Count]
    total: _Count


class HealthResponse(ResponseModel):
    """The state of the process."""

    status: Literal["ok"]


class Problem(ResponseModel):
    """An RFC 9457 problem document. `code` is stable, so clients can rely on it."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str | None = None
    errors: list[FieldError] | None = None
