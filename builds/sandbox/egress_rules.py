"""Where a sandboxed program may connect to. The address that was checked is the one that is connected to."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

from clients.addresses import PUBLIC_ONLY, AddressPolicy, AddressRefusedError, UnknownHostError

Place = tuple[str, int]
HTTPS: Final = 443
_MAIL: Final = 25  # no agent delivers mail itself; a stranger's would be spam
#: What this machine offers to everybody anyway: the platform's own pages and agents.
_OFFERED: Final = (80, 443)


class RefusedError(Exception):
    """Its words are for the project's owner."""


@dataclass(frozen=True, slots=True)
class EgressRules:
    """`only` are the places that may be reached, None for any; `also` are the operator's own, wherever they are."""

    only: frozenset[Place] | None
    also: frozenset[Place] = frozenset()
    policy: AddressPolicy = field(default=PUBLIC_ONLY)

    def addresses(self, host: str, port: int) -> list[str]:
        """Asks a resolver. Raises RefusedError."""
        name = host.strip("[]").lower().rstrip(".")
        try:
            if (name, port) in self.also:
                return self.policy.resolver(name, port)
            if self.only is not None and (name, port) not in self.only:
                raise RefusedError(f"{name}:{port} is not among the hosts that may be reached.")
            found = self.policy.addresses(name, port)
        except AddressRefusedError:
            raise RefusedError(f"{name} is, or leads to, an address that is not public.") from None
        except (UnknownHostError, ValueError):
            raise RefusedError(f"{name} has no address.") from None
        if port == _MAIL or (port not in _OFFERED and self.only is None and any(map(_is_ours, found))):
            raise RefusedError(f"Port {port} of {name} may not be reached.")
        return found


def places(words: Iterable[str]) -> frozenset[Place]:
    """`host` is its port 443; `host:port` another one."""
    return frozenset(map(_place, words))


def _place(word: str) -> Place:
    name, port = _split(word)
    return ("127.0.0.1" if name == "localhost" else name), port


def _split(word: str) -> Place:
    name, colon, port = word.rpartition(":")
    if not colon or not port.isdigit():
        return word.strip("[]").lower(), HTTPS
    return name.strip("[]").lower(), int(port)


def _is_ours(address: str) -> bool:
    """This machine's own public address leads past its firewall: only here can a socket be bound to it."""
    family = socket.AF_INET if ip_address(address.partition("%")[0]).version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as asked:
        try:
            asked.bind((address, 0))
        except OSError:
            return False
    return True
