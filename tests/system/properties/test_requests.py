"""Every request becomes a model or a documented refusal."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus
from typing import Any, TypeVar

import pytest
from falcon.testing import create_req
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.errors import ProblemError, document
from api.requests import (
    MAX_BODY_BYTES,
    field_errors,
    read_body,
    read_idempotency,
    read_query,
    validation_code,
)
from api.schemas import (
    MAX_META_BYTES,
    MAX_META_DEPTH,
    Character,
    CoinsRequest,
    Event,
    EventRequest,
    EventsQuery,
    EventsRequest,
    LoginRequest,
    Meta,
    RequestTime,
    StatsQuery,
    TrackQuery,
    Username,
    dump_meta,
)
from tests.system.properties.profile import examples
from warehouse.store.protocol import StoredEvent

M = TypeVar("M", bound=BaseModel)

BODIES: list[type[BaseModel]] = [LoginRequest, CoinsRequest, EventRequest, EventsRequest]
QUERIES: list[type[BaseModel]] = [EventsQuery, StatsQuery, TrackQuery]

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, -1, 2**63 - 1, 2**63, 2**64, 10**400, 1e308, -0.0, 5e-324]),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=4)
# Valid and invalid values of fields.
FIELDS = {
    "username": st.one_of(st.sampled_from(["ada", "", "a b", "ada\n", "x" * 65, "Zoë"]), TEXT),
    "password": st.one_of(st.sampled_from(["correct horse", "short", "x" * 129]), TEXT),
    "amount": st.one_of(st.integers(1, 100), st.sampled_from([0, -1, 2**63 - 1, 2**63, 1.0, "1"])),
    "reason": st.one_of(st.sampled_from(["quest", " ", "\u202equest", "x" * 201]), TEXT),
    "eventType": st.one_of(st.sampled_from(["level_up", "earn", "Oops!", "a.b"]), TEXT),
    "meta": OBJECTS,
    "tsUtc": st.one_of(
        st.sampled_from(
            [
                "2026-01-29T18:30:00Z",
                "2026-01-29 18:30+02:00",
                "2026-02-30T00:00Z",
                "1999-12-31T00:00Z",
            ]
        ),
        TEXT,
    ),
}
REQUESTS = st.fixed_dictionaries(
    {}, optional={name: st.one_of(field, field, field, JSON) for name, field in FIELDS.items()}
)
# Texts that are difficult for JSON parsers.
HARD_JSON = [
    *(
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"',
        b"{",
        b"\xef\xbb\xbf{}",
        b"NaN",
        b'{"meta":{"a":Infinity}}',
    ),
    *(b"[" * 5000, b'{"a":' * 5000, b"1" * 5000, b'{"amount":' + b"9" * 5000 + b"}", b"1e999999"),
    *(b'"\\ud800"', b'{"reason":"\\udc00\\ud800","amount":1}', b'"\\u0000"', b"\x00", b"\xff"),
    *(b'{"amount":1,"amount":2,"reason":"x"}', b'{"__proto__":{}}', b'{"amount":1e0,"reason":"x"}'),
    *(
        b'{"eventType":"a","meta":' + b'{"a":' * n + b"1" + b"}" * n + b"}"
        for n in (8, 9, 200, 400)
    ),
    b'{"events":[' + b",".join([b"{}"] * 501) + b"]}",
]


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Generate a body: valid, arbitrary or damaged JSON, or arbitrary bytes."""
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return draw(st.one_of(st.sampled_from(HARD_JSON), st.binary()))
    if kind == 1:
        wanted: Any = draw(JSON)
    elif kind == 2:
        wanted = {"events": draw(st.lists(st.one_of(REQUESTS, JSON), max_size=5))}
    else:
        wanted = draw(REQUESTS)
    body = json.dumps(wanted, ensure_ascii=draw(st.booleans())).encode()
    if draw(st.integers(0, 3)) == 0:
        start = draw(st.integers(0, len(body)))
        body = body[:start] + draw(st.binary(max_size=3)) + body[start + draw(st.integers(0, 3)) :]
    return body


def assert_problem(error: ProblemError, *statuses: HTTPStatus) -> None:
    """Check that a refusal has one of the statuses and a serializable document."""
    assert error.status in statuses
    written = json.loads(document(error, "request"))
    assert (written["status"], written["code"]) == (error.status, error.code)


@pytest.mark.parametrize("model", BODIES)
@examples(short=250, long=5000)
@given(
    bodies(),
    st.one_of(
        st.just("application/json"),
        st.sampled_from(
            [None, "", "application/json; charset=utf-8", "Application/JSON", "text/x"]
        ),
        st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])),
    ),
)
def test_any_body_is_a_model_or_a_refusal(
    model: type[BaseModel], body: bytes, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    req = create_req(method="POST", body=body, headers=headers)
    try:
        read = read_body(req, model)
    except ProblemError as error:
        assert_problem(error, HTTPStatus.BAD_REQUEST, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        return
    assert isinstance(read, model)
    items: list[Any] = list(read.events) if isinstance(read, EventsRequest) else [read]
    for item in items:
        _assert_usable(item)


def _assert_usable(item: object) -> None:
    """Check that an accepted event can be stored, shown and hashed."""
    if not isinstance(item, BaseModel):
        try:
            item = EventRequest.model_validate(item)
        except ValidationError as error:
            code, errors = validation_code(error), field_errors(error)
        else:
            code, errors = "", []
        if errors or not isinstance(item, BaseModel):
            assert code
            assert errors
            return
    headers = {"Idempotency-Key": "key"}
    assert read_idempotency(create_req(method="POST", headers=headers), item) is not None
    if isinstance(item, EventRequest):
        now = datetime(2026, 1, 5, tzinfo=UTC)
        meta = None if item.meta is None else dump_meta(item.meta)
        shown = Event.of(
            StoredEvent("id", 1, item.event_type, item.occurred_at or now, now, meta)
        ).model_dump_json()
        assert json.loads(shown)["meta"] == (None if meta is None else json.loads(meta))


@examples(short=10, long=100)
@given(st.integers(MAX_BODY_BYTES - 2, MAX_BODY_BYTES + 2), st.booleans())
def test_a_body_is_too_large_from_one_byte_more_on(size: int, is_declared: bool) -> None:
    req = create_req(method="POST", body=b" " * size, headers={"Content-Type": "application/json"})
    if not is_declared:
        del req.env["CONTENT_LENGTH"]
        req.env["wsgi.input_terminated"] = True
    with pytest.raises(ProblemError) as refused:
        read_body(req, CoinsRequest)
    is_too_large = refused.value.code == "body_too_large"
    assert is_too_large == (size > MAX_BODY_BYTES)


PARAMETERS = st.tuples(
    st.one_of(st.sampled_from(["limit", "before", "userId", "character", "utm_source"]), TEXT),
    st.one_of(
        st.sampled_from(["1", "100", "101", "0", "-1", "9" * 19, "9" * 20, "1.0", "\u0661", ""]),
        TEXT,
    ),
)


def escaped(text: str) -> str:
    """Percent-encode every byte."""
    return "".join(f"%{byte:02x}" for byte in text.encode())


@pytest.mark.parametrize("model", QUERIES)
@examples(short=200, long=4000)
@given(
    st.one_of(
        st.lists(PARAMETERS, max_size=4).map(
            lambda pairs: "&".join(f"{escaped(name)}={escaped(value)}" for name, value in pairs)
        ),
        # WSGI passes the bytes of a query as Latin-1.
        st.text(st.characters(max_codepoint=255)),
        st.text("limitbefore=&%+;0123456789aFf-\xff"),
    )
)
@example("&" * 60)
@example("character=%ED%A0%80")
@example("limit=1&limit=1")
def test_any_query_is_a_model_or_a_refusal(model: type[BaseModel], query: str) -> None:
    req = create_req()
    req.env["QUERY_STRING"] = query
    req.query_string = query
    try:
        assert isinstance(read_query(req, model), model)
    except ProblemError as error:
        assert_problem(error, HTTPStatus.BAD_REQUEST)


@examples(short=200, long=4000)
@given(st.text(st.characters(max_codepoint=255)))
@example("x" * 128)
@example("x" * 129)
@example("key\n")
def test_an_idempotency_key_is_visible_ascii(key: str) -> None:
    req = create_req(method="POST")
    req.env["HTTP_IDEMPOTENCY_KEY"] = key
    body = CoinsRequest.model_validate({"amount": 1, "reason": "quest"})
    is_good = 1 <= len(key) <= 128 and all("!" <= character <= "~" for character in key)
    try:
        idempotency = read_idempotency(req, body)
    except ProblemError as error:
        assert_problem(error, HTTPStatus.BAD_REQUEST)
        assert not is_good
    else:
        assert is_good
        assert idempotency is not None
        assert idempotency.key == key


# --- Fingerprints ---------------------------------------------------------------------------------


def fingerprint(method: str, path: str, body: BaseModel) -> str:
    """Return the fingerprint of a request with this body."""
    req = create_req(method=method, path=path, headers={"Idempotency-Key": "key"})
    idempotency = read_idempotency(req, body)
    assert idempotency is not None
    return idempotency.fingerprint


def reordered(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """Reverse the order of the members of all objects."""
    if isinstance(value, dict):
        return {name: reordered(member) for name, member in reversed(value.items())}
    return [reordered(item) for item in value] if isinstance(value, list) else value


@examples(short=200, long=4000)
@given(OBJECTS, OBJECTS)
@example({"a": 1, "b": 2}, {"a": 1, "b": 3})
@example({"a": 1}, {"a": True})
def test_a_fingerprint_tells_requests_apart_and_not_how_they_are_written(
    meta: dict[str, Any], other: dict[str, Any]
) -> None:
    assume(all(_is_small(each) for each in (meta, other)))
    request = {"eventType": "level_up", "meta": meta, "tsUtc": "2026-01-29T18:30:00Z"}
    first = fingerprint("POST", "/event", EventRequest.model_validate(request))
    again = {**reordered(request), "tsUtc": "2026-01-29 20:30:00.000+02:00"}
    assert fingerprint("POST", "/event", EventRequest.model_validate(again)) == first
    assert fingerprint("POST", "/other", EventRequest.model_validate(request)) != first
    if json.dumps(meta, sort_keys=True) != json.dumps(other, sort_keys=True):
        changed = EventRequest.model_validate({**request, "meta": other})
        assert fingerprint("POST", "/event", changed) != first


def _is_small(meta: dict[str, Any]) -> bool:
    return len(dump_meta(meta).encode()) <= MAX_META_BYTES and _depth(meta) <= MAX_META_DEPTH


def _depth(value: object) -> int:
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return 1 + max(map(_depth, items), default=0)
    return 0


# --- Single fields --------------------------------------------------------------------------------


@examples(short=300, long=5000)
@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)),
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
    st.sampled_from(["T", " "]),
    st.sampled_from(["auto", "minutes", "milliseconds"]),
    st.booleans(),
)
def test_a_time_is_the_moment_that_it_names(
    local: datetime, minutes: int, separator: str, precision: str, has_colon: bool
) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    text = moment.isoformat(separator, precision)
    if not has_colon:
        text = text[:-3] + text[-2:]
    read = TypeAdapter(RequestTime).validate_python(text)
    assert read.tzinfo is UTC
    assert read == datetime.fromisoformat(text)


@examples(short=300, long=5000)
@given(
    st.one_of(
        TEXT,
        st.from_regex(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,10})?)?"
            r"(Z|z|[+-][0-9]{2}:?[0-9]{2})?",
            fullmatch=True,
        ),
    )
)
@example("2026-01-29T18:30:00+24:00")
@example("2026-01-29T18:30:00+01:60")
@example("2026-01-29T24:00:00Z")
@example("2099-12-31T23:59:59-01:00")
@example("2000-01-01T00:00:00+01:00")
def test_any_other_text_is_no_time(text: str) -> None:
    try:
        read = TypeAdapter(RequestTime).validate_python(text)
    except ValidationError:
        return
    assert datetime(2000, 1, 1, tzinfo=UTC) <= read < datetime(2100, 1, 1, tzinfo=UTC)
    clock, _, zone = text[11:].removesuffix("Z").replace("-", "+").partition("+")
    assert all(int(part) <= 59 for part in clock.partition(".")[0].split(":")[1:])
    assert int(zone[-2:] or 0) <= 59
    assert int(zone[:2] or 0) <= 23
    assert int(clock[:2]) <= 23


@examples(short=300, long=4000)
@given(OBJECTS)
def test_meta_is_kept_as_it_is_or_refused(meta: dict[str, Any]) -> None:
    try:
        read = TypeAdapter(Meta).validate_python(meta)
    except ValidationError:
        assert not _is_small(meta)
        return
    assert _is_small(meta)
    assert json.loads(dump_meta(read)) == meta


@examples(short=300, long=4000)
@given(st.one_of(TEXT, st.text("aZ09_.@+- \n", max_size=70)))
@example("ada\n")
@example("x" * 64)
def test_a_username_is_one_word_of_ascii(name: str) -> None:
    is_good = 1 <= len(name) <= 64 and all(
        character.isascii() and (character.isalnum() or character in "_.@+-") for character in name
    )
    try:
        assert TypeAdapter(Username).validate_python(name) == name
        assert is_good
    except ValidationError:
        assert not is_good


@examples(short=300, long=4000)
@given(TEXT)
def test_a_character_is_visible_text_without_white_space_around_it(text: str) -> None:
    try:
        read = TypeAdapter(Character).validate_python(text)
    except ValidationError:
        return
    assert read in text
    assert read == read.strip() != ""
    assert not any(unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for each in read)
