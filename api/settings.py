"""Settings of the API: environment variables, each with its default, meaning and parser."""

from __future__ import annotations

import math
import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from limits import RateLimitItem

from api.addresses import IPV6_NETWORK_BITS
from api.requests import MAX_BODY_BYTES
from api.schemas import MAX_BATCH
from api.throttle import parse_limit
from warehouse.settings import default_interval, store_beside, usable_warehouse_path
from warehouse.store.disk import MEGABYTE
from warehouse.store.engine import sqlite_path, store_url
from warehouse.store.protocol import MAX_SESSION_SECONDS
from warehouse.taxonomy.events_file import EVENTS_FILE, Taxonomy, read_events_file

# RFC 7518, section 3.2: a key for HS256 has at least 256 bits.
MIN_SECRET_BYTES = 32
DEVELOPMENT_KEY_FILE = ".jwt_secret"

# An origin as browsers send it (RFC 6454): no path, not even a slash.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9.\[\]:-]+")

# Parsed settings by attribute.
Values = Mapping[str, Any]


class SettingsError(Exception):
    """Invalid settings; the message lists each one with its error."""


@dataclass(frozen=True)
class Setting:
    """The source of a setting.

    Attributes:
        variable: The environment variable.
        default: Default text, or a function of the settings declared before it.
        doc: Description for `--help`.
        parse: Converts the text; raises ValueError with the expected form.
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
) -> Any:  # noqa: ANN401 (replaces a field's default)
    """Declare a field; `repr` omits it if `shown` is false."""
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
        raise ValueError("expected non-blank text")
    return text


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(text.split())
    if origins != ("*",) and not all(map(_ORIGIN.fullmatch, origins)):
        raise ValueError(
            "expected origins in lower case without a path, such as https://game.example, or *"
        )
    return origins


def _url(text: str) -> str:
    store_url(text)
    return text


def _secret(text: str) -> str:
    if len(text.encode()) < MIN_SECRET_BYTES:
        raise ValueError(
            f"expected at least {MIN_SECRET_BYTES} bytes; create them with `openssl rand -hex 32`"
        )
    return text


def _push_secret(text: str) -> str | None:
    if text and not re.fullmatch(rf"[A-Za-z0-9._~-]{{{MIN_SECRET_BYTES},}}", text):
        raise ValueError(
            f"expected at least {MIN_SECRET_BYTES} letters and digits, which an address contains as"
            " they are; create them with `openssl rand -hex 32`"
        )
    return text or None


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        networks = tuple(map(ip_network, text.split()))
    except ValueError:
        raise ValueError(
            "expected addresses and networks separated by spaces, such as 192.0.2.1 192.0.2.0/24"
        ) from None
    # The API knows an IPv6 client only by its network.
    if any(network.version == 6 and network.prefixlen > IPV6_NETWORK_BITS for network in networks):  # noqa: PLR2004
        raise ValueError(f"expected IPv6 networks of at most {IPV6_NETWORK_BITS} bits")
    return networks


def _limit_from(lowest: int) -> Callable[[str], RateLimitItem | None]:
    """Return a parser of limits that admit the largest valid request."""

    def parse(text: str) -> RateLimitItem | None:
        limit = parse_limit(text)
        if limit is not None and limit.amount < lowest:
            raise ValueError(
                f"expected a limit of at least {lowest}, the maximum of one request, or off"
            )
        return limit

    return parse


def _secret_beside_store(values: Values) -> str:
    beside = sqlite_path(values["store_url"]) or values["warehouse_path"]
    return development_secret(beside.with_name(DEVELOPMENT_KEY_FILE))


@dataclass(frozen=True)
class Settings:
    """The validated settings."""

    warehouse_path: Path = _setting(
        "WAREHOUSE_PATH",
        "warehouse/gamehouse.duckdb",
        "DuckDB file that receives events",
        lambda text: usable_warehouse_path(_text(text)),
    )
    reports_path: Path = _setting(
        "REPORTS_PATH",
        "reports",
        "folder of the reports, which the API serves under /reports/",
        lambda text: Path(_text(text)),
    )
    store_url: str = _setting(
        "STORE_URL",
        lambda values: store_beside(values["warehouse_path"]),
        "store of accounts and events: an SQLite file, or PostgreSQL 14 or newer for several"
        " processes, as postgresql+psycopg://user@host/database (default: a file beside the"
        " warehouse)",
        _url,
        shown=False,  # may contain a password
    )
    taxonomy: Taxonomy | None = _setting(
        "EVENTS_FILE",
        EVENTS_FILE,
        "file of the event types and the fields of their meta; without it, the API accepts any",
        read_events_file,
    )
    host: str = _setting(
        "HOST", "127.0.0.1", "address to listen on; 0.0.0.0 listens on all addresses", _text
    )
    port: int = _setting("PORT", "5000", "port to listen on", _integer(1, 65535))
    threads: int = _setting(
        "THREADS",
        "16",
        "maximum number of concurrent requests; further requests wait",
        _integer(1, 1000),
    )
    jwt_secret: str = _setting(
        "JWT_SECRET",
        _secret_beside_store,
        f"key that signs tokens, at least {MIN_SECRET_BYTES} bytes"
        f" (default: generated once in {DEVELOPMENT_KEY_FILE} beside the store)",
        _secret,
        shown=False,
    )
    jwt_previous_secrets: tuple[str, ...] = _setting(
        "JWT_PREVIOUS_SECRETS",
        "",
        "earlier signing keys, separated by spaces; their tokens remain valid (default: none)",
        lambda text: tuple(_secret(each) for each in text.split()),
        shown=False,
    )
    token_ttl_seconds: int = _setting(
        "TOKEN_TTL_SECONDS",
        "86400",
        "lifetime of a token in seconds",
        _integer(1, MAX_SESSION_SECONDS),
    )
    registration_enabled: bool = _setting(
        "REGISTRATION",
        "on",
        "on: a login with an unknown username registers it; off: it fails",
        _on_or_off,
    )
    password_min_length: int = _setting(
        "PASSWORD_MIN_LENGTH", "8", "minimum length of a new password", _integer(8, 64)
    )
    login_attempts: RateLimitItem | None = _setting(
        "LOGIN_ATTEMPTS",
        "10 per 5 minutes",
        "limit on one client's failed logins for one username, or off",
        parse_limit,
    )
    rate_limit_per_account: RateLimitItem | None = _setting(
        "RATE_LIMIT_PER_ACCOUNT",
        "1200 per minute",
        "limit on requests of one player or operator, or off",
        parse_limit,
    )
    rate_limit_per_client: RateLimitItem | None = _setting(
        "RATE_LIMIT_PER_CLIENT",
        "6000 per minute",
        "limit on requests from one IPv4 address or IPv6 /64 network, or off",
        parse_limit,
    )
    event_limit_per_account: RateLimitItem | None = _setting(
        "EVENT_LIMIT_PER_ACCOUNT",
        # Three a second for an hour, more than any player needs.
        "10000 per hour",
        "limit on stored events of one player, or off",
        _limit_from(MAX_BATCH),
    )
    byte_limit_per_account: RateLimitItem | None = _setting(
        "BYTE_LIMIT_PER_ACCOUNT",
        # 500 bytes an event.
        "5000000 per hour",
        "limit on bytes of event requests of one player, or off",
        _limit_from(MAX_BODY_BYTES),
    )
    event_limit_per_client: RateLimitItem | None = _setting(
        "EVENT_LIMIT_PER_CLIENT",
        # Ten players at their limit, or hundreds of typical players, behind one address.
        "100000 per hour",
        "limit on stored events from one address, including deep-link clicks, or off",
        _limit_from(MAX_BATCH),
    )
    byte_limit_per_client: RateLimitItem | None = _setting(
        "BYTE_LIMIT_PER_CLIENT",
        "50000000 per hour",
        "limit on bytes of event requests from one address, or off",
        _limit_from(MAX_BODY_BYTES),
    )
    disk_floor_bytes: int = _setting(
        "DISK_FLOOR_MB",
        # The loader's backlog, SQLite's log and a build's reports need this space.
        "200",
        "minimum free space in MB on an SQLite store's disk; with less, the API stores nothing;"
        " 0 disables the check",
        lambda text: _integer(0, 1_000_000)(text) * MEGABYTE,
    )
    trusted_proxies: int = _setting(
        "TRUSTED_PROXIES",
        "0",
        "number of proxies in front of the API that append to X-Forwarded-For",
        _integer(0, 10),
    )
    cors_origins: tuple[str, ...] = _setting(
        "CORS_ORIGINS",
        "",
        "origins of browser games that may call the API, separated by spaces, such as"
        " https://game.example; * means all (default: none)",
        _origins,
    )
    appsflyer_push_secret: str | None = _setting(
        "APPSFLYER_PUSH_SECRET",
        "",
        f"secret in the address to which AppsFlyer pushes events, at least {MIN_SECRET_BYTES}"
        " letters and digits (default: none, and the API takes no such events)",
        _push_secret,
        shown=False,
    )
    appsflyer_push_addresses: tuple[IPv4Network | IPv6Network, ...] = _setting(
        "APPSFLYER_PUSH_ADDRESSES",
        "",
        "addresses and networks of AppsFlyer, separated by spaces, such as 192.0.2.0/24; no other"
        " address may push events (default: all may)",
        _networks,
    )
    loader_enabled: bool = _setting(
        "LOADER",
        "on",
        "on: this process ships events to the warehouse; off: it does not",
        _on_or_off,
    )
    events_uri: str | None = _setting(
        "EVENTS_URI",
        "",
        "lake that receives events instead of the DuckDB file: a folder or a URI (default: none)",
        lambda text: text or None,
    )
    loader_interval_seconds: float = _setting(
        "LOADER_INTERVAL_SECONDS",
        lambda values: default_interval(values["events_uri"]),
        "seconds between shipments (default: 1, with EVENTS_URI 60)",
        _seconds,
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read and verify all settings; relative paths count from the working directory.

        Raises:
            SettingsError: At least one cannot be used; the message names all that cannot.
        """
        values: dict[str, Any] = {}
        errors: list[str] = []
        for declared in fields(cls):
            setting: Setting = declared.metadata["setting"]
            text = environment.get(setting.variable)
            if text is None and callable(setting.default) and errors:
                # Such a default needs valid earlier settings.
                continue
            try:
                if text is None:
                    default = setting.default
                    text = default(values) if callable(default) else default
                values[declared.name] = setting.parse(text)
            except (ValueError, OSError) as error:
                errors.append(f"{setting.variable}: {error}")
        if errors:
            raise SettingsError("\n".join(errors))
        return cls(**values)

    @classmethod
    def describe(cls) -> str:
        """List all settings, one per line, for `--help`."""
        lines = []
        for declared in fields(cls):
            setting: Setting = declared.metadata["setting"]
            is_in_doc = callable(setting.default) or not setting.default
            shown = "" if is_in_doc else f" (default: {setting.default})"
            lines.append(f"  {setting.variable:<24} {setting.doc}{shown}")
        return "\n".join(lines)


def development_secret(path: Path) -> str:
    """Read the development secret; the first call creates it.

    Args:
        path: File of the secret, which only its owner may read.

    Raises:
        ValueError: The file contains no secret, or other users can read it.
        OSError: The file cannot be read or written.
    """
    if not path.exists():
        _write_once(path, secrets.token_hex(MIN_SECRET_BYTES))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError(f"other users can read {path}; run chmod 600 {path}")
    secret = path.read_text(encoding="utf-8").strip()
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise ValueError(
            f"{path} has fewer than {MIN_SECRET_BYTES} bytes; remove it to create a new secret"
        )
    return secret


def _write_once(path: Path, secret: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")
    try:
        # A hard link is atomic and never replaces the secret of another process.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
