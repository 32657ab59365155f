"""The fake as a browser, git and a workflow see it; its API is tried by `tests.clients.github`."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from hashlib import sha256
from hmac import new as hmac
from pathlib import Path
from subprocess import CalledProcessError
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from tests.fakes.github import Repository, World, description, github, sending
from tests.fakes.github.asking import ROUTES
from tests.git import commit, git
from tests.web_server import Reply, WebServer, web_server

#: What a description that was cut down to what matters leaves out. GitHub's whole one leaves out nothing.
UNDESCRIBED = {
    "GET /app/hook/deliveries/{delivery_id}",
    "GET /repos/{owner}/{repo}/branches",
    "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
    "GET /repos/{owner}/{repo}/commits/{ref}/statuses",
    "GET /repos/{owner}/{repo}/compare/{basehead}",
    "GET /repos/{owner}/{repo}/pulls",
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with github(tmp_path / "hub") as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[WebServer]:
    with web_server({"/hook": Reply(202)}) as found:
        yield found


def _repository(world: World, receiver: WebServer) -> Repository:
    owner = world.user("acme")
    repository = world.repository(owner, "agent")
    world.commit(repository, "main", {"agent.yml": "llm: {}\n"})
    app = world.make_app(owner)
    app.webhook_url = f"{receiver.url}/hook"
    world.install(app, owner, [repository])
    return repository


def _url(world: World, repository: Repository, token: str) -> str:
    return f"http://x-access-token:{token}@{world.url.removeprefix('http://')}/{repository.full_name}.git"


def _events(receiver: WebServer) -> list[str]:
    return [one.headers["X-GitHub-Event"] for one in receiver.seen]


def test_only_what_is_listed_here_is_judged_by_no_description() -> None:
    _described()
    routes = {
        f"{one.method} {one.template}" for one in ROUTES if not description.is_described(one.method, one.template)
    }
    assert routes in (UNDESCRIBED, set())


def _described() -> None:
    if description.described_at() is None:
        pytest.skip("GitHub's description is not on this machine: requests and answers are not validated")


def _asks(world: World, method: str, path: str, body: object = None, **permissions: str) -> httpx.Response:
    """As an installation of an app that may do this."""
    owner = world.user("acme")
    repository = world.repository(owner, "agent")
    sha = world.commit(repository, "main", {"agent.yml": "llm: {}\n"})
    installation = world.install(world.make_app(owner), owner, [repository])
    token = world.grant(installation, [repository], permissions).value
    url = f"{world.url}/api/v3/repos/acme/agent{path.format(sha=sha)}"
    return httpx.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"})


def test_an_answer_that_github_would_not_give_fails_the_test(tmp_path: Path) -> None:
    _described()
    with pytest.raises(AssertionError, match="whatever"), github(tmp_path) as world:
        owner = world.user("acme")
        world.install(world.make_app(owner), owner, []).permissions = {"contents": "whatever"}
        headers = {"Authorization": f"Bearer {world.sign_in(owner).value}"}
        assert httpx.get(f"{world.url}/api/v3/user/installations", headers=headers).status_code == 500


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"state": "splendid"}, "splendid"),
        ({"description": "no state"}, "'state' is a required property"),
        ({"state": "success", "colour": "green"}, "colour: no such field"),
        (None, "a body is required"),
    ],
)
def test_a_request_that_github_does_not_describe_fails_the_test(tmp_path: Path, body: object, said: str) -> None:
    _described()
    with pytest.raises(AssertionError, match=said), github(tmp_path) as world:
        assert _asks(world, "POST", "/statuses/{sha}", body, statuses="write").status_code == 500
        assert world.statuses == []


@pytest.mark.parametrize("query", ["per_page=many", "everything=true"])
def test_a_parameter_that_github_does_not_describe_fails_the_test(tmp_path: Path, query: str) -> None:
    _described()
    with pytest.raises(AssertionError, match=query.partition("=")[0]), github(tmp_path) as world:
        assert _asks(world, "GET", f"/deployments?{query}", deployments="read").status_code == 500


def test_a_delivery_that_github_would_not_send_fails_the_test(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="payload of pull_request opened"), github(tmp_path) as world:
        owner = world.user("acme")
        repository = world.repository(owner, "agent")
        world.commit(repository, "main", {"agent.yml": "llm: {}\n"})
        world.install(world.make_app(owner), owner, [repository])
        pull = world.open_pull(repository, repository, "main")
        pull.state = "half open"
        sending.pull_changed(world, pull, "opened")


def test_an_event_that_github_does_not_have_fails_the_test(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="GitHub sends no such delivery"), github(tmp_path) as world:
        owner = world.user("acme")
        repository = world.repository(owner, "agent")
        world.commit(repository, "main", {"agent.yml": "llm: {}\n"})
        world.install(world.make_app(owner), owner, [repository])
        sending.pull_changed(world, world.open_pull(repository, repository, "main"), "celebrated")


def test_a_push_by_git_becomes_a_signed_delivery(world: World, receiver: WebServer, tmp_path: Path) -> None:
    repository = _repository(world, receiver)
    checkout = tmp_path / "checkout"
    git(tmp_path, "clone", "--quiet", _url(world, repository, world.sign_in(repository.owner).value), str(checkout))
    (checkout / "new.md").write_text("# New\n")
    sha = commit(checkout, "a new prompt")
    git(checkout, "push", "--quiet", "origin", "main", "main:feature/x")
    world.idle()
    assert _events(receiver) == ["push", "push"]
    seen = receiver.seen[1]
    payload = json.loads(seen.body)
    assert (payload["ref"], payload["after"], payload["head_commit"]["message"]) == (
        "refs/heads/main",
        sha,
        "a new prompt",
    )
    signature = hmac(world.apps[0].webhook_secret.encode(), seen.body, sha256).hexdigest()
    assert seen.headers["X-Hub-Signature-256"] == f"sha256={signature}"


def test_a_pull_request_follows_its_branch_and_is_fetched_from_its_base(
    world: World, receiver: WebServer, tmp_path: Path
) -> None:
    repository = _repository(world, receiver)
    fork = world.repository(world.user("eve"), "agent", fork_of=repository)
    world.commit(fork, "patch", {"b": "2"})
    pull = world.open_pull(repository, fork, "patch")
    checkout = tmp_path / "checkout"
    token = world.sign_in(fork.owner).value
    git(tmp_path, "clone", "--quiet", "--branch", "patch", _url(world, fork, token), str(checkout))
    sha = commit(checkout, "more")
    git(checkout, "push", "--quiet", "origin", "patch")
    world.idle()
    assert _events(receiver) == ["pull_request"]
    assert json.loads(receiver.seen[0].body)["action"] == "synchronize"
    assert pull.head_sha == sha
    assert git(repository.folder, "rev-parse", f"refs/pull/{pull.number}/head") == sha


def test_a_token_of_another_repository_opens_nothing(world: World, receiver: WebServer, tmp_path: Path) -> None:
    repository = _repository(world, receiver)
    token = world.grant(world.installations[0], [], {"contents": "read"}).value
    with pytest.raises(CalledProcessError):
        git(tmp_path, "clone", "--quiet", _url(world, repository, token), str(tmp_path / "none"))


def test_an_app_is_made_and_installed_in_a_browser(world: World) -> None:
    world.signed_in = world.user("ada")
    own = world.repository(world.signed_in, "agent")
    manifest = {
        "name": "Dexto Ada",
        "redirect_url": "http://localhost:8400/app/made",
        "setup_url": "http://localhost:8400/app/installed",
        "hook_attributes": {"url": "http://localhost:8400/webhooks/github"},
    }
    made = httpx.post(f"{world.url}/settings/apps/new?state=s1", data={"manifest": json.dumps(manifest)})
    back = parse_qs(urlsplit(made.headers["location"]).query)
    assert back["state"] == ["s1"]
    assert world.manifest_codes[back["code"][0]].webhook_url == "http://localhost:8400/webhooks/github"
    installed = httpx.get(f"{world.url}/apps/dexto-ada/installations/new?state=s2")
    assert installed.headers["location"].startswith("http://localhost:8400/app/installed?installation_id=")
    assert world.installations[0].repositories == [own]


def test_a_workflow_has_a_token_that_the_published_keys_prove(world: World) -> None:
    repository = world.repository(world.user("acme"), "agent")
    earlier = world.issuer.token(repository, "http://localhost:8400")
    world.issuer.rotate()
    token = world.issuer.token(repository, "http://localhost:8400", event_name="pull_request")
    configuration = httpx.get(f"{world.issuer.url}/.well-known/openid-configuration").json()
    keys = {one["kid"]: one for one in httpx.get(configuration["jwks_uri"]).json()["keys"]}
    for one in (earlier, token):
        head, claims, signature = one.split(".")
        key = keys[json.loads(_decoded(head))["kid"]]
        numbers = RSAPublicNumbers(int.from_bytes(_decoded(key["e"])), int.from_bytes(_decoded(key["n"])))
        numbers.public_key().verify(_decoded(signature), f"{head}.{claims}".encode(), PKCS1v15(), SHA256())
    said = json.loads(_decoded(token.split(".")[1]))
    assert (said["iss"], said["event_name"]) == (configuration["issuer"], "pull_request")
    assert said["repository_id"] == str(repository.id)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
