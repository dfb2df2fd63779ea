"""Which client sends a request, by its address."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network

import falcon

# Who has an IPv6 address has as a rule a network of this size: so many addresses are one client.
IPV6_NETWORK_BITS = 64
ADDRESSES_REMEMBERED = 10_000
# Of a proxy that names no address: all its clients are one.
UNKNOWN = "unknown"


def client_of(req: falcon.Request, trusted_proxies: int) -> str:
    """Name the client of a request.

    Every proxy adds the address of its caller at the end of X-Forwarded-For. What stands before
    what the trusted ones have added is the client's own invention.
    """
    address = req.remote_addr
    if trusted_proxies:
        forwarded = (req.get_header("X-Forwarded-For") or "").split(",")
        route = [hop.strip() for hop in forwarded if hop.strip()]
        if route:
            address = route[-min(trusted_proxies, len(route))]
    return _client(address)


@lru_cache(ADDRESSES_REMEMBERED)
def _client(address: str) -> str:
    """Name an address itself or, with IPv6, the network that it is in."""
    try:
        if ":" not in address:
            return str(IPv4Address(address))
        whole = IPv6Address(address.partition("%")[0])
        if whole.ipv4_mapped is not None:
            return str(whole.ipv4_mapped)
        return str(IPv6Network((int(whole), IPV6_NETWORK_BITS), strict=False))
    except ValueError:
        return UNKNOWN
