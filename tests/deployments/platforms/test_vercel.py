"""Vercel, against a counterpart that runs the Build Output it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.targets import Target
from deployments.platforms.cloud import Endpoints
from deployments.platforms.vercel import MODULE
from tests.deployments.platforms.suite import Counterpart, PlatformSuite
from tests.fakes.vendor import Fault, serving
from tests.fakes.vercel.server import VercelFake

_DAY = {"error": {"code": "api-deployments-free-per-day", "message": "Resource is limited - try again in 24 hours"}}


@contextmanager
def made(folder: Path) -> Iterator[Counterpart]:
    fake = VercelFake(folder)
    with serving(fake):
        platform = MODULE.connect({"token": "vercel-token"}, Endpoints(fake.url, fake.url))
        yield Counterpart(
            MODULE,
            platform,
            fake,
            Target.VERCEL,
            leftovers=lambda: _leftovers(fake),
            foreign=lambda service: fake.made_project(service.name, [], None) and None,
            revoke=fake.tokens.clear,
            domain_is_ready=fake.ready_dns.add,
            uploaded_bytes=lambda: fake.uploaded_bytes,
            quota_fault=Fault("POST /v13/deployments", 402, times=9, content=_DAY),
        )


def _leftovers(fake: VercelFake) -> list[str]:
    return [
        *(f"project {project.name}" for project in fake.projects.values()),
        *(f"deployment {one.id}" for one in fake.deployments.values()),
        *(f"domain {name}" for name in fake.domains),
    ]


class TestVercel(PlatformSuite):
    @pytest.fixture
    def counterpart(self, tmp_path: Path) -> Iterator[Counterpart]:
        with made(tmp_path) as given:
            yield given
