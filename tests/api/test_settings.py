"""Settings."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path

import pytest
from limits import parse

from api.settings import Settings, SettingsError, development_secret
from tests.support.harness import ROOT
from tests.support.server import SECRET
from warehouse.taxonomy.events_file import read_events_file

EXAMPLE = ROOT / "examples/events/events.yml"
POSTGRES = "postgresql+psycopg://user:hush@db/game"
# Each setting's default, another text, and its parsed value.
SETTINGS: dict[str, tuple[object, str, object]] = {
    "WAREHOUSE_PATH": (Path("warehouse/gamehouse.duckdb"), "a.duckdb", Path("a.duckdb")),
    "REPORTS_PATH": (Path("reports"), "b", Path("b")),
    "STORE_URL": ("sqlite:///warehouse/gamehouse.store.sqlite", POSTGRES, POSTGRES),
    "EVENTS_FILE": (None, str(EXAMPLE), read_events_file(str(EXAMPLE))),
    "HOST": ("127.0.0.1", "0.0.0.0", "0.0.0.0"),  # noqa: S104 (nothing listens)
    "PORT": (5000, "8080", 8080),
    "THREADS": (16, "4", 4),
    "JWT_SECRET": (SECRET, "y" * 32, "y" * 32),
    "JWT_PREVIOUS_SECRETS": ((), f"{'z' * 33} {'x' * 32}", ("z" * 33, "x" * 32)),
    "TOKEN_TTL_SECONDS": (86400, "60", 60),
    "REGISTRATION": (True, "off", False),
    "PASSWORD_MIN_LENGTH": (8, "15", 15),
    "LOGIN_ATTEMPTS": (parse("10 per 5 minutes"), "off", None),
    "RATE_LIMIT_PER_ACCOUNT": (parse("1200/minute"), "10/second", parse("10/second")),
    "RATE_LIMIT_PER_CLIENT": (parse("6000/minute"), "9 per 10 minutes", parse("9/10 minutes")),
    "EVENT_LIMIT_PER_ACCOUNT": (parse("10000/hour"), "500/day", parse("500/day")),
    "BYTE_LIMIT_PER_ACCOUNT": (parse("5000000/hour"), "off", None),
    "EVENT_LIMIT_PER_CLIENT": (parse("100000/hour"), "9000/hour", parse("9000/hour")),
    "BYTE_LIMIT_PER_CLIENT": (parse("50000000/hour"), "262144/minute", parse("262144/minute")),
    "DISK_FLOOR_MB": (200_000_000, "0", 0),
    "TRUSTED_PROXIES": (0, "2", 2),
    "CORS_ORIGINS": ((), "https://a.example http://b:81", ("https://a.example", "http://b:81")),
    "APPSFLYER_PUSH_SECRET": (None, "p" * 32, "p" * 32),
    "APPSFLYER_PUSH_ADDRESSES": (
        (),
        "192.0.2.7 2001:db8::/64",
        (ip_network("192.0.2.7/32"), ip_network("2001:db8::/64")),
    ),
    "LOADER": (True, "off", False),
    "EVENTS_URI": (None, "s3://bucket/lake", "s3://bucket/lake"),
    "LOADER_INTERVAL_SECONDS": (1.0, "0.25", 0.25),
}


def by_variable(settings: Settings) -> dict[str, object]:
    return {
        declared.metadata["setting"].variable: getattr(settings, declared.name)
        for declared in fields(Settings)
    }


def test_everything_has_a_default_and_can_be_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = {variable: text for variable, (_, text, _) in SETTINGS.items()}

    assert by_variable(Settings.from_environment({"JWT_SECRET": SECRET})) == {
        variable: default for variable, (default, *_) in SETTINGS.items()
    }
    assert by_variable(Settings.from_environment(texts)) == {
        variable: value for variable, (*_, value) in SETTINGS.items()
    }
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        (variable, text)
        for variables, texts in {
            ("PORT",): ["", "0", "65536", "-1", "x", "5000.0", " 5000", "9" * 5000],
            ("LOADER",): ["", "yes", "ON", "true"],
            ("LOADER_INTERVAL_SECONDS",): ["", "0", "-1", "nan", "inf", "x", "3601"],
            ("JWT_SECRET",): ["", "short", "x" * 31],
            ("JWT_PREVIOUS_SECRETS",): ["short", f"{'x' * 32} short"],
            ("REGISTRATION",): ["", "no", "closed"],
            ("APPSFLYER_PUSH_SECRET",): ["short", "x" * 31, "x" * 32 + "+", "x" * 32 + "&a=b"],
            ("APPSFLYER_PUSH_ADDRESSES",): ["x", "192.0.2.1/24", "192.0.2.0/24,", "2001:db8::1"],
            ("PASSWORD_MIN_LENGTH",): ["", "7", "65", "long"],
            ("TRUSTED_PROXIES",): ["", "-1", "11", "10.0.0.1"],
            ("CORS_ORIGINS",): [
                "a.example",
                "https://a.example/",
                "https://A.example",
                "* http://a",
            ],
            ("LOGIN_ATTEMPTS", "RATE_LIMIT_PER_ACCOUNT", "RATE_LIMIT_PER_CLIENT"): [
                *("", "0/hour", "-1/hour", "ten/minute", "10/fortnight", "OFF"),
            ],
            ("EVENT_LIMIT_PER_ACCOUNT", "EVENT_LIMIT_PER_CLIENT"): ["", "499/hour", "many"],
            ("BYTE_LIMIT_PER_ACCOUNT", "BYTE_LIMIT_PER_CLIENT"): ["", "262143/hour", "1 MB/hour"],
            ("DISK_FLOOR_MB",): ["", "-1", "0.5", "1000001", "1GB"],
            ("TOKEN_TTL_SECONDS", "THREADS"): ["0", "1.5", "forever"],
            ("STORE_URL",): ["", "nonsense"],
            ("HOST", "WAREHOUSE_PATH", "REPORTS_PATH"): ["", " "],
        }.items()
        for variable in variables
        for text in texts
    ],
)
def test_unusable_settings_are_named(tmp_path: Path, variable: str, text: str) -> None:
    environment = {"WAREHOUSE_PATH": str(tmp_path / "w"), "JWT_SECRET": SECRET, variable: text}

    with pytest.raises(SettingsError, match=f"^{variable}: expected") as caught:
        Settings.from_environment(environment)

    if len(text) > 3:
        assert text not in str(caught.value)


def test_all_invalid_settings_are_reported_together() -> None:
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
    settings = Settings.from_environment({"JWT_SECRET": SECRET, "STORE_URL": POSTGRES})

    assert SECRET not in repr(settings)
    assert "hush" not in repr(settings)


def test_every_setting_is_described() -> None:
    text = Settings.describe()

    for declared in fields(Settings):
        assert declared.metadata["setting"].variable in text
    assert len(text.splitlines()) == len(fields(Settings))
