"""Which addresses are one client's."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network

# Who has an IPv6 address has as a rule a network of this size: so many addresses are one client.
IPV6_NETWORK_BITS = 64
ADDRESSES_REMEMBERED = 10_000


@lru_cache(ADDRESSES_REMEMBERED)
def client_of(address: str) -> str:
    """Name the client of an address: itself or, with IPv6, the network that it is in.

    Raises:
        ValueError: It is no address.
    """
    if ":" not in address:
        return str(IPv4Address(address))
    whole = IPv6Address(address.partition("%")[0])
    if whole.ipv4_mapped is not None:
        return str(whole.ipv4_mapped)
    return str(IPv6Network((int(whole), IPV6_NETWORK_BITS), strict=False))
