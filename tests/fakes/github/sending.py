"""Deliveries: made when something happens, posted once by a thread of their own, kept in the app's list."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from clients.deliveries import SignedDelivery, send
from core.errors import PlatformError
from tests.fakes.github import description, shapes
from tests.fakes.github.world import App, Installation, Pull, Repository, Sent, World
from tests.git import git

_NOBODY = "0" * 40
_CONNECTION_FAILED = 502


class Postman:
    """Posts one after another. `idle` waits until all that was made is posted."""

    def __init__(self) -> None:
        self._queue: Queue[tuple[World, App, Sent] | None] = Queue()
        self._thread = Thread(target=self._run, name="github-deliveries", daemon=True)
        self._thread.start()

    def take(self, world: World, app: App, sent: Sent) -> None:
        self._queue.put((world, app, sent))

    def idle(self) -> None:
        self._queue.join()

    def stop(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            _post(*item)
            self._queue.task_done()
        self._queue.task_done()


def pushed(world: World, repository: Repository, before: dict[str, str], message: str = "") -> None:
    """What differs from how the branches were before a push becomes deliveries; pull requests follow their heads."""
    after = repository.branches()
    for name in sorted({*before, *after}):
        old, new = before.get(name, _NOBODY), after.get(name, _NOBODY)
        if old != new:
            _emit(world, repository, "push", None, _push(world, repository, name, old, new))
    for pull in world.pulls:
        sha = after.get(pull.head_branch) if pull.head is repository and pull.state == "open" else None
        if sha and sha != pull.head_sha:
            moved = {"before": pull.head_sha, "after": sha}
            pull.head_sha = sha
            world.publish(pull)
            pull_changed(world, pull, "synchronize", **moved)


def pull_changed(world: World, pull: Pull, action: str, **more: Any) -> None:
    pull.touched = world.number()
    payload = {"action": action, "number": pull.number, "pull_request": shapes.pull(world, pull), **more}
    _emit(world, pull.base, "pull_request", action, payload)


def pull_closed(world: World, pull: Pull, *, merged: bool = False) -> None:
    """Merging moves no branch here: that is a push of its own."""
    pull.state, pull.merged_at = "closed", datetime.now(UTC) if merged else None
    pull_changed(world, pull, "closed")


def again(world: World, app: App, earlier: Sent) -> None:
    """The same delivery, with its id."""
    _record(world, app, earlier.event, earlier.action, earlier.payload, earlier, redelivery=True)


def _emit(world: World, repository: Repository, event: str, action: str | None, payload: dict[str, Any]) -> None:
    for installation in world.installations:
        if repository in installation.repositories and not installation.suspended:
            whole = {**payload, **_common(world, repository, installation)}
            _record(world, installation.app, event, action, whole, None)


def _record(
    world: World,
    app: App,
    event: str,
    action: str | None,
    payload: dict[str, Any],
    earlier: Sent | None,
    *,
    redelivery: bool = False,
) -> None:
    for violation in description.payload_violations(event, action, payload):
        world.violations.append(f"payload of {event} {action or ''}: {violation}")
    sent = Sent(
        id=world.number(),
        guid=earlier.guid if earlier else str(uuid4()),
        event=event,
        action=action,
        payload=payload,
        repository_id=payload.get("repository", {}).get("id"),
        installation_id=payload.get("installation", {}).get("id"),
        delivered_at=datetime.now(UTC),
        status_code=_CONNECTION_FAILED,
        redelivery=redelivery,
    )
    world.deliveries.append(sent)
    if world.postman is not None:
        world.postman.take(world, app, sent)


def _post(world: World, app: App, sent: Sent) -> None:
    if not app.webhook_url:
        return
    body = json.dumps(sent.payload).encode()
    signature = f"sha256={hmac.new(app.webhook_secret.encode(), body, sha256).hexdigest()}"
    try:
        send(SignedDelivery(app.webhook_url, sent.guid, sent.event, urlsplit(world.url).netloc, body, signature))
        sent.status_code = 202
    except PlatformError:
        sent.status_code = _CONNECTION_FAILED


def _common(world: World, repository: Repository, installation: Installation) -> dict[str, Any]:
    return {
        "repository": shapes.repository(world, repository),
        "sender": shapes.user(world, repository.owner),
        "installation": {"id": installation.id, "node_id": f"I_{installation.id}"},
    }


def _push(world: World, repository: Repository, branch: str, old: str, new: str) -> dict[str, Any]:
    deleted = new == _NOBODY
    commits = [] if deleted else [_commit(world, repository, new)]
    web = f"{world.url}/{repository.full_name}"
    return {
        "ref": f"refs/heads/{branch}",
        "before": old,
        "after": new,
        "base_ref": None,
        "created": old == _NOBODY,
        "deleted": deleted,
        "forced": False,
        "compare": f"{web}/compare/{old[:12]}...{new[:12]}",
        "commits": commits,
        "head_commit": commits[-1] if commits else None,
        "pusher": {"name": repository.owner.login, "email": repository.owner.email},
    }


def _commit(world: World, repository: Repository, sha: str) -> dict[str, Any]:
    message, tree = git(repository.folder, "show", "--no-patch", "--format=%B%x00%T", sha).split("\x00")
    person = {"name": "Ada", "email": "ada@example.com", "username": repository.owner.login}
    return {
        "id": sha,
        "tree_id": tree.strip(),
        "distinct": True,
        "message": message.strip(),
        "timestamp": "2026-01-01T00:00:00Z",
        "url": f"{world.url}/{repository.full_name}/commit/{sha}",
        "author": person,
        "committer": person,
        "added": [],
        "removed": [],
        "modified": [],
    }
