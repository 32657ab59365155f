"""Neon on this machine: the module of it that may speak to a database here, and the fake, which can be held back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Event

from clients.addresses import ANYWHERE
from deployments.platforms.cloud import Endpoints
from deployments.storage import neon
from tests.fakes.neon import FakeNeon
from tests.fakes.vendor import Answer, Asked

NAME = "neon"


class HeldNeon(FakeNeon):
    """`holds` names the call whose answer waits for `goes_on`: what it asked for is done by then."""

    def __init__(self) -> None:
        super().__init__()
        self.holds = ""
        self.reached, self.goes_on = Event(), Event()

    def answered(self, asked: Asked) -> Answer | None:
        answer = super().answered(asked)
        if f"{asked.method} {asked.path}" == self.holds and not self.goes_on.is_set():
            self.reached.set()
            self.goes_on.wait(30)
        return answer


def _connect(credentials: Mapping[str, str], endpoints: Endpoints) -> neon.NeonStorage:
    """It waits a twentieth of the time: the fake is done sooner."""
    found = neon.connect(credentials, endpoints)
    return replace(found, client=lambda pause: found.client(lambda seconds: pause(seconds / 20)), policy=ANYWHERE)


MODULE = replace(neon.MODULE, connect=_connect)
