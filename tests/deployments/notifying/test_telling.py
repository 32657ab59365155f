"""What is sent, when, and what becomes of it when the receiver fails: against a receiver on a socket."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256
from hmac import new as hmac_of
from threading import Event as Happened
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from deployments import actions, changes, pull_requests, routing
from deployments.events import PullRequestEvent
from deployments.models import (
    Cause,
    Deployment,
    DeploymentStatus,
    Notification,
    NotificationStatus,
    NotificationTarget,
)
from deployments.notifying import actions as people
from deployments.notifying import happenings, listening, pacing, queue
from deployments.notifying.events import Event
from deployments.sweeping import sweep_all
from projects import operations
from projects.models import Operation, OperationStatus, OutboxEvent, Project, SecretVersion
from tests import factories
from tests.deployments.notifying.told import HOOK, bodies, ids, later, made, target, types, work
from tests.web_server import Reply, Seen, WebServer

pytestmark = pytest.mark.django_db(transaction=True)


def fail(deployment: Deployment) -> None:
    """As a build that does not compile does it."""
    error = {"code": "build_failed", "message": "It does not compile.", "hint": "Mend it."}
    with transaction.atomic():
        changes.move(Deployment.objects.filter(pk=deployment.pk), to=DeploymentStatus.FAILED, error=error)


def failed(project: Project, branch: str = "main", message: str = "a change") -> Deployment:
    deployment = factories.pushed(project, branch, message=message)
    fail(deployment)
    return deployment


def only_target() -> NotificationTarget:
    found: NotificationTarget = NotificationTarget.objects.get()
    return found


def only() -> Notification:
    found: Notification = Notification.objects.get()
    return found


@pytest.fixture
def project() -> Project:
    return factories.project(slug=f"greeter-{uuid4().hex[:6]}")


class TestWhatIsTold:
    def test_a_push_that_goes_live_and_its_rollback_are_told_once_each(
        self, project: Project, receiver: WebServer
    ) -> None:
        receiver.answers[HOOK] = Reply(204)
        first = factories.ready(project)
        target(project, receiver)
        factories.ready(project)
        actions.roll_back(project, first, actor=project.team.memberships.get().user)
        actions.undo_rollback(project, actor=None)
        work()
        assert types(receiver) == [Event.LIVE, Event.ROLLED_BACK, Event.ROLLBACK_UNDONE]
        back = bodies(receiver)[1]["data"]
        assert back["deployment"]["id"] == first.public_id
        assert back["actor"] == project.team.memberships.get().user.username

    def test_a_preview_is_told_when_it_is_ready_and_with_its_address(
        self, project: Project, receiver: WebServer
    ) -> None:
        receiver.answers[HOOK] = Reply(200)
        target(project, receiver)
        factories.ready(project, "idea")
        work()
        (told,) = bodies(receiver)
        assert told["type"] == Event.PREVIEW
        assert "-git-idea" in told["data"]["deployment"]["address"]

    def test_a_promotion_names_who_did_it(self, project: Project, receiver: WebServer) -> None:
        receiver.answers[HOOK] = Reply(200)
        factories.ready(project)
        preview = factories.ready(project, "idea")
        target(project, receiver)
        factories.made_ready(actions.promote(preview, actor=project.team.memberships.get().user))
        work()
        assert types(receiver) == [Event.PROMOTED]

    def test_a_fork_s_commit_that_waits_is_told(self, project: Project, receiver: WebServer) -> None:
        receiver.answers[HOOK] = Reply(200)
        target(project, receiver)
        event = PullRequestEvent(str(uuid4()), 7, is_open=True, is_fork=True, head_branch="eve:idea", head_sha="a" * 40)
        with transaction.atomic():
            pull_requests.handle_pull_request(project, event)
        work()
        assert types(receiver) == [Event.APPROVAL]
        assert "eve:idea waits for approval" in bodies(receiver)[0]["data"]["summary"]

    def test_a_project_that_is_deleted_tells_nobody_any_more(self, project: Project, receiver: WebServer) -> None:
        found = target(project, receiver)
        factories.pushed(project)
        actions.delete_project(project, actor=None)
        found.refresh_from_db()
        assert found.removed_at is not None

    def test_a_target_hears_only_what_was_chosen_and_of_its_project(
        self, project: Project, receiver: WebServer
    ) -> None:
        receiver.answers[HOOK] = Reply(200)
        made(project, receiver, events=(Event.FAILED,))
        factories.ready(project)
        failed(factories.project(project.team))
        failed(factories.project())
        work()
        assert receiver.seen == []

    def test_nothing_is_written_down_where_nobody_listens(self, project: Project) -> None:
        failed(project)
        assert not OutboxEvent.objects.filter(kind=happenings.HAPPENED).exists()

    def test_an_event_that_is_handed_on_twice_is_told_once(self, project: Project, receiver: WebServer) -> None:
        receiver.answers[HOOK] = Reply(200)
        target(project, receiver)
        failed(project)
        listening.on_happened(OutboxEvent.objects.get(kind=happenings.HAPPENED))
        work()
        assert len(receiver.seen) == 1

    def test_what_is_rolled_back_is_not_told(self, project: Project, receiver: WebServer) -> None:
        deployment = factories.pushed(project)
        target(project, receiver)
        with transaction.atomic():
            routing.point(routing.production_route(deployment.destination), deployment, Cause.PUSH)
            transaction.set_rollback(True)
        assert not Notification.objects.exists()

    def test_no_line_of_a_log_and_no_secret_is_in_what_is_told(self, project: Project, receiver: WebServer) -> None:
        receiver.answers[HOOK] = Reply(200)
        target(project, receiver)
        failed(project)
        work()
        assert set(bodies(receiver)[0]["data"]) == {
            *("team", "project", "summary", "url", "deployment", "actor", "error")
        }


def signed_by(secret: str, seen: Seen) -> str:
    """By the letter of the specification, and with none of our code."""
    headers = {name.lower(): value for name, value in seen.headers.items()}
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), seen.body])
    key = b64decode(secret.split("_", 1)[1])
    return "v1," + b64encode(hmac_of(key, content, sha256).digest()).decode()


class TestReceiversThatFail:
    def test_a_signature_verifies_and_its_bytes_stay_the_same(self, project: Project, receiver: WebServer) -> None:
        secret = made(project, receiver).secret
        receiver.answers[HOOK] = Reply(500, b"not now")
        failed(project)
        work()
        receiver.answers[HOOK] = Reply(200)
        later()
        first, second = receiver.seen
        assert [one.headers["webhook-signature"] for one in receiver.seen] == [
            signed_by(secret, first),
            signed_by(secret, second),
        ]
        assert (first.body, ids([first])) == (second.body, ids([second]))
        assert ids([first]) == [str(only().public_id)]

    def test_after_a_new_secret_both_sign_for_a_day(self, project: Project, receiver: WebServer) -> None:
        first = made(project, receiver)
        receiver.answers[HOOK] = Reply(200)
        second = people.roll_secret(first.target, actor=None)
        failed(project)
        work()
        SecretVersion.objects.filter(pk=only_target().signing_id).update(created_at=Now() - timedelta(hours=25))
        failed(project, "idea")
        work()
        beside, alone = receiver.seen
        both = f"{signed_by(second, beside)} {signed_by(first.secret, beside)}"
        assert beside.headers["webhook-signature"] == both
        assert alone.headers["webhook-signature"] == signed_by(second, alone)

    def test_a_secret_that_is_made_twice_ends_the_first_at_once(self, project: Project, receiver: WebServer) -> None:
        first = made(project, receiver)
        receiver.answers[HOOK] = Reply(200)
        second, third = (people.roll_secret(first.target, actor=None) for _ in range(2))
        failed(project)
        work()
        (seen,) = receiver.seen
        assert seen.headers["webhook-signature"] == f"{signed_by(third, seen)} {signed_by(second, seen)}"
        assert SecretVersion.objects.filter(pk=first.target.signing_id, revoked_at=None).count() == 0

    def test_what_a_receiver_says_of_its_secrets_is_not_kept(self, project: Project, receiver: WebServer) -> None:
        first = made(project, receiver)
        second = people.roll_secret(first.target, actor=None)
        receiver.answers[HOOK] = Reply(500, f"{first.secret} {second}".encode())
        failed(project)
        work()
        assert "whsec_" not in only().answer

    def test_500_and_then_200_is_sent_and_the_ledger_says_when(self, project: Project, receiver: WebServer) -> None:
        target(project, receiver)
        receiver.answers[HOOK] = Reply(500, b"down for a moment")
        failed(project)
        work()
        row = only()
        assert (row.status, row.attempts, row.answer_status, row.answer) == ("waiting", 1, 500, "down for a moment")
        work()
        assert len(receiver.seen) == 1, "not before its time"
        receiver.answers[HOOK] = Reply(202)
        later()
        row = only()
        assert (row.status, row.attempts, row.answer_status) == ("sent", 2, 202)
        assert row.sent_at is not None

    def test_a_receiver_that_stays_away_is_given_up_after_a_day(self, project: Project, receiver: WebServer) -> None:
        target(project, receiver)
        receiver.answers[HOOK] = Reply(503)
        failed(project)
        work()
        for _ in range(20):
            later()
        assert (only().status, only().attempts) == ("failed", pacing.ATTEMPTS)
        assert len(receiver.seen) == pacing.ATTEMPTS
        receiver.answers[HOOK] = Reply(200)
        people.resend(Notification.objects.select_related("target__team", "team").get(), actor=None)
        work()
        assert only().status == "sent"
        assert len(set(ids(receiver.seen))) == 1

    def test_nobody_listening_there_is_tried_again(self, project: Project, receiver: WebServer) -> None:
        found = target(project, receiver)
        NotificationTarget.objects.filter(pk=found.pk).update(address=made_at(project, "http://127.0.0.1:1/").address)
        failed(project)
        work()
        assert only_of(found).status == "waiting"
        assert only_of(found).answer == "Not delivered: the connection failed."

    def test_who_asks_for_patience_is_given_it(self, project: Project, receiver: WebServer) -> None:
        target(project, receiver)
        receiver.answers[HOOK] = Reply(429, b"{}", {"Retry-After": "1800.5"})
        failed(project)
        work()
        waits = only().due_at - Operation.objects.get(kind=queue.KIND).created_at
        assert timedelta(minutes=29) < waits < timedelta(minutes=32)

    @pytest.mark.parametrize(("kind", "status"), [("webhook", 410), ("slack", 410), ("slack", 404), ("discord", 404)])
    def test_who_is_gone_is_told_nothing_more(
        self, project: Project, receiver: WebServer, kind: str, status: int
    ) -> None:
        found = target(project, receiver, kind)
        receiver.answers[HOOK] = Reply(status, b"no_service")
        failed(project)
        work()
        found.refresh_from_db()
        assert found.paused_at is not None
        assert str(status) in found.paused_because
        failed(project)
        later()
        assert only().status == "failed"
        assert len(receiver.seen) == 1

    def test_a_program_that_is_not_deployed_yet_is_not_gone(self, project: Project, receiver: WebServer) -> None:
        found = target(project, receiver)
        failed(project)
        work()
        found.refresh_from_db()
        assert (found.paused_at, only().answer_status, only().status) == (None, 404, "waiting")

    def test_a_redirect_is_not_followed(self, project: Project, receiver: WebServer) -> None:
        target(project, receiver)
        receiver.answers |= {HOOK: Reply(307, b"", {"Location": "/elsewhere"}), "/elsewhere": Reply(200)}
        failed(project)
        work()
        assert [one.path for one in receiver.seen] == [HOOK]
        assert only().status == "failed"

    def test_an_answer_that_repeats_the_address_tells_it_to_nobody(self, project: Project, receiver: WebServer) -> None:
        secret = made(project, receiver).secret
        receiver.answers[HOOK] = Reply(500, f"bad: {receiver.url}{HOOK} {secret}\r\n\x1b[31m".encode() + b"x" * 900)
        failed(project)
        work()
        assert only().answer.startswith("bad: [address] [secret] [31mx")
        assert len(only().answer) <= 200

    def test_a_receiver_that_floods_us_is_cut_off(self, project: Project, receiver: WebServer) -> None:
        target(project, receiver)
        receiver.answers[HOOK] = Reply(200, b"x" * 100_000)
        failed(project)
        work()
        assert "larger than" in only().answer

    def test_private_addresses_are_not_visited(self, project: Project, receiver: WebServer, settings: Any) -> None:
        target(project, receiver)
        settings.NOTIFY_NETWORKS = []
        failed(project)
        work()
        assert receiver.seen == []
        assert only().status == "failed"
        assert "does not visit" in only().answer

    def test_a_worker_that_is_killed_while_it_sends_repeats_under_the_same_id(
        self, project: Project, receiver: WebServer
    ) -> None:
        came = Happened()

        def held(_seen: Seen) -> Reply:
            came.set()
            return Reply(200, hang=True)

        target(project, receiver)
        receiver.answers[HOOK] = held
        failed(project)
        worker = _worker()
        try:
            assert came.wait(60)
        finally:
            worker.kill()
            worker.wait()
        row = only()
        assert (row.status, row.attempts) == ("waiting", 1)
        receiver.answers[HOOK] = Reply(200)
        Operation.objects.filter(status=OperationStatus.RUNNING).update(lease_expires_at=Now() - timedelta(seconds=1))
        operations.reap()
        work()
        assert len(receiver.seen) == 1, "the next try has its time"
        later()
        assert only().status == "sent"
        assert len(receiver.seen) == 2
        assert len(set(ids(receiver.seen))) == 1

    def test_what_waits_without_an_operation_is_found_by_the_sweep(self, project: Project, receiver: WebServer) -> None:
        target(project, receiver)
        receiver.answers[HOOK] = Reply(200)
        failed(project)
        Operation.objects.filter(kind=queue.KIND).update(status=OperationStatus.LOST)
        sweep_all()
        work()
        assert only().status == "sent"

    def test_old_deliveries_are_swept_and_what_waits_is_not(self, project: Project, receiver: WebServer) -> None:
        found = target(project, receiver)
        failed(project)
        failed(project)
        oldest = Notification.objects.filter(target=found).earliest("pk")
        Notification.objects.filter(pk=oldest.pk).update(status=NotificationStatus.SENT)
        Notification.objects.update(created_at=Now() - timedelta(days=31))
        sweep_all()
        assert [one.status for one in Notification.objects.all()] == ["waiting"]


def made_at(project: Project, url: str) -> NotificationTarget:
    wish = people.Wish("webhook", "elsewhere", url, (Event.LIVE,), project)
    return people.add(project.team, wish, actor=None).target


def only_of(found: NotificationTarget) -> Notification:
    row: Notification = Notification.objects.get(target=found)
    return row


_WORK = """
import django; django.setup()
from django.conf import settings
from ipaddress import ip_network
settings.NOTIFY_NETWORKS = [ip_network("127.0.0.0/8")]
from projects import operations
operations.work("notify")
"""


def _worker() -> subprocess.Popen[bytes]:
    """A process of its own, at this test's database."""
    url = os.environ["DATABASE_URL"]
    before, _, after = url.partition("?")
    named = before.rpartition("/")[0] + f"/{connection.settings_dict['NAME']}" + (f"?{after}" if after else "")
    environment = {
        **os.environ,
        "DATABASE_URL": named,
        "DJANGO_SETTINGS_MODULE": "dexto_cloud.settings",
        "PYTHONPATH": ".:platform",
    }
    return subprocess.Popen([sys.executable, "-c", _WORK], env=environment)


class TestFloods:
    def test_a_chat_is_told_a_flood_as_one_sum_and_a_program_each(self, project: Project, receiver: WebServer) -> None:
        receiver.answers = {HOOK: Reply(200)}
        target(project, receiver, "slack")
        for _ in range(12):
            failed(project)
        work()
        (told,) = bodies(receiver)
        assert f"12 deployments failed in {project.slug}" in told["text"]
        assert "and 2 more" in str(told["blocks"])
        assert set(Notification.objects.values_list("status", flat=True)) == {"sent"}
        receiver.seen.clear()
        made(project, receiver, name="program")
        for _ in range(12):
            failed(project)
        work()
        assert sum("webhook-id" in one.headers for one in receiver.seen) == 12

    def test_after_five_messages_the_rest_waits_and_is_summed_up(self, project: Project, receiver: WebServer) -> None:
        receiver.answers[HOOK] = Reply(200)
        target(project, receiver, "discord")
        for _ in range(5):
            failed(project)
            work()
        assert len(receiver.seen) == 5
        for _ in range(3):
            failed(project)
            work()
        assert len(receiver.seen) == 5
        oldest = Notification.objects.earliest("pk")
        Notification.objects.filter(pk=oldest.pk).update(sent_at=Now() - pacing.WINDOW)
        later()
        assert len(receiver.seen) == 6
        assert "3 deployments failed" in bodies(receiver)[-1]["embeds"][0]["title"]

    def test_a_sum_that_is_not_taken_is_sent_again_whole(self, project: Project, receiver: WebServer) -> None:
        receiver.answers[HOOK] = Reply(500)
        target(project, receiver, "slack")
        for _ in range(7):
            failed(project)
        work()
        receiver.answers[HOOK] = Reply(200)
        later()
        assert len(receiver.seen) == 2
        assert "7 deployments failed" in bodies(receiver)[1]["text"]
