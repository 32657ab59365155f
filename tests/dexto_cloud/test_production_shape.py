"""docker-compose.yml and the Dockerfile, as far as they can be proved without Docker.

There is no Docker engine where these tests run, so no image is built and no container started. What can be proved is:
each command starts with its environment and becomes healthy by its own check, together they carry a push to a live
agent behind TLS, and they stop when asked. Of the Dockerfile: what it copies exists, and (`make test-full`) what it
runs runs in a fresh folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import tempfile
from collections.abc import Iterator
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pytest

from tests.dexto_cloud import compose
from tests.dexto_cloud.compose import RequiredValueError
from tests.dexto_cloud.production import AGENTS, DASHBOARD, Production, production, values
from tests.git import commit, git, repository
from webhooks.signatures import sign

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def installation() -> Iterator[Production]:
    # Short, because a socket's path may have 108 bytes.
    folder = Path(tempfile.mkdtemp(prefix="dx-"))
    try:
        with production(folder, os.environ["DATABASE_URL"]) as found:
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Connection(HTTPSConnection):
    """To the edge on this machine, by a name that no resolver knows."""

    def __init__(self, name: str, port: int) -> None:
        super().__init__("127.0.0.1", port, timeout=30)
        self._name = name

    def connect(self) -> None:
        context = ssl._create_unverified_context()  # noqa: S323  # the authority of this test's own edge
        super(HTTPSConnection, self).connect()
        self.sock = context.wrap_socket(self.sock, server_hostname=self._name)


def ask(
    found: Production,
    host: str,
    path: str = "/",
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[HTTPResponse, bytes]:
    connection = _Connection(host, found.ports["edge", 8443])
    try:
        connection.request(method, path, body=body, headers={"Host": host, **(headers or {})})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("name", sorted(set(compose.env_example())))
def test_what_is_required_is_named_by_the_file_that_misses_it(name: str) -> None:
    incomplete = {key: value for key, value in values().items() if key != name}
    with pytest.raises(RequiredValueError, match=name):
        compose.services(incomplete)


def test_the_example_has_no_value_that_somebody_could_leave_in_place() -> None:
    assert set(compose.env_example().values()) == {""}


def test_every_service_of_ours_is_healthy(installation: Production) -> None:
    checked = [name for name, one in installation.services.items() if one.ours and one.check]
    assert sorted(checked) == ["beat", "edge", "intake", "node", "objects", "pages", "streams", "worker"]
    assert {name: installation.checked(name).returncode for name in checked} == dict.fromkeys(checked, 0)


def test_a_clock_that_stands_still_is_unhealthy_until_it_ticks_again(installation: Production) -> None:
    for path in (installation.folder / "tmp").glob("clock*"):
        os.utime(path, (0, 0))
    installation.wait_until_healthy("beat", seconds=20)
    installation.running["beat"].send_signal(signal.SIGSTOP)
    try:
        for path in (installation.folder / "tmp").glob("clock*"):
            os.utime(path, (0, 0))
        assert installation.checked("beat").returncode != 0
    finally:
        installation.running["beat"].send_signal(signal.SIGCONT)
    installation.wait_until_healthy("beat", seconds=20)


def test_the_deployment_check_and_the_migrations_are_clean(installation: Production) -> None:
    check = installation.run("migrate", "python", "manage.py", "check", "--deploy", "--fail-level", "INFO")
    assert check.returncode == 0, check.stdout.decode()
    assert b"no issues (0 silenced)" in check.stdout
    migrations = installation.run("migrate", "python", "manage.py", "makemigrations", "--check")
    assert migrations.returncode == 0, migrations.stdout.decode()


def test_debug_is_off_and_no_secret_is_an_argument(installation: Production) -> None:
    assert all("DEXTO_DEBUG" not in one.environment for one in installation.services.values())
    given = installation.environment("migrate").items()
    secret = [value for key, value in given if value and ("SECRET" in key or "KEYS" in key)]
    assert len(secret) >= 4  # those of GitHub's app are not set here
    living = [process.pid for process in installation.running.values() if process.poll() is None]
    argv = " ".join(Path(f"/proc/{pid}/cmdline").read_text() for pid in living)
    assert len(living) == len(installation.services) - 2  # PostgreSQL is the tests' own, migrations are done
    assert not [one for one in secret if one in argv]


def test_the_dashboard_answers_behind_tls_with_its_static_files(installation: Production) -> None:
    answer, page = ask(installation, DASHBOARD, "/sign-in")
    assert answer.status == 200
    assert "max-age=31536000" in answer.getheader("Strict-Transport-Security", "")
    path = page.decode().partition('href="/static/dexto')[2].partition('"')[0]
    style, _body = ask(installation, DASHBOARD, f"/static/dexto{path}")
    assert style.status == 200
    assert "immutable" in style.getheader("Cache-Control", "")


def test_a_host_that_nobody_has_gets_no_certificate(installation: Production) -> None:
    with pytest.raises(ssl.SSLError):
        ask(installation, f"nobody.{AGENTS}")


def test_questions_of_machines_inside_are_not_answered_outside(installation: Production) -> None:
    answer, _body = ask(installation, DASHBOARD, f"/internal/known-host?domain={DASHBOARD}")
    assert answer.status == 404


def test_a_push_becomes_a_live_agent_behind_tls(installation: Production, tmp_path: Path) -> None:
    token = _first_person(installation)
    project = f"agent-{uuid4().hex[:8]}"
    made = _api(installation, token, "POST", "projects", {"slug": project})
    assert made["git_url"] == f"https://{DASHBOARD}/git/{project}.git"
    sha = _push(installation, tmp_path, made["git_url"], token)
    deployment = _ended(installation, token, project, sha)
    assert deployment["status"] == "ready", deployment["error"]
    assert deployment["urls"]["production"] == f"https://{project}.{AGENTS}"
    answer, body = ask(installation, f"{project}.{AGENTS}", "/.well-known/dexto-deployment")
    assert answer.status == 200
    assert json.loads(body)["commit"] == sha


def test_github_s_deliveries_are_taken_in(installation: Production) -> None:
    body = b'{"zen": "Keep it logically awesome."}'
    headers = {
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": str(uuid4()),
        "X-Hub-Signature-256": sign(installation.environment("intake")["DEXTO_WEBHOOK_SECRET"], body),
    }
    answer, _body = ask(installation, DASHBOARD, "/webhooks/github", method="POST", body=body, headers=headers)
    assert answer.status == 202


def _first_person(installation: Production) -> str:
    """As docs/production.md says; her token."""
    added = installation.run("pages", "dexto-cloud", "user", "add", "ada", "--team", "acme", "--role", "owner")
    assert f"https://{DASHBOARD}/sign-in/" in added.stdout.decode()
    scopes = ("--scope", "read", "--scope", "deploy", "--scope", "configure")
    minted = installation.run("pages", "dexto-cloud", "token", "create", "laptop", "--user", "ada", *scopes)
    return minted.stdout.decode().strip().splitlines()[-1]


def _api(installation: Production, token: str, method: str, path: str, body: dict[str, str] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    content = json.dumps(body).encode() if body else None
    answer, found = ask(installation, DASHBOARD, f"/api/v1/{path}", method=method, body=content, headers=headers)
    assert answer.status < 300, found
    return json.loads(found)


def _push(installation: Production, folder: Path, url: str, token: str) -> str:
    """With git itself, which is told where the name leads; the commit."""
    checkout = repository(folder / "checkout")
    shutil.copytree(compose.ROOT / "platform/dexto_cloud/demo/sample", checkout, dirs_exist_ok=True)
    sha = commit(checkout)
    port = installation.ports["edge", 8443]
    remote = url.replace(f"https://{DASHBOARD}", f"https://git:{token}@{DASHBOARD}:{port}")
    here = f"http.curloptResolve={DASHBOARD}:{port}:127.0.0.1"
    git(checkout, "-c", here, "-c", "http.sslVerify=false", "push", "--quiet", remote, "HEAD:refs/heads/main")
    return sha


def _ended(installation: Production, token: str, project: str, sha: str) -> dict[str, Any]:
    for _ in range(600):
        found = _api(installation, token, "GET", f"projects/{project}/deployments?commit={sha}")
        if found and found[0]["status"] not in ("queued", "building", "deploying"):
            one: dict[str, Any] = found[0]
            return one
        Event().wait(0.1)
    raise AssertionError(installation.said("worker"))
