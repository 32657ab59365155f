"""Fly.io, against a counterpart whose machines run the very command and files that they were sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.targets import Target
from deployments.platforms.cloud import Endpoints, Service
from deployments.platforms.fly import MODULE
from tests.deployments.platforms.suite import Counterpart, PlatformSuite
from tests.fakes.artefacts import Artefacts
from tests.fakes.fly.server import FlyFake
from tests.fakes.vendor import Fault, serving

_LIMIT = {"error": "Your organization has reached its machine limit. Please contact billing@fly.io"}
_DISK = {"region": "fra", "volume": {"sizeGb": 2}}


@contextmanager
def made(folder: Path) -> Iterator[Counterpart]:
    fake, artefacts = FlyFake(folder), Artefacts()
    with serving(artefacts), serving(fake):
        platform = MODULE.connect({"token": "fly-token"}, Endpoints(fake.url, fake.url))
        yield Counterpart(
            MODULE,
            platform,
            fake,
            Target.NODEJS,
            leftovers=lambda: list(_leftovers(fake)),
            foreign=lambda service: _foreign(fake, service),
            revoke=fake.tokens.clear,
            domain_is_ready=fake.ready_dns.add,
            uploaded_bytes=lambda: 0,  # it takes none
            artefact=artefacts.of,
            quota_fault=Fault("/machines", 422, times=9, content=_LIMIT),
        )


def _leftovers(fake: FlyFake) -> Iterator[str]:
    for app in fake.apps.values():
        if app.org in fake.orgs:
            yield f"app {app.name}"
            yield from (f"machine {id_}" for id_ in app.machines)
            yield from (f"volume {id_}" for id_ in app.volumes)
            yield from (f"secret {name}" for name in app.secrets)
            yield from (f"address {one['ip']}" for one in app.addresses)
            yield from (f"certificate {name}" for name in app.certificates)


def _foreign(fake: FlyFake, service: Service) -> None:
    fake.made_app(service.name, "somebody-else", "default")


class TestFly(PlatformSuite):
    @pytest.fixture
    def counterpart(self, tmp_path: Path) -> Iterator[Counterpart]:
        with made(tmp_path) as given:
            yield given
