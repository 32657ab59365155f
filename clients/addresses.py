"""Which machines the platform may talk to on behalf of a project.

A stranger's project must not reach what only the platform can: its own services, its neighbours, the cloud's
metadata. Names are resolved here, once, and the address that was checked is the one that is connected to, so
that a name cannot mean another machine a moment later.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], list[str]]

_NAT64: Final = ip_network("64:ff9b::/96")
#: Clouds answer here from within every machine; never wanted, whatever else is allowed.
_METADATA: Final = frozenset(map(ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200")))


class AddressRefusedError(Exception):
    """The host is, or resolves to, an address that must not be talked to."""


class UnknownHostError(Exception):
    """The host's name has no address."""


def system_resolver(host: str, port: int) -> list[str]:
    """Asks the system. Raises UnknownHostError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(host) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What may be reached. `also` are networks that the operator allows, such as that of an own MinIO."""

    public_only: bool
    also: tuple[Network, ...] = ()
    resolver: Resolver = system_resolver

    def addresses(self, host: str, port: int) -> list[str]:
        """The host's addresses, all of them allowed. Raises AddressRefusedError and UnknownHostError."""
        found = self.resolver(host.strip("[]"), port)
        for text in found:
            # One bad address spoils the host: it would be a matter of chance which one is connected to.
            if not self._allows(ip_address(text.partition("%")[0])):
                raise AddressRefusedError(host)
        return found

    def _allows(self, address: Address) -> bool:
        if not self.public_only:
            return True
        real = _embedded(address)
        if real in _METADATA:
            return False
        return _is_public(real) or any(real in network for network in self.also)


#: For a person's own machine, with the person's own rights.
ANYWHERE = AddressPolicy(public_only=False)
#: For the platform, on behalf of a project.
PUBLIC_ONLY = AddressPolicy(public_only=True)


def _embedded(address: Address) -> Address:
    """An IPv4 address in an IPv6 one is where the packets go in the end."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_public(address: Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
