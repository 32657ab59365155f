"""From refs that moved to deliveries that nobody could tell from GitHub's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from origin import announcing
from origin.actions import register_path
from origin.models import KIND, Announcement, OriginRepository
from projects import operations
from projects.models import Operation, OperationStatus, Project
from tests import deliveries, factories
from tests.git import commit, git, repository
from tests.web_server import Reply, WebServer, web_server
from webhooks.events import RepositoryPush
from webhooks.payloads import parse
from webhooks.signatures import is_signed

pytestmark = pytest.mark.django_db(transaction=True)
NULL = "0" * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return repository(tmp_path / "mine")


@pytest.fixture
def project(folder: Path) -> Project:
    return register_path(factories.team(), "mine", folder, actor=None)


def origin_of(project: Project) -> OriginRepository:
    found: OriginRepository = OriginRepository.objects.get(repository=project.repository)
    return found


def announced() -> list[tuple[str, str, str]]:
    return list(Announcement.objects.order_by("pk").values_list("ref", "before", "after"))


def test_each_ref_that_moved_is_told_once(folder: Path, project: Project) -> None:
    first = commit(folder)
    assert announcing.announce(origin_of(project), pusher="ada") == 1
    assert announcing.announce(origin_of(project)) == 0
    second = commit(folder)
    announcing.announce(origin_of(project))
    assert announced() == [("refs/heads/main", NULL, first), ("refs/heads/main", first, second)]


def test_pushes_that_nobody_looked_between_are_told_each(tmp_path: Path) -> None:
    """The database was away meanwhile: git's own log of the ref has them."""
    project = factories.hosted_project(slug="hosted")
    origin, work = origin_of(project), repository(tmp_path / "work")
    commits = [NULL]
    for _ in range(3):
        commits.append(commit(work))
        git(work, "push", "--quiet", origin.path, "HEAD:refs/heads/main")
    assert announcing.announce(origin) == 1
    assert announced() == [("refs/heads/main", old, new) for old, new in pairwise(commits)]
    git(work, "reset", "--quiet", "--hard", commits[1])
    git(work, "push", "--quiet", "--force", origin.path, "HEAD:refs/heads/main")
    announcing.announce(origin)
    assert announced()[-1] == ("refs/heads/main", commits[3], commits[1])


def test_a_name_that_is_too_long_keeps_no_other_from_being_told(tmp_path: Path) -> None:
    project = factories.hosted_project(slug="hosted")
    origin, work = origin_of(project), repository(tmp_path / "work")
    sha = commit(work)
    names = ["/".join(["x" * 140] * 3), "y" * 240]
    git(work, "push", "--quiet", origin.path, *(f"HEAD:refs/heads/{name}" for name in names))
    announcing.announce_all()
    assert announced() == [(f"refs/heads/{names[1]}", NULL, sha)]


def test_a_log_that_does_not_lead_to_the_ref_is_not_believed(tmp_path: Path) -> None:
    project = factories.hosted_project(slug="hosted")
    origin, work = origin_of(project), repository(tmp_path / "work")
    first = commit(work)
    git(work, "push", "--quiet", origin.path, "HEAD:refs/heads/main")
    (Path(origin.path) / "logs" / "refs" / "heads" / "main").write_text(f"{NULL} {'1' * 40} x\n")
    announcing.announce(origin)
    assert announced() == [("refs/heads/main", NULL, first)]


@pytest.mark.parametrize(
    "line", ["{2} {3}", "{1} {2}", "cut"], ids=["a push that came meanwhile", "a killed one", "cut"]
)
def test_a_log_that_says_more_hides_no_push(tmp_path: Path, line: str) -> None:
    """git writes the log before the ref: whoever looks in between, or kills it there, finds one line too many."""
    project = factories.hosted_project(slug="hosted")
    origin, work = origin_of(project), repository(tmp_path / "work")
    commits = [NULL]
    for _ in range(2):
        commits.append(commit(work))
        git(work, "push", "--quiet", origin.path, "HEAD:refs/heads/main")
    log = Path(origin.path) / "logs" / "refs" / "heads" / "main"
    log.write_text(f"{log.read_text()}{line.format(*commits, '1' * 40)} Ada <ada@example.com> 0 +0000\n")
    announcing.announce(origin)
    assert announced() == [("refs/heads/main", old, new) for old, new in pairwise(commits)]


def test_deleted_refs_and_tags_are_told_too(folder: Path, project: Project) -> None:
    sha = commit(folder)
    git(folder, "branch", "feature")
    git(folder, "tag", "v1")
    announcing.announce(origin_of(project))
    git(folder, "branch", "--delete", "--force", "feature")
    announcing.announce(origin_of(project))
    assert announced()[-1] == ("refs/heads/feature", sha, NULL)
    assert ("refs/tags/v1", NULL, sha) in announced()


def test_what_nobody_told_of_is_found(folder: Path, project: Project) -> None:
    commit(folder)
    announcing.announce_all()
    announcing.announce_all()
    assert len(announced()) == 1


def test_a_repository_that_was_moved_away_is_no_reason_to_stop(folder: Path, project: Project) -> None:
    commit(folder)
    other = register_path(project.team, "other", folder, actor=None)
    folder.rename(folder.with_name("elsewhere"))
    announcing.announce_all()
    assert announced() == []
    folder.with_name("elsewhere").rename(folder)
    announcing.announce_all()
    assert len(announced()) == 2
    assert other.slug == "other"


def test_the_payload_has_github_s_shape(folder: Path, project: Project) -> None:
    sha = commit(folder, "Subject\n\nBody")
    announcing.announce(origin_of(project), pusher="ada")
    made = announcing.payload(origin_of(project), Announcement.objects.get())
    event = parse("guid", "push", json.dumps(made).encode())
    assert isinstance(event, RepositoryPush)
    assert event.repository_id == project.repository.external_id
    assert (event.push.branch, event.push.after, event.push.message) == ("main", sha, "Subject\n\nBody")
    assert (made["pusher"]["name"], made["created"], made["deleted"]) == ("ada", True, False)
    theirs = deliveries.recorded("push__1_commit")
    assert set(made) <= set(theirs)
    assert set(made["repository"]) <= set(theirs["repository"])
    assert set(made["head_commit"]) <= set(theirs["head_commit"])


def test_a_deleted_branch_has_a_null_head_as_github_s_has(folder: Path, project: Project) -> None:
    commit(folder)
    git(folder, "branch", "feature")
    announcing.announce(origin_of(project))
    git(folder, "branch", "--delete", "--force", "feature")
    announcing.announce(origin_of(project))
    made = announcing.payload(origin_of(project), Announcement.objects.latest("pk"))
    assert (made["deleted"], made["head_commit"], made["commits"]) == (True, None, [])
    assert made["after"] == deliveries.recorded("push__branch_deleted")["after"]


def test_a_commit_that_is_gone_by_now_is_still_told(folder: Path, project: Project) -> None:
    commit(folder)
    announcing.announce(origin_of(project))
    Announcement.objects.update(after="1" * 40)
    assert announcing.payload(origin_of(project), Announcement.objects.get())["head_commit"] is None


class TestSending:
    """The operation, against a receiver that takes what is signed."""

    @pytest.fixture
    def receiver(self, settings: Any) -> Iterator[WebServer]:
        with web_server({"/webhooks/github": Reply(202)}) as server:
            settings.INTAKE_URL = server.url
            yield server

    def test_it_is_signed_over_its_very_bytes(
        self, folder: Path, project: Project, receiver: WebServer, settings: Any
    ) -> None:
        commit(folder)
        announcing.announce(origin_of(project))
        operations.work(KIND)
        (seen,) = receiver.seen
        headers = {name.lower(): value for name, value in seen.headers.items()}
        assert is_signed(settings.WEBHOOK_SECRET, seen.body, headers["x-hub-signature-256"])
        assert headers["x-github-event"] == "push"
        assert headers["x-github-delivery"] == str(Announcement.objects.get().guid)
        assert Announcement.objects.get().sent_at is not None

    def test_all_that_waits_goes_in_order_and_once(self, folder: Path, project: Project, receiver: WebServer) -> None:
        commits = []
        for number in range(3):
            commits.append(commit(folder, str(number)))
            announcing.announce(origin_of(project))
        operations.work(KIND)
        operations.work(KIND)
        told = [json.loads(seen.body)["after"] for seen in receiver.seen]
        assert told == commits

    def test_what_was_not_accepted_is_sent_again_with_the_same_id(
        self, folder: Path, project: Project, receiver: WebServer
    ) -> None:
        commit(folder)
        announcing.announce(origin_of(project))
        receiver.answers["/webhooks/github"] = Reply(503)
        operations.work(KIND)
        assert Operation.objects.get(kind=KIND).status == OperationStatus.QUEUED
        assert Announcement.objects.get().sent_at is None
        receiver.answers["/webhooks/github"] = Reply(202)
        Operation.objects.update(due_at=Operation.objects.get(kind=KIND).created_at)
        operations.work(KIND)
        first, second = (seen.headers["X-GitHub-Delivery"] for seen in receiver.seen)
        assert first == second
        assert Announcement.objects.get().sent_at is not None

    def test_an_intake_that_is_away_costs_no_attempt(self, folder: Path, project: Project, receiver: WebServer) -> None:
        commit(folder)
        announcing.announce(origin_of(project))
        receiver.answers["/webhooks/github"] = Reply(502)
        operations.work(KIND)
        waiting = Operation.objects.get(kind=KIND)
        assert (waiting.status, waiting.attempts) == (OperationStatus.QUEUED, 0)

    def test_what_was_given_up_is_taken_up_again(
        self, folder: Path, project: Project, receiver: WebServer, settings: Any
    ) -> None:
        settings.OPERATION_ATTEMPTS = 1
        sha = commit(folder)
        announcing.announce(origin_of(project))
        receiver.answers["/webhooks/github"] = Reply(401)
        operations.work(KIND)
        assert Operation.objects.get(kind=KIND).status == OperationStatus.FAILED
        announcing.announce_all()
        assert Operation.objects.filter(kind=KIND).count() == 1
        receiver.answers["/webhooks/github"] = Reply(202)
        Operation.objects.update(finished_at=Now() - timedelta(minutes=2))
        announcing.announce_all()
        announcing.announce_all()
        operations.work(KIND)
        assert Operation.objects.filter(kind=KIND).count() == 2
        assert json.loads(receiver.seen[-1].body)["after"] == sha
        assert Announcement.objects.get().sent_at is not None
