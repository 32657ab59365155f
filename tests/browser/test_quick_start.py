"""docs/quick-start.md walked through in a real browser. `make pictures` keeps what is seen for the documents."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from bench.installation import Installation, installation
from tests.browser.browsing import PICTURES, Browsing
from tests.deployments.platforms.conftest import model_url
from tests.road.people import sign_in_link

__all__ = ["model_url"]
_ROOT: Final = Path(__file__).resolve().parents[2]
_SAMPLE: Final = _ROOT / "platform/dexto_cloud/demo/sample"
_SIZE: Final[ViewportSize] = {"width": 1200, "height": 720}
#: Where documents have them; otherwise they lie with those of the other tests.
_KEPT: Final = os.environ.get("DEXTO_PICTURES", "")

expect.set_options(timeout=60_000)


@pytest.fixture
def started(model_url: str) -> Iterator[Installation]:
    """With the runtime that everybody's agents have, and a model that repeats what it is told."""
    settings = {
        "DEXTO_AGENT_RUNTIME_DIR": str(_ROOT / "runtime"),
        "DEXTO_AGENT_HOSTS": urlsplit(model_url).netloc,
    }
    with installation(settings=settings, port=8400 if _KEPT else 0) as found:
        yield found


@pytest.mark.slow
def test_the_quick_start_leads_to_a_rollback(
    browser: Browsing, started: Installation, model_url: str, tmp_path: Path
) -> None:
    page = browser.page
    page.set_viewport_size(_SIZE)
    page.goto(sign_in_link(started))
    page.get_by_role("button", name="Sign in").click()

    checkout = started.project("greeter", shutil.copytree(_SAMPLE, tmp_path / "greeter"))
    for environment in ("production", "preview"):
        _set(started, "DEXTO_MODEL_BASE_URL", model_url, environment)
        _set(started, "OPENAI_API_KEY", "of-nobody", environment)
    first = checkout.commit("A first agent")
    checkout.push("main")
    page.set_viewport_size({**_SIZE, "height": 900})
    page.goto(started.deployment_of("greeter", first)["page"])
    expect(page.get_by_role("log", name="Build log").get_by_text("files are new")).to_be_visible()
    page.screenshot(path=_file("deployment"), animations="disabled")
    page.set_viewport_size(_SIZE)
    _taken(page, "variables", f"{started.url}/home/greeter/variables")

    checkout.switch("idea")
    (checkout.folder / "prompts/system.txt").write_text("You answer in one sentence.\n")
    brief = checkout.commit("Be brief")
    checkout.push("idea")
    _talk(page, started.deployment_of("greeter", brief, "idea")["page"])
    checkout.push("main", "--force")
    started.deployment_of("greeter", brief)
    _taken(page, "projects", f"{started.url}/home")
    _taken(page, "project", f"{started.url}/home/greeter")

    page.get_by_role("button", name=f"Roll back to {first[:7]}").click()
    expect(page.get_by_role("heading", name="A first agent")).to_be_visible()
    _taken(page, "rolled-back", f"{started.url}/home/greeter")
    expect(page.get_by_text("Production was rolled back.")).to_be_visible()
    assert browser.complaints == []


def _set(started: Installation, name: str, value: str, environment: str) -> None:
    started.api.post("projects/greeter/variables", {"name": name, "value": value, "environment": environment})


def _talk(page: Page, address: str) -> None:
    page.goto(address)
    box = page.locator(".chat")
    for question, words in (("Hello!", 1), ("What can you do?", 2)):
        box.get_by_label("Message").fill(question)
        box.get_by_role("button", name="Send").click()
        expect(box.locator(".agent")).to_have_count(words)
        expect(box.locator(".agent").last).to_contain_text(question)
    box.screenshot(path=_file("chat"), animations="disabled")


def _taken(page: Page, name: str, address: str) -> None:
    page.goto(address)
    page.screenshot(path=_file(name), animations="disabled")


def _file(name: str) -> Path:
    return (Path(_KEPT) if _KEPT else PICTURES) / f"{name}.png"
