"""The artefact address, as a vendor asks it: with the real store behind, and the very program that fetches."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from builds import upload
from builds.building import TeamBlobs
from builds.bundle import MadeBundle, Manifest, describe
from builds.models import Bundle, BundleArchive
from builds.node_program import node_program
from builds.storage import object_store
from core.errors import PlatformError, UserError
from core.targets import Target
from deployments import artefacts
from deployments.models import Deployment
from deployments.platforms.cloud import Artefact
from deployments.platforms.fetching import FETCH, programs
from tests import factories
from tests.progress import Said

pytestmark = pytest.mark.django_db


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    """One whose bundle really is in the store."""
    made = factories.ready(factories.project())
    (tmp_path / "index.mjs").write_text(f"// {made.public_id}\nprocess.stdout.write('it runs');\n")
    places = {"index.mjs": tmp_path / "index.mjs"}
    bundle = MadeBundle(Manifest(Target.NODEJS, "index.mjs", tuple(describe(places))), places)
    team = made.team
    key = upload.store(bundle, object_store(), TeamBlobs(team), scope=str(team.pk), progress=Said())
    Bundle.objects.filter(pk=made.bundle_id).update(digest=bundle.manifest.digest, manifest_key=key)
    found: Deployment = Deployment.objects.select_related("bundle", "team").get(pk=made.pk)
    return found


@pytest.fixture
def public(settings: Settings) -> None:
    """A store that the internet reaches."""
    settings.S3_PUBLIC_URL = settings.S3_ENDPOINT_URL


def _path(artefact: Artefact) -> str:
    return artefact.url.removeprefix(settings.PUBLIC_URL)


def _bearer(artefact: Artefact) -> dict[str, str]:
    return {"Authorization": f"Bearer {artefact.token}"}


def test_a_vendor_is_sent_to_the_store_by_an_address_of_its_own(deployment: Deployment, public: None) -> None:
    artefact = artefacts.artefact_of(deployment)
    answer = Client().get(_path(artefact), headers=_bearer(artefact))
    assert answer.status_code == 302 and answer["Cache-Control"] == "no-store"
    content = httpx.get(answer["Location"]).raise_for_status().content
    assert sha256(content).hexdigest() == artefact.sha256 and len(content) == artefact.size
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getnames() == ["index.mjs"]


def test_a_store_that_the_internet_does_not_reach_has_its_content_handed_out(deployment: Deployment) -> None:
    artefact = artefacts.artefact_of(deployment)
    answer = Client().get(_path(artefact), headers=_bearer(artefact))
    assert answer.status_code == 200 and sha256(answer.content).hexdigest() == artefact.sha256
    part = Client().get(_path(artefact), headers={**_bearer(artefact), "Range": "bytes=5-"})
    assert part.status_code == 206 and answer.content[5:] == part.content
    assert part["Content-Range"] == f"bytes 5-{artefact.size - 1}/{artefact.size}"
    beyond = Client().get(_path(artefact), headers={**_bearer(artefact), "Range": f"bytes={artefact.size}-"})
    assert beyond.status_code == 416


def test_head_tells_its_size_and_its_digest(deployment: Deployment, public: None) -> None:
    artefact = artefacts.artefact_of(deployment)
    answer = Client().head(_path(artefact), headers=_bearer(artefact))
    assert answer["Content-Length"] == str(artefact.size) and answer["ETag"] == f'"{artefact.sha256}"'


def test_the_artefact_of_a_deployment_is_the_same_each_time_and_packed_once(deployment: Deployment) -> None:
    first, second = artefacts.artefact_of(deployment), artefacts.artefact_of(deployment)
    assert first == second and BundleArchive.objects.count() == 1
    assert first.token.startswith("dexto_") and first.token not in repr(first)
    another = factories.ready(deployment.project)
    Deployment.objects.filter(pk=another.pk).update(bundle=deployment.bundle)
    other = artefacts.artefact_of(Deployment.objects.get(pk=another.pk))
    assert other.sha256 == first.sha256 and other.token != first.token and BundleArchive.objects.count() == 1


def test_a_token_is_for_its_own_deployment_alone_and_only_as_a_bearer(deployment: Deployment) -> None:
    artefact, other = artefacts.artefact_of(deployment), factories.ready(deployment.project)
    client, path = Client(), _path(artefact)
    assert client.get(f"/artefacts/{other.public_id}", headers=_bearer(artefact)).status_code == 401
    assert client.get("/artefacts/unknown", headers=_bearer(artefact)).status_code == 401
    assert client.get(path).status_code == 401
    assert client.get(f"{path}?token={artefact.token}").status_code == 401
    assert client.get(path, headers={"Authorization": f"Basic {artefact.token}"}).status_code == 401
    assert client.post(path, headers=_bearer(artefact)).status_code == 405


def test_a_token_that_is_revoked_admits_to_nothing_and_the_next_one_is_another(deployment: Deployment) -> None:
    artefact = artefacts.artefact_of(deployment)
    artefacts.revoke(deployment)
    answer = Client().get(_path(artefact), headers=_bearer(artefact))
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Bearer"
    fresh = artefacts.artefact_of(deployment)
    assert fresh.token != artefact.token
    assert Client().get(_path(fresh), headers=_bearer(fresh)).status_code == 200


def test_a_deployment_whose_bundle_is_no_longer_kept_is_gone(deployment: Deployment) -> None:
    artefact = artefacts.artefact_of(deployment)
    Deployment.objects.filter(pk=deployment.pk).update(bundle=None)
    assert Client().get(_path(artefact), headers=_bearer(artefact)).status_code == 410
    with pytest.raises(UserError) as refused:
        artefacts.artefact_of(Deployment.objects.get(pk=deployment.pk))
    assert refused.value.code == "bundle_expired"


def test_who_guesses_is_slowed_down(deployment: Deployment) -> None:
    client = Client(REMOTE_ADDR="203.0.113.77")
    answers = [client.get(f"/artefacts/{deployment.public_id}", headers={"Authorization": "Bearer x"})]
    while answers[-1].status_code == 401 and len(answers) < 100:
        answers.append(client.get(f"/artefacts/{deployment.public_id}", headers={"Authorization": "Bearer x"}))
    assert answers[-1].status_code == 429 and answers[-1]["Retry-After"]


def test_an_object_that_was_lost_is_packed_again_and_has_to_be_the_same(deployment: Deployment) -> None:
    artefact = artefacts.artefact_of(deployment)
    archive = BundleArchive.objects.get()
    object_store().delete(archive.object_key)
    assert artefacts.artefact_of(deployment).sha256 == artefact.sha256
    assert sha256(artefacts.content_of(archive)).hexdigest() == artefact.sha256
    object_store().delete(archive.object_key)
    BundleArchive.objects.update(sha256="0" * 64)
    with pytest.raises(PlatformError) as corrupt:
        artefacts.artefact_of(deployment)
    assert corrupt.value.code == "bundle_corrupt"


@pytest.mark.django_db(transaction=True)
def test_the_program_that_vendors_run_fetches_it_here(
    deployment: Deployment, public: None, live_server: LiveServer, tmp_path: Path
) -> None:
    artefact = artefacts.artefact_of(deployment)
    program = tmp_path / FETCH
    program.write_text(programs()[FETCH])
    environment = {
        "PATH": os.environ["PATH"],
        "DEXTO_ARTEFACT_URL": f"{live_server.url}{_path(artefact)}",
        "DEXTO_ARTEFACT_SHA256": artefact.sha256,
        "DEXTO_ARTEFACT_TOKEN": artefact.token,
    }
    argv = [str(node_program()), str(program), str(tmp_path / "bundle")]
    ended = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert deployment.public_id in (tmp_path / "bundle" / "index.mjs").read_text()
