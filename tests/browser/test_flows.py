"""What people do on the dashboard, in a real browser: each flow from its button to what the page says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from deployments import pipeline
from deployments.models import Deployment
from projects.models import Project, User
from tests import factories
from tests.browser.browsing import Browsing, browsing

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True, slots=True)
class Desk:
    """Ada, the owner of a team with one project, before her browser. What the database is asked for is asked before
    there is a browser: beside Playwright's event loop nothing may ask it."""

    browser: Browsing
    url: str
    first: Deployment  # was in production before
    live: Deployment
    preview: Deployment
    failed: Deployment
    queued: Deployment

    @property
    def page(self) -> Page:
        return self.browser.page

    def open(self, path: str = "") -> Page:
        self.page.goto(f"{self.url}/acme/concierge{path}")
        return self.page

    def open_team(self, path: str = "") -> Page:
        self.page.goto(f"{self.url}/acme{path}")
        return self.page

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def says(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()


def project_of_ada() -> Project:
    ada = User.objects.create_superuser("ada", password="correct horse battery")
    return factories.hosted_project(factories.team(ada, "acme"), "concierge")


def failed(project: Project) -> Deployment:
    found = factories.pushed(project, "broken", message="Break it")
    error = {
        "code": "yaml_invalid",
        "message": "A list was not closed.",
        "hint": "Close it.",
        "file": "agent.yml",
        "line": 4,
    }
    Deployment.objects.filter(pk=found.pk).update(status="failed", error=error)
    return found


@pytest.fixture
def desk(browser_program: str, live_server: LiveServer, settings: Any) -> Iterator[Desk]:
    settings.PUBLIC_URL = live_server.url
    project = project_of_ada()
    rows = (
        factories.ready(project, message="The first"),
        factories.ready(project, message="The second"),
        factories.ready(project, "idea", message="An idea"),
        failed(project),
        factories.pushed(project, "slow", message="It waits"),
    )
    pipeline.handle_push(project, factories.push_event("main", message="Only words [skip ci]"))
    factories.busy(rows[1])
    client = Client()
    client.force_login(project.team.memberships.get().user)
    with browsing(browser_program) as found:
        for name, one in client.cookies.items():
            found.page.context.add_cookies([{"name": name, "value": one.value, "url": live_server.url}])
        yield Desk(found, live_server.url, *rows)


def listed(desk: Desk) -> Locator:
    """The deployments on the project's page."""
    return desk.page.locator("ul.list a.row")


def test_sign_in_and_out(desk: Desk) -> None:
    desk.open_team()
    desk.press("Sign out")
    page = desk.page
    page.goto(f"{desk.url}/acme/concierge")
    for password in ("wrong", "correct horse battery"):
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(password)
        desk.press("Sign in")
        if password == "wrong":
            expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_role("heading", name="concierge")).to_be_visible()


def test_a_new_project_says_how_to_push_to_it(desk: Desk) -> None:
    page = desk.open_team()
    page.get_by_label("Name").fill("Not A Name")
    desk.press("Create")
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill("greeter")
    desk.press("Create")
    expect(page.get_by_role("heading", name="greeter")).to_be_visible()
    desk.says(f"git remote add dexto {desk.url}/git/greeter.git")
    desk.open_team()
    expect(page.get_by_role("link", name="greeter")).to_be_visible()


def test_the_overview_shows_production_and_previews_and_is_narrowed(desk: Desk) -> None:
    page = desk.open()
    card = page.locator("section", has=page.get_by_role("heading", name="Previews"))
    expect(card.get_by_role("link", name="idea", exact=True)).to_be_visible()
    expect(listed(desk)).to_have_count(6)
    page.get_by_role("combobox", name="State").select_option("failed")
    expect(listed(desk)).to_have_count(1)
    expect(listed(desk)).to_contain_text("Break it")
    page.get_by_role("textbox", name="Branch").fill("no-such-branch")
    page.get_by_role("textbox", name="Branch").press("Enter")
    desk.says("No deployment fits.")
    page.get_by_role("link", name="Show all").click()
    expect(listed(desk)).to_have_count(6)


def test_roll_back_and_undo(desk: Desk) -> None:
    page = desk.open()
    desk.press(f"Roll back to {desk.first.push.after[:7]}")
    expect(page.get_by_role("heading", name="The first")).to_be_visible()
    expect(page.locator(".badge.current").first).to_be_visible()
    desk.open()
    desk.says("Production was rolled back.")
    desk.press("Undo the rollback")
    expect(page.get_by_text("Production was rolled back.")).to_have_count(0)
    expect(page.locator("section.card").first).to_contain_text("The second")


def test_a_preview_is_promoted(desk: Desk) -> None:
    page = desk.open(f"/deployments/{desk.preview.public_id}")
    desk.says("Beside production")
    desk.press("Promote to production")
    page.wait_for_url(lambda url: desk.preview.public_id not in url)
    expect(page.locator("h1")).to_contain_text("An idea")
    expect(page.locator("#status")).to_contain_text("production")


def test_what_failed_says_why_and_is_made_again(desk: Desk) -> None:
    page = desk.open(f"/deployments/{desk.failed.public_id}")
    alert = page.get_by_role("alert")
    for word in ("A list was not closed.", "agent.yml:4", "Close it.", "yaml_invalid"):
        expect(alert).to_contain_text(word)
    desk.press("Redeploy")
    page.wait_for_url(lambda url: desk.failed.public_id not in url)
    expect(page.locator("h1")).to_contain_text("Break it")


def test_what_waits_is_cancelled(desk: Desk) -> None:
    page = desk.open(f"/deployments/{desk.queued.public_id}")
    desk.press("Cancel")
    expect(page.locator("#status .badge.cancelled")).to_be_visible()


def test_a_secret_is_written_and_never_shown(desk: Desk) -> None:
    page = desk.open("/variables")
    page.get_by_label("Name", exact=True).fill("OPENAI_API_KEY")
    page.get_by_label("Value", exact=True).fill("sk-very-secret")
    card = page.locator("section.card")
    card.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("li.row", has_text="OPENAI_API_KEY")).to_contain_text("secret")
    assert "sk-very-secret" not in page.content()
    page.get_by_role("link", name="History of OPENAI_API_KEY").click()
    desk.says("ada")
    assert "sk-very-secret" not in page.content()


def test_a_plain_variable_is_changed_where_it_stands_and_removed(desk: Desk) -> None:
    page = desk.open("/variables")
    page.get_by_label("Name", exact=True).fill("MODE")
    page.get_by_label("Value", exact=True).fill("kind")
    page.get_by_label("Plain: no secret, shown here").check()
    page.locator("section.card").get_by_role("button", name="Save", exact=True).click()
    field = page.get_by_label(re.compile("Value of MODE"))
    expect(field).to_have_value("kind")
    field.fill("kinder")
    field.press("Enter")
    expect(field).to_have_value("kinder")
    desk.press(re.compile("Remove MODE"))
    desk.says("No variables yet.")


def test_a_pasted_file_is_taken_whole_or_not_at_all(desk: Desk) -> None:
    page = desk.open("/variables")
    for text, there in (("A_KEY=1\nnot a line\n", 0), ("A_KEY=1\nB_KEY='two words'\n", 2)):
        page.get_by_text("Paste a .env file").click()
        page.get_by_label("Its lines").fill(text)
        desk.press("Save all of them")
        page.wait_for_load_state()
        expect(page.locator("li.row")).to_have_count(there)


def test_a_token_is_shown_once_works_and_is_revoked(desk: Desk) -> None:
    page = desk.open_team("/-/tokens")
    page.get_by_label("What it is for").fill("my laptop")
    desk.press("Create")
    secret = page.get_by_role("status").locator("code").first.inner_text()
    headers = {"Authorization": f"Bearer {secret}"}
    me = f"{desk.url}/api/v1/me"
    assert page.request.get(me, headers=headers).status == 200
    desk.open_team("/-/tokens")
    assert secret not in page.content()
    desk.press("Revoke my laptop")
    desk.says("You have no tokens here.")
    assert page.request.get(me, headers=headers).status == 401


def test_somebody_is_invited_and_joins(desk: Desk) -> None:
    page = desk.open_team("/-/people")
    page.get_by_label("Whom").fill("Grace, from support")
    page.get_by_label("As").select_option("viewer")
    desk.press("Make a link")
    link = page.get_by_role("status").locator("code").inner_text()
    theirs = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    theirs.goto(link)
    theirs.get_by_label("Name").fill("grace")
    for field in theirs.locator("input[type=password]").all():
        field.fill("a long enough sentence")
    theirs.get_by_role("button", name="Join").click()
    theirs.goto(f"{desk.url}/acme/concierge")
    expect(theirs.get_by_role("heading", name="concierge")).to_be_visible()
    expect(theirs.get_by_role("button", name=re.compile("Roll back"))).to_have_count(0)
    desk.open_team("/-/people")
    role = page.get_by_label("Role of grace", exact=True)
    expect(role).to_have_value("viewer")
    role.select_option("member")
    desk.press("Save the role of grace")
    expect(role).to_have_value("member")
    theirs.reload()
    expect(theirs.get_by_role("button", name=re.compile("Roll back"))).to_be_visible()
    desk.press("Leave")
    desk.says("ada is the only owner of acme.")
    desk.press("Remove grace")
    expect(page.locator("li.row", has_text="grace")).to_have_count(0)


def test_a_domain_says_which_records_it_needs(desk: Desk) -> None:
    page = desk.open("/domains")
    page.get_by_label("Hostname").fill("chat.example.com")
    desk.press("Add")
    expect(page.get_by_role("table")).to_contain_text("chat.example.com")
    desk.press("Remove chat.example.com")
    desk.says("No domains of your own yet.")


def test_settings_are_kept_refused_in_words_and_audited(desk: Desk) -> None:
    page = desk.open("/settings")
    page.get_by_label("Root folder").fill("../elsewhere")
    desk.press("Save")
    expect(page.locator(".notice.error")).to_be_visible()
    page.get_by_label("Root folder").fill("agents/shop")
    desk.press("Save")
    desk.open("/settings")
    expect(page.get_by_label("Root folder")).to_have_value("agents/shop")
    desk.open_team("/-/audit")
    desk.says("ada")
    expect(page.locator("main")).to_contain_text("concierge")


def test_a_destination_is_added_changed_and_removed(desk: Desk) -> None:
    page = desk.open("/destinations")
    page.get_by_label("Name", exact=True).fill("second")
    page.get_by_label("Target and platform").select_option("nodejs local")
    page.get_by_label("Branches").fill("release/*")
    desk.press("Add")
    page.get_by_role("link", name="second").click()
    expect(page.get_by_label("Branches")).to_have_value("release/*")
    desk.press("Remove")
    desk.open("/destinations")
    expect(page.get_by_role("link", name="second")).to_have_count(0)


def test_why_a_push_did_not_deploy(desk: Desk) -> None:
    page = desk.open("/pushes")
    row = page.locator("li.row", has_text="Only words [skip ci]")
    expect(row).to_contain_text("skip")
    page.get_by_role("searchbox").fill("deadbeef")
    desk.press("Find")
    desk.says("No push of deadbeef was told to this project.")


def test_a_command_line_is_signed_in(desk: Desk) -> None:
    begun = desk.page.request.post(f"{desk.url}/api/v1/device", data={"machine": "a laptop"}).json()
    page = desk.page
    page.goto(f"{desk.url}/device")
    page.get_by_label("Code").fill(begun["user_code"])
    desk.press("Go on")
    desk.says("a laptop")
    desk.press("Yes, sign it in")
    collected = page.request.post(f"{desk.url}/api/v1/device/token", data={"device_code": begun["device_code"]})
    assert collected.status == 200
    assert "token" in collected.json()


def test_it_reads_without_javascript(desk: Desk) -> None:
    browser = desk.page.context.browser
    assert browser is not None
    reader = browser.new_context(java_script_enabled=False)
    reader.add_cookies(desk.page.context.cookies())  # type: ignore[arg-type]
    page = reader.new_page()
    for path, word in {
        "/acme": "concierge",
        "/acme/concierge": "The second",
        f"/acme/concierge/deployments/{desk.failed.public_id}": "A list was not closed.",
        "/acme/concierge/pushes": "Only words",
        "/acme/concierge/variables": "Set a variable",
        "/acme/-/audit": "ada",
    }.items():
        page.goto(desk.url + path)
        expect(page.locator("main")).to_contain_text(word)
    page.goto(f"{desk.url}/acme/concierge/deployments/{desk.live.public_id}")
    expect(page.get_by_role("link", name="Download").first).to_be_visible()


def test_times_are_the_reader_s(desk: Desk) -> None:
    page = desk.open()
    time = page.locator("time").first
    shown = page.evaluate("(time) => new Date(time.dateTime).toLocaleString()", time.element_handle())
    expect(time).to_have_attribute("title", shown)


def test_a_pressed_button_says_so(desk: Desk) -> None:
    """Looked at from another tab: this one is on its way to another page."""
    page = desk.open(f"/deployments/{desk.preview.public_id}")
    other = page.context.new_page()
    other.goto(f"{desk.url}/nothing-here")
    page.evaluate("""document.addEventListener("submit", ({ submitter }) => setTimeout(() => {
        localStorage.pressed = `${submitter.textContent} ${submitter.disabled} ${submitter.ariaBusy}`;
    }, 20))""")
    held: list[Any] = []
    page.route("**/promote", lambda route: held.append(route))  # a method of a list has no attributes
    page.get_by_role("button", name="Promote to production").click(no_wait_after=True)
    other.wait_for_function("localStorage.pressed === 'Promote to production true true'")
    held[0].continue_()
    page.wait_for_url(lambda url: desk.preview.public_id not in url)


def test_metrics_are_told_in_the_reader_s_zone(desk: Desk) -> None:
    browser = desk.page.context.browser
    assert browser is not None
    tokyo = browser.new_context(timezone_id="Asia/Tokyo", locale="en-GB")
    tokyo.add_cookies(desk.page.context.cookies())  # type: ignore[arg-type]
    page = tokyo.new_page()
    page.goto(f"{desk.url}/acme/concierge/metrics?range=24h")
    time = page.locator(".axis time").first
    utc = time.get_attribute("datetime") or ""
    there = datetime.fromisoformat(utc).astimezone(ZoneInfo("Asia/Tokyo"))
    expect(time).to_have_text(f"{there:%-d %b, %H:%M}".replace("Sep", "Sept"))
    moments = [datetime.fromisoformat(one.get_attribute("data-at") or "") for one in page.locator(".plot title").all()]
    said = [f"{one.astimezone(ZoneInfo('Asia/Tokyo')):%-d %b, %H:%M}: ".replace("Sep", "Sept") for one in moments]
    expect(page.locator(".plot title")).to_contain_text(said)
    expect(page.locator("[data-utc]").filter(has_text="UTC")).to_have_count(0)
