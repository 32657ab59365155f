"""How a message is written for each channel, and what strangers' words may not do there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from ipaddress import ip_network
from typing import Any

import pytest
from dexto_cloud.environment import Environment
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from deployments.models import Notification, TargetKind
from deployments.notifying import actions, pacing
from deployments.notifying.actions import Wish
from deployments.notifying.channels import CHANNELS, discord, email, slack
from deployments.notifying.events import CHOICES, EVENTS, Event, Tone
from deployments.notifying.happenings import OF_CAUSE, OF_STATUS
from deployments.notifying.messages import Line, Message, Told, message_of, one_line
from projects.models import Project
from tests import factories
from tests.deployments.notifying.test_telling import failed
from tests.deployments.notifying.told import HOOK, bodies, later, target, work
from tests.mail_server import Mailbox, mail_server
from tests.web_server import Reply, WebServer

HOSTILE = "<!channel> @everyone [click](https://evil.example) & *bold*\r\nBcc: x@example.com\u202e"


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with mail_server() as box:
        settings.SMTP = Environment({"M": box.url}).mail_server("M")
        yield box


@pytest.fixture
def project() -> Project:
    return factories.project()


def by_mail(project: Project, address: str = "ops@example.com") -> None:
    actions.add(project.team, Wish("email", "ops", address, (Event.FAILED,), project), actor=None)


class TestRegistries:
    def test_every_event_is_described_and_every_kind_has_its_channel(self) -> None:
        assert set(EVENTS) == set(Event)
        assert set(CHANNELS) == set(TargetKind)
        assert set(slack._MARKS) == set(discord._COLOURS) == set(Tone)

    def test_every_event_that_may_be_chosen_can_happen(self) -> None:
        told = {*OF_STATUS.values(), *OF_CAUSE.values(), Event.CRASHING, Event.DOMAIN}
        assert told == set(CHOICES)


class TestStrangersWords:
    @given(st.text(max_size=2_000))
    def test_a_line_is_one_line_of_bounded_length(self, text: str) -> None:
        line = one_line(text)
        assert len(line) <= 300
        assert line == line.strip()
        assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line)

    @given(st.text(max_size=300))
    def test_slack_reads_no_markup_in_what_is_escaped(self, text: str) -> None:
        escaped = slack.escaped(text)
        assert not set("<>") & set(escaped)
        assert not re.search(r"&(?!amp;|lt;|gt;)", escaped)
        assert "@everyone" not in escaped

    @given(st.text(alphabet="\\*_~`|>#[]()<:@-a b", max_size=60))
    def test_discord_reads_no_markup_in_what_is_escaped(self, text: str) -> None:
        assert re.sub(r"\\(.)", "", discord.escaped(text)) == re.sub(r"[^a b]", "", text)

    @pytest.mark.django_db(transaction=True)
    def test_nobody_is_pinged_in_a_chat(self, project: Project, receiver: WebServer) -> None:
        receiver.answers[HOOK] = Reply(200)
        target(project, receiver, "slack")
        failed(project, HOSTILE.partition("\r")[0].replace(" ", "-"), HOSTILE)
        work()
        (told,) = bodies(receiver)
        assert "<!" not in told["text"]
        assert "@everyone" not in told["text"]
        marked = [one["text"] for one in _texts(told["blocks"]) if one["type"] == "mrkdwn"]
        assert all(re.fullmatch(r"<http://[^<>|]+\|Open in Dexto Cloud>", text) for text in marked)

    @pytest.mark.django_db(transaction=True)
    def test_nobody_is_mentioned_in_discord(self, project: Project, receiver: WebServer) -> None:
        receiver.answers[HOOK] = Reply(204)
        target(project, receiver, "discord")
        failed(project, "main", HOSTILE)
        work()
        (told,) = bodies(receiver)
        assert told["allowed_mentions"] == {"parse": []}
        assert "content" not in told
        assert "](https://evil" not in told["embeds"][0]["description"]

    @pytest.mark.django_db(transaction=True)
    def test_a_subject_is_one_header(self, project: Project, mailbox: Mailbox) -> None:
        by_mail(project)
        failed(project, "a\r\nBcc: x@example.com", HOSTILE)
        work()
        (mail,) = mailbox.mails
        assert mail["Bcc"] is None
        subject = str(make_header(decode_header(mail["Subject"])))
        assert subject == f"{project.slug}: a Bcc: x@example.com failed · Dexto Cloud"
        assert mail["To"] == "ops@example.com"
        assert f"/{project.team.slug}/{project.slug}/deployments/" in mailbox.text()


def _texts(found: Any) -> Iterator[dict[str, Any]]:
    """Every text object of the blocks."""
    if isinstance(found, dict):
        if isinstance(found.get("text"), str):
            yield found
        yield from _texts(list(found.values()))
    if isinstance(found, list):
        for one in found:
            yield from _texts(one)


@pytest.mark.django_db(transaction=True)
class TestMail:
    def test_without_a_mail_server_it_is_refused_in_words(self, project: Project, settings: Any) -> None:
        settings.SMTP = {}
        with pytest.raises(UserError) as error:
            by_mail(project)
        assert error.value.code == "mail_off"
        assert "DEXTO_SMTP_URL" in error.value.next_step

    def test_a_mail_server_that_is_away_gets_it_later(self, project: Project, mailbox: Mailbox, settings: Any) -> None:
        by_mail(project)
        there, settings.SMTP = settings.SMTP, Environment({"M": "smtp+plain://127.0.0.1:1"}).mail_server("M")
        failed(project)
        work()
        assert (Notification.objects.get().status, mailbox.mails) == ("waiting", [])
        settings.SMTP = there
        later()
        row = Notification.objects.get()
        assert row.status == "sent"
        assert str(row.public_id) in mailbox.mails[0]["Message-ID"]

    def test_an_address_that_nobody_has_is_not_tried_for_a_day(self, project: Project, mailbox: Mailbox) -> None:
        mailbox.unknown.add("ops@example.com")
        by_mail(project)
        failed(project)
        work()
        row = Notification.objects.get()
        assert (row.status, row.answer) == ("failed", "The mail server refused the address.")

    @pytest.mark.parametrize("address", ["", "nobody", "a@b.example\r\nBcc: c@d.example", f"{'a' * 250}@example.com"])
    @pytest.mark.usefixtures("mailbox")
    def test_what_is_no_address_is_refused(self, project: Project, address: str) -> None:
        with pytest.raises(UserError, match="address"):
            by_mail(project, address)


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            *("", "hooks.example.com", "ftp://example.com/", "https://", "https://u:p@example.com/", "https://[::1/"),
            *(
                "https://exa mple.com/",
                "https://example.com/\r\nHost: x",
                "https://bücher.example/",
                "http://example.com/",
            ),
            "https://example.com/" + "a" * 2_000,
        ],
    )
    def test_what_is_no_https_url_is_refused(self, url: str) -> None:
        with pytest.raises(UserError) as error:
            CHANNELS[TargetKind.WEBHOOK].checked(url)
        assert error.value.code == "notification_address"

    def test_http_is_for_networks_that_the_operator_named(self, settings: Any) -> None:
        settings.NOTIFY_NETWORKS = [ip_network("10.0.0.0/8")]
        assert CHANNELS[TargetKind.SLACK].checked(" http://chat.internal/hooks/x ") == "http://chat.internal/hooks/x"

    def test_of_an_address_its_host_is_shown(self) -> None:
        channel = CHANNELS[TargetKind.SLACK]
        assert channel.shown("https://hooks.slack.com/services/T0/B0/secret?x=1#y") == "https://hooks.slack.com/…"

    def test_networks_are_read_at_the_start(self) -> None:
        assert Environment({"N": "10.0.0.0/8, fd00::/8"}).networks("N") == [
            ip_network("10.0.0.0/8"),
            ip_network("fd00::/8"),
        ]
        with pytest.raises(ImproperlyConfigured, match="N must be networks"):
            Environment({"N": "10.0.0.1/8"}).networks("N")


class TestDigests:
    @given(st.integers(2, 60), st.integers(1, 60))
    def test_a_sum_counts_all_and_lists_ten(self, failures: int, previews: int) -> None:
        told = [Told(Event.FAILED, _facts("a"))] * failures + [Told(Event.PREVIEW, _facts("b"))] * previews
        message = message_of(told, link="http://here/")
        assert f"{failures} deployments failed in a" in message.title
        assert message.tone is Tone.BAD
        assert len(message.lines) == min(10, len(told)) + (len(told) > 10)

    def test_slack_and_discord_and_mail_link_each(self) -> None:
        message = Message("2 deployments failed", "http://here/", (Line("a: <b> | c", "http://here/1"),), Tone.BAD)
        assert "<http://here/1|a: &lt;b&gt; ¦ c>" in str(slack.payload_of(message))
        assert r"[a\: \<b\> \| c](http://here/1)" in discord.payload_of(message)["embeds"][0]["description"]
        assert "- a: <b> | c\n  http://here/1" in email.text_of(message)
        assert len(json.dumps(slack.payload_of(message))) < 3_000


def _facts(project: str) -> dict[str, Any]:
    return {"summary": f"{project}: something", "url": "http://here/1", "project": project}


NOW = datetime(2024, 1, 1, tzinfo=UTC)


class TestPace:
    @given(st.lists(st.integers(0, 900), max_size=12), st.integers(1, 300))
    def test_never_more_than_five_messages_in_five_minutes(self, ages: list[int], waiting: int) -> None:
        told = [NOW - timedelta(seconds=age) for age in ages]
        recent = [moment for moment in told if moment > NOW - pacing.WINDOW]
        plan = pacing.plan(waiting, told, NOW)
        assert bool(plan.taken) == (len(recent) < pacing.BURST)
        assert plan.taken in (0, 1, waiting)
        assert plan.taken or timedelta() < plan.wait <= pacing.WINDOW

    @given(st.lists(st.integers(0, 299), min_size=5, max_size=12), st.integers(1, 300))
    def test_after_the_wait_there_is_room_for_all(self, ages: list[int], waiting: int) -> None:
        told = [NOW - timedelta(seconds=age) for age in ages]
        later = NOW + pacing.plan(waiting, told, NOW).wait
        assert pacing.plan(waiting, told, later).taken > 0

    def test_eight_tries_take_about_a_day(self) -> None:
        pauses = [pacing.pause_after(attempts) for attempts in range(1, pacing.ATTEMPTS + 1)]
        assert pauses[-1] is None
        assert timedelta(hours=18) < sum(filter(None, pauses), timedelta()) < timedelta(hours=30)

    @given(st.integers(1, pacing.ATTEMPTS - 1), st.integers(0, 10**9))
    def test_patience_that_is_asked_for_is_kept_and_bounded(self, attempts: int, asked: int) -> None:
        pause = pacing.pause_after(attempts, asked)
        assert pause is not None
        assert min(asked, 43_200) <= pause.total_seconds() <= 43_200
