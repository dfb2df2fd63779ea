"""Serve the game API, or create an operator token."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

from api.log import create_logger
from api.serve import serve
from api.settings import Settings, SettingsError
from api.tokens import Identity, Role, Tokens
from warehouse.store.protocol import StoreUnavailableError

EXIT_OK, EXIT_COULD_NOT_RUN = 0, 2
MAX_TTL_SECONDS = 366 * 86400


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 on success, 2 if it cannot run."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        print(f"Invalid settings. Correct these environment variables:\n{error}", file=sys.stderr)
        return EXIT_COULD_NOT_RUN
    return int(options.run(options, settings))


def _parser() -> argparse.ArgumentParser:
    settings = f"settings (environment variables):\n{Settings.describe()}"
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m api", description=__doc__, epilog=settings, formatter_class=raw
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser(
        "serve",
        help="serve the API until SIGTERM or Ctrl-C",
        description="Serve the API until SIGTERM or Ctrl-C. On stop, the server finishes requests"
        "\nin flight. With LOADER=on it then ships all committed events to the warehouse.",
        epilog=settings,
        formatter_class=raw,
    )
    run.set_defaults(run=_serve)

    token = commands.add_parser(
        "token",
        help="print an operator token, which can read all players' events and the reports",
        description="Print an operator token, which can read all players' events and the reports."
        "\nJWT_SECRET signs the token. Every API process with the same secret accepts it.",
        epilog=settings,
        formatter_class=raw,
    )
    token.add_argument(
        "--operator", action="store_true", required=True, help="create an operator token"
    )
    token.add_argument(
        "--subject",
        type=_subject,
        default="operator",
        help="name of the operator (default: operator)",
    )
    token.add_argument(
        "--expires-in",
        type=_ttl,
        metavar="SECONDS",
        help="lifetime of the token (default: TOKEN_TTL_SECONDS)",
    )
    token.set_defaults(run=_token)
    return parser


def _subject(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.@+-]{1,64}", text):
        raise argparse.ArgumentTypeError("expected 1 to 64 letters, digits or _ . @ + -")
    return text


def _ttl(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MAX_TTL_SECONDS:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to {MAX_TTL_SECONDS}")
    return int(text)


def _serve(_: argparse.Namespace, settings: Settings) -> int:
    try:
        serve(settings, create_logger(sys.stdout))
    except (StoreUnavailableError, OSError) as error:
        print(f"The API cannot start: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_RUN
    return EXIT_OK


def _token(options: argparse.Namespace, settings: Settings) -> int:
    identity = Identity(Role.OPERATOR, options.subject)
    ttl_seconds = options.expires_in or settings.token_ttl_seconds
    print(Tokens(settings.jwt_secret).mint(identity, ttl_seconds))
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
