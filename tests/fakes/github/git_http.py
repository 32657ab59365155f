"""Repositories over HTTP, by git's own http-backend: a clone with a token, and pushes that become deliveries."""

from __future__ import annotations

import base64
import os
import subprocess

from tests.fakes.github import sending
from tests.fakes.github.asking import Answer, RefusalError
from tests.fakes.github.world import Repository, World


def serve(world: World, method: str, path: str, query: str, body: bytes, headers: dict[str, str]) -> Answer:
    owner, name, rest = path.lstrip("/").split("/", 2)
    repository = world.named(f"{owner}/{name.removesuffix('.git')}")
    if repository is None:
        raise RefusalError(404, "Not Found")
    is_push = "git-receive-pack" in rest or "git-receive-pack" in query
    _admit(world, repository, headers.get("authorization", ""), is_push=is_push)
    before = repository.branches()
    answer = _backend(repository, method, rest, query, body, headers)
    if is_push and method == "POST":
        sending.pushed(world, repository, before)
    return answer


def _admit(world: World, repository: Repository, authorization: str, *, is_push: bool) -> None:
    if not repository.private and not is_push:
        return
    scheme, _, value = authorization.partition(" ")
    _login, _, password = base64.b64decode(value).decode().partition(":") if scheme.lower() == "basic" else ("", "", "")
    token = world.tokens.get(password)
    if token is None or not token.is_good:
        raise RefusalError(401, "Bad credentials", {"WWW-Authenticate": 'Basic realm="GitHub"'})
    reaches = token.user is repository.owner if token.user else repository in token.repositories
    if not reaches or (is_push and not token.user and token.permissions.get("contents") != "write"):
        raise RefusalError(404, "Not Found")


def _backend(
    repository: Repository, method: str, rest: str, query: str, body: bytes, headers: dict[str, str]
) -> Answer:
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "GIT_PROJECT_ROOT": str(repository.folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": method,
        "PATH_INFO": f"/{rest}",
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
        "REMOTE_USER": "octocat",
    }
    done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    answered = dict(line.split(": ", 1) for line in head.decode().splitlines())
    status = int(answered.pop("Status", "200").split()[0])
    return Answer(status=status, headers=answered, raw=content)
