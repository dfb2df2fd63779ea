"""Password rules and protection against guessing."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
from argon2 import PasswordHasher

from api.errors import ProblemError
from api.passwords import Passwords
from tests.api.game import PASSWORD, Game, assert_problem

MIN_LENGTH = 8


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(MIN_LENGTH)


@pytest.mark.parametrize(
    "password",
    [
        *["password", "12345678", "qwertyuiop", "iloveyou", "Passw0rd", "P@ssw0rd", "letmein1"],
        *["aaaaaaaaaaaaaaaa", "abcabcabcabc", "abcdefghijkl", "11111111111111111111"],
        # Derived from the username or the product name.
        *["dragonslayer", "Dragonslayer", "dragonslayer1", "1dragonslayer!"],
        *["gamehouse", "gamehouse1", "GameHouse123"],
        "p" * 128,
    ],
)
def test_weak_passwords_are_refused_with_a_reason(passwords: Passwords, password: str) -> None:
    with pytest.raises(ProblemError) as caught:
        passwords.check_new("dragonslayer", password)

    assert caught.value.code == "unsafe_password"
    assert [error.code for error in caught.value.errors] == ["too_guessable"]
    assert caught.value.errors[0].message


@pytest.mark.parametrize(
    "password",
    [
        # No rule requires digits or capitals.
        *("correct horse", "mein lieber schwan", "zmgkpwva", "тихо падает снег"),
        *("雪が静かに降る夜", "the dragonslayer of yore", "🐉🗡️ slain at dawn"),
        "    x7 spaces count    ",
    ],
)
def test_other_passwords_are_accepted(passwords: Passwords, password: str) -> None:
    passwords.check_new("dragonslayer", password)


def test_length_counts_characters_as_they_look(passwords: Passwords) -> None:
    decomposed = unicodedata.normalize("NFD", "žšč")  # six code points that look like three

    with pytest.raises(ProblemError) as caught:
        passwords.check_new("ann", f"{decomposed}wxyz")

    assert [error.code for error in caught.value.errors] == ["too_short"]


def test_unicode_forms_of_a_password_are_equal(passwords: Passwords) -> None:
    known = passwords.hash("caf\u00e9 \u212b \ufb01sh pond 71")
    forms: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")
    for form in forms:
        assert passwords.verify(
            known, unicodedata.normalize(form, "caf\u00e9 \u212b \ufb01sh pond 71")
        )
    assert not passwords.verify(known, "cafe \u212b \ufb01sh pond 71")


def test_whole_password_counts(passwords: Passwords) -> None:
    long = "a sentence that goes on " * 5

    assert not passwords.verify(passwords.hash(long), long[:-1])


def test_no_password_matches_without_a_hash(passwords: Passwords) -> None:
    assert not passwords.verify(None, PASSWORD)
    assert not passwords.verify(None, "")


def test_unsafe_password_registers_nobody(game: Game) -> None:
    answer = game.post("/login", {"username": "alice", "password": "password"})

    problem = assert_problem(answer, 400, "unsafe_password")
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [("password", "too_guessable")]
    assert game.store.find_player("alice") is None


def test_rules_are_for_new_players_alone(game: Game) -> None:
    game.store.register("old", Passwords(MIN_LENGTH).hash("password"))

    assert game.post("/login", {"username": "old", "password": "password"}).status_code == 200


def test_minimum_length_can_be_raised(passwords: Passwords) -> None:
    passwords.check_new("ann", "correct horse")

    with pytest.raises(ProblemError) as caught:
        Passwords(15).check_new("ann", "correct horse")

    assert "15" in caught.value.errors[0].message


def test_unknown_name_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = []

    def counting(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
        hashes.append(password_hash)
        return verify(hasher, password_hash, password)

    verify = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", counting)
    passwords = Passwords(MIN_LENGTH)
    known = passwords.hash(PASSWORD)

    assert not passwords.verify(known, "wrong horse battery")
    assert not passwords.verify(None, "wrong horse battery")

    assert len(hashes) == 2


def test_logins_beyond_those_that_may_wait_are_refused_at_once() -> None:
    passwords = Passwords(MIN_LENGTH, max_logins=2)
    with ThreadPoolExecutor(20) as pool:
        outcomes = [pool.submit(passwords.hash, PASSWORD) for _ in range(20)]
        errors = [outcome.exception() for outcome in outcomes]

    refused = [error for error in errors if error is not None]
    assert {getattr(error, "code", None) for error in refused} == {"login_busy"}
    assert 2 <= len(errors) - len(refused) < 20
    assert passwords.verify(passwords.hash(PASSWORD), PASSWORD)


def test_server_that_takes_no_new_players_answers_alike_for_all_names(game: Game) -> None:
    game.post("/login", {"username": "alice", "password": PASSWORD})
    closed = Game(game.folder, variables={**game.variables, "REGISTRATION": "off"})

    answers = [
        closed.post("/login", {"username": name, "password": "wrong horse battery"})
        for name in ("alice", "nobody")
    ]

    for answer in answers:
        assert_problem(answer, 401, "wrong_password")
    alike = [{**answer.json, "requestId": ""} for answer in answers]
    assert alike[0] == alike[1]
    assert closed.store.find_player("nobody") is None
    assert closed.post("/login", {"username": "alice", "password": PASSWORD}).status_code == 200
    closed.close()
