"""The system's own browser, driven from outside, and its pictures: kept where CI finds them.

Playwright's own browsers are a download of hundreds of megabytes; any Chromium of the system's packages will do.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, ViewportSize, sync_playwright

PICTURES = Path(__file__).resolve().parents[2] / "test-pictures"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
}
_WAIT_MILLISECONDS = 60_000


def program() -> str | None:
    """Of the system; DEXTO_BROWSER names another one."""
    named = os.environ.get("DEXTO_BROWSER")
    return named or next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@dataclass
class Browsing:
    """One person's browser. `complaints` are errors that a page told its console, and what a page could not load."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{self.page.url}: {message.text}")

    def pictured(self, name: str) -> None:
        """The page on a desk and in a hand, by day and by night. In a hand nothing may lead out of the screen."""
        for size, viewport in SIZES.items():
            self.page.set_viewport_size(viewport)
            if wider := self.overflow():
                self.complaints.append(f"{self.page.url}: {wider} pixels wider than a {size}")
            self._taken(f"{name}-{size}-light", "light")
            self._taken(f"{name}-{size}-dark", "dark")
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(SIZES["desktop"])

    def overflow(self) -> int:
        """By how many pixels the page leads out of the screen."""
        return max(0, int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")))

    def _taken(self, name: str, scheme: str) -> None:
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        self.taken(name)

    def taken(self, name: str) -> None:
        """As it is now."""
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True, animations="disabled")


@contextmanager
def browsing(executable: str) -> Iterator[Browsing]:
    """As root a browser has no sandbox of its own to be in."""
    PICTURES.mkdir(exist_ok=True)
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        page = browser.new_context(viewport=SIZES["desktop"]).new_page()
        page.set_default_timeout(_WAIT_MILLISECONDS)
        found = Browsing(page)
        page.on("console", found.heard)
        page.on("pageerror", lambda error: found.complaints.append(f"{page.url}: {error}"))
        try:
            yield found
        except BaseException:
            page.screenshot(path=PICTURES / "failed.png", full_page=True)
            raise
        finally:
            browser.close()
