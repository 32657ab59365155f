"""Each page of the dashboard in a real browser: usable by everybody, on a desk and in a hand, by day and by night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from builds.models import Build
from deployments.models import Account, Deployment, DeploymentStatus
from projects.models import User
from tests import factories
from tests.browser import axe
from tests.browser.browsing import SIZES, Browsing, browsing

pytestmark = pytest.mark.django_db(transaction=True)
_NOWHERE = "/nowhere/at-all"
_FINDING = {
    **{"severity": "error", "code": "unknown_key", "file": "agents/support/agent.yml", "line": 12, "column": 3},
    **{"message": "The key promts is not known.", "hint": "Did you mean `prompts`?", "targets": []},
    "frame": {"start": 10, "lines": ["llm:", "  model: x", f"  promts: {'long ' * 29}", "", "tools: []"], "column": 3},
}
_NARROW: ViewportSize = {"width": 360, "height": 740}


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to look at, and who may look."""

    owner: User
    team: str
    project: str
    deployments: tuple[Deployment, ...]
    service: str
    destination: str

    @property
    def pages(self) -> list[str]:
        team, project = f"/{self.team}", f"/{self.team}/{self.project}"
        of_team = (
            *("people", "code-host", "link", "deliveries", "notifications", "notifications?kind=webhook", "tokens"),
            *("accounts", "quotas", "audit", "queue"),
        )
        of_project = (
            *("variables", "destinations", "storages", "domains", "notifications", "settings", "trusted"),
            *("pushes", "logs", "metrics"),
        )
        documents = ("", "?q=rollback", "quick-start", "concepts", "targets/lambda", "runtime", "cli", "errors")
        return [
            *(f"/docs/{page}" for page in documents),
            *("/account", "/device", _NOWHERE, team, f"{team}?q=nothing"),
            *(f"{team}/-/{page}" for page in of_team),
            *(
                project,
                f"{project}?status=failed",
                f"{project}/pushes?q=nothing",
                f"{project}/metrics?range=7d&deployment={self.deployments[-1].public_id}",
                *(f"{project}/{page}" for page in of_project),
            ),
            *(f"{project}/destinations/{self.destination}", f"{project}/services/{self.service}"),
            *(f"{project}/deployments/{one.public_id}" for one in self.deployments),
        ]


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser at the dashboard, which runs in a thread of this process."""

    browser: Browsing
    url: str

    def complaints(self, path: str) -> list[str]:
        """What keeps somebody from using the page. Its pictures are kept."""
        page = self.browser.page
        page.set_viewport_size(SIZES["desktop"])
        answer = page.goto(self.url + path)
        assert answer is not None and answer.status == (404 if path == _NOWHERE else 200), path
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        found = [f"{path}: {said}" for said in self.violations()]
        self.browser.taken(f"page{_name(path)}-desktop-dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(_NARROW)
        self.browser.taken(f"page{_name(path)}-phone-light")
        wider = self.browser.overflow()
        return [*found, *([f"{path}: {wider} pixels wider than a narrow phone"] if wider else [])]

    def violations(self) -> list[str]:
        """By day and by night: colours differ, and nothing else."""
        page = self.browser.page
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found = axe.violations(page)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        return [*found, *(f"in the dark: {said}" for said in axe.violations(page, only="color-contrast"))]


@pytest.fixture
def shown() -> Shown:
    owner = User.objects.create_superuser("ada")
    project = factories.hosted_project(factories.team(owner, "acme"), "concierge")
    factories.set_plain(project, "MODE", "kind")
    service = factories.elsewhere(project, "main")
    factories.told(project, deliveries=3)
    coming = factories.pushed(project, "feature")
    live, preview = factories.ready(project), factories.ready(project, "other")
    Account.objects.create(team=project.team, platform="neon", name="memory")
    failed = factories.pushed(project, "broken")
    Build.objects.filter(pk=failed.build_id).update(findings=[_FINDING])
    Deployment.objects.filter(pk=failed.pk).update(status=DeploymentStatus.FAILED)
    factories.busy(live)
    return Shown(owner, "acme", "concierge", (coming, live, preview, failed), service.name, service.destination.name)


@pytest.fixture
def visit(browser_program: str, live_server: LiveServer, shown: Shown) -> Iterator[Visit]:
    """Signed in before there is a browser: beside Playwright's event loop nothing may ask the database."""
    client = Client()
    client.force_login(shown.owner)
    with browsing(browser_program) as found:
        for name, one in client.cookies.items():
            found.page.context.add_cookies([{"name": name, "value": one.value, "url": live_server.url}])
        yield Visit(found, live_server.url)


def test_everybody_can_use_every_page(shown: Shown, visit: Visit) -> None:
    found = [said for path in shown.pages for said in visit.complaints(path)]
    assert not found, "\n".join(found)


def test_everybody_can_sign_in(visit: Visit, settings: Any) -> None:
    visit.browser.page.context.clear_cookies()
    settings.SMTP = {"host": "127.0.0.1"}
    found = [
        said for path in ("/sign-in", "/sign-in/forgotten", "/docs/quick-start") for said in visit.complaints(path)
    ]
    assert not found, "\n".join(found)


def test_the_palette_leads_by_keys_alone(shown: Shown, visit: Visit) -> None:
    page = visit.browser.page
    page.goto(f"{visit.url}/{shown.team}")
    page.keyboard.press("Control+k")
    page.keyboard.type("concierge")
    expect(page.get_by_role("option").first).to_contain_text("concierge")
    assert not visit.violations()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{visit.url}/{shown.team}/{shown.project}*")


def _name(path: str) -> str:
    return re.sub(r"\W+", "-", path)
