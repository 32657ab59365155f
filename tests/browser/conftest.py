"""A browser for each test that asks for one."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.browser.browsing import Browsing, browsing, program


@pytest.fixture
def browser_program() -> str:
    found = program()
    if found is None and os.environ.get("CI"):
        pytest.fail("There is no Chromium here, and CI is to have one: apt-get install chromium")
    if found is None:
        pytest.skip("there is no Chromium here: apt-get install chromium, or name one by DEXTO_BROWSER")
    return found


@pytest.fixture
def browser(browser_program: str) -> Iterator[Browsing]:
    with browsing(browser_program) as found:
        yield found
