"""What clients may take of the server: connections, time and memory."""

from __future__ import annotations

import resource
from dataclasses import dataclass

# Descriptors that are no connections: the store, the warehouse, libraries that are loaded late.
RESERVED_DESCRIPTORS = 200
# A connection has its socket, and the file that is sent over it.
DESCRIPTORS_PER_CONNECTION = 2
# Where there are hardly more than those, connections get a fourth.
SHARE_OF_FEW = 4


@dataclass(frozen=True)
class Limits:
    """What clients may take.

    Attributes:
        connections: Open at a time. Where there are as many, those that have been idle or slow for
            longest make room. It is more than requests can wait for the store and for threads, so
            that there are always such ones.
        connections_per_address: Likewise of one address; 0 for no such limit, as behind a proxy,
            which connects for all clients.
        header_seconds: From the first byte of a request, or from connecting, to the end of its
            headers.
        request_seconds: From the first byte of a request to its last one.
        idle_seconds: Between an answer and the next request. It is longer than proxies keep their
            connections, which would otherwise send requests into those that end.
        reading_seconds: In this time who reads an answer has to take `reading_bytes` of it.
        reading_bytes: See there. About a kilobyte a second, less than any network that works.
        held_bytes: Memory for requests that arrive and answers that leave. Beyond, those who hold
            most of it are let go.
    """

    connections: int = 4096
    connections_per_address: int = 1024
    header_seconds: float = 20.0
    request_seconds: float = 60.0
    idle_seconds: float = 75.0
    reading_seconds: float = 30.0
    reading_bytes: int = 32 * 1024
    held_bytes: int = 256 * 1024 * 1024


def possible_connections(wanted: int) -> int:
    """Let the process have descriptors for so many connections, or for as many as it may.

    Args:
        wanted: How many connections there should be room for.

    Returns:
        How many there is room for. One more, and nothing could be opened any more, not even the
        store.
    """
    needed = RESERVED_DESCRIPTORS + DESCRIPTORS_PER_CONNECTION * wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return wanted
    possible = (soft - RESERVED_DESCRIPTORS) // DESCRIPTORS_PER_CONNECTION
    return min(wanted, max(possible, soft // SHARE_OF_FEW))
