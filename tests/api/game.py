"""The API under test: the application on a real store, and the whole process."""

from __future__ import annotations

import io
import json
import math
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import requests
from falcon import testing
from sqlalchemy import text

from api.app import create_app
from api.draining import Drain
from api.log import create_logger
from api.metrics import Metrics
from api.settings import Settings
from api.tokens import AUDIENCE, ISSUER, Identity, Role, Tokens, key_id
from tests.support.server import PUSH_SECRET, SECRET, Server
from warehouse.store.clock import utc_now
from warehouse.store.engine import is_postgres, open_engine
from warehouse.store.outbox import SqlOutbox
from warehouse.store.sql_store import SqlStore

PASSWORD = "correct horse battery"  # noqa: S105 (guards nothing)
PROBLEM = "application/problem+json"


def settings_in(folder: Path, **variables: str) -> Settings:
    """Return settings with all files in a folder."""
    return Settings.from_environment(
        {
            "WAREHOUSE_PATH": str(folder / "w.duckdb"),
            "REPORTS_PATH": str(folder / "reports"),
            "JWT_SECRET": SECRET,
            "APPSFLYER_PUSH_SECRET": PUSH_SECRET,
            **variables,
        }
    )


def bearer(token: str) -> dict[str, str]:
    """Return the header with a token."""
    return {"Authorization": f"Bearer {token}"}


def operator_headers() -> dict[str, str]:
    """Return an operator's headers for any process with the tests' secret."""
    return bearer(Tokens(SECRET).mint(Identity(Role.OPERATOR, "ops"), 3600))


def claims(subject: str = "1", **changes: object) -> dict[str, Any]:
    """Return the claims of a valid player's token with changes; None removes a claim."""
    now = datetime.now(UTC)
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + timedelta(hours=1),
        "sub": subject,
        "jti": "1",
        "role": "player",
        "store": "which",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def tokens_of_others(subject: str) -> dict[str, str]:
    """Return correctly signed tokens for a user id of another store."""
    kid = {"kid": key_id(SECRET)}
    stores: dict[str, object] = {
        "of another store": str(uuid.uuid4()),
        "of no store": None,
        "with a store that is not text": ["which"],
    }
    return {
        name: jwt.encode(claims(subject, store=store), SECRET, algorithm="HS256", headers=kid)
        for name, store in stores.items()
    }


def bad_tokens(subject: str = "1", store_id: str = "which") -> dict[str, str]:
    """Return invalid tokens by their fault."""
    now = datetime.now(UTC)
    kid = {"kid": key_id(SECRET)}
    correct = claims(subject, store=store_id)
    good = jwt.encode(correct, SECRET, algorithm="HS256", headers=kid)
    head, body, signature = good.split(".")

    def signed(algorithm: str = "HS256", key: str = SECRET, **changes: object) -> str:
        changed = claims(subject, **{"store": store_id, **changes})
        return jwt.encode(changed, key, algorithm=algorithm, headers=kid)

    return {
        "expired": signed(exp=now - timedelta(seconds=1)),
        "without expiry": signed(exp=None),
        "forged": signed(key="another secret of more than thirty-two bytes"),
        "alg none": jwt.encode(correct, "", algorithm="none", headers=kid),
        "alg none with the signature": ".".join(
            [jwt.encode({}, "", algorithm="none", headers=kid).split(".")[0], body, signature]
        ),
        "other algorithm": signed(algorithm="HS512", key=SECRET * 2),
        "wrong audience": signed(aud="another-api"),
        "wrong issuer": signed(iss="another"),
        "without audience": signed(aud=None),
        "without id": signed(jti=None),
        "without subject": signed(sub=None),
        "subject no number": signed(sub="1 or 1=1"),
        "subject zero": signed(sub="0"),
        "subject beyond 64 bits": signed(sub=str(2**63)),
        "expiry without end": signed(exp=math.inf),
        "expiry beyond all numbers": signed(exp=10**400),
        "expiry beyond 64 bits": signed(exp=2**64),
        "expiry no number": signed(exp=math.nan),
        "expiry a text": signed(exp="99999999999"),
        "expiry negative": signed(exp=-1),
        "issued at no time": signed(iat=math.inf),
        "not before any time": signed(nbf=math.nan),
        "id of any length": signed(jti="x" * 100),
        "id no text": signed(jti=1),
        "without role": signed(role=None),
        "unknown role": signed(role="admin"),
        "role a list": signed(role=["operator"]),
        "generation no number": signed(gen="0"),
        "generation negative": signed(gen=-1),
        "truncated": good[:-1],
        "truncated to two parts": f"{head}.{body}",
        "not yet valid": signed(nbf=now + timedelta(hours=1)),
        "without key id": jwt.encode(correct, SECRET, algorithm="HS256"),
        "key id of another secret": jwt.encode(
            correct, SECRET, algorithm="HS256", headers={"kid": key_id(SECRET + "!")}
        ),
        "key id a path": jwt.encode(
            correct, SECRET, algorithm="HS256", headers={"kid": "../../dev/null"}
        ),
        "no token": "no-token",
    }


@dataclass(frozen=True)
class Caller:
    """A player or operator with a token; `user_id` is 0 for an operator."""

    user_id: int
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.token)


@dataclass
class Game:
    """The application with a new store."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    settings: Settings = field(init=False)
    log: io.StringIO = field(default_factory=io.StringIO)
    metrics: Metrics = field(default_factory=Metrics)
    drain: Drain = field(default_factory=Drain)
    now: datetime | None = None

    def __post_init__(self) -> None:
        self.settings = settings_in(self.folder, **self.variables)
        self.store = SqlStore(
            self.settings.store_url, clock=self.clock, on_commit=self.metrics.observe_commit
        )
        self.outbox = SqlOutbox(self.settings.store_url)
        self.metrics.watch_backlog(self.outbox.backlog, self.clock)
        self.app = create_app(
            self.store,
            self.settings,
            logger=create_logger(self.log),
            metrics=self.metrics,
            drain=self.drain,
            clock=self.clock,
        )
        self.client = testing.TestClient(self.app)
        self.tokens = Tokens(self.settings.jwt_secret)

    def clock(self) -> datetime:
        """Return the time; a test may set it."""
        return self.now or utc_now()

    def close(self) -> None:
        self.store.close()
        self.outbox.close()

    def player(self, username: str = "alice") -> Caller:
        """Create a player without hashing a password."""
        player = self.store.register(username, "no hash")
        identity = Identity(Role.PLAYER, str(player.user_id), self.store.store_id())
        return Caller(player.user_id, self.tokens.mint(identity, 3600))

    def operator(self) -> Caller:
        return Caller(0, self.tokens.mint(Identity(Role.OPERATOR, "ops"), 3600))

    def get(self, path: str, caller: Caller | None = None, query: str = "") -> testing.Result:
        headers = caller.headers if caller else {}
        return self.client.simulate_get(path, query_string=query, headers=headers)

    def post(
        self, path: str, body: object, caller: Caller | None = None, **headers: str
    ) -> testing.Result:
        """Send a POST with JSON or raw bytes. `_` in header names means `-`."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(caller.headers if caller else {})}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.simulate_post(path, body=content, headers=sent)

    def log_lines(self) -> list[dict[str, Any]]:
        """What was logged."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


def assert_problem(result: testing.Result, status: int, code: str) -> dict[str, Any]:
    """Check that the answer is a problem document with this code, and return it."""
    assert (result.status_code, result.json.get("code")) == (status, code), result.text
    assert result.headers["Content-Type"] == PROBLEM
    assert result.json["status"] == status
    assert result.json["title"]
    assert result.json["detail"]
    assert result.json["requestId"] == result.headers["X-Request-ID"]
    problem: dict[str, Any] = result.json
    return problem


class Process(Server):
    """A started `python -m api serve` with all files in one folder."""

    def __init__(
        self, folder: Path, adjustments: dict[str, object] | None = None, **variables: str
    ) -> None:
        """Start the server, optionally with changed waitress adjustments, and wait for it."""
        code = (
            f"import runpy, sys, api.serve; api.serve.ADJUSTMENTS.update({adjustments!r});"
            "sys.argv = ['api', 'serve']; runpy.run_module('api', run_name='__main__')"
        )
        super().__init__(
            folder / "w.duckdb",
            {"LOADER": "off", "REPORTS_PATH": str(folder / "reports"), **variables},
            command=("-c", code) if adjustments else ("-m", "api", "serve"),
            log_path=folder / "api.log",
        )
        self.start()

    def ask(
        self,
        method: str,
        path: str,
        caller: Mapping[str, str] | None = None,
        **options: Any,  # noqa: ANN401 (its own)
    ) -> requests.Response:
        """Send a request with a caller's headers and further options of `requests`."""
        headers = {**(caller or {}), **options.pop("headers", {})}
        url = f"{self.url}{path}"
        return requests.request(method, url, headers=headers, timeout=30, **options)

    def login(self, username: str = "alice") -> dict[str, str]:
        """Log a player in and return the player's headers."""
        answer = self.ask("POST", "/login", json={"username": username, "password": PASSWORD})
        assert answer.ok, answer.text
        return bearer(answer.json()["token"])

    def log_lines(self) -> list[dict[str, Any]]:
        """What was logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def no_writes(store_url: str) -> Iterator[None]:
    """Block the store's writer."""
    engine = open_engine(store_url, writes=not is_postgres(store_url))
    with engine.connect() as store, store.begin() as transaction:
        if is_postgres(store_url):
            store.execute(text("lock table players in exclusive mode"))
        yield
        transaction.rollback()
    engine.dispose()


# Factories of games and processes with settings.
Play = Callable[..., Game]
Start = Callable[..., Process]
