"""Render, against a counterpart whose services run the very command and files that they were sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.targets import Target
from deployments.platforms.cloud import Endpoints, Service
from deployments.platforms.render import MODULE
from tests.deployments.platforms.suite import Counterpart, PlatformSuite
from tests.fakes.artefacts import Artefacts
from tests.fakes.render.server import RenderFake
from tests.fakes.vendor import Fault, serving

_LIMIT = {"message": "Your workspace has reached its limit of free services"}
_DETAILS = {"plan": "free", "healthCheckPath": "/", "envSpecificDetails": {"dockerCommand": "sh"}}


@contextmanager
def made(folder: Path) -> Iterator[Counterpart]:
    fake, artefacts = RenderFake(folder), Artefacts()
    with serving(artefacts), serving(fake):
        platform = MODULE.connect({"key": "rnd_key"}, Endpoints(fake.url, fake.url))
        yield Counterpart(
            MODULE,
            platform,
            fake,
            Target.NODEJS,
            leftovers=lambda: list(_leftovers(fake)),
            foreign=lambda service: _foreign(fake, service),
            revoke=fake.keys.clear,
            domain_is_ready=fake.ready_dns.add,
            uploaded_bytes=lambda: 0,  # it takes none
            artefact=artefacts.of,
            quota_fault=Fault("POST /v1/services", 402, times=9, content=_LIMIT),
        )


def _leftovers(fake: RenderFake) -> Iterator[str]:
    for service in fake.services.values():
        yield f"service {service.name}"
        yield from (f"deploy {one.id}" for one in service.deploys)
        yield from (f"domain {name}" for name in service.domains)


def _foreign(fake: RenderFake, service: Service) -> None:
    body = {"image": {"imagePath": "docker.io/library/nginx"}, "serviceDetails": _DETAILS}
    fake.made_service(service.name, "tea-acme", body)


class TestRender(PlatformSuite):
    @pytest.fixture
    def counterpart(self, tmp_path: Path) -> Iterator[Counterpart]:
        with made(tmp_path) as given:
            yield given
