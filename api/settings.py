"""Settings of the API: environment variables, each with its default, meaning and parser."""

from __future__ import annotations

import math
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from limits import RateLimitItem

from api.requests import MAX_BODY_BYTES
from api.schemas import MAX_BATCH
from api.throttle import parse_limit
from warehouse.settings import default_interval, store_beside, usable_warehouse_path
from warehouse.store.disk import MEGABYTE
from warehouse.store.engine import sqlite_path, store_url

# RFC 7518, section 3.2: a key for HS256 has at least 256 bits.
MIN_SECRET_BYTES = 32
DEVELOPMENT_KEY_FILE = ".jwt_secret"

# Settings found so far, by attribute.
Values = Mapping[str, Any]


class SettingsError(Exception):
    """Settings that cannot be used; the message names each one and what is wrong with it."""


@dataclass(frozen=True)
class Setting:
    """Where a setting comes from.

    Attributes:
        variable: The environment variable.
        default: Its text where the variable is not set, or how to find it from the settings
            declared before.
        doc: What it means, for `--help`.
        parse: Makes the value of the text; raises ValueError with what was expected.
    """

    variable: str
    default: str | Callable[[Values], str]
    doc: str
    parse: Callable[[str], object]


def _setting(
    variable: str,
    default: str | Callable[[Values], str],
    doc: str,
    parse: Callable[[str], object],
    *,
    shown: bool = True,
) -> Any:  # noqa: ANN401 (it stands where a field's default does)
    """Declare a field; one that is not `shown` is left out where settings are printed."""
    return field(repr=shown, metadata={"setting": Setting(variable, default, doc, parse)})


def _integer(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and lowest <= int(text[:20]) <= highest):
            raise ValueError(f"expected a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 3600:  # noqa: PLR2004 (an hour)
        raise ValueError("expected seconds, more than 0 and at most 3600")
    return seconds


def _on_or_off(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError("expected on or off")
    return text == "on"


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("expected a text that is not blank")
    return text


def _url(text: str) -> str:
    store_url(text)
    return text


def _secret(text: str) -> str:
    if len(text.encode()) < MIN_SECRET_BYTES:
        raise ValueError(
            f"expected at least {MIN_SECRET_BYTES} bytes, for example from `openssl rand -hex 32`"
        )
    return text


def _limit_from(lowest: int) -> Callable[[str], RateLimitItem | None]:
    """Read a limit that lets the greatest request pass that the API takes."""

    def parse(text: str) -> RateLimitItem | None:
        limit = parse_limit(text)
        if limit is not None and limit.amount < lowest:
            raise ValueError(f"expected {lowest} or more, which one request may have; or off")
        return limit

    return parse


def _secret_beside_store(values: Values) -> str:
    beside = sqlite_path(values["store_url"]) or values["warehouse_path"]
    return development_secret(beside.with_name(DEVELOPMENT_KEY_FILE))


@dataclass(frozen=True)
class Settings:
    """The settings, verified. Attributes are documented where they are declared."""

    warehouse_path: Path = _setting(
        "WAREHOUSE_PATH",
        "warehouse/gamehouse.duckdb",
        "the DuckDB file that events are shipped to",
        lambda text: usable_warehouse_path(_text(text)),
    )
    reports_path: Path = _setting(
        "REPORTS_PATH",
        "reports",
        "the folder of the reports, which operators see under /reports/",
        lambda text: Path(_text(text)),
    )
    store_url: str = _setting(
        "STORE_URL",
        lambda values: store_beside(values["warehouse_path"]),
        "accounts and events: an SQLite file, or PostgreSQL 14 or newer for several processes:"
        " postgresql+psycopg://user@host/database (default: a file beside the warehouse)",
        _url,
        shown=False,  # it may hold a password
    )
    host: str = _setting("HOST", "127.0.0.1", "address to listen on; 0.0.0.0 is all", _text)
    port: int = _setting("PORT", "5000", "port to listen on", _integer(1, 65535))
    threads: int = _setting(
        "THREADS",
        "16",
        "requests that are answered at a time; further ones wait for a thread",
        _integer(1, 1000),
    )
    jwt_secret: str = _setting(
        "JWT_SECRET",
        _secret_beside_store,
        f"key that signs tokens, {MIN_SECRET_BYTES} bytes or more"
        f" (default: generated once into {DEVELOPMENT_KEY_FILE} beside the store)",
        _secret,
        shown=False,
    )
    jwt_previous_secrets: tuple[str, ...] = _setting(
        "JWT_PREVIOUS_SECRETS",
        "",
        "keys that signed tokens before, apart by blanks: their tokens stay good (default: none)",
        lambda text: tuple(_secret(each) for each in text.split()),
        shown=False,
    )
    token_ttl_seconds: int = _setting(
        "TOKEN_TTL_SECONDS", "86400", "how long a token is valid", _integer(1, 366 * 86400)
    )
    registration_enabled: bool = _setting(
        "REGISTRATION",
        "on",
        "on: a login with a new username registers it; or off, which tells nobody who is known",
        _on_or_off,
    )
    password_min_length: int = _setting(
        "PASSWORD_MIN_LENGTH", "8", "characters that a new password has at least", _integer(8, 64)
    )
    login_attempts: RateLimitItem | None = _setting(
        "LOGIN_ATTEMPTS",
        "10 per 5 minutes",
        "failed logins of one client for one username; or off",
        parse_limit,
    )
    rate_limit_per_account: RateLimitItem | None = _setting(
        "RATE_LIMIT_PER_ACCOUNT",
        "1200 per minute",
        "requests of one player or operator; or off",
        parse_limit,
    )
    rate_limit_per_client: RateLimitItem | None = _setting(
        "RATE_LIMIT_PER_CLIENT",
        "6000 per minute",
        "requests from one address, or one IPv6 network of 64 bits; or off",
        parse_limit,
    )
    event_limit_per_account: RateLimitItem | None = _setting(
        "EVENT_LIMIT_PER_ACCOUNT",
        # Three a second for a whole hour, which no game's player does.
        "10000 per hour",
        "events that one player may store; or off",
        _limit_from(MAX_BATCH),
    )
    byte_limit_per_account: RateLimitItem | None = _setting(
        "BYTE_LIMIT_PER_ACCOUNT",
        # 500 of each of them.
        "5000000 per hour",
        "bytes of bodies in which one player may send events; or off",
        _limit_from(MAX_BODY_BYTES),
    )
    event_limit_per_client: RateLimitItem | None = _setting(
        "EVENT_LIMIT_PER_CLIENT",
        # Ten such players, or hundreds as they are, behind one address.
        "100000 per hour",
        "events that may be stored from one address, clicks on deep links included; or off",
        _limit_from(MAX_BATCH),
    )
    byte_limit_per_client: RateLimitItem | None = _setting(
        "BYTE_LIMIT_PER_CLIENT",
        "50000000 per hour",
        "bytes of bodies in which events may be sent from one address; or off",
        _limit_from(MAX_BODY_BYTES),
    )
    disk_floor_bytes: int = _setting(
        "DISK_FLOOR_MB",
        # Room for the loader to ship what waits, for SQLite's log, and for a build's reports.
        "200",
        "MB of an SQLite store's disk that stay free: with less, nothing is stored; 0 for no floor",
        lambda text: _integer(0, 1_000_000)(text) * MEGABYTE,
    )
    trusted_proxies: int = _setting(
        "TRUSTED_PROXIES",
        "0",
        "proxies in front of the API, each of which adds to X-Forwarded-For",
        _integer(0, 10),
    )
    loader_enabled: bool = _setting(
        "LOADER", "on", "on: this process ships events to the warehouse; or off", _on_or_off
    )
    events_uri: str | None = _setting(
        "EVENTS_URI",
        "",
        "a lake, folder or address, that events are shipped to instead of the DuckDB file",
        lambda text: text or None,
    )
    loader_interval_seconds: float = _setting(
        "LOADER_INTERVAL_SECONDS",
        lambda values: default_interval(values["events_uri"]),
        "seconds between two shipments (default: 1; with EVENTS_URI 60)",
        _seconds,
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read and verify all settings; relative paths count from the working directory.

        Raises:
            SettingsError: At least one cannot be used; the message names all that cannot.
        """
        values: dict[str, Any] = {}
        faults: list[str] = []
        for declared in fields(cls):
            setting: Setting = declared.metadata["setting"]
            text = environment.get(setting.variable)
            if text is None and callable(setting.default) and faults:
                # Such a default needs the settings before it; it is tried when they are right.
                continue
            try:
                if text is None:
                    default = setting.default
                    text = default(values) if callable(default) else default
                values[declared.name] = setting.parse(text)
            except (ValueError, OSError) as error:
                faults.append(f"{setting.variable}: {error}")
        if faults:
            raise SettingsError("\n".join(faults))
        return cls(**values)

    @classmethod
    def describe(cls) -> str:
        """List all settings, one per line, for `--help`."""
        lines = []
        for declared in fields(cls):
            setting: Setting = declared.metadata["setting"]
            is_told = callable(setting.default) or not setting.default
            shown = "" if is_told else f" (default: {setting.default})"
            lines.append(f"  {setting.variable:<24} {setting.doc}{shown}")
        return "\n".join(lines)


def development_secret(path: Path) -> str:
    """Read the secret of a development machine; the first call makes it.

    Args:
        path: Its file, which only its owner can read.

    Raises:
        ValueError: The file holds no secret, or others can read it.
        OSError: It cannot be read or written.
    """
    if not path.exists():
        _write_once(path, secrets.token_hex(MIN_SECRET_BYTES))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError(f"others can read {path}; make it private: chmod 600 {path}")
    secret = path.read_text(encoding="utf-8").strip()
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise ValueError(f"{path} holds less than {MIN_SECRET_BYTES} bytes; remove it")
    return secret


def _write_once(path: Path, secret: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")
    try:
        # A link appears whole or not at all, and never replaces the secret of another process.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
