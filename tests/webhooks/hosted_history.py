"""A repository at a code host as a list of what happened to it: each event with what the host tells of it, and in the
end what the host answers when it is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from clients.code_host import Pull
from webhooks.reconciling import State

NOTHING = "0" * 40
PRODUCTION = "main"
_FORK_IDS = {"eve": 71, "mallory": 72}


@dataclass(frozen=True, slots=True)
class Told:
    guid: str
    event: str
    repository_id: int
    body: bytes


@dataclass(slots=True)
class History:
    """Each method is something that happens, as far as it can: what cannot is passed over."""

    repository_id: int
    branches: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    _shas: dict[str, list[str]] = field(default_factory=dict)  # of each branch, all it ever was
    _closed: list[int] = field(default_factory=list)
    _commits: int = 0

    def push(self, branch: str) -> None:
        self._move(branch, self._commit())

    def push_back(self, branch: str) -> None:
        """By force, or as a branch that is made anew: to a commit that it was once."""
        past = [sha for sha in self._shas.get(branch, []) if sha != self.branches.get(branch)]
        if past:
            self._move(branch, past[-1])

    def delete(self, branch: str) -> None:
        if branch == PRODUCTION or branch not in self.branches:
            return
        before = self.branches.pop(branch)
        self._tell("push", {"ref": f"refs/heads/{branch}", "before": before, "after": NOTHING, "deleted": True})
        self._tell("delete", {"ref": branch, "ref_type": "branch"})
        for pull in self._open_of(branch):
            self._change(pull, "closed", is_open=False)

    def open(self, branch: str) -> None:
        if branch in self.branches and branch != PRODUCTION and not self._open_of(branch):
            self._open(branch, f"acme:{branch}", self.branches[branch], self.repository_id)

    def open_fork(self, owner: str) -> None:
        if not self._open_of("patch", owner):
            self._open("patch", f"{owner}:patch", self._commit(), _FORK_IDS[owner])

    def push_fork(self, owner: str) -> None:
        for pull in self._open_of("patch", owner):
            self._change(pull, "synchronize", head_sha=self._commit())

    def push_fork_back(self, owner: str) -> None:
        for pull in self._open_of("patch", owner):
            self._change(pull, "synchronize", head_sha=self._shas[pull.head_label][0])

    def close(self, number: int) -> None:
        if (pull := self.pulls.get(number)) and pull.is_open:
            self._change(pull, "closed", is_open=False)

    def reopen(self, number: int) -> None:
        """GitHub does so only while the branch is where the pull request left it."""
        pull = self.pulls.get(number)
        if pull is None or pull.is_open or pull.merged:
            return
        if pull.head_repository_id != self.repository_id:
            if not self._open_of("patch", pull.head_label.partition(":")[0]):
                self._change(pull, "reopened", is_open=True)
        elif self.branches.get(pull.head_branch) == pull.head_sha and not self._open_of(pull.head_branch):
            self._change(pull, "reopened", is_open=True)

    def merge(self, number: int) -> None:
        if (pull := self.pulls.get(number)) and pull.is_open:
            self._move(PRODUCTION, self._commit())
            self._change(pull, "closed", is_open=False, merged=True)

    def state(self) -> State:
        closed = [self.pulls[number] for number in reversed(self._closed) if not self.pulls[number].is_open]
        return State(dict(self.branches), {n: pull for n, pull in self.pulls.items() if pull.is_open}, closed)

    def _commit(self) -> str:
        self._commits += 1
        return f"{self._commits:040x}"

    def _move(self, branch: str, sha: str) -> None:
        before, self.branches[branch] = self.branches.get(branch, NOTHING), sha
        self._shas.setdefault(branch, []).append(sha)
        head = {"message": "a change", "author": {"username": "ada"}}
        ref = f"refs/heads/{branch}"
        self._tell("push", {"ref": ref, "before": before, "after": sha, "deleted": False, "head_commit": head})
        for pull in self._open_of(branch):
            self._change(pull, "synchronize", head_sha=sha)

    def _open(self, branch: str, label: str, sha: str, repository_id: int) -> None:
        number = len(self.pulls) + 1
        pull = Pull(number, "Kinder", "ada", True, False, branch, label, sha, repository_id, PRODUCTION)
        self._change(pull, "opened")

    def _change(self, pull: Pull, action: str, **changes: Any) -> None:
        now = self.pulls[pull.number] = replace(pull, **changes)
        self._shas.setdefault(now.head_label, []).append(now.head_sha)
        if not now.is_open:
            self._closed.append(now.number)
        head = {"ref": now.head_branch, "label": now.head_label, "sha": now.head_sha}
        body = {
            "number": now.number,
            "state": "open" if now.is_open else "closed",
            "title": now.title,
            "user": {"login": now.author},
            "head": {**head, "repo": {"id": now.head_repository_id}},
        }
        self._tell("pull_request", {"action": action, "pull_request": body})

    def _open_of(self, branch: str, owner: str = "acme") -> list[Pull]:
        label = f"{owner}:{branch}"
        return [pull for pull in self.pulls.values() if pull.is_open and pull.head_label == label]

    def _tell(self, event: str, payload: dict[str, Any]) -> None:
        body = json.dumps({**payload, "repository": {"id": self.repository_id}}).encode()
        self.told.append(Told(str(uuid4()), event, self.repository_id, body))
