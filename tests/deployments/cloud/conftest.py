"""A team with an account at the small vendor, and a project that goes there."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from builds import upload
from builds.building import TeamBlobs
from builds.bundle import BundleFile, MadeBundle, Manifest
from builds.models import Bundle
from builds.storage import object_store
from core.targets import Target
from deployments import destinations
from deployments.cloud import accounts
from deployments.destinations import Wish
from deployments.models import Account, Destination
from deployments.platforms import CLOUDS
from projects.models import Project
from tests import factories
from tests.deployments.cloud import tiny
from tests.deployments.cloud.tiny import TinyVendor
from tests.fakes.vendor import serving
from tests.progress import Said


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[TinyVendor]:
    found = TinyVendor()
    with serving(found):
        monkeypatch.setitem(CLOUDS, tiny.PLATFORM, tiny.MODULE)
        settings.PLATFORM_ENDPOINTS = {tiny.PLATFORM.value: (found.url, "")}
        yield found


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture
def account(vendor: TinyVendor, project: Project) -> Account:
    return accounts.enter(project.team, tiny.PLATFORM, "main", {"token": vendor.token}, actor=None)


@pytest.fixture
def elsewhere(project: Project, account: Account) -> Destination:
    """The project's only destination: at the small vendor, for every branch."""
    destinations.reconcile(project, [Wish("edge", Target.NODEJS, tiny.PLATFORM, config={"region": "ams"})])
    found: Destination = Destination.objects.living().select_related("project__team", "team").get(project=project)
    return found


def stored_bundle(project: Project, tmp_path: Any, text: str = "console.log(1)") -> Bundle:
    """A bundle whose content is in the object store."""
    place = tmp_path / f"{abs(hash(text))}.mjs"
    place.write_text(text)
    content = place.read_bytes()
    file = BundleFile("index.mjs", sha256(content).hexdigest(), len(content))
    made = MadeBundle(Manifest(Target.NODEJS, "index.mjs", (file,)), {"index.mjs": place})
    key = upload.store(made, object_store(), TeamBlobs(project.team), scope=str(project.team_id), progress=Said())
    bundle = factories.bundle(project)
    Bundle.objects.filter(pk=bundle.pk).update(digest=made.manifest.digest, manifest_key=key)
    bundle.refresh_from_db()
    return bundle
