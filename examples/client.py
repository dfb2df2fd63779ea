"""A client of the game API in the standard library, for a game to copy.

What a player does is queued on disk, then sent. A lost connection, a busy server or a crash of the
game loses nothing, and nothing counts twice: an action keeps its `Idempotency-Key` or `eventId`
until it is acknowledged.

    client = GameClient("http://localhost:5000", Path("ada.sqlite"))
    client.login("ada", "correct horse")
    client.event("level_up", {"level": 3})
    client.earn(50, "quest")
    client.flush()
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
import uuid
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# After these answers the same request may succeed.
RETRIED = {408, 429, 500, 502, 503, 504}
# A request may have 256 kB, the meta of an event 4 kB.
BATCH = 50


class OfflineError(Exception):
    """The server does not answer or is busy. The queue keeps what waits; try again later."""


class LoginNeededError(Exception):
    """The token has ended. The queue keeps what waits; log in and try again."""


class GameClient:
    """One player's connection to the game API.

    Args:
        url: The address of the API.
        queue: An SQLite file for what waits, one per player.
        attempts: How often a request is sent before the player counts as offline.
        longest_wait: The longest wait between attempts in seconds, unless the server asks for more.
    """

    def __init__(
        self, url: str, queue: Path, *, attempts: int = 6, longest_wait: float = 30
    ) -> None:
        self._address = urlsplit(url)
        self._attempts, self._longest_wait = attempts, longest_wait
        self._token = ""
        self._queue = sqlite3.connect(queue, isolation_level=None)
        self._queue.execute(
            "create table if not exists queue (id integer primary key, path, body, key)"
        )

    def login(self, username: str, password: str) -> int:
        """Log in, or register; return the user id."""
        answer = self._send("/login", {"username": username, "password": password})
        if "token" not in answer:
            raise PermissionError(answer["detail"])
        self._token = answer["token"]
        return int(answer["userId"])

    def earn(self, amount: int, reason: str) -> None:
        """Queue coins that the player earned."""
        self._put("/earn", str(uuid.uuid4()), amount=amount, reason=reason)

    def spend(self, amount: int, reason: str) -> None:
        """Queue coins that the player spent."""
        self._put("/spend", str(uuid.uuid4()), amount=amount, reason=reason)

    def event(self, event_type: str, meta: Mapping[str, Any] | None = None) -> None:
        """Queue an event of this moment."""
        now = datetime.now(UTC).isoformat()
        self._put("/event", eventType=event_type, meta=meta, tsUtc=now, eventId=str(uuid.uuid4()))

    def _put(self, path: str, key: str | None = None, **body: object) -> None:
        row = [path, json.dumps(body), key]
        self._queue.execute("insert into queue (path, body, key) values (?, ?, ?)", row)

    def flush(self) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Send what waits, in its order, as far as possible.

        Returns:
            Path, body and answer of each action that was sent. A rejected one has a `code` in its
            answer.

        Raises:
            LoginNeededError, OfflineError: Nothing could be sent.
        """
        results: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
        oldest = "select id, path, body, key from queue order by id limit ?"
        while rows := self._queue.execute(oldest, [BATCH]).fetchall():
            # Events up to the next coins go together, coins alone.
            batch = list(takewhile(lambda row: row[1] == "/event", rows)) or rows[:1]
            bodies = [json.loads(body) for _, _, body, _ in batch]
            last_id, path, _, key = batch[-1]
            try:
                if path == "/event":
                    answer = self._send("/events", {"events": bodies})
                else:
                    answer = self._send(path, bodies[0], key)
            except (LoginNeededError, OfflineError):
                if results:
                    break
                raise
            self._queue.execute("delete from queue where id <= ?", [last_id])
            answers = answer.get("results") or [answer] * len(batch)
            results += [(path, *pair) for pair in zip(bodies, answers, strict=True)]
        return results

    def _send(self, path: str, body: Mapping[str, Any], key: str | None = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        secure = self._address.scheme == "https"
        failure = ""
        for attempt in range(self._attempts):
            connection = (HTTPSConnection if secure else HTTPConnection)(
                self._address.hostname or "", self._address.port, timeout=10
            )
            wait = 0.0
            try:
                with closing(connection):
                    connection.request("POST", path, json.dumps(body), headers)
                    response = connection.getresponse()
                    answer: dict[str, Any] = json.loads(response.read())
                if response.status == HTTPStatus.UNAUTHORIZED and path != "/login":
                    raise LoginNeededError(answer["detail"])
                if response.status not in RETRIED:
                    return answer
                failure = f"{response.status} {answer.get('detail')}"
                wait = float(response.getheader("Retry-After") or 0)
            except (OSError, HTTPException, ValueError) as error:
                failure = repr(error)
            # A random wait spreads clients that one failure has met together.
            longest = min(self._longest_wait, 0.2 * 2**attempt)
            time.sleep(max(wait, random.uniform(0, longest)))  # noqa: S311 (guards no secret)
        raise OfflineError(failure)
