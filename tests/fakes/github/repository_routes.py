"""What a repository shows: answered from its git."""

from __future__ import annotations

import base64
import subprocess
from typing import Any

from tests.fakes.github import comparing, shapes
from tests.fakes.github.asking import Answer, Asked, By, RefusalError, route
from tests.fakes.github.world import Pull, Repository
from tests.git import git

_READ = ("contents", "read")


@route("GET", "/repos/{owner}/{repo}", by=By.ANY_TOKEN, needs=("metadata", "read"))
def show(asked: Asked) -> Answer:
    return Answer(shapes.whole_repository(asked.world, asked.repository(), asked.the_token))


@route("GET", "/installation/repositories", needs=("metadata", "read"))
def of_installation(asked: Asked) -> Answer:
    shown = [shapes.repository(asked.world, one) for one in asked.the_token.repositories]
    return asked.paged(shown, lambda items: {"total_count": len(shown), "repositories": items})


@route("GET", "/repos/{owner}/{repo}/branches", needs=_READ)
def branches(asked: Asked) -> Answer:
    found = asked.repository().branches()
    return asked.paged(
        [
            {"name": name, "commit": {"sha": sha, "url": asked.world.url}, "protected": False}
            for name, sha in found.items()
        ]
    )


@route("GET", "/repos/{owner}/{repo}/branches/{branch}", needs=_READ)
def branch(asked: Asked) -> Answer:
    repository, name = asked.repository(), asked.parameters["branch"]
    sha = repository.branches().get(name)
    if sha is None:
        raise RefusalError(404, "Branch not found")
    return Answer(shapes.branch(asked.world, repository, name, sha))


@route("GET", "/repos/{owner}/{repo}/commits/{ref}", needs=_READ)
def commit(asked: Asked) -> Answer:
    repository = asked.repository()
    sha = resolved(repository, asked.parameters["ref"])
    if sha is None:
        raise RefusalError(422, f"No commit found for SHA: {asked.parameters['ref']}")
    return Answer(shapes.commit(asked.world, repository, sha))


@route("GET", "/repos/{owner}/{repo}/compare/{basehead}", needs=_READ)
def compare(asked: Asked) -> Answer:
    repository = asked.repository()
    base, _, head = asked.parameters["basehead"].partition("...")
    first, last = resolved(repository, base), resolved(repository, head)
    if first is None or last is None:
        raise RefusalError(404, "Not Found")
    return Answer(comparing.compared(asked.world, repository, first, last))


@route("GET", "/repos/{owner}/{repo}/contents/{path}", needs=_READ)
def contents(asked: Asked) -> Answer:
    repository, path = asked.repository(), asked.parameters["path"].strip("/")
    sha = resolved(repository, asked.query.get("ref", repository.default_branch))
    if sha is None:
        raise RefusalError(404, f"No commit found for the ref {asked.query.get('ref')}")
    listed = git(repository.folder, "ls-tree", "-l", sha, *([f"{path}/"] if path else [])).splitlines()
    if listed:
        return Answer([_entry(asked, repository, line) for line in listed])
    line = git(repository.folder, "ls-tree", "-l", sha, path)
    if not line:
        raise RefusalError(404, "Not Found")
    content = _blob(repository, f"{sha}:{path}")
    if "raw" in asked.accept:
        return Answer(raw=content)
    return Answer(
        {**_entry(asked, repository, line), "content": base64.b64encode(content).decode(), "encoding": "base64"}
    )


@route("GET", "/repos/{owner}/{repo}/pulls", needs=("pull_requests", "read"))
def pulls(asked: Asked) -> Answer:
    repository, state = asked.repository(), asked.query.get("state", "open")
    found = [one for one in asked.world.pulls if one.base is repository and state in ("all", one.state)]
    found.sort(
        key=lambda one: one.touched if asked.query.get("sort") == "updated" else one.number,
        reverse=asked.query.get("direction", "desc") == "desc",
    )
    return asked.paged([shapes.pull(asked.world, one) for one in found])


@route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", needs=("pull_requests", "read"))
def pull(asked: Asked) -> Answer:
    return Answer(shapes.pull(asked.world, pull_of(asked, int(asked.parameters["pull_number"]))))


def pull_of(asked: Asked, number: int) -> Pull:
    repository = asked.repository()
    for one in asked.world.pulls:
        if one.base is repository and one.number == number:
            return one
    raise RefusalError(404, "Not Found")


def resolved(repository: Repository, ref: str) -> str | None:
    try:
        return git(repository.folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    except subprocess.CalledProcessError:
        return None


def _entry(asked: Asked, repository: Repository, line: str) -> dict[str, Any]:
    head, path = line.split("\t")
    _mode, kind, sha, size = head.split()
    url = f"{asked.world.url}/api/v3/repos/{repository.full_name}/contents/{path}"
    web = f"{asked.world.url}/{repository.full_name}/blob/main/{path}"
    return {
        "type": "dir" if kind == "tree" else "file",
        "size": 0 if size == "-" else int(size),
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": sha,
        "url": url,
        "git_url": url,
        "html_url": web,
        "download_url": None if kind == "tree" else web,
        "_links": {"self": url, "git": url, "html": web},
    }


def _blob(repository: Repository, name: str) -> bytes:
    done = subprocess.run(["git", "cat-file", "blob", name], cwd=repository.folder, capture_output=True, check=True)
    return done.stdout
