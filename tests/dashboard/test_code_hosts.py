"""The road from nothing to a linked repository, against the fake GitHub: app, sign-in, installation, link."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.conf import settings
from django.test import Client

from deployments.models import Deployment
from projects import github_apps
from projects.models import CodeHostIdentity, GitHubApp, Membership, Project, Role, SecretVersion, Team, User
from tests import factories, github_world
from tests.github_world import Place

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(tmp_path: Path, settings: object) -> Iterator[Place]:
    settings.DATA_DIR = tmp_path / "data"  # type: ignore[attr-defined]
    with github_world.place(tmp_path) as found:
        yield found


@pytest.fixture
def owner() -> User:
    user = factories.user()
    user.is_superuser = True
    user.save()
    return user


@pytest.fixture
def team(owner: User) -> Team:
    return factories.team(owner)


@pytest.fixture
def person(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def there_and_back(person: Client, address: str) -> str:
    """What a browser does: it follows the redirect to the code host, which sends it back to us."""
    out = person.get(address)
    back = httpx.get(out.headers["Location"], follow_redirects=False)
    return str(person.get(local(back.headers["Location"])).headers["Location"])


def local(url: str) -> str:
    assert url.startswith(settings.PUBLIC_URL)
    return url.removeprefix(settings.PUBLIC_URL)


def form_of(page: str) -> tuple[str, dict[str, str]]:
    action = re.search(r'action="(http[^"]+)"', page)
    found = re.search(r'name="manifest" value="([^"]+)"', page)
    assert action and found
    return unescape(action[1]), json.loads(unescape(found[1]))


def create_app(person: Client, team: Team, at: Place, mode: str = "webhook") -> str:
    page = person.post(f"/{team.slug}/-/code-host", {"url": at.world.url, "mode": mode})
    action, manifest = form_of(page.content.decode())
    answer = httpx.post(action, data={"manifest": json.dumps(manifest)}, follow_redirects=False)
    return local(answer.headers["Location"])


class TestTheApp:
    def test_one_click_makes_it_and_its_keys_are_encrypted(self, person: Client, team: Team, at: Place) -> None:
        back = create_app(person, team, at)
        assert "is there" in person.get(back, follow=True).content.decode()
        made = at.world.apps[-1]
        app = github_apps.app_at(at.host)
        assert app is not None
        assert (app.app_id, app.webhook_secret, app.private_key) == (made.id, made.webhook_secret, made.pem)
        assert made.webhook_url == f"{settings.PUBLIC_URL}/webhooks/github"
        row = GitHubApp.objects.get()
        stored = " ".join(str(value) for value in GitHubApp.objects.values().get().values())
        stored += repr(bytes(SecretVersion.objects.get(pk=row.secrets_id).ciphertext))
        assert made.client_secret not in stored
        assert made.webhook_secret not in stored

    def test_a_host_that_cannot_reach_us_is_polled(self, person: Client, team: Team, at: Place) -> None:
        person.get(create_app(person, team, at, "polling"))
        app = github_apps.app_at(at.host)
        assert app is not None
        assert app.polling
        assert settings.PUBLIC_URL not in at.world.apps[-1].webhook_url

    def test_the_form_may_go_there_and_nowhere_else(self, person: Client, team: Team, at: Place) -> None:
        page = person.post(f"/{team.slug}/-/code-host", {"url": at.world.url, "mode": "webhook"})
        assert f"form-action 'self' {at.world.url};" in page.headers["Content-Security-Policy"]
        assert at.world.url not in person.get(f"/{team.slug}/-/code-host").headers["Content-Security-Policy"]

    @pytest.mark.parametrize("url", ["https://a.example;script-src *", "javascript:alert(1)", "https://a/b", "x"])
    def test_what_is_no_address_is_refused(self, person: Client, team: Team, url: str) -> None:
        answer = person.post(f"/{team.slug}/-/code-host", {"url": url, "mode": "webhook"}, follow=True)
        assert "no address of a GitHub" in answer.content.decode()

    def test_a_code_that_this_browser_did_not_ask_for_makes_nothing(
        self, person: Client, team: Team, at: Place
    ) -> None:
        back = create_app(person, team, at)
        person.get(back.replace("state=", "state=x"))
        assert not GitHubApp.objects.exists()

    def test_only_the_installation_s_owner_makes_it(self, team: Team) -> None:
        other = factories.user()
        Membership.objects.create(team=team, user=other, role=Role.OWNER)
        client = Client()
        client.force_login(other)
        assert client.post(f"/{team.slug}/-/code-host", {"mode": "webhook"}).status_code == 403


class TestSigningIn:
    def test_it_goes_with_state_and_pkce(self, at: Place, team: Team) -> None:
        github_world.named(at, team)
        query = parse_qs(urlsplit(Client().get(f"/sign-in/with/{at.host}").headers["Location"]).query)
        assert query["code_challenge_method"] == ["S256"]
        assert len(query["state"][0]) > 30

    def test_who_is_connected_signs_in(self, at: Place, person: Client, owner: User, team: Team) -> None:
        github_world.named(at, team)
        there_and_back(person, f"/sign-in/with/{at.host}?next=/account")
        assert CodeHostIdentity.objects.get().user == owner
        other = Client()
        assert there_and_back(other, f"/sign-in/with/{at.host}?next=/account") == "/account"
        assert other.get("/account").context["user"] == owner

    def test_who_is_unknown_needs_an_invitation(self, at: Place, person: Client, team: Team) -> None:
        github_world.named(at, team)
        stranger = Client()
        assert there_and_back(stranger, f"/sign-in/with/{at.host}") == "/sign-in"
        assert "Nobody here signs in as ada" in stranger.get("/sign-in").content.decode()
        page = person.post(f"/{team.slug}/-/people", {"role": "member", "note": "Ada"}).content.decode()
        found = re.search(r"/sign-in/invited/[\w-]+", page)
        assert found
        stranger.get(found[0])
        there_and_back(stranger, f"/sign-in/with/{at.host}")
        assert Membership.objects.get(team=team, user__username="ada").role == Role.MEMBER
        assert stranger.get(f"/{team.slug}").status_code == 200
        assert Client().get(found[0]).status_code == 302, "it works once"

    def test_the_very_first_person_owns_the_installation(self, at: Place, team: Team) -> None:
        github_world.named(at, team)
        at.world.signed_in = at.world.user("grace")
        Membership.objects.all().delete()
        row = GitHubApp.objects.get()
        User.objects.exclude(pk__in=[]).delete()
        assert GitHubApp.objects.filter(pk=row.pk).exists()
        first = Client()
        there_and_back(first, f"/sign-in/with/{at.host}")
        grace = User.objects.get()
        assert (grace.username, grace.is_superuser) == ("grace", True)
        assert first.get("/").headers["Location"] == "/home"

    def test_a_state_of_another_browser_signs_nobody_in(self, at: Place, team: Team) -> None:
        github_world.named(at, team)
        victim, attacker = Client(), Client()
        victim.get(f"/sign-in/with/{at.host}")
        out = attacker.get(f"/sign-in/with/{at.host}").headers["Location"]
        back = httpx.get(out, follow_redirects=False).headers["Location"]
        assert victim.get(local(back)).headers["Location"] == "/sign-in"
        assert "_auth_user_id" not in victim.session

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example"])
    def test_after_it_nobody_is_sent_elsewhere(self, at: Place, person: Client, team: Team, target: str) -> None:
        github_world.named(at, team)
        assert there_and_back(person, f"/sign-in/with/{at.host}?next={target}") == "/"

    def test_the_session_holds_no_token_that_can_be_read(self, at: Place, person: Client, team: Team) -> None:
        github_world.named(at, team)
        there_and_back(person, f"/sign-in/with/{at.host}")
        kept = json.dumps(dict(person.session.items()))
        assert not [token for token in at.world.tokens if token in kept]
        assert "ghr_" not in kept

    def test_a_token_that_is_past_its_time_is_dropped_before_it_is_shown_to_anybody(
        self, at: Place, person: Client, team: Team
    ) -> None:
        github_world.named(at, team)
        there_and_back(person, f"/sign-in/with/{at.host}")
        session = person.session
        kept, good_until = session["code_host_tokens"][at.host]
        assert time.time() + 28_000 < good_until < time.time() + 29_000
        session["code_host_tokens"] = {at.host: [kept, time.time()]}
        session.save()
        asked = len(at.world.asked)
        page = person.get(f"/{team.slug}/-/link").content.decode()
        assert f"/sign-in/with/{at.host}" in page
        assert person.session["code_host_tokens"] == {}
        assert len(at.world.asked) == asked


class TestLinking:
    @pytest.fixture
    def connected(self, at: Place, person: Client, team: Team) -> Client:
        github_world.named(at, team)
        there_and_back(person, f"/sign-in/with/{at.host}")
        return person

    def _address(self, at: Place, team: Team) -> str:
        return f"/{team.slug}/-/link/{at.host}/{at.world.installations[0].id}/{at.hosted.id}"

    def test_one_s_own_repositories_are_listed_and_searched(self, connected: Client, team: Team) -> None:
        assert "ada/concierge" in connected.get(f"/{team.slug}/-/link").content.decode()
        assert "ada/concierge" in connected.get(f"/{team.slug}/-/link?q=CONC").content.decode()
        assert "Nothing here is called zebra" in connected.get(f"/{team.slug}/-/link?q=zebra").content.decode()

    def test_what_is_there_is_shown_before_it_is_linked(self, at: Place, connected: Client, team: Team) -> None:
        page = connected.get(self._address(at, team)).content.decode()
        assert "OPENAI_API_KEY" in page
        assert "agent.yml" in page
        assert not Project.objects.exists()

    def test_a_folder_of_a_monorepo_is_offered(self, at: Place, connected: Client, team: Team) -> None:
        at.world.commit(at.hosted, "main", {"agents-of-ours/shop/agent.yml": github_world.AGENT}, "another")
        page = connected.get(f"{self._address(at, team)}?root=agents-of-ours/shop").content.decode()
        assert 'value="agents-of-ours/shop"' in page
        assert 'value="shop"' in page

    def test_one_click_links_it_and_deploys_it_at_once(self, at: Place, connected: Client, team: Team) -> None:
        at.world.commit(at.hosted, "old-idea", {"agent.yml": github_world.AGENT}, "old")
        answer = connected.post(self._address(at, team), {"slug": "concierge", "root": ""})
        assert answer.headers["Location"] == f"/{team.slug}/concierge"
        project = Project.objects.select_related("repository__installation").get()
        assert (project.repository.external_id, project.repository.host) == (at.hosted.id, at.host)
        assert project.repository.installation is not None
        deployment = Deployment.objects.get()
        assert (deployment.environment, deployment.push.after) == ("production", at.sha)

    def test_somebody_else_s_repository_does_not_exist(self, at: Place, connected: Client, team: Team) -> None:
        grace = at.world.user("grace")
        theirs = at.world.repository(grace, "secret")
        at.world.commit(theirs, "main", {"agent.yml": github_world.AGENT}, "first")
        installation = at.world.install(at.app, grace, [theirs])
        address = f"/{team.slug}/-/link/{at.host}/{installation.id}/{theirs.id}"
        for answer in (connected.get(address), connected.post(address, {"slug": "stolen"})):
            assert answer.status_code == 302
        own = at.world.installations[0].id
        connected.post(f"/{team.slug}/-/link/{at.host}/{own}/{theirs.id}", {"slug": "stolen"})
        assert not Project.objects.exists()
        assert "secret" not in connected.get(f"/{team.slug}/-/link?installation={installation.id}").content.decode()

    def test_a_viewer_links_nothing(self, at: Place, connected: Client, owner: User, team: Team) -> None:
        Membership.objects.filter(user=owner).update(role=Role.VIEWER)
        assert connected.post(self._address(at, team), {"slug": "x"}).status_code == 403

    def test_without_a_sign_in_there_it_asks_for_one(self, at: Place, person: Client, team: Team) -> None:
        github_world.named(at, team)
        page = person.get(f"/{team.slug}/-/link").content.decode()
        assert f"/sign-in/with/{at.host}" in page
        assert "concierge" not in page

    def test_a_withdrawn_authorization_reads_nothing(self, connected: Client, team: Team) -> None:
        CodeHostIdentity.objects.update(revoked_at="2026-01-01T00:00:00Z")
        assert "concierge" not in connected.get(f"/{team.slug}/-/link").content.decode()
