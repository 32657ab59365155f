"""A DNS server on this machine, which answers what a test put into it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class Zone:
    """`records` by name and type. `fails`: it answers SERVFAIL, as a resolver does whose way out is gone."""

    address: str = ""
    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    fails: bool = False

    def answer(self, wire: bytes) -> bytes:
        asked = dns.message.from_wire(wire)
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        question = asked.question[0]
        name, kind = str(question.name).rstrip("."), dns.rdatatype.to_text(question.rdtype)
        if self.fails:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found := self.records.get((name, kind)):
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, found))
        elif not any(known == name for known, _kind in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()


@contextmanager
def serving() -> Iterator[Zone]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        zone = Zone(f"127.0.0.1:{listening.getsockname()[1]}")
        thread = Thread(target=_serve, args=(listening, zone))
        thread.start()
        try:
            yield zone
        finally:
            listening.sendto(b"", listening.getsockname())
            thread.join()


def _serve(listening: socket.socket, zone: Zone) -> None:
    while True:
        wire, sender = listening.recvfrom(4_096)
        if not wire:
            return
        listening.sendto(zone.answer(wire), sender)
