"""The typed models of requests and responses; validation and documentation come from these.

Field names are the names of the warehouse's columns; clients see their aliases in camelCase.
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

from warehouse.store.protocol import MAX_BALANCE, StoredEvent

MAX_BATCH = 500
# Fields of a request, or of an event in a batch: far more than any has.
MAX_FIELDS = 50
MAX_META_BYTES = 4096
MAX_META_DEPTH = 8
MAX_USER_ID = 2**63 - 1
EARN, DEEP_LINK = "earn", "deep_link"
# `earn` moves coins and only /earn does that, or the balances would not add up; /track writes the
# other one.
RESERVED_EVENT_TYPES = (EARN, DEEP_LINK)
FIRST_YEAR, LAST_YEAR = 2000, 2099

_ISO_8601 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:?[0-5][0-9])"
)
# Control and format characters, line and paragraph separators of Unicode 16: they hide or forge
# text. Surrogates do not get this far. Written out, so that the rule is the same under every Python
# and stands in the description: there the backslashes stay, and what lies beyond 16 bits, for which
# Python and JavaScript share no escape, is a pattern of its own.
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
    """Refuse what hides or forges text, and trim."""
    if not _PLAIN.fullmatch(text):
        raise PydanticCustomError("control_character", "Text must not hold control characters")
    text = text.strip()
    if not text:
        raise PydanticCustomError("blank", "Text must not be blank")
    return text


def _plain_text(max_length: int) -> WithJsonSchema:
    """Describe a line of text: `_plain`, and its length before it is trimmed."""
    return WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": max_length,
            "pattern": f"^[^{_UNSAFE}]*$",
            "not": {"pattern": rf"^\s*$|[{_UNSAFE_BEYOND}]"},
            "description": "It is trimmed; not blank, no control or format characters.",
        }
    )


def _not_reserved(event_type: str) -> str:
    if event_type in RESERVED_EVENT_TYPES:
        raise PydanticCustomError(
            "reserved_event_type", "The event types earn and deep_link are the server's own"
        )
    return event_type


def _utc_time(value: object) -> datetime:
    if not isinstance(value, str) or not _ISO_8601.fullmatch(value):
        raise PydanticCustomError(
            "invalid_time", "Time must be ISO 8601 with Z or an offset: 2026-01-31T12:00:00Z"
        )
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("invalid_time", "There is no such time") from None
    with suppress(OverflowError):  # in the first and the last year that there is
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
    """Refuse what is nested deeper than `depth`, and numbers that JSON cannot write."""
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
    """Write meta as compact JSON."""
    return to_json(meta).decode()


def _zulu(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


# What a client sends: ISO 8601 with an offset; and what it gets: microseconds and Z.
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
# NIST SP 800-63B asks for at least 8 characters and no rules about which; the upper bound bounds
# the work of hashing.
Password = Annotated[str, StringConstraints(min_length=8, max_length=128)]
Amount = Annotated[StrictInt, Field(ge=1, le=MAX_BALANCE)]
Reason = Annotated[
    str, StringConstraints(min_length=1, max_length=200), AfterValidator(_plain), _plain_text(200)
]
EventType = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,63}$"),
    AfterValidator(_not_reserved),
    Field(json_schema_extra={"not": {"enum": list(RESERVED_EVENT_TYPES)}}),
]
Meta = Annotated[dict[str, Any], BeforeValidator(_small_object)]
Character = Annotated[
    str, StringConstraints(min_length=1, max_length=128), AfterValidator(_plain), _plain_text(128)
]
_EVENT_ID = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$"
EventId = Annotated[str, StringConstraints(pattern=_EVENT_ID)]


def _number(value: object) -> object:
    """Read a number of a query string; what is none is left for the field to refuse."""
    is_number = isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value)
    return int(value) if is_number else value  # type: ignore[call-overload]


# What the server tells: the description says what it may be, and nobody checks it again.
_UserId = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_USER_ID})]
# A balance of an older version may exceed MAX_BALANCE.
_Coins = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 2**63 - 1})]
_Count = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0})]
_Id = Annotated[str, WithJsonSchema({"type": "string", "pattern": _EVENT_ID})]

QueryUserId = Annotated[StrictInt, Field(ge=1, le=MAX_USER_ID), BeforeValidator(_number)]


class Model(BaseModel):
    """What all models share: strict types, camelCase outside, nothing that is not declared."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        field_title_generator=lambda name, field: field.alias or to_camel(name),
        # Also false for names: a client must not send `event_type`.
        validate_by_name=False,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


class ResponseModel(Model):
    """What is made by the server, by field name."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=False)


class RequestModel(Model):
    """What clients send. Each unknown field makes an error, so their number has a limit."""

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
    """Who wants to play."""

    username: Username
    password: Password


class EarnRequest(RequestModel):
    """Coins for the caller."""

    amount: Amount
    reason: Reason


class EventRequest(RequestModel):
    """Something that happened in the game."""

    event_type: EventType
    meta: Meta | None = Field(
        default=None,
        description=f"At most {MAX_META_BYTES} bytes of JSON and {MAX_META_DEPTH} levels deep.",
    )
    occurred_at: RequestTime | None = Field(
        default=None,
        alias="tsUtc",
        description="When it happened, with Z or an offset; by default when it was received.",
    )


class EventsRequest(RequestModel):
    """Up to 500 events; each is validated by itself, so that a bad one does not refuse the rest."""

    events: Annotated[list[SkipValidation[EventRequest]], Field(min_length=1, max_length=MAX_BATCH)]


class StatsQuery(Model):
    """Whose events."""

    user_id: QueryUserId | None = Field(
        default=None, description="Whose; for operators. A player sees no one else's."
    )


class EventsQuery(StatsQuery):
    """Which events."""

    limit: Annotated[StrictInt, Field(ge=1, le=100), BeforeValidator(_number)] = Field(
        default=100, description="At most this many."
    )
    before: EventId | None = Field(
        default=None, description="Only events older than the one with this id."
    )


class TrackQuery(Model):
    """The deep link that was opened. Other parameters, such as `utm_source`, are ignored."""

    model_config = ConfigDict(extra="ignore")

    character: Character


class IdempotencyHeaders(Model):
    """Makes a request safe to repeat."""

    key: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")] | None = Field(
        default=None,
        alias="Idempotency-Key",
        description="1 to 128 visible ASCII characters. The same key with the same request gets the"
        " stored answer again; with another request it is refused.",
    )


class LoginResponse(ResponseModel):
    """A token, to be sent as `Authorization: Bearer ...`."""

    user_id: _UserId
    token: str = Field(repr=False)
    token_type: Literal["Bearer"]
    expires_in: _Count = Field(description="Seconds.")


class EarnResponse(ResponseModel):
    """The event that was written and the balance after it."""

    event_id: _Id
    balance: _Coins


class EventResponse(ResponseModel):
    """The event that was written."""

    event_id: _Id


class FieldError(ResponseModel):
    """What is wrong with one field."""

    field: str
    code: str
    message: str


class RecordedResult(ResponseModel):
    """An event of a batch that was written."""

    status: Literal[HTTPStatus.CREATED]
    event_id: _Id


class RejectedResult(ResponseModel):
    """An event of a batch that was not written, and why."""

    status: Literal[HTTPStatus.BAD_REQUEST]
    code: str
    errors: list[FieldError]


class EventsResponse(ResponseModel):
    """The fates of a batch's events, in their order."""

    recorded: _Count
    rejected: _Count
    results: list[RecordedResult | RejectedResult]


class BalanceResponse(ResponseModel):
    """The caller's coins."""

    user_id: _UserId
    balance: _Coins


class Event(ResponseModel):
    """An event as the store keeps it and `raw.game_events` has it."""

    event_id: _Id
    user_id: _UserId | None
    event_type: str
    occurred_at: ResponseTime = Field(serialization_alias="tsUtc")
    received_at: ResponseTime
    meta: dict[str, Any] | None

    @classmethod
    def of(cls, stored: StoredEvent) -> Event:
        """Show an event of the store."""
        return cls(
            event_id=stored.event_id,
            user_id=stored.user_id,
            event_type=stored.event_type,
            occurred_at=stored.occurred_at,
            received_at=stored.received_at,
            meta=None if stored.meta is None else json.loads(stored.meta),
        )


class EventListResponse(ResponseModel):
    """Events, newest first; `nextBefore` continues where they end, null after the last."""

    events: list[Event]
    next_before: _Id | None


class StatsResponse(ResponseModel):
    """Number of events per type."""

    counts: dict[str, _Count]
    total: _Count


class HealthResponse(ResponseModel):
    """The state of the process."""

    status: Literal["ok"]


class Problem(ResponseModel):
    """RFC 9457: what went wrong. Clients decide by `code`, which is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str | None = None
    errors: list[FieldError] | None = None
