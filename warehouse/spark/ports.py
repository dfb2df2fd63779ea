"""Free ports of this machine."""

from __future__ import annotations

import itertools
import secrets
import socket
from collections.abc import Iterator
from contextlib import suppress

# Linux gives outgoing connections the ports from 32,768 upwards, as do the other systems from a
# higher one. Each process begins elsewhere, so that two rarely choose the same port.
_PORTS = [*range(20_000, 32_000)]
_begin = secrets.randbelow(len(_PORTS))
_ports: Iterator[int] = itertools.cycle([*_PORTS[_begin:], *_PORTS[:_begin]])


def free_port() -> int:
    """Find a free port of 127.0.0.1 that no outgoing connection takes before its server does."""
    while True:
        port = next(_ports)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
