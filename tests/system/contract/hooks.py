"""Project-specific checks, which Schemathesis loads.

Schemathesis runs in a separate process, so the checks read their input from the environment.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qs, urlsplit

import schemathesis
from schemathesis import Case, CheckContext, Response
from schemathesis.core.parameters import ParameterLocation

from tests.system.contract.roles import (
    FOR_APPSFLYER,
    FOR_BOTH,
    FOR_OPERATORS,
    FOR_PLAYERS,
    NOBODY,
    OPERATOR,
    PLAYER,
    ROLE_VARIABLE,
    USER_ID_VARIABLE,
)

_FORBIDDEN = {
    PLAYER: FOR_OPERATORS | FOR_APPSFLYER,
    OPERATOR: FOR_PLAYERS,
    NOBODY: FOR_PLAYERS | FOR_OPERATORS | FOR_BOTH | FOR_APPSFLYER,
}

# Rules that OpenAPI cannot express: the size and depth of JSON, weak passwords, and reused keys.
# Only these may refuse valid data.
_RULES_BEYOND = {"meta_too_large", "meta_too_deep", "idempotency_key_reused"}
_RULES_BEYOND |= {"unsafe_password", "too_guessable", "too_short"}


def _is_described(response: Response, case: Case[Any]) -> bool:
    """Return whether the description contains the request's method; others are sent too."""
    return bool(response.request.method == case.operation.method.upper())


@schemathesis.check
def only_the_right_role_succeeds(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """Only the right role succeeds, and players see only their own data."""
    if not _is_described(response, case):
        return
    role = os.environ[ROLE_VARIABLE]
    if case.operation.label in _FORBIDDEN[role]:
        assert response.status_code >= 400, f"{role} was admitted"
    if role == PLAYER and response.status_code == 200:
        user_id = int(os.environ[USER_ID_VARIABLE])
        if case.operation.label == "GET /balance":
            assert response.json()["userId"] == user_id
        wanted = parse_qs(urlsplit(str(response.request.url)).query).get("userId", [str(user_id)])
        if case.operation.label in FOR_BOTH:
            assert {int(other) for other in wanted} == {user_id}, (
                "the answer has another player's data"
            )
        if case.operation.label == "GET /events":
            assert {event["userId"] for event in response.json()["events"]} <= {user_id}


@schemathesis.check
def valid_data_is_refused_by_a_rule_alone(
    _: CheckContext, response: Response, case: Case[Any]
) -> None:
    """Valid data is refused only by a rule that the description cannot express."""
    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    if is_valid and _is_described(response, case) and response.status_code in (400, 422):
        problem: dict[str, Any] = response.json()
        codes = {problem["code"], *(error["code"] for error in problem.get("errors", []))}
        codes.discard("invalid_body")
        assert codes, problem
        assert codes <= _RULES_BEYOND, problem


@schemathesis.check
def each_event_of_a_batch_has_its_result(
    _: CheckContext, response: Response, case: Case[Any]
) -> None:
    """The answer to a batch has one result for each event."""
    is_batch = case.operation.label == "POST /events" and _is_described(response, case)
    if not is_batch or response.status_code != 200:
        return
    answer = response.json()
    sent: Any = case.body
    statuses = [result["status"] for result in answer["results"]]
    assert len(statuses) == len(sent["events"])
    count = statuses.count(201)
    assert (count, len(statuses) - count) == (answer["recorded"], answer["rejected"])
    for event, status in zip(sent["events"], statuses, strict=True):
        assert isinstance(event, dict) or status == 400
    if case.meta is not None and case.meta.is_negative_at(ParameterLocation.BODY):
        assert answer["rejected"]
