"""What deployment.yml declares: read by the first build of a push, and acted on before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from builds import logs
from builds.actions import KIND
from builds.models import Build
from core.errors import UserError
from core.targets import Platform, Target
from deployments import destinations, pipeline
from deployments.destinations import Wish
from deployments.models import (
    DeclaredBy,
    Deployment,
    DeploymentStatus,
    Destination,
    Push,
    Route,
    RouteKind,
)
from origin.actions import register_path
from projects import operations
from projects.models import Environment, Project
from tests import factories, git

pytestmark = pytest.mark.django_db(transaction=True)

TWO = """\
deployments:
  - name: production
    target: nodejs
  - name: standby
    target: lambda
    mayFail: true
    config: {region: eu-central-1}
"""


class Declaring:
    """A repository on this machine, whose pushes are acted on and built."""

    def __init__(self, folder: Path) -> None:
        self.folder = git.repository(folder)
        factories.write_agent(folder)
        git.commit(folder, "first")
        self.project: Project = register_path(factories.team(), "shop", folder, actor=None)

    def push(self, text: str | None = None, branch: str = "main", **files: str) -> Push:
        """With this deployment.yml; None leaves it as it is, and "" removes it."""
        file = self.folder / "deployment.yml"
        if text is not None:
            file.write_text(text) if text else file.unlink()
        for name, content in files.items():
            (self.folder / name).write_text(content)
        return self.pushed(git.commit(self.folder), branch)

    def pushed(self, sha: str, branch: str = "main") -> Push:
        pipeline.handle_push(self.project, factories.push_event(branch, after=sha))
        operations.work(KIND)
        found: Push = Push.objects.latest("pk")
        return found

    def rows(self) -> dict[str, Destination]:
        return {one.name: one for one in Destination.objects.living().filter(project=self.project)}

    def deployments(self, push: Push) -> dict[str, Deployment]:
        rows = Deployment.objects.filter(push=push).select_related("destination", "bundle", "build", "stream")
        return {one.destination.name: one for one in rows.order_by("pk")}


@pytest.fixture
def declaring(tmp_path: Path) -> Declaring:
    return Declaring(tmp_path / "agent")


def test_without_a_file_there_is_one_destination_here(declaring: Declaring) -> None:
    push = declaring.push()
    assert list(declaring.rows()) == ["local"] and list(declaring.deployments(push)) == ["local"]


def test_the_first_push_goes_where_its_file_says(declaring: Declaring) -> None:
    push = declaring.push(TWO)
    rows = declaring.rows()
    assert sorted(rows) == ["production", "standby"]
    assert rows["standby"].platform == Platform.AWS and rows["standby"].may_fail
    assert rows["standby"].config == {"region": "eu-central-1"}
    assert {one.declared_by for one in rows.values()} == {DeclaredBy.FILE}
    made = declaring.deployments(push)
    assert sorted(made) == ["production", "standby"]
    assert all(one.bundle is not None for one in made.values())
    assert Build.objects.count() == 2, "one for each target"


def test_what_was_implied_goes_on_under_the_name_of_its_like(declaring: Declaring) -> None:
    before = declaring.deployments(declaring.push())["local"]
    factories.running(before)
    factories.live(before)
    hostname = Route.objects.get(kind=RouteKind.PRODUCTION).hostname
    declaring.push(TWO)
    production = declaring.rows()["production"]
    assert production.pk == before.destination_id and production.is_default
    assert Route.objects.get(kind=RouteKind.PRODUCTION).hostname == hostname


def test_a_deployment_that_the_file_sends_elsewhere_is_skipped_and_says_so(declaring: Declaring) -> None:
    push = declaring.push("deployments:\n  - {name: edge, target: cloudflare}\n")
    made = declaring.deployments(push)
    assert made["local"].status == DeploymentStatus.SKIPPED
    assert made["local"].reason == "deployment.yml sends main elsewhere, and not to local."
    assert made["edge"].bundle is not None
    assert list(declaring.rows()) == ["edge"] and declaring.rows()["edge"].is_default


def test_a_branch_goes_to_previews_and_its_own_file_counts_once_it_is_merged(declaring: Declaring) -> None:
    declaring.push("deployments:\n  - {name: live, target: nodejs}\n  - {name: try, target: nodejs, env: preview}\n")
    push = declaring.push(TWO, branch="feature")
    assert {name: one.environment for name, one in declaring.deployments(push).items()} == {"try": "preview"}
    assert sorted(declaring.rows()) == ["live", "try"]


def test_a_branch_that_nothing_takes_is_ignored_with_the_reason(declaring: Declaring) -> None:
    declaring.push(TWO)
    push = declaring.push(branch="feature")
    assert push.decision == "ignored: no destination of shop takes the branch feature"
    assert declaring.deployments(push) == {}


def test_patterns_say_which_branches_go_there(declaring: Declaring) -> None:
    file = "deployments:\n  - {name: live, target: nodejs}\n  - name: staging\n    target: nodejs\n"
    declaring.push(file + "    env: development\n    branches: ['release/*']\n")
    push = declaring.push(branch="release/2")
    assert {name: one.environment for name, one in declaring.deployments(push).items()} == {"staging": "development"}


def test_what_the_file_no_longer_names_gets_nothing_new_and_goes_on_serving(declaring: Declaring) -> None:
    first = declaring.deployments(declaring.push(TWO))["production"]
    factories.running(first)
    factories.live(first)
    push = declaring.push("deployments:\n  - {name: another, target: lambda}\n")
    assert list(declaring.rows()) == ["another"]
    assert declaring.deployments(push)["another"].bundle is not None
    assert Route.objects.get(destination=first.destination, kind=RouteKind.PRODUCTION).wanted == first


def test_a_file_that_is_gone_takes_its_destinations_along(declaring: Declaring) -> None:
    declaring.push(TWO)
    push = declaring.push("")
    assert list(declaring.rows()) == ["local"]
    assert declaring.deployments(push)["local"].bundle is not None


def test_a_file_with_a_mistake_changes_nothing_and_fails_the_build(declaring: Declaring) -> None:
    declaring.push(TWO)
    push = declaring.push("deployments:\n  - {name: a, target: lambda, platform: fly}\n")
    assert sorted(declaring.rows()) == ["production", "standby"]
    failed = declaring.deployments(push)["production"]
    assert failed.status == DeploymentStatus.FAILED and failed.build is not None
    said = "\n".join(line.text for line in logs.read(failed.build.stream_id).lines)
    assert "the destinations stay as they are" in said


def test_dexto_config_declares_as_well(declaring: Declaring) -> None:
    script = "export default { deployments: [{ name: 'edge', target: 'cloudflare' }] };\n"
    declaring.push(**{"dexto.config.ts": script})
    assert list(declaring.rows()) == ["edge"]


def test_a_redeploy_of_an_old_commit_does_not_bring_its_destinations_back(declaring: Declaring) -> None:
    old = declaring.push(TWO)
    declaring.push("deployments:\n  - {name: another, target: nodejs}\n")
    deployment = declaring.deployments(old)["production"]
    pipeline.deploy_push(old, deployment.destination, source="redeploy")
    operations.work(KIND)
    assert list(declaring.rows()) == ["another"]


def test_a_destination_of_the_dashboard_stays_beside_the_file(declaring: Declaring) -> None:
    wish = Wish("mine", Target.NODEJS, Platform.LOCAL, Environment.PRODUCTION)
    destinations.add(declaring.project, wish, actor=None)
    assert sorted(declaring.rows()) == ["local", "mine"]
    declaring.push(TWO)
    assert sorted(declaring.rows()) == ["mine", "production", "standby"]
    declaring.push(TWO.replace("standby", "mine").replace("target: lambda", "target: nodejs"))
    mine = declaring.rows()["mine"]
    assert mine.declared_by == DeclaredBy.FILE and mine.may_fail
    with pytest.raises(UserError) as refused:
        destinations.retire(mine, actor=None)
    assert refused.value.code == "destination_of_file"


def test_the_last_destination_is_not_removed(declaring: Declaring) -> None:
    only = destinations.default_destination(declaring.project)
    with pytest.raises(UserError) as refused:
        destinations.retire(only, actor=None)
    assert refused.value.code == "last_destination" and only.created_at < timezone.now()


def test_what_runs_there_is_not_moved_to_another_platform(declaring: Declaring) -> None:
    only = destinations.default_destination(declaring.project)
    with pytest.raises(UserError) as refused:
        destinations.change(only, Wish("local", Target.NODEJS, Platform.FLY), actor=None)
    assert refused.value.code == "destination_fixed"


@pytest.mark.parametrize(
    "wish",
    [
        Wish("Not a name", Target.NODEJS, Platform.LOCAL),
        Wish("fine", Target.LAMBDA, Platform.FLY),
        Wish("", Target.NODEJS, Platform.LOCAL),
    ],
)
def test_what_deployment_yml_would_refuse_is_refused(declaring: Declaring, wish: Wish) -> None:
    with pytest.raises(UserError) as refused:
        destinations.add(declaring.project, wish, actor=None)
    assert refused.value.code == "destination_invalid"
