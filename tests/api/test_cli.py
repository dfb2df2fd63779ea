"""`python -m api`."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import jwt
import pytest

from api.__main__ import main
from api.tokens import AUDIENCE, Identity, Role, Tokens
from tests.api.game import SECRET, Game, bearer, environment


def run(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api", *words],
        env=environment(folder, **variables),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["", "serve", "token"])
def test_help_names_the_settings(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, *command.split(), "--help")

    assert done.returncode == 0
    for expected in ("JWT_SECRET", "STORE_URL", "PORT", "LOADER_INTERVAL_SECONDS"):
        assert expected in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_operator_token_is_good_for_an_api_with_the_same_secret(game: Game) -> None:
    done = run(game.folder, "token", "--operator", "--subject", "ann", JWT_SECRET=SECRET)

    assert done.returncode == 0, done.stderr
    token = done.stdout.removesuffix("\n")
    assert Tokens(SECRET).read(token).identity == Identity(Role.OPERATOR, "ann")
    answer = game.client.simulate_get("/stats", headers=bearer(token))
    assert answer.json == {"counts": {}, "total": 0}


def test_token_lasts_as_long_as_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JWT_SECRET", SECRET)
    monkeypatch.setenv("TOKEN_TTL_SECONDS", "120")

    lifetimes = []
    for words in (["--expires-in", "60"], []):
        assert main(["token", "--operator", *words]) == 0
        claims = jwt.decode(
            capsys.readouterr().out.strip(), SECRET, algorithms=["HS256"], audience=AUDIENCE
        )
        lifetimes.append(claims["exp"] - claims["iat"])

    assert lifetimes == [60, 120]


@pytest.mark.parametrize(
    "words",
    [
        ["token"],
        ["token", "--operator", "--expires-in", "0"],
        ["token", "--operator", "--expires-in", "x"],
        ["token", "--operator", "--subject", "a b"],
        ["nonsense"],
        [],
    ],
)
def test_unusable_words_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)

    printed = capsys.readouterr()
    assert caught.value.code == 2
    assert "usage:" in printed.err
    assert printed.out == ""


@pytest.mark.parametrize("command", [["serve"], ["token", "--operator"]])
def test_short_secret_stops_the_start(tmp_path: Path, command: list[str]) -> None:
    done = run(tmp_path, *command, JWT_SECRET="much too short")  # noqa: S106

    assert done.returncode == 2
    assert "JWT_SECRET: expected at least 32 bytes" in done.stderr
    assert "much too short" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_port_in_use_stops_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(tmp_path, "serve", PORT=port, LOADER="off", JWT_SECRET=SECRET)

    assert done.returncode == 2
    assert "The API cannot start" in done.stderr
    assert port in done.stderr
    assert "Traceback" not in done.stderr


def test_store_that_cannot_be_opened_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite").write_bytes(b"this is no database at all" * 100)

    done = run(tmp_path, "serve", STORE_URL=f"sqlite:///{tmp_path}/s.sqlite", JWT_SECRET=SECRET)

    assert done.returncode == 2
    assert "not a database" in done.stderr
    assert "Traceback" not in done.stderr
