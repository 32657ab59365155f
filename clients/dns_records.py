"""What DNS says of a name, asked anew each time: nothing here is taken from a cache of ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import dns.exception
import dns.rdatatype
import dns.resolver

from core.errors import PlatformError

_SECONDS: Final = 5.0


def texts_of(name: str, *, server: str = "") -> list[str]:
    """Its TXT records; none where the name or the record does not exist. Raises PlatformError dns_failed.

    `server` is host:port of a resolver, "" the machine's own.
    """
    return [b"".join(one.strings).decode("utf-8", "replace") for one in _asked(name, "TXT", server)]


def alias_of(name: str, *, server: str = "") -> str:
    """Where its CNAME leads, "" where it has none. Raises PlatformError dns_failed."""
    return next((str(one.target).rstrip(".").lower() for one in _asked(name, "CNAME", server)), "")


def _asked(name: str, kind: str, server: str) -> Iterable[Any]:
    try:
        return _resolver(server).resolve(name, kind, lifetime=_SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise PlatformError(
            "dns_failed", f"DNS did not answer for {name}.", "Nothing to do: it is asked again."
        ) from error


def _resolver(server: str) -> dns.resolver.Resolver:
    if not server:
        return dns.resolver.Resolver()
    found = dns.resolver.Resolver(configure=False)
    host, _, port = server.rpartition(":")
    found.nameservers, found.port = [host], int(port)
    return found
