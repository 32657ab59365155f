"""A person's first hour, in a real browser: from nothing to an agent that a merge made live, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from bench.installation import Installation, until
from tests.browser.browsing import Browsing
from tests.fakes.github import Repository, World, sending
from tests.fakes.github.world import Pull
from tests.github_world import AGENT
from tests.road.people import sign_in_link

expect.set_options(timeout=60_000)


@dataclass
class Shop:
    """Somebody's repository at the code host, and what they do there."""

    world: World
    repository: Repository

    def push(self, branch: str, files: dict[str, str], message: str) -> str:
        before = self.repository.branches()
        sha = self.world.commit(self.repository, branch, {"agent.yml": AGENT, **files}, message)
        sending.pushed(self.world, self.repository, before)
        return sha

    def open_pull(self, branch: str) -> Pull:
        pull = self.world.open_pull(self.repository, self.repository, branch, "Be kinder")
        sending.pull_changed(self.world, pull, "opened")
        return pull

    def merge(self, pull: Pull, files: dict[str, str]) -> str:
        pull.state = "closed"
        sending.pull_changed(self.world, pull, "closed")
        return self.push("main", files, "Be kinder (#1)")

    def comment(self, pull: Pull) -> str:
        """Ours on the pull request, once it says that the preview is ready."""

        def ready() -> str:
            found = [str(one["body"]) for one in self.world.comments_of(self.repository, pull.number)]
            assert len(found) <= 1, "there is one comment, which is updated in place"
            return found[0] if found and "Ready" in found[0] else ""

        return until(ready, "the comment on the pull request")


@pytest.fixture
def shop(code_host: World) -> Shop:
    owner = code_host.user("ada")
    repository = code_host.repository(owner, "concierge")
    code_host.commit(repository, "main", {"agent.yml": AGENT}, "the first")
    code_host.signed_in = owner
    return Shop(code_host, repository)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


def link(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=name)


def test_from_the_first_run_to_a_rollback(browser: Browsing, installed: Installation, shop: Shop) -> None:
    page = browser.page
    _first_run(browser, installed)
    _create_the_app(browser, installed, shop)
    _sign_in_with_it(browser, installed, shop)
    first = _link(browser, installed, shop)

    sha = shop.push("kinder", {"prompts/hello.md": "# Hello\n"}, "Be kinder")
    _is_ready(browser, installed, sha)
    browser.pictured("deployment")
    _read_the_log(page)
    pull = shop.open_pull("kinder")
    preview = re.search(r"\[Open\]\((http[^)]+)\)", shop.comment(pull))
    assert preview, "the comment leads to the preview"
    assert _says(page, preview[1]) == {"commit": sha, "environment": "preview"}

    merged = shop.merge(pull, {"prompts/hello.md": "# Hello\n"})
    _is_ready(browser, installed, merged)
    production = f"http://concierge.localhost:{installed.port}"
    until(lambda: installed.live_commit("concierge") == merged, "the merge in production")
    assert _says(page, production) == {"commit": merged, "environment": "production"}

    _roll_back(browser, installed, first)
    assert _says(page, production) == {"commit": first, "environment": "production"}
    for one in ("settings", "trusted", "pushes"):
        page.goto(f"{installed.url}/home/concierge/{one}")
        browser.pictured(one)
    assert browser.complaints == []


def _first_run(browser: Browsing, installed: Installation) -> None:
    page = browser.page
    page.goto(sign_in_link(installed))
    button(page, "Sign in").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    browser.pictured("team")


def _create_the_app(browser: Browsing, installed: Installation, shop: Shop) -> None:
    page = browser.page
    page.goto(f"{installed.url}/home/-/code-host")
    browser.pictured("code-host-before")
    page.get_by_label("GitHub", exact=True).fill(shop.world.url)
    page.get_by_label(re.compile("GitHub reaches")).check()
    button(page, "Create the app at GitHub").click()
    expect(page.get_by_text("is there. Install it where your agents are")).to_be_visible()
    browser.pictured("code-host-after")


def _sign_in_with_it(browser: Browsing, installed: Installation, shop: Shop) -> None:
    """Their own account takes theirs there, and from then on they sign in with that."""
    page, there = browser.page, link(browser.page, "Continue with")
    page.goto(f"{installed.url}/account")
    there.click()
    expect(page.get_by_text("ada at ")).to_be_visible()
    browser.pictured("account")
    button(page, "Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    browser.pictured("sign-in")
    there.click()
    expect(button(page, "Sign out")).to_be_visible()


def _link(browser: Browsing, installed: Installation, shop: Shop) -> str:
    """The commit that is live afterwards."""
    page = browser.page
    page.goto(f"{installed.url}/home/-/link")
    link(page, "Install it").click()
    link(page, "ada/concierge").wait_for()
    browser.pictured("link")
    link(page, "ada/concierge").click()
    button(page, "Link and deploy main").wait_for()
    browser.pictured("link-one")
    button(page, "Link and deploy main").click()
    sha = shop.repository.branches()["main"]
    _is_ready(browser, installed, sha)
    return sha


def _is_ready(browser: Browsing, installed: Installation, sha: str) -> None:
    """Its page says so by itself, without being loaded anew."""
    page = browser.page
    page.goto(f"{installed.url}/home/concierge")
    found = until(lambda: installed.api.get("projects/concierge/deployments", commit=sha), f"a deployment of {sha[:7]}")
    page.goto(found[0]["page"])
    expect(page.locator(".badge.ready").first).to_be_visible()


def _read_the_log(page: Page) -> None:
    """Searched, linked to by line, told apart by tabs, and taken along as text."""
    log = page.get_by_role("log", name="Build log")
    expect(log.locator("p").filter(has_text="bundle")).not_to_have_count(0)
    page.get_by_label("Search in the log").first.fill("BUNDLE")
    expect(log.locator("p:visible").filter(has_not_text="bundle")).to_have_count(0)
    page.get_by_label("Search in the log").first.fill("")
    log.get_by_role("link", name="2", exact=True).click()
    expect(log.locator("p.linked")).to_have_attribute("id", "build-2")
    page.reload()
    expect(log.locator("p.linked")).to_have_attribute("id", "build-2")
    with page.expect_download() as download:
        link(page, "Download").first.click()
    assert "bundle" in download.value.path().read_text()
    page.get_by_role("tab", name="Agent").click()
    expect(log).to_be_hidden()
    expect(page.get_by_role("log", name="Agent log")).to_be_visible()


def _roll_back(browser: Browsing, installed: Installation, first: str) -> None:
    page = browser.page
    page.goto(f"{installed.url}/home/concierge")
    browser.pictured("project")
    button(page, f"Roll back to {first[:7]}").click()
    expect(page.get_by_role("heading", name="The repository as it was linked")).to_be_visible()
    page.goto(f"{installed.url}/home/concierge")
    expect(page.get_by_text("Production was rolled back.")).to_be_visible()
    browser.pictured("rolled-back")
    until(lambda: installed.live_commit("concierge") == first, "the first commit in production")


def _says(page: Page, url: str) -> dict[str, str]:
    """What the agent at an address answers a browser."""
    answer = page.goto(url)
    assert answer is not None
    said = answer.json()
    return {name: said[name] for name in ("commit", "environment")}
