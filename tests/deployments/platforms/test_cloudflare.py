"""cloudflare, against a counterpart that runs the Workers that it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.targets import Target
from deployments.platforms.cloud import Endpoints, Service
from deployments.platforms.cloudflare import MODULE
from tests.deployments.platforms.suite import Counterpart, PlatformSuite
from tests.fakes.cloudflare.account import CloudflareFake
from tests.fakes.cloudflare.envelope import ROOT, failed
from tests.fakes.vendor import Fault, serving


@contextmanager
def made(folder: Path) -> Iterator[Counterpart]:
    fake = CloudflareFake(folder)
    with serving(fake):
        credentials = {"api_token": fake.token, "s3_endpoint": fake.url}
        yield Counterpart(
            MODULE,
            MODULE.connect(credentials, Endpoints(f"{fake.url}{ROOT}", fake.url)),
            fake,
            Target.CLOUDFLARE,
            leftovers=lambda: leftovers(fake),
            foreign=lambda service: foreign(fake, service),
            revoke=lambda: setattr(fake, "is_revoked", True),
            domain_is_ready=fake.domains.ready,
            uploaded_bytes=lambda: fake.objects.uploaded_bytes,
            quota_fault=Fault(
                "PUT ", 403, times=9, skip=1, content=failed(10037, "You have exceeded the limit of 100.")
            ),
        )


def leftovers(fake: CloudflareFake) -> list[str]:
    """Each by its kind first."""
    return [
        *(f"worker {name}" for name in fake.scripts.by_name),
        *(f"version {one.id}" for script in fake.scripts.by_name.values() for one in script.versions),
        *(f"bucket {name}" for name in fake.objects.names()),
        *(f"domain {one['hostname']}" for one in fake.domains.workers.values()),
        *(f"hostname {one['hostname']}" for one in fake.domains.custom.values()),
        *(f"route {one['pattern']}" for one in fake.domains.routes.values()),
        *(f"tail {id_}" for id_ in fake.tails.open),
        *(f"dispatched {name}" for scripts in fake.namespaces.values() for name in scripts.by_name),
    ]


def foreign(fake: CloudflareFake, service: Service) -> None:
    fake.scripts.made(service.name, ["somebody:else"])


@pytest.fixture
def counterpart(tmp_path: Path) -> Iterator[Counterpart]:
    with made(tmp_path / "cloudflare") as given:
        yield given


class TestCloudflare(PlatformSuite):
    pass
