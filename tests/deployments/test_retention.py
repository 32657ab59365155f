"""What is kept, and what goes: deployments by age and class, bundles and blobs by who names them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from builds import logs, sweeping
from builds.blobs import TeamBlobs
from builds.bundle import BundleFile, Manifest
from builds.models import Blob, Bundle, BundleArchive, LogStream, Orphan
from builds.storage import object_store
from builds.upload import BlobPlace
from core.targets import Target
from deployments import actions, retention
from deployments.metrics.adding import Count, Minute, add
from deployments.models import AgentMinute, Deployment, DeploymentStatus, Instance, Route, RouteKind, Wanted
from deployments.sweeping import sweep_all
from projects.models import Project
from tests import factories

pytestmark = pytest.mark.django_db
OLD = timedelta(days=1_000)


def _age(deployment: Deployment) -> Deployment:
    Deployment.objects.filter(pk=deployment.pk).update(created_at=Now() - OLD)
    return deployment


def _fillers(project: Project) -> None:
    """Enough newer ones that age alone decides about the others."""
    for _ in range(retention.NEWEST_KEPT):
        made = factories.pushed(project, "filler")
        Deployment.objects.filter(pk=made.pk).update(status=DeploymentStatus.FAILED)


def _kept_bundle(project: Project, *contents: str) -> Bundle:
    """A bundle whose manifest and pack really are in the store."""
    team, store = project.team, object_store()
    digests = [f"{content:0>64}" for content in contents]
    key = f"blobs/{team.pk}/pack-{'-'.join(contents)}"
    store.put(key, b"x" * len(digests))
    TeamBlobs(team).add({digest: BlobPlace(key, index, 1) for index, digest in enumerate(digests)})
    manifest = Manifest(Target.NODEJS, "index.mjs", tuple(BundleFile(one, one, 1) for one in digests))
    bundle = factories.bundle(project)
    store.put(bundle.manifest_key, manifest.to_json())
    return bundle


@pytest.fixture
def project() -> Project:
    return factories.project()


def test_an_old_preview_expires_and_its_address_is_gone(project: Project) -> None:
    old = _age(factories.ready(project, "feature"))
    factories.ready(project, "feature")
    _fillers(project)
    assert retention.expire_old(project) == 1
    old.refresh_from_db()
    assert old.expired_at is not None
    assert old.bundle is None
    assert (
        Route.objects.get(project=project, kind=RouteKind.DEPLOYMENT, hostname__contains=old.public_id).wanted is None
    )
    assert Instance.objects.get(deployment=old).wanted == Wanted.GONE


def test_what_has_an_alias_stays_however_old(project: Project) -> None:
    current = _age(factories.ready(project))
    preview = _age(factories.ready(project, "feature"))
    _fillers(project)
    assert retention.expire_old(project) == 0
    assert {current.pk, preview.pk} <= retention.kept(project)


def test_the_last_productions_stay_to_go_back_to(project: Project) -> None:
    productions = [_age(factories.ready(project)) for _ in range(3)]
    _fillers(project)
    assert retention.expire_old(project) == 0
    assert actions.rollback_refusal(productions[0], Route.objects.get(project=project, kind="production")) is None


def test_a_rollback_to_an_expired_one_says_why_it_is_refused(project: Project) -> None:
    old = factories.ready(project)
    factories.ready(project)
    Deployment.objects.filter(pk=old.pk).update(expired_at=Now(), bundle=None)
    old.refresh_from_db()
    refusal = actions.rollback_refusal(old, Route.objects.get(project=project, kind="production"))
    assert refusal is not None
    assert refusal.code == "bundle_expired"


def test_a_blob_goes_only_when_no_manifest_names_it(project: Project) -> None:
    _kept_bundle(project, "1", "2")
    unused = _kept_bundle(project, "3")
    Bundle.objects.filter(pk=unused.pk).update(used_at=Now() - OLD)
    Blob.objects.for_team(project.team).update(used_at=Now() - OLD)
    assert sweeping.sweep_bundles(project.team) == 1
    assert sweeping.sweep_blobs(project.team) == 1
    left = set(Blob.objects.for_team(project.team).values_list("sha256", flat=True))
    assert left == {f"{one:0>64}" for one in "12"}
    assert list(object_store().keys(f"blobs/{project.team_id}/")) == [f"blobs/{project.team_id}/pack-1-2"]


def test_a_blob_that_a_build_just_looked_at_stays(project: Project) -> None:
    bundle = _kept_bundle(project, "4")
    bundle.delete()
    Blob.objects.for_team(project.team).update(used_at=Now() - OLD)
    assert TeamBlobs(project.team).known([f"{4:0>64}"]) == {f"{4:0>64}"}
    assert sweeping.sweep_blobs(project.team) == 0


def test_an_object_that_no_row_knows_goes_a_grace_period_later(project: Project) -> None:
    stray = f"blobs/{project.team_id}/stray"
    object_store().put(stray, b"x")
    assert sweeping.sweep_orphans(project.team) == 0
    assert object_store().exists(stray)
    Orphan.objects.filter(object_key=stray).update(seen_at=Now() - OLD)
    assert sweeping.sweep_orphans(project.team) == 1
    assert not object_store().exists(stray)


def test_an_archive_for_vendors_goes_with_its_bundle(project: Project) -> None:
    unused, used = _kept_bundle(project, "5"), _kept_bundle(project, "6")
    for bundle in (unused, used):
        key = f"archives/{project.team_id}/{bundle.pk}"
        object_store().put(key, b"x")
        BundleArchive.objects.create(team=project.team, bundle=bundle, sha256="0" * 64, size=1, object_key=key)
    Bundle.objects.filter(pk=unused.pk).update(used_at=Now() - OLD)
    assert sweeping.sweep_bundles(project.team) == 1
    kept = f"archives/{project.team_id}/{used.pk}"
    assert list(object_store().keys(f"archives/{project.team_id}/")) == [kept]
    sweeping.sweep_orphans(project.team)
    assert not Orphan.objects.filter(object_key=kept).exists()


def test_another_teams_objects_and_foreign_ones_are_never_touched(project: Project) -> None:
    foreign, other = "somebody-elses/object", f"blobs/{project.team_id}99/theirs"
    for key in (foreign, other):
        object_store().put(key, b"x")
    for _ in range(2):
        sweep_all()
        Orphan.objects.update(seen_at=Now() - OLD)
    assert object_store().exists(foreign)
    assert object_store().exists(other)


def test_an_old_log_is_gone_and_says_so(project: Project) -> None:
    stream = logs.open_stream(project.team)
    logs.append(stream, [logs.entry("fetch", "a line")])
    LogStream.objects.filter(pk=stream.pk).update(ended_at=Now() - OLD)
    assert sweeping.sweep_logs(project.team) == 1
    assert [line.text for line in logs.read(stream.pk).lines] == ["This log was kept for long enough, and is gone."]


def test_a_deleted_project_is_purged_after_its_days(project: Project, settings: Settings) -> None:
    factories.ready(project)
    actions.delete_project(project, actor=None)
    assert retention.purge_deleted(project.team) == 0
    settings.DELETED_PROJECT_DAYS = 0
    assert retention.purge_deleted(project.team) == 1
    assert not Project.all_objects.filter(pk=project.pk).exists()
    assert not Deployment.objects.filter(project_id=project.pk).exists()


def test_a_team_whose_store_fails_does_not_stop_the_others() -> None:
    broken, fine = factories.project(), factories.project()
    lost = factories.bundle(broken)  # its manifest is nowhere
    Blob.objects.create(team=broken.team, sha256="f" * 64, size=1, object_key="nowhere", used_at=Now() - OLD)
    unused = _kept_bundle(fine, "5")
    Bundle.objects.filter(pk=unused.pk).update(used_at=Now() - OLD)
    assert sweep_all()["bundles"] == 1
    assert Blob.objects.for_team(broken.team).exists()
    assert Bundle.objects.filter(pk=lost.pk).exists()


def test_the_grace_period_is_longer_than_the_longest_build() -> None:
    assert settings.BLOB_GRACE_SECONDS >= settings.BUILD_SECONDS * 2


def test_what_agents_did_is_kept_for_eight_days(project: Project) -> None:
    deployment = factories.ready(project)
    now = int(timezone.now().timestamp() // 60)
    day = 24 * 60
    add({Minute(deployment.pk, now - age): Count(requests=1) for age in (0, 8 * day - 5, 8 * day + 5, 30 * day)})
    assert sweep_all()["minutes"] == 2
    assert sorted(round(now - one.at.timestamp() / 60) for one in AgentMinute.objects.all()) == [0, 8 * day - 5]
