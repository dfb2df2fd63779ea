"""Compare the store with an in-memory model under arbitrary commands and interruptions."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.system.properties.mortals import Mortals
from tests.system.properties.profile import examples
from warehouse.store.names import name_key
from warehouse.store.protocol import (
    MAX_BALANCE,
    BalanceOverflowError,
    Idempotency,
    IdempotencyKeyReusedError,
    InsufficientBalanceError,
    NewEvent,
    Recorded,
    StoredEvent,
    StoreError,
    UnknownPlayerError,
    UsernameTakenError,
)
from warehouse.store.sql_store import SqlStore

MOMENT = datetime(2026, 1, 30, 12, tzinfo=UTC)
NOBODY = 4711

# Few values of each kind, so that collisions are frequent.
NAMES = st.sampled_from(["ada", "Ada", "bob", "Zoë", "ZOE\u0308", "cid", ""])
PLAYERS = st.sampled_from([0, 0, 0, 1, 1, 2, 7])
AMOUNTS = st.sampled_from([1, 2, 7, 100, 2**31, 2**52, MAX_BALANCE - 1, MAX_BALANCE])
TYPES = st.sampled_from(["level_up", "match_won"])
METAS = st.sampled_from([None, "{}", '{"level": 3}', '{"text": "é\\u0000🐉"}'])
KEYS = st.sampled_from([None, "k1", "k2"])
MOMENTS = st.sampled_from([MOMENT, MOMENT - timedelta(days=1), datetime(1, 1, 1, tzinfo=UTC)])
REASONS = st.sampled_from(["quest", 'a "quest" \\', "🐉", "\0"])


@dataclass(frozen=True)
class Move:
    """A command that earns or spends.

    `player` is an index in the list of players and may be out of range.
    """

    kind: str
    player: int
    amount: int
    reason: str
    key: str | None

    @property
    def fingerprint(self) -> str:
        """What the request is about."""
        return repr((self.kind, self.amount, self.reason))

    @property
    def change(self) -> int:
        """The change of the balance."""
        return self.amount if self.kind == "earn" else -self.amount


@dataclass(frozen=True)
class Record:
    """A command that writes events; several events have no key."""

    player: int | None
    events: tuple[NewEvent, ...]
    key: str | None
    at_once: bool = False

    @property
    def fingerprint(self) -> str:
        """What the request is about."""
        return repr(self.events)


Command = Move | Record
EVENTS = st.builds(NewEvent, TYPES, MOMENTS, METAS)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(Move, st.sampled_from(["earn", "spend"]), PLAYERS, AMOUNTS, REASONS, KEYS),
    st.builds(Record, st.one_of(st.none(), PLAYERS), st.tuples(EVENTS), KEYS),
    st.builds(
        Record,
        PLAYERS,
        st.lists(EVENTS, max_size=3).map(tuple),
        st.none(),
        st.just(value=True),
    ),
)


@dataclass
class Model:
    """The expected contents of the store in lists and dictionaries."""

    user_ids: list[int] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    balances: dict[int, int] = field(default_factory=dict)
    events: list[tuple[str, int | None, str, datetime, str | None]] = field(default_factory=list)
    keys: dict[tuple[int, str], tuple[str, Recorded]] = field(default_factory=dict)

    def user_id(self, place: int | None) -> int | None:
        """Return the player at an index: an unknown one if out of range, None without an index."""
        if place is None:
            return None
        return self.user_ids[place] if place < len(self.user_ids) else NOBODY + place

    def refusal(self, command: Command) -> type[StoreError] | Recorded | None:
        """Return the refusal or the stored answer of a command that writes nothing."""
        user_id = self.user_id(command.player)
        if user_id is not None and command.key is not None:
            known = self.keys.get((user_id, command.key))
            if known is not None:
                fingerprint, answer = known
                is_same = fingerprint == command.fingerprint
                return answer if is_same else IdempotencyKeyReusedError
        if user_id is not None and user_id not in self.balances:
            is_empty = isinstance(command, Record) and not command.events
            return None if is_empty else UnknownPlayerError
        if isinstance(command, Move):
            assert user_id is not None
            balance = self.balances[user_id] + command.change
            if balance < 0:
                return InsufficientBalanceError
            if balance > MAX_BALANCE:
                return BalanceOverflowError
        return None

    def apply(self, command: Command, answers: list[Recorded]) -> None:
        """Check the answer of a command and record its events."""
        user_id = self.user_id(command.player)
        assert [answer.replayed for answer in answers] == [False] * len(answers)
        if isinstance(command, Move):
            assert user_id is not None
            (answer,) = answers
            self.balances[user_id] += command.change
            assert answer.balance == self.balances[user_id]
            meta: dict[str, object] = {"amount": command.amount, "reason": command.reason}
            if command.kind == "spend":
                meta["balance"] = answer.balance
            text = json.dumps(meta, ensure_ascii=False)
            self.events.append((answer.event_id, user_id, command.kind, MOMENT, text))
        else:
            for event, answer in zip(command.events, answers, strict=True):
                assert answer.balance is None
                kept = (event.event_type, event.occurred_at, event.meta)
                self.events.append((answer.event_id, user_id, *kept))
        if user_id is not None and command.key is not None:
            replayed = Recorded(answers[0].event_id, answers[0].balance, replayed=True)
            self.keys[user_id, command.key] = (command.fingerprint, replayed)

    def expected(self, user_id: int | None) -> list[tuple[Any, ...]]:
        """Return the events of a player or of all players, newest first."""
        mine = [each for each in self.events if user_id is None or each[1] == user_id]
        return mine[::-1]


def carry_out(store: SqlStore, model: Model, command: Command) -> list[Recorded] | StoreError:
    """Execute a command in the store."""
    user_id = model.user_id(command.player)
    key = command.key and Idempotency(command.key, command.fingerprint)
    try:
        if isinstance(command, Move):
            assert user_id is not None
            move = store.earn if command.kind == "earn" else store.spend
            return [move(user_id, command.amount, command.reason, key or None)]
        if command.at_once:
            assert user_id is not None
            return [each for each in store.record_many(user_id, command.events) if each]
        return [store.record(user_id, command.events[0], key or None)]
    except StoreError as error:
        return error


def assert_follows(model: Model, command: Command, outcome: list[Recorded] | StoreError) -> None:
    """Check an outcome against the model, and update the model."""
    refusal = model.refusal(command)
    if refusal is None:
        assert not isinstance(outcome, StoreError), (command, outcome)
        model.apply(command, outcome)
    elif isinstance(refusal, Recorded):
        assert outcome == [refusal]
    else:
        assert type(outcome) is refusal, (command, outcome)


def shown(event: StoredEvent) -> tuple[Any, ...]:
    """Convert a stored event to the model's form."""
    return (event.event_id, event.user_id, event.event_type, event.occurred_at, event.meta)


def assert_holds(store: SqlStore, model: Model) -> None:
    """Check that all reads agree with the model."""
    for user_id in [None, *model.user_ids]:
        expected = model.expected(user_id)
        read = store.recent_events(user_id, 10_000)
        assert [shown(event) for event in read] == expected
        assert store.event_counts(user_id) == dict(Counter(event[2] for event in expected))
    for name, user_id in model.names.items():
        player = store.find_player(name)
        assert player is not None
        assert player == store.get_player(user_id)
        assert (player.user_id, player.balance) == (user_id, model.balances[user_id])
        coins = {"earn": 0, "spend": 0}
        for event in model.expected(user_id):
            if event[2] in coins:
                coins[event[2]] += json.loads(event[4] or "")["amount"]
        assert player.balance == coins["earn"] - coins["spend"]


class StoreMachine(RuleBasedStateMachine):
    """Executes single and concurrent commands, reopens the store and simulates power losses."""

    def __init__(self) -> None:
        """Open a separate store."""
        super().__init__()
        self._folder = TemporaryDirectory()
        self._copies = 0
        self._path = Path(self._folder.name) / "store.sqlite"
        self._model = Model()
        self._store = self._open()

    def _open(self) -> SqlStore:
        return SqlStore(f"sqlite:///{self._path}", clock=lambda: MOMENT)

    def teardown(self) -> None:
        """Close the store."""
        self._store.close()
        self._folder.cleanup()

    @initialize()
    def begin(self) -> None:
        """Start with two players."""
        for name in ("ada", "bob"):
            self.register(name)

    @rule(name=NAMES)
    def register(self, name: str) -> None:
        """Register a player, who may already exist."""
        if name_key(name) in map(name_key, self._model.names):
            with pytest.raises(UsernameTakenError):
                self._store.register(name, "another hash")
            return
        player = self._store.register(name, f"hash of {name}")
        assert player.user_id not in self._model.balances
        assert (player.balance, player.password_hash) == (0, f"hash of {name}")
        self._model.user_ids.append(player.user_id)
        self._model.names[name] = player.user_id
        self._model.balances[player.user_id] = 0

    @rule(commands=st.lists(COMMANDS, min_size=1, max_size=10))
    def carry_out(self, commands: list[Command]) -> None:
        """Execute commands one after another, some of them invalid."""
        for command in commands:
            assert_follows(self._model, command, carry_out(self._store, self._model, command))

    @rule(commands=st.lists(COMMANDS, min_size=2, max_size=8))
    def carry_out_at_once(self, commands: list[Command]) -> None:
        """Execute concurrent commands, and check that some serial order explains the outcomes."""
        with ThreadPoolExecutor(len(commands)) as pool:
            outcomes = list(
                pool.map(lambda each: carry_out(self._store, self._model, each), commands)
            )
        explain(self._model, list(zip(commands, outcomes, strict=True)), self._store)

    @rule(limit=st.integers(1, 5), place=st.one_of(st.none(), PLAYERS))
    def read_pages(self, limit: int, place: int | None) -> None:
        """Check that the pages contain each event once."""
        user_id = self._model.user_id(place)
        read: list[StoredEvent] = []
        page = self._store.recent_events(user_id, limit)
        while page:
            assert len(page) <= limit
            read += page
            page = self._store.recent_events(user_id, limit, before=page[-1].event_id)
        assert [shown(event) for event in read] == self._model.expected(user_id)
        assert self._store.recent_events(user_id, limit, before="unknown") == []

    @rule()
    def reopen(self) -> None:
        """Close and reopen the store."""
        self._store.close()
        self._store = self._open()

    @rule()
    def lose_power(self) -> None:
        """Continue with a copy of the files on the disk while the store is open."""
        self._copies += 1
        target = self._path.with_name(f"copy-{self._copies}.sqlite")
        for suffix in ("", "-wal"):
            if (source := self._path.with_name(f"{self._path.name}{suffix}")).exists():
                shutil.copy(source, target.with_name(f"{target.name}{suffix}"))
        self._store.close()
        self._path = target
        self._store = self._open()

    @invariant()
    def holds(self) -> None:
        """The store agrees with the model."""
        assert_holds(self._store, self._model)


def explain(
    model: Model, done: list[tuple[Command, list[Recorded] | StoreError]], store: SqlStore
) -> None:
    """Find a serial order of concurrent commands that gives these outcomes.

    Commands that wrote events have the order of their events in the store. Refused and replayed
    commands may have any position.
    """
    order = {event.event_id: n for n, event in enumerate(store.recent_events(None, 10_000)[::-1])}

    def wrote(outcome: list[Recorded] | StoreError) -> bool:
        return isinstance(outcome, list) and any(not answer.replayed for answer in outcome)

    writers = sorted(
        ((command, outcome) for command, outcome in done if wrote(outcome)),
        key=lambda each: order[each[1][0].event_id],  # type: ignore[index]
    )
    others = [(command, outcome) for command, outcome in done if not wrote(outcome)]
    for command, outcome in writers:
        others = _without_those_that_fit(model, others)
        assert_follows(model, command, outcome)
    assert _without_those_that_fit(model, others) == []


def _without_those_that_fit(
    model: Model, done: list[tuple[Command, list[Recorded] | StoreError]]
) -> list[tuple[Command, list[Recorded] | StoreError]]:
    """Return the commands whose outcome differs from the model's current one."""
    return [(command, outcome) for command, outcome in done if not _fits(model, command, outcome)]


def _fits(model: Model, command: Command, outcome: list[Recorded] | StoreError) -> bool:
    refusal = model.refusal(command)
    if refusal is None:
        return outcome == []  # no event was to be written
    return outcome == [refusal] if isinstance(refusal, Recorded) else type(outcome) is refusal


def test_the_store_agrees_with_the_model() -> None:
    run_state_machine_as_test(StoreMachine, settings=examples(short=20, long=600, steps=20))


@examples(short=6, long=300)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), min_size=1, max_size=3))
def test_what_was_acknowledged_outlives_a_kill_and_a_repeated_key_pays_once(
    mortals: Mortals, lives: list[tuple[int, int]]
) -> None:
    """Each process repeats all unacknowledged commands until it is killed after some answers."""
    keys = [f"quest-{number}" for number in range(40)]
    answers: dict[str, tuple[str, int | None]] = {}
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/store.sqlite"
        with closing(SqlStore(url)) as store:
            user_id = store.register("ada", "hash").user_id
        for answers_before_the_kill, threads in lives:
            waiting = [key for key in keys if key not in answers]
            mortal = mortals.start("earn", url, user_id, waiting, threads)
            said = list(islice(mortal.said(), answers_before_the_kill)) + mortal.kill()
            answers |= {key: (event_id, balance) for key, event_id, balance in said}
        with closing(SqlStore(url)) as store:
            for key in keys:
                outcome = store.earn(user_id, 1, "quest", Idempotency(key, key))
                given = (outcome.event_id, outcome.balance)
                assert answers.setdefault(key, given) == given
            assert {balance for _, balance in answers.values()} == {*range(1, len(keys) + 1)}
            kept = [event.event_id for event in store.recent_events(user_id, 1000)]
            assert sorted(kept) == sorted(event_id for event_id, _ in answers.values())
            player = store.get_player(user_id)
            assert player is not None
            assert player.balance == len(keys)
