"""What the code host is told of a deployment, against a GitHub that keeps its rules; and what happens when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from builds.models import Build
from clients.code_host import Account, MadeApp, code_host_at
from deployments import actions, pipeline, pull_requests, report_words
from deployments.events import PullRequestEvent, PushEvent
from deployments.models import Deployment, DeploymentStatus, Destination, PullRequest
from deployments.report_queue import KIND
from projects import github_apps, operations
from projects.models import Installation, Operation, OperationStatus, OutboxEvent, Project, Repository
from tests import factories
from tests.fakes.github import Fault, Pull, World, github
from tests.fakes.github import Repository as Hosted

pytestmark = pytest.mark.django_db(transaction=True)

FINDING = {"severity": "warning", "code": "unknown_key", "file": "agent.yml", "line": 3, "column": 1, "targets": []}


@dataclass(frozen=True)
class Linked:
    """A project whose repository is on the fake, as a person linked it."""

    world: World
    hosted: Hosted
    project: Project

    def pushed(self, branch: str = "main", message: str = "a change") -> Deployment:
        """A commit, and what its push came to: queued."""
        sha = self.world.commit(self.hosted, branch, {f"{uuid4()}.md": "x"}, message)
        event = PushEvent(str(uuid4()), f"refs/heads/{branch}", "0" * 40, sha, message, "ada")
        with transaction.atomic():
            pipeline.handle_push(self.project, event)
        return _newest(self.project)

    def pull(self, branch: str) -> Pull:
        """A pull request of the branch, opened there and heard of here."""
        pull = self.world.open_pull(self.hosted, self.hosted, branch)
        self.hear(_event(pull))
        return pull

    def hear(self, event: PullRequestEvent) -> None:
        with transaction.atomic():
            pull_requests.handle_pull_request(self.project, event)

    def reported(self) -> None:
        """Every report that is due has been carried out."""
        operations.work(KIND)

    def states(self) -> list[str]:
        return [one["state"] for one in self.world.deployment_statuses]


@pytest.fixture
def linked(tmp_path: Path, settings: Any) -> Iterator[Linked]:
    settings.CODE_HOST_WRITE_SECONDS = 0
    with github(tmp_path) as world:
        yield _linked(world)


def _linked(world: World) -> Linked:
    owner = world.user("acme", "Organization")
    hosted = world.repository(owner, "agent")
    world.commit(hosted, "main", {"agent.yml": "llm: {}\n"})
    app = world.make_app(owner)
    installed = world.install(app, owner, [hosted])
    team, address = factories.team(), code_host_at(world.url)
    account = Account(owner.id, owner.login)
    made = MadeApp(
        app.id, app.slug, app.name, "", account, app.client_id, app.client_secret, app.pem, app.webhook_secret
    )
    github_apps.keep(made, address, team=team, actor=factories.user(), mode="webhook")  # type: ignore[arg-type]
    project = factories.project(team, "shop", external_id=hosted.id)
    Repository.objects.filter(pk=project.repository_id).update(
        host=address.host,
        full_name=hosted.full_name,
        installation=Installation.objects.create(
            team=team, host=address.host, external_id=installed.id, account_id=owner.id, account_login=owner.login
        ),
    )
    return Linked(world, hosted, Project.objects.select_related("team", "repository").get(pk=project.pk))


def _event(pull: Pull, *, is_open: bool = True) -> PullRequestEvent:
    return PullRequestEvent(str(uuid4()), pull.number, is_open, False, pull.head_branch, pull.head_sha, pull.title)


def _newest(project: Project) -> Deployment:
    found: Deployment = Deployment.objects.filter(project=project).with_everything().latest("pk")
    return found


def _operations() -> list[str]:
    return list(Operation.objects.filter(kind=KIND).order_by("pk").values_list("status", flat=True))


def _make_due() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE projects_operation SET due_at = now() WHERE kind = %s", [KIND])


def _writes(world: World) -> list[str]:
    return [one for one in world.asked if not one.startswith("GET") and "access_tokens" not in one]


def test_every_state_of_ours_has_words_for_the_host() -> None:
    assert set(report_words.SAID) == set(DeploymentStatus)


def test_a_push_that_goes_live_is_told_step_by_step(linked: Linked) -> None:
    deployment = linked.pushed()
    linked.reported()
    assert [one["state"] for one in linked.world.statuses] == ["pending"]
    assert linked.world.check_runs[0]["status"] == "in_progress"
    assert linked.states() == ["queued"]
    factories.made_ready(deployment)
    linked.reported()
    newest = linked.world.statuses[-1]
    assert (newest["context"], newest["state"], newest["description"]) == ("dexto/shop", "success", "Ready")
    assert newest["target_url"].endswith(f"/shop/deployments/{deployment.public_id}")
    assert linked.states() == ["queued", "success"]
    (told,) = linked.world.deployments
    assert (told["environment"], told["production_environment"]) == ("Production – shop", True)
    assert told["transient_environment"] is False
    assert linked.world.deployment_statuses[-1]["environment_url"].startswith("http://shop.")
    assert [one["conclusion"] for one in linked.world.check_runs] == ["success"]


def test_nothing_is_told_twice(linked: Linked) -> None:
    deployment = factories.made_ready(linked.pushed())
    linked.reported()
    told = _writes(linked.world)
    operations.enqueue(deployment.team, KIND, deployment.pk, "again")
    linked.reported()
    assert _writes(linked.world) == told


def test_changes_that_come_before_a_report_ran_are_told_as_one(linked: Linked) -> None:
    factories.made_ready(linked.pushed())
    assert _operations() == [OperationStatus.QUEUED]
    linked.reported()
    assert [one["state"] for one in linked.world.statuses] == ["success"]
    assert linked.states() == ["success"]


def test_a_skipped_push_is_a_success(linked: Linked) -> None:
    linked.pushed(message="words only [skip ci]")
    linked.reported()
    (status,) = linked.world.statuses
    assert status["state"] == "success"
    assert status["description"].startswith("Skipped: the commit's message says")
    assert linked.world.deployments == []
    assert linked.world.check_runs[0]["conclusion"] == "skipped"


def test_a_failure_says_why_and_where(linked: Linked) -> None:
    Project.objects.filter(pk=linked.project.pk).update(root="agents/shop")
    deployment = linked.pushed()
    found = [{**FINDING, "line": line, "message": f"Line {line} is odd.", "hint": "Mend it."} for line in range(1, 61)]
    found.append({**FINDING, "file": "", "line": 0, "message": "The project is odd.", "hint": ""})
    Build.objects.filter(pk=deployment.build_id).update(findings=found)
    linked.reported()
    pipeline.stop(deployment, DeploymentStatus.FAILED, "No agent was found.")
    linked.reported()
    assert linked.world.statuses[-1]["state"] == "failure"
    assert linked.world.statuses[-1]["description"] == "Failed: No agent was found."
    (run,) = linked.world.check_runs
    said = linked.world.annotations[run["id"]]
    assert [one["start_line"] for one in said] == list(range(1, 61))
    assert {one["path"] for one in said} == {"agents/shop/agent.yml"}
    assert said[0]["message"] == "Line 1 is odd. Mend it."
    assert "The project is odd." in run["output"]["summary"]


def test_destinations_share_a_status_and_a_comment_and_have_deployments_of_their_own(linked: Linked) -> None:
    for name, target in (("web", "nodejs"), ("edge", "cloudflare")):
        Destination.objects.create(
            team=linked.project.team,
            project=linked.project,
            name=name,
            target=target,
            platform="local",
            is_default=name == "web",
        )
    linked.pushed("feature")
    pull = linked.pull("feature")
    web, edge = Deployment.objects.filter(project=linked.project).with_everything().order_by("pk")
    factories.made_ready(web)
    linked.reported()
    assert linked.world.statuses[-1]["state"] == "pending"
    pipeline.stop(edge, DeploymentStatus.FAILED, "It is too large.")
    linked.reported()
    assert linked.world.statuses[-1]["description"] == "edge: Failed: It is too large."
    assert {one["environment"] for one in linked.world.deployments} == {"Preview – shop", "Preview – shop (edge)"}
    (comment,) = linked.world.comments_of(linked.hosted, pull.number)
    assert "| web (nodejs) | Ready | [Open](http://shop-pr-1." in comment["body"]
    assert "| edge (cloudflare) | Failed: It is too large. | –" in comment["body"]


def test_a_pull_request_has_one_comment_that_follows_its_branch(linked: Linked) -> None:
    factories.made_ready(linked.pushed("feature"))
    pull = linked.pull("feature")
    linked.reported()
    first = factories.made_ready(linked.pushed("feature"))
    linked.reported()
    (comment,) = linked.world.comments_of(linked.hosted, pull.number)
    assert f"`{first.push.after[:7]}`" in comment["body"]
    pull.head_sha = first.push.after
    linked.hear(_event(pull, is_open=False))
    linked.reported()
    (comment,) = linked.world.comments_of(linked.hosted, pull.number)
    assert "Torn down" in comment["body"]
    assert "[Open]" not in comment["body"]
    assert linked.states()[-1] == "inactive"
    factories.made_ready(linked.pushed("feature"))
    linked.reported()
    assert linked.world.comments == [comment]


def test_a_comment_that_somebody_deleted_is_written_anew(linked: Linked) -> None:
    linked.pushed("feature")
    linked.pull("feature")
    linked.reported()
    linked.world.comments.clear()
    factories.made_ready(_newest(linked.project))
    linked.reported()
    assert len(linked.world.comments) == 1


def test_the_comment_says_what_changes_in_the_agent_and_calls_nobody(linked: Linked) -> None:
    live = factories.made_ready(linked.pushed())
    _outline(live, model="openai/gpt-5-mini", prompts={"system prompt": "1"})
    preview = factories.made_ready(linked.pushed("feature"))
    _outline(preview, model="openai/gpt-5", prompts={"system prompt": "2", "prompts/@everyone|.md": "3"})
    linked.pull("feature")
    linked.reported()
    body = linked.world.comments[0]["body"]
    assert "- model: openai/gpt-5-mini → openai/gpt-5" in body
    assert "- prompt system prompt changes" in body
    assert "- prompt prompts/&#64;everyone&#124;.md is new" in body


def _outline(deployment: Deployment, **agent: Any) -> None:
    assert deployment.bundle
    type(deployment.bundle).objects.filter(pk=deployment.bundle.pk).update(outline={"agent": {"tools": {}, **agent}})


def test_a_rollback_is_told_of_both_deployments(linked: Linked) -> None:
    first = factories.made_ready(linked.pushed())
    linked.reported()
    second = factories.made_ready(linked.pushed())
    linked.reported()
    actions.roll_back(linked.project, actor=factories.user())
    linked.reported()
    newest = {one["deployment"]: one["state"] for one in linked.world.deployment_statuses}
    by_key = {one["payload"]["dexto"]: newest[one["id"]] for one in linked.world.deployments}
    assert by_key == {first.public_id: "success", second.public_id: "inactive"}


def test_a_commit_that_is_deployed_again_has_a_new_check(linked: Linked) -> None:
    deployment = factories.made_ready(linked.pushed())
    linked.reported()
    actions.redeploy(deployment, actor=None)
    linked.reported()
    assert [one["status"] for one in linked.world.check_runs] == ["completed", "in_progress"]
    assert [one["external_id"] for one in linked.world.check_runs] == ["shop:1", "shop:2"]


def test_an_outage_is_waited_out_and_costs_no_attempt(linked: Linked) -> None:
    deployment = factories.made_ready(linked.pushed())
    linked.world.faults.append(Fault("/", 503, times=3))
    for _ in range(4):
        linked.reported()
        _make_due()
    linked.reported()
    (operation,) = Operation.objects.filter(kind=KIND, subject_id=deployment.pk)
    assert (operation.status, operation.attempts, operation.handle["tries"]) == (OperationStatus.DONE, 1, 3)
    assert linked.states() == ["success"]


def test_a_secondary_limit_keeps_the_whole_team_waiting(linked: Linked) -> None:
    first = linked.pushed()
    linked.world.writes_a_minute = 1
    linked.pushed("feature")
    linked.reported()
    asked = len(linked.world.asked)
    later = linked.pushed("another")
    linked.reported()
    assert len(linked.world.asked) == asked
    assert _operations() == [OperationStatus.QUEUED] * 3
    waits = Operation.objects.filter(kind=KIND).values_list("due_at", "created_at")
    assert all(50 < (due - created).total_seconds() <= 61 for due, created in waits)
    linked.world.writes_a_minute = 80
    _make_due()
    linked.reported()
    assert {one["sha"] for one in linked.world.statuses} >= {first.push.after, later.push.after}
    assert len(linked.world.statuses) == 3


@pytest.mark.parametrize("where", ["statuses/", "deployments", "deployments/", "check-runs", "issues/1/comments"])
def test_a_lost_answer_makes_nothing_twice(linked: Linked, where: str) -> None:
    linked.pushed("feature")
    linked.pull("feature")
    linked.world.faults.append(Fault(f"POST /repos/acme/agent/{where}", after=True))
    linked.reported()
    assert linked.world.faults == []
    _make_due()
    linked.reported()
    assert _operations() == [OperationStatus.DONE]
    assert [len(one) for one in (linked.world.statuses, linked.world.deployments, linked.world.check_runs)] == [1, 1, 1]
    assert linked.states() == ["queued"]
    assert len(linked.world.comments) == 1


def test_a_lost_answer_adds_no_annotation_twice(linked: Linked) -> None:
    deployment = linked.pushed()
    found = [{**FINDING, "line": line, "message": "Odd.", "hint": ""} for line in range(1, 71)]
    Build.objects.filter(pk=deployment.build_id).update(findings=found)
    linked.world.faults.append(Fault("PATCH /repos/acme/agent/check-runs", after=True))
    linked.reported()
    _make_due()
    linked.reported()
    (said,) = linked.world.annotations.values()
    assert [one["start_line"] for one in said] == list(range(1, 71))


def test_what_is_rejected_keeps_nothing_else_from_being_told(linked: Linked) -> None:
    linked.pushed("feature")
    linked.pull("feature")
    linked.world.faults.append(Fault("/statuses/", 422, message="Validation Failed"))
    linked.reported()
    assert _operations() == [OperationStatus.FAILED]
    error = Operation.objects.get(kind=KIND).error
    assert error is not None
    assert "Validation Failed" in str(error["message"])
    assert len(linked.world.comments) == 1
    assert linked.states() == ["queued"]


def test_a_report_whose_host_is_away_for_too_long_ends(linked: Linked) -> None:
    linked.pushed()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE projects_operation SET created_at = now() - interval '25 hours', attempts = 3")
    linked.world.faults.append(Fault("/", 503))
    linked.reported()
    assert _operations() == [OperationStatus.FAILED]


def test_no_call_is_made_inside_a_transaction(linked: Linked) -> None:
    inside: list[bool] = []
    linked.world.on_asked = lambda: inside.append(_open_transactions() > 0)
    linked.pushed("feature")
    linked.pull("feature")
    linked.reported()
    assert len(inside) > 4
    assert not any(inside)


def _open_transactions() -> int:
    """Asked from a thread of the fake, whose connection nobody else closes."""
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
        )
        return int(cursor.fetchone()[0])


def test_repositories_that_no_code_host_keeps_are_not_reported() -> None:
    deployment = factories.pushed(factories.hosted_project())
    factories.made_ready(deployment)
    assert not OutboxEvent.objects.filter(kind="deployment.changed").exists()
    assert _operations() == []


def test_a_fork_waits_and_its_comment_says_for_what(linked: Linked) -> None:
    fork = linked.world.repository(linked.world.user("eve"), "agent", fork_of=linked.hosted)
    linked.world.commit(fork, "patch", {"b": "2"})
    pull = linked.world.open_pull(linked.hosted, fork, "patch")
    event = PullRequestEvent(str(uuid4()), pull.number, True, True, "eve:patch", pull.head_sha, pull.title)
    linked.hear(event)
    linked.reported()
    assert PullRequest.objects.get(project=linked.project).is_fork
    (comment,) = linked.world.comments_of(linked.hosted, pull.number)
    assert "Waiting for approval" in comment["body"]
    assert linked.world.statuses[-1]["state"] == "pending"
