"""`dexto-cloud login` as a process: a code on the terminal, a yes in a browser, a token in a file of one's own."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.installation import PROGRAM, Installation


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "COLUMNS": "200", "DEXTO_CLI_FILE": "/nonexistent"}


def _command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROGRAM), *arguments], env=_environment(home), capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def browser(installed: Installation) -> Iterator[httpx.Client]:
    """Somebody who is signed in on the dashboard."""
    done = subprocess.run(
        [str(PROGRAM), "sign-in", "admin"],
        env={**_environment(installed.data), "DEXTO_ENVIRONMENT_FILE": str(installed.data / "environment.json")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    with httpx.Client(base_url=installed.url, follow_redirects=True, trust_env=False) as client:
        _post(client, httpx.URL(done.stdout.split()[-1]).path)
        yield client


def _post(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    page = client.get(path).text
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page
    headers = {"Referer": f"{client.base_url}{path}"}
    return client.post(path, data={"csrfmiddlewaretoken": found[1], **fields}, headers=headers)


def _started(installed: Installation, home: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [str(PROGRAM), "login", installed.url, "--no-browser"],
        env={**_environment(home), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    found = re.search(r"[A-Z]{4}-[A-Z]{4}", process.stdout.readline())
    assert found
    return process, found[0]


def test_a_yes_in_the_browser_signs_the_command_line_in(
    installed: Installation, browser: httpx.Client, tmp_path: Path
) -> None:
    process, code = _started(installed, tmp_path)
    page = browser.get("/device", params={"code": code.lower()})
    assert code in page.text
    team = re.search(r'<option value="([^"]+)"', page.text)
    assert team
    _post(browser, f"/device?code={code}", code=code, team=team[1], approve="")
    said, _errors = process.communicate(timeout=30)
    assert process.returncode == 0 and f"Signed in to {team[1]}" in said
    kept = tmp_path / ".config" / "dexto-cloud" / "cli.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert f"in {team[1]}" in _command(tmp_path, "whoami").stdout
    _command(tmp_path, "logout")
    assert not kept.exists() and "[not_connected]" in _command(tmp_path, "whoami").stderr


def test_a_no_ends_the_command(installed: Installation, browser: httpx.Client, tmp_path: Path) -> None:
    process, code = _started(installed, tmp_path)
    _post(browser, f"/device?code={code}", code=code, refuse="")
    _said, errors = process.communicate(timeout=30)
    assert process.returncode == 1 and "[device_login_ended]" in errors
    assert not list(tmp_path.rglob("cli.json"))


def test_a_code_that_nobody_waits_with_says_so(browser: httpx.Client) -> None:
    assert "No command waits with this code" in browser.get("/device", params={"code": "BBBB-BBBB"}).text
