"""Which addresses may be called: public ones, and what an operator has allowed besides.

Addresses come from people and from declarations; a name may point to the inside of the network. So
the address that a connection goes to is what is judged, never the name, and it is looked up once.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, Self

from core.errors import Category, ConfigurationError, MendlineError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Clouds hand out credentials there: a range that is allowed does not open them, only they do.
METADATA: Final = frozenset(
    map(
        ipaddress.ip_address,
        (
            "100.100.100.200",
            "168.63.129.16",
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "fd00:ec2::23",
            "fd00:ec2::254",
        ),
    )
)
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
TEREDO: Final = ipaddress.ip_network("2001::/32")


class AddressRefusedError(MendlineError):
    """The address is not one that may be called."""

    code = "ML-OUT-0001"
    category = Category.CONFIG
    http_status = 422


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """`networks` and `hosts` may be called although their addresses are not public."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, allowed: Iterable[str]) -> Self:
        """Each an address, a network (`10.0.0.0/8`), or the name of a host."""
        networks: list[Network] = []
        hosts: set[str] = set()
        for each in allowed:
            try:
                networks.append(ipaddress.ip_network(each.strip()))
            except ValueError as error:
                if "/" in each or not each.strip():
                    raise ConfigurationError(
                        f"{each!r} is neither an address, a network nor the name of a host."
                    ) from error
                hosts.add(normal(each))
        return cls(tuple(networks), frozenset(hosts))

    def permits(self, address: Address, host: str = "") -> bool:
        """`host` is the name that was looked up, if there was one."""
        carried = inner(address)
        if carried is not None and not self.permits(carried, host):
            return False
        if ipaddress.ip_address(address.packed) in METADATA:  # a zone makes it no other address
            return any(address in each and each.num_addresses == 1 for each in self.networks)
        named = normal(host) in self.hosts
        within = any(address.version == each.version and address in each for each in self.networks)
        return named or within or (public(address) if carried is None else True)


def normal(host: str) -> str:
    return host.strip().rstrip(".").lower()


def public(address: Address) -> bool:
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not special


def inner(address: Address) -> IPv4Address | None:
    """The address of version 4 that one of version 6 leads to."""
    if isinstance(address, IPv4Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in TEREDO and address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
