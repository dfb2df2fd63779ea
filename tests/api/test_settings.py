"""Settings."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest
from limits import parse

from api.settings import Settings, SettingsError, development_secret
from tests.api.game import SECRET


def test_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = Settings.from_environment({"JWT_SECRET": SECRET})

    assert settings == Settings(
        warehouse_path=Path("warehouse/gamehouse.duckdb"),
        reports_path=Path("reports"),
        store_url="sqlite:///warehouse/gamehouse.store.sqlite",
        host="127.0.0.1",
        port=5000,
        threads=16,
        jwt_secret=SECRET,
        jwt_previous_secrets=(),
        token_ttl_seconds=86400,
        registration_enabled=True,
        password_min_length=8,
        login_attempts=parse("10 per 5 minutes"),
        rate_limit_per_account=parse("1200 per minute"),
        rate_limit_per_client=parse("6000 per minute"),
        event_limit_per_account=parse("10000 per hour"),
        byte_limit_per_account=parse("5000000 per hour"),
        event_limit_per_client=parse("100000 per hour"),
        byte_limit_per_client=parse("50000000 per hour"),
        disk_floor_bytes=200_000_000,
        trusted_proxies=0,
        loader_enabled=True,
        events_uri=None,
        loader_interval_seconds=1.0,
    )
    assert list(tmp_path.iterdir()) == []


def test_everything_can_be_set(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {
            "WAREHOUSE_PATH": str(tmp_path / "a.duckdb"),
            "REPORTS_PATH": str(tmp_path / "b"),
            "STORE_URL": "postgresql+psycopg://user:hush@db/game",
            "HOST": "0.0.0.0",  # noqa: S104 (nothing listens)
            "PORT": "8080",
            "THREADS": "4",
            "JWT_SECRET": SECRET,
            "JWT_PREVIOUS_SECRETS": f"{SECRET.replace(' ', '-')} {'x' * 32}",
            "TOKEN_TTL_SECONDS": "60",
            "REGISTRATION": "off",
            "PASSWORD_MIN_LENGTH": "15",
            "LOGIN_ATTEMPTS": "off",
            "RATE_LIMIT_PER_ACCOUNT": "10/second",
            "RATE_LIMIT_PER_CLIENT": "100 per 10 minutes",
            "EVENT_LIMIT_PER_ACCOUNT": "500/day",
            "BYTE_LIMIT_PER_ACCOUNT": "off",
            "EVENT_LIMIT_PER_CLIENT": "9000/hour",
            "BYTE_LIMIT_PER_CLIENT": "262144/minute",
            "DISK_FLOOR_MB": "0",
            "TRUSTED_PROXIES": "2",
            "LOADER": "off",
            "EVENTS_URI": "s3://bucket/lake",
            "LOADER_INTERVAL_SECONDS": "0.25",
        }
    )

    assert settings.store_url == "postgresql+psycopg://user:hush@db/game"
    assert settings.reports_path == tmp_path / "b"
    assert (settings.port, settings.threads, settings.token_ttl_seconds) == (8080, 4, 60)
    assert settings.jwt_previous_secrets == (SECRET.replace(" ", "-"), "x" * 32)
    assert (settings.registration_enabled, settings.password_min_length) == (False, 15)
    assert settings.login_attempts is None
    assert settings.rate_limit_per_account == parse("10/second")
    assert settings.rate_limit_per_client == parse("100/10 minutes")
    assert settings.event_limit_per_account == parse("500/day")
    assert settings.byte_limit_per_account is None
    assert settings.event_limit_per_client == parse("9000/hour")
    assert settings.byte_limit_per_client == parse("262144/minute")
    assert settings.disk_floor_bytes == 0
    assert settings.trusted_proxies == 2
    assert settings.events_uri == "s3://bucket/lake"
    assert (settings.loader_enabled, settings.loader_interval_seconds) == (False, 0.25)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        *[("PORT", text) for text in ("", "0", "65536", "-1", "x", "5000.0", " 5000", "9" * 5000)],
        *[("LOADER", text) for text in ("", "yes", "ON", "true")],
        *[("LOADER_INTERVAL_SECONDS", text) for text in ("", "0", "-1", "nan", "inf", "x", "3601")],
        *[("JWT_SECRET", text) for text in ("", "short", "x" * 31)],
        *[("JWT_PREVIOUS_SECRETS", text) for text in ("short", f"{'x' * 32} short")],
        *[("REGISTRATION", text) for text in ("", "no", "closed")],
        *[("PASSWORD_MIN_LENGTH", text) for text in ("", "7", "65", "long")],
        *[("TRUSTED_PROXIES", text) for text in ("", "-1", "11", "10.0.0.1")],
        *[
            (limit, text)
            for limit in ("LOGIN_ATTEMPTS", "RATE_LIMIT_PER_ACCOUNT", "RATE_LIMIT_PER_CLIENT")
            for text in ("", "0/hour", "-1/hour", "ten/minute", "10/fortnight", "OFF")
        ],
        *[
            (limit, text)
            for limit in ("EVENT_LIMIT_PER_ACCOUNT", "EVENT_LIMIT_PER_CLIENT")
            for text in ("", "499/hour", "many")
        ],
        *[
            (limit, text)
            for limit in ("BYTE_LIMIT_PER_ACCOUNT", "BYTE_LIMIT_PER_CLIENT")
            for text in ("", "262143/hour", "1 MB/hour")
        ],
        *[("DISK_FLOOR_MB", text) for text in ("", "-1", "0.5", "1000001", "1GB")],
        *[("TOKEN_TTL_SECONDS", text) for text in ("0", "1.5", "forever")],
        *[("STORE_URL", text) for text in ("", "nonsense")],
        ("THREADS", "0"),
        ("HOST", " "),
        ("WAREHOUSE_PATH", ""),
        ("REPORTS_PATH", " "),
    ],
)
def test_unusable_settings_are_named(tmp_path: Path, variable: str, text: str) -> None:
    environment = {"WAREHOUSE_PATH": str(tmp_path / "w"), "JWT_SECRET": SECRET, variable: text}

    with pytest.raises(SettingsError, match=f"^{variable}: expected") as caught:
        Settings.from_environment(environment)

    if len(text) > 3:
        assert text not in str(caught.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"WAREHOUSE_PATH": "", "PORT": "x", "JWT_SECRET": "short"})

    names = [line.partition(":")[0] for line in str(caught.value).splitlines()]
    assert names == ["WAREHOUSE_PATH", "PORT", "JWT_SECRET"]


def test_secret_of_32_bytes_is_enough() -> None:
    secret = "ž" * 16

    assert Settings.from_environment({"JWT_SECRET": secret}).jwt_secret == secret


def test_development_secret_is_made_once_and_private(tmp_path: Path) -> None:
    environment = {"WAREHOUSE_PATH": str(tmp_path / "new" / "w.duckdb")}

    first = Settings.from_environment(environment).jwt_secret

    file = tmp_path / "new" / ".jwt_secret"
    assert [path.name for path in file.parent.iterdir()] == [".jwt_secret"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(first) >= 32
    assert Settings.from_environment(environment).jwt_secret == first
    other = {"WAREHOUSE_PATH": str(tmp_path / "other" / "w.duckdb")}
    assert Settings.from_environment(other).jwt_secret != first


def test_development_secret_lies_beside_the_store(tmp_path: Path) -> None:
    Settings.from_environment(
        {
            "WAREHOUSE_PATH": str(tmp_path / "a" / "w.duckdb"),
            "STORE_URL": f"sqlite:///{tmp_path}/b/s.sqlite",
        }
    )

    assert (tmp_path / "b" / ".jwt_secret").exists()
    assert not (tmp_path / "a").exists()


def test_processes_that_start_at_once_share_the_development_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: development_secret(tmp_path / "s"), range(64)))

    assert len(secrets) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_development_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / ".jwt_secret"
    file.write_text(SECRET)
    file.chmod(0o644)

    with pytest.raises(SettingsError, match="chmod 600"):
        Settings.from_environment({"WAREHOUSE_PATH": str(tmp_path / "w")})


def test_damaged_development_secret_is_refused(tmp_path: Path) -> None:
    file = tmp_path / ".jwt_secret"
    file.touch(0o600)

    with pytest.raises(SettingsError, match="remove it"):
        Settings.from_environment({"WAREHOUSE_PATH": str(tmp_path / "w")})


def test_secrets_are_not_shown() -> None:
    settings = Settings.from_environment(
        {"JWT_SECRET": SECRET, "STORE_URL": "postgresql+psycopg://user:hush@db/game"}
    )

    assert SECRET not in repr(settings)
    assert "hush" not in repr(settings)


def test_every_setting_is_described() -> None:
    text = Settings.describe()

    for declared in fields(Settings):
        assert declared.metadata["setting"].variable in text
    assert len(text.splitlines()) == len(fields(Settings))
