"""The API conforms to /openapi.json for random requests."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from api.tokens import Identity, Tokens
from api.tokens import Role as TokenRole
from tests.api.game import PASSWORD, Process
from tests.support.long import IS_LONG
from tests.support.server import PUSH_SECRET, SECRET
from tests.system.contract.fuzzing import Role, count_requests, fuzz
from tests.system.contract.roles import NOBODY, OPERATOR, PLAYER
from tests.system.postgres.proxies import HAPROXY, Node, running

EXAMPLES = 300 if IS_LONG else 12
SEED = random.randrange(2**32) if IS_LONG else 1
# Endpoints with the same answer for every role.
PUBLIC = ("/login", "/health", "/health/live", "/metrics", "/reports")
# A request with a token would revoke the token for all later requests.
ENDS_ALL = ("/logout",)
# Documented statuses that random requests reach.
STATUSES = {
    "POST /login": {200, 201, 400, 415},
    "POST /logout": {401},
    "POST /token": {200, 401, 403},
    "POST /password": {400, 401, 403, 415},
    "DELETE /account": {400, 401, 403, 415},
    "GET /account/export": {200, 401, 403},
    "POST /earn": {201, 400, 401, 403, 415, 422},
    "POST /spend": {201, 400, 401, 403, 409, 415, 422},
    "POST /event": {201, 400, 401, 403, 415, 422},
    "POST /events": {200, 400, 401, 403, 415},
    "GET /events": {200, 400, 401, 403},
    "GET /balance": {200, 401, 403},
    "GET /stats": {200, 400, 401, 403},
    "GET /track": {200, 400},
    "POST /postbacks/appsflyer": {200, 400, 403, 415},
    "GET /health": {200},
    "GET /health/live": {200},
    "GET /metrics": {200},
    "GET /reports": {308},
    "GET /reports/{path:path}": {200, 401, 403, 404},
}


HIDDEN = "/metrics"
PROXIED = "granian behind HAProxy"


@dataclass(frozen=True)
class Api:
    """The address for requests, and the address of the server that counts them."""

    url: str
    counting_url: str


@pytest.fixture(params=["waitress", *([PROXIED] if IS_LONG else [])])
def api(request: pytest.FixtureRequest, folder: Path, tmp_path: Path) -> Iterator[Api]:
    """`python -m api serve`; in the long form also a node of the compose file behind its proxy."""
    if request.param != PROXIED:
        server: Process = request.getfixturevalue("server")
        yield Api(server.url, server.url)
        return
    node = Node(tmp_path / "node.log", {"REPORTS_PATH": str(folder / "reports")})
    node.start()
    try:
        with running(HAPROXY, [node], tmp_path, {"gt 2000": "gt 1000000"}) as proxy:
            yield Api(f"http://127.0.0.1:{proxy.port}", f"http://127.0.0.1:{node.port}")
    finally:
        node.kill()


def log_in(api: Api) -> tuple[int, str]:
    answer = requests.post(
        f"{api.url}/login", json={"username": "alice", "password": PASSWORD}, timeout=30
    )
    return answer.json()["userId"], answer.json()["token"]


def test_the_api_is_as_described(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user_id, token = log_in(api)
    hidden = () if api.url == api.counting_url else (HIDDEN,)
    operator = Tokens(SECRET).mint(Identity(TokenRole.OPERATOR, "ops"), 24 * 3600)
    roles = [
        Role(PLAYER, {"bearerToken": {"bearer": token}}, user_id, left_out=ENDS_ALL + hidden),
        Role(
            OPERATOR,
            {"bearerToken": {"bearer": operator}, "pushSecret": {"api_key": PUSH_SECRET}},
            left_out=PUBLIC + ENDS_ALL,
        ),
        Role(NOBODY, {}, left_out=PUBLIC),
    ]

    failures = [
        failure
        for role in roles
        if (failure := fuzz(api.url, role, examples=EXAMPLES, seed=SEED, folder=tmp_path))
    ]

    answered = count_requests(api.counting_url)
    with capsys.disabled():
        print(f"\n{answered.total():,} requests of the contract, seed {SEED}")
    assert not failures, "\n".join(failures)
    assert not [key for key in answered if key[1] >= 500]
    unseen = {
        route: statuses - {status for name, status in answered if name == route}
        for route, statuses in STATUSES.items()
        if route.removeprefix("GET ") not in hidden
    }
    assert not any(unseen.values()), unseen
