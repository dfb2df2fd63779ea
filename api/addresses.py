"""Identify the client of a request by its address."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network

import falcon

# An IPv6 client usually owns a whole network of this size, so the network counts as one client.
IPV6_NETWORK_BITS = 64
CACHED_ADDRESSES = 10_000
# All clients without a valid address count as one client.
UNKNOWN = "unknown"


def client_of(req: falcon.Request, trusted_proxies: int) -> str:
    """Return the client's address.

    Each proxy appends its caller's address to X-Forwarded-For. The client can forge every entry
    before those of the trusted proxies.
    """
    address = req.remote_addr
    if trusted_proxies:
        forwarded = (req.get_header("X-Forwarded-For") or "").split(",")
        route = [hop.strip() for hop in forwarded if hop.strip()]
        if route:
            address = route[-min(trusted_proxies, len(route))]
    return _client(address)


@lru_cache(CACHED_ADDRESSES)
def _client(address: str) -> str:
    """Return an IPv4 address itself, and the network of an IPv6 address."""
    try:
        if ":" not in address:
            return str(IPv4Address(address))
        whole = IPv6Address(address.partition("%")[0])
        if whole.ipv4_mapped is not None:
            return str(whole.ipv4_mapped)
        return str(IPv6Network((int(whole), IPV6_NETWORK_BITS), strict=False))
    except ValueError:
        return UNKNOWN
