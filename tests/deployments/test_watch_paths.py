"""A push that changes nothing of what a project watches is skipped: compared with what is deployed, not its parent.

So is one that the project's own command says is not worth a build.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from builds.actions import KIND
from deployments.actions import redeploy
from deployments.models import Deployment, DeploymentStatus
from origin.actions import register_path
from projects import operations
from projects.actions import change_project
from projects.models import Project
from tests import factories, git

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = git.repository(tmp_path / "agent")
    factories.write_agent(folder)
    git.commit(folder, "first")
    return folder


@pytest.fixture
def project(checkout: Path) -> Project:
    made = register_path(factories.team(), "shop", checkout, actor=None)
    Project.objects.filter(pk=made.pk).update(watch_paths=["agent.yml", "prompts/"])
    made.refresh_from_db()
    return made


def _built(project: Project, commit: str) -> Deployment:
    deployment = factories.pushed(project, after=commit)
    operations.work(KIND)
    deployment.refresh_from_db()
    return deployment


def _deployed(project: Project, commit: str) -> None:
    _built(project, commit)
    Deployment.objects.filter(push__after=commit).update(status=DeploymentStatus.READY)


def test_a_change_beside_what_is_watched_is_skipped_with_the_reason(project: Project, checkout: Path) -> None:
    _deployed(project, git.git(checkout, "rev-parse", "HEAD"))
    (checkout / "README.md").write_text("words")
    skipped = _built(project, git.commit(checkout))
    assert skipped.status == DeploymentStatus.SKIPPED
    assert skipped.reason == "skipped: nothing that this project watches changed"


def test_what_changed_since_the_deployed_commit_counts(project: Project, checkout: Path) -> None:
    _deployed(project, git.git(checkout, "rev-parse", "HEAD"))
    (checkout / "prompts" / "one.md").write_text("# Another\n")
    git.commit(checkout, "never pushed by itself")
    (checkout / "README.md").write_text("words")
    built = _built(project, git.commit(checkout))
    assert built.status == DeploymentStatus.DEPLOYING or built.bundle is not None


def test_the_first_push_of_a_branch_is_always_built(project: Project, checkout: Path) -> None:
    assert _built(project, git.git(checkout, "rev-parse", "HEAD")).bundle is not None


def test_a_command_that_ends_with_zero_skips_a_push_and_no_redeploy(project: Project, checkout: Path) -> None:
    change_project(project, actor=None, watch_paths=[], ignore_command="grep -q quiet agent.yml")
    project.refresh_from_db()
    (checkout / "agent.yml").write_text((checkout / "agent.yml").read_text() + "# quiet\n")
    skipped = _built(project, git.commit(checkout))
    assert (skipped.status, skipped.reason) == (
        DeploymentStatus.SKIPPED,
        "skipped: the ignored-build command ended with 0",
    )
    again = redeploy(skipped, actor=None)
    operations.work(KIND)
    again.refresh_from_db()
    assert again.bundle is not None
    change_project(project, actor=None, ignore_command="false")
    project.refresh_from_db()
    assert _built(project, git.git(checkout, "rev-parse", "HEAD")).bundle == again.bundle
