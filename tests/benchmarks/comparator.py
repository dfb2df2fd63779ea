"""A typical implementation of the API for comparison: FastAPI, SQLAlchemy, SQLite, uvicorn.

    python -m tests.benchmarks.comparator threads

serves the measured endpoints with the product's contract and settings. It uses the same models,
tokens and passwords, and acknowledges a request after an equally durable transaction. It has two
modes:

    threads     functions, which FastAPI runs in a thread pool, as its documentation recommends for
                blocking database drivers. The product is compared with this mode.
    coroutines  coroutines that call the database and block the event loop. This is bad practice,
                but the fastest known mode.

Both are tuned: statements are created and compiled once, connections are pooled, a request takes
one transaction, and uvicorn runs on uvloop and httptools without an access log.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    bindparam,
    create_engine,
    event,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from uuid_utils import uuid7

from api.errors import ProblemError
from api.passwords import Passwords
from api.schemas import (
    BalanceResponse,
    CoinsRequest,
    CoinsResponse,
    EventRequest,
    EventResponse,
    LoginRequest,
    LoginResponse,
    TrackQuery,
    dump_meta,
)
from api.settings import Settings
from api.tokens import Identity, Role, Tokens
from warehouse.store.clock import utc_now
from warehouse.store.event_types import DEEP_LINK
from warehouse.store.protocol import MAX_BALANCE
from warehouse.store.tables import UtcTime

BUSY_SECONDS = 30
# Starlette's default; with 4 or 8, throughput is lower, with fewer slow answers.
THREADS = 40

Endpoint = Callable[..., Any]

metadata = MetaData()
players = Table(
    "players",
    metadata,
    Column("user_id", Integer, primary_key=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("balance", BigInteger, nullable=False),
)
events = Table(
    "events",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("user_id", Integer, ForeignKey("players.user_id")),
    Column("event_type", String(64), nullable=False),
    Column("occurred_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("meta", Text),
)
Index("events_by_player", events.c.user_id, events.c.position)


REGISTER = insert(players).returning(players.c.user_id)
FIND = select(players).where(players.c.username == bindparam("username"))
BALANCE = select(players.c.balance).where(players.c.user_id == bindparam("user_id"))
EARN_COINS = (
    update(players)
    .where(
        players.c.user_id == bindparam("player"),
        players.c.balance <= MAX_BALANCE - bindparam("amount", type_=BigInteger),
    )
    .values(balance=players.c.balance + bindparam("amount", type_=BigInteger))
    .returning(players.c.balance)
)
RECORD = insert(events)


class Way(StrEnum):
    """The mode of serving requests."""

    THREADS = "threads"
    COROUTINES = "coroutines"


class Store:
    """Accounts and events; each method is one transaction on a pooled connection."""

    def __init__(self, url: str) -> None:
        Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
        self._reading = _open(url, "begin")
        self._writing = _open(url, "begin immediate")
        with self._writing.begin() as connection:
            metadata.create_all(connection)

    def register(self, username: str, password_hash: str) -> int:
        """Create an account and return its id."""
        account = {"username": username, "password_hash": password_hash, "balance": 0}
        with self._writing.begin() as connection:
            user_id: int = connection.execute(REGISTER, account).scalar_one()
        return user_id

    def find(self, username: str) -> Row[Any] | None:
        """Look an account up."""
        with self._reading.begin() as connection:
            return connection.execute(FIND, {"username": username}).one_or_none()

    def balance(self, user_id: int) -> int | None:
        """Return a balance; None if the player does not exist."""
        with self._reading.begin() as connection:
            return connection.execute(BALANCE, {"user_id": user_id}).scalar_one_or_none()

    def earn(self, user_id: int, amount: int, meta: str) -> tuple[str, int] | None:
        """Raise a balance and write the event; None if the balance cannot be raised."""
        now = utc_now()
        with self._writing.begin() as connection:
            balance = connection.execute(
                EARN_COINS, {"player": user_id, "amount": amount}
            ).scalar_one_or_none()
            if balance is None:
                return None
            return _write_event(connection, user_id, "earn", now, meta), balance

    def record(
        self, user_id: int | None, event_type: str, occurred_at: datetime, meta: str | None
    ) -> str:
        """Write an event and return its id."""
        with self._writing.begin() as connection:
            return _write_event(connection, user_id, event_type, occurred_at, meta)


def _open(url: str, begin: str) -> Engine:
    # One connection per thread; otherwise the pool would reopen connections beyond five.
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, pool_size=THREADS)

    def prepare(connection: Any, _: object) -> None:  # noqa: ANN401 (the driver's own type)
        # Disable the driver's implicit transactions.
        connection.isolation_level = None
        for setting in ("journal_mode = wal", "synchronous = full", "foreign_keys = on"):
            connection.execute(f"pragma {setting}")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _write_event(
    connection: Connection,
    user_id: int | None,
    event_type: str,
    occurred_at: datetime,
    meta: str | None,
) -> str:
    event_id = str(uuid7())
    connection.execute(
        RECORD,
        {
            "event_id": event_id,
            "user_id": user_id,
            "event_type": event_type,
            "occurred_at": occurred_at,
            "received_at": utc_now(),
            "meta": meta,
        },
    )
    return event_id


def create_app(store: Store, settings: Settings, way: Way) -> FastAPI:
    """Create the application."""
    served = _as_coroutine if way is Way.COROUTINES else _as_it_is
    app = FastAPI()
    tokens = Tokens(settings.jwt_secret)
    passwords = Passwords(settings.password_min_length)

    async def caller(request: Request) -> int | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not token:
            return None
        if scheme.lower() != "bearer":
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        try:
            # Verify each time, as usual; the product caches tokens.
            return tokens.verify(token).identity.user_id
        except ProblemError as error:
            raise HTTPException(error.status) from None

    async def player(user_id: int | None = Depends(caller)) -> int:
        if user_id is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        return user_id

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    # Always in a thread: hashing would block the event loop for long.
    @app.post("/login")
    def login(credentials: LoginRequest, response: Response) -> LoginResponse:
        known = store.find(credentials.username)
        if known is None:
            try:
                password_hash = passwords.hash(credentials.password)
                user_id = store.register(credentials.username, password_hash)
            except IntegrityError:
                raise HTTPException(HTTPStatus.CONFLICT) from None
            response.status_code = HTTPStatus.CREATED
        elif passwords.verify(known.password_hash, credentials.password):
            user_id = known.user_id
        else:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        identity = Identity(Role.PLAYER, str(user_id))
        return LoginResponse(
            user_id=user_id,
            token=tokens.mint(identity, settings.token_ttl_seconds),
            token_type="Bearer",  # noqa: S106 (a name)
            expires_in=settings.token_ttl_seconds,
        )

    @app.post("/earn", status_code=HTTPStatus.CREATED)
    @served
    def earn(earned: CoinsRequest, user_id: int = Depends(player)) -> CoinsResponse:
        meta = dump_meta({"amount": earned.amount, "reason": earned.reason})
        outcome = store.earn(user_id, earned.amount, meta)
        if outcome is None:
            raise HTTPException(HTTPStatus.CONFLICT)
        event_id, balance = outcome
        return CoinsResponse(event_id=event_id, balance=balance)

    @app.post("/event", status_code=HTTPStatus.CREATED)
    @served
    def record(sent: EventRequest, user_id: int = Depends(player)) -> EventResponse:
        meta = None if sent.meta is None else dump_meta(sent.meta)
        happened_at = sent.occurred_at or utc_now()
        return EventResponse(event_id=store.record(user_id, sent.event_type, happened_at, meta))

    @app.get("/balance")
    @served
    def balance(user_id: int = Depends(player)) -> BalanceResponse:
        coins = store.balance(user_id)
        if coins is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        return BalanceResponse(user_id=user_id, balance=coins)

    @app.get("/track")
    @served
    def track(
        query: Annotated[TrackQuery, Query()], user_id: int | None = Depends(caller)
    ) -> EventResponse:
        meta = dump_meta({"character": query.character})
        return EventResponse(event_id=store.record(user_id, DEEP_LINK, utc_now(), meta))

    return app


def _as_it_is(function: Endpoint) -> Endpoint:
    return function


def _as_coroutine(function: Endpoint) -> Endpoint:
    @wraps(function)
    async def coroutine(*args: object, **kwargs: object) -> object:
        return function(*args, **kwargs)

    return coroutine


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.comparator")
    parser.add_argument("way", type=Way, choices=list(Way))
    way = parser.parse_args(arguments).way
    settings = Settings.from_environment()
    app = create_app(Store(settings.store_url), settings, way)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
