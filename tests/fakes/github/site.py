"""What a person does on this GitHub by clicking: commits, pull requests, forks, merges. Each is a form that posts."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from typing import Final

from tests.fakes.github import sending, site_pages
from tests.fakes.github.asking import Answer, RefusalError
from tests.fakes.github.world import Pull, Repository, World
from tests.git import git

Fields = Mapping[str, str]


def serve(world: World, method: str, path: str, form: Fields) -> Answer:
    """Raises RefusalError for what is not here, or cannot be done."""
    for wanted, pattern, act in _PLACES:
        if wanted == method and (found := re.fullmatch(pattern, path)):
            return act(world, form, *found.groups())
    raise RefusalError(404, "Not Found")


def push(world: World, repository: Repository, branch: str, files: dict[str, str], message: str) -> str:
    """A commit on a branch, which begins where the default one is. Raises RefusalError for what is no branch's name."""
    before = repository.branches()
    try:
        git(repository.folder, "check-ref-format", "--branch", branch)
    except subprocess.CalledProcessError as error:
        raise RefusalError(422, f"{branch} is not a name for a branch") from error
    if branch not in before:
        git(repository.folder, "update-ref", f"refs/heads/{branch}", before[repository.default_branch])
    sha = world.commit(repository, branch, files, message)
    sending.pushed(world, repository, before)
    return sha


def open_pull(world: World, base: Repository, head: Repository, branch: str, title: str) -> Pull:
    """Raises RefusalError where there is one, or nothing to show."""
    twice = [one for one in world.pulls if one.head is head and one.head_branch == branch and one.state == "open"]
    if twice or branch not in head.branches() or (head is base and branch == base.default_branch):
        raise RefusalError(422, f"A pull request of {head.owner.login}:{branch} exists already, or has nothing to show")
    pull = world.open_pull(base, head, branch, title)
    sending.pull_changed(world, pull, "opened")
    return pull


def merge(world: World, pull: Pull) -> None:
    """A merge commit on the base branch, which is a push, and the pull request is closed. Raises RefusalError."""
    base, before = pull.base, pull.base.branches()
    try:
        tree = git(base.folder, "merge-tree", "--write-tree", before[pull.base_branch], pull.head_sha)
    except subprocess.CalledProcessError as error:
        raise RefusalError(405, "Pull Request is not mergeable: it conflicts with its base") from error
    parents = ("-p", before[pull.base_branch], "-p", pull.head_sha)
    sha = git(base.folder, "commit-tree", tree, *parents, "-m", f"Merge pull request #{pull.number}: {pull.title}")
    git(base.folder, "update-ref", f"refs/heads/{pull.base_branch}", sha)
    sending.pull_closed(world, pull, merged=True)
    sending.pushed(world, base, before)


def delete_branch(world: World, repository: Repository, branch: str) -> None:
    """Its pull requests are closed with it, as on GitHub. Raises RefusalError."""
    before = repository.branches()
    if branch == repository.default_branch or branch not in before:
        raise RefusalError(422, f"{branch} cannot be deleted")
    git(repository.folder, "update-ref", "-d", f"refs/heads/{branch}")
    sending.pushed(world, repository, before)
    for pull in world.pulls:
        if pull.head is repository and pull.head_branch == branch and pull.state == "open":
            sending.pull_closed(world, pull)


def _home(world: World, _form: Fields) -> Answer:
    return _page(site_pages.home(world))


def _repository(world: World, _form: Fields, owner: str, name: str) -> Answer:
    return _page(site_pages.repository(world, _named(world, owner, name)))


def _elsewhere(world: World, _form: Fields, owner: str, name: str) -> Answer:
    """What GitHub shows of a commit, a check or a file is on the repository's one page here."""
    return _to(_named(world, owner, name).full_name)


def _pull(world: World, _form: Fields, owner: str, name: str, number: str) -> Answer:
    return _page(site_pages.pull(world, _pull_of(world, owner, name, number)))


def _on_push(world: World, form: Fields, owner: str, name: str) -> Answer:
    found = _named(world, owner, name)
    push(world, found, form["branch"].strip(), {form["path"].strip(): form["text"]}, form["message"] or "A change")
    return _to(found.full_name)


def _on_delete(world: World, form: Fields, owner: str, name: str) -> Answer:
    found = _named(world, owner, name)
    delete_branch(world, found, form["branch"])
    return _to(found.full_name)


def _on_open(world: World, form: Fields, owner: str, name: str) -> Answer:
    found = _named(world, owner, name)
    return _to_pull(open_pull(world, found, found, form["branch"], form["title"] or "A change"))


def _on_fork(world: World, form: Fields, owner: str, name: str) -> Answer:
    """A stranger forks, commits to a new branch, and asks to have it pulled."""
    found, stranger = _named(world, owner, name), world.user(form["owner"].strip())
    fork = world.named(f"{stranger.login}/{name}") or world.repository(stranger, name, private=False, fork_of=found)
    branch = f"patch-{world.number()}"
    push(world, fork, branch, {form["path"].strip(): form["text"]}, form["title"] or "A change")
    return _to_pull(open_pull(world, found, fork, branch, form["title"] or "A change"))


def _on_pull(world: World, form: Fields, owner: str, name: str, number: str, what: str) -> Answer:
    pull = _pull_of(world, owner, name, number)
    if what == "push" and pull.head:
        push(world, pull.head, pull.head_branch, {form["path"].strip(): form["text"]}, form["message"] or "More")
    elif what == "merge" and pull.state == "open":
        merge(world, pull)
    elif what == "close" and pull.state == "open":
        sending.pull_closed(world, pull)
    elif what == "reopen" and pull.state == "closed" and not pull.merged_at:
        pull.state = "open"
        sending.pull_changed(world, pull, "reopened")
    return _to_pull(pull)


_NAME: Final = r"/([\w.-]+)/([\w.-]+)"
_PLACES: Final[tuple[tuple[str, str, Callable[..., Answer]], ...]] = (
    ("GET", "/", _home),
    ("GET", _NAME, _repository),
    ("GET", rf"{_NAME}/pull/(\d+)", _pull),
    ("GET", rf"{_NAME}/(?:blob|commit|compare|pulls|runs|tree)(?:/.*)?", _elsewhere),
    ("POST", f"{_NAME}/push", _on_push),
    ("POST", f"{_NAME}/delete", _on_delete),
    ("POST", f"{_NAME}/open", _on_open),
    ("POST", f"{_NAME}/fork", _on_fork),
    ("POST", rf"{_NAME}/pull/(\d+)/(push|merge|close|reopen)", _on_pull),
)


def _named(world: World, owner: str, name: str) -> Repository:
    found = world.named(f"{owner}/{name}")
    if found is None:
        raise RefusalError(404, "Not Found")
    return found


def _pull_of(world: World, owner: str, name: str, number: str) -> Pull:
    base = _named(world, owner, name)
    for one in world.pulls:
        if one.base is base and one.number == int(number):
            return one
    raise RefusalError(404, "Not Found")


def _page(html: str) -> Answer:
    return Answer(raw=html.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def _to_pull(pull: Pull) -> Answer:
    return _to(f"{pull.base.full_name}/pull/{pull.number}")


def _to(place: str) -> Answer:
    return Answer(status=303, headers={"Location": f"/{place}"})
