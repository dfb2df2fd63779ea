"""`python -m api`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import jwt
import pytest

from api.__main__ import main
from api.tokens import AUDIENCE, Identity, Role, Tokens
from tests.api.game import Caller, Game
from tests.support.server import SECRET


@pytest.mark.parametrize("command", ["", "serve", "token"])
def test_help_names_the_settings(
    tmp_path: Path,
    command: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="0"):
        main([*command.split(), "--help"])

    printed = capsys.readouterr().out
    for expected in ("JWT_SECRET", "STORE_URL", "PORT", "LOADER_INTERVAL_SECONDS"):
        assert expected in printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sqlite_only("an operator's token needs no store")
def test_operator_token_is_good_for_an_api_with_the_same_secret(
    game: Game, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JWT_SECRET", SECRET)
    assert main(["token", "--operator", "--subject", "ann"]) == 0

    token = capsys.readouterr().out.removesuffix("\n")
    assert Tokens(SECRET).read(token).identity == Identity(Role.OPERATOR, "ann")
    assert game.get("/stats", Caller(0, token)).json == {"counts": {}, "total": 0}


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
def test_invalid_arguments_are_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)

    printed = capsys.readouterr()
    assert caught.value.code == 2
    assert "usage:" in printed.err
    assert printed.out == ""


@pytest.mark.parametrize(
    ("words", "secret", "store", "message"),
    [
        ("serve", "much too short", "new", "JWT_SECRET: expected at least 32 bytes"),
        ("token --operator", "much too short", "new", "JWT_SECRET: expected at least 32 bytes"),
        ("serve", SECRET, "new", "The API cannot start"),
        ("serve", SECRET, "damaged", "not a database"),
    ],
)
def test_errors_exit_with_2_and_a_message(
    tmp_path: Path, words: str, secret: str, store: str, message: str
) -> None:
    (tmp_path / "damaged").write_bytes(b"this is no database at all" * 100)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        variables = {"PORT": port, "LOADER": "off", "JWT_SECRET": secret}
        variables["STORE_URL"] = f"sqlite:///{tmp_path}/{store}"
        done = subprocess.run(
            [sys.executable, "-m", "api", *words.split()],
            env={"PATH": os.environ["PATH"], **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 2
    assert message in done.stderr
    assert ("cannot start" in message) == (f":{port}" in done.stderr), done.stderr
    assert "much too short" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if secret != SECRET:
        assert [path.name for path in tmp_path.iterdir()] == ["damaged"]
