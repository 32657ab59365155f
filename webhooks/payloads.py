"""From a payload to a typed event, at the door: nothing behind this module sees JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from core.errors import UserError
from deployments.events import PullRequestEvent, PushEvent


@dataclass(frozen=True, slots=True)
class Ping:
    """Somebody linked a webhook, and tries it."""


@dataclass(frozen=True, slots=True)
class RepositoryPush:
    """A push, and the number of the repository in which it happened."""

    repository_id: int
    push: PushEvent


@dataclass(frozen=True, slots=True)
class RepositoryPullRequest:
    """A pull request to that repository."""

    repository_id: int
    pull_request: PullRequestEvent


@dataclass(frozen=True, slots=True)
class Ignored:
    reason: str


Event = Ping | RepositoryPush | RepositoryPullRequest | Ignored


def parse(guid: str, event: str, body: bytes) -> Event:
    """Raises UserError when the payload is not what GitHub says that it sends."""
    if event == "ping":
        return Ping()
    if event not in _PARSERS:
        return Ignored(f"the event {event} is not acted upon")
    try:
        return _PARSERS[event](guid, body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(
            "payload_invalid",
            f"The event {event} has no valid {place}.",
            "Compare it with GitHub's description of the event.",
        ) from error


def _storable(text: str) -> str:
    """Without what JSON can say and PostgreSQL cannot keep: zero bytes, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _kept_as_it_is(text: str) -> str:
    if _storable(text) != text:
        raise ValueError("no name has a zero byte or half a character")
    return text


_Text = Annotated[str, AfterValidator(_storable)]
_Name = Annotated[str, AfterValidator(_kept_as_it_is)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Person(_Model):
    name: _Text = ""
    username: _Text | None = None


class _Commit(_Model):
    message: _Text = ""
    author: _Person = _Person()


class _Repository(_Model):
    id: int = Field(ge=0, lt=2**63)


class _Push(_Model):
    ref: _Name = Field(pattern=r"^refs/", max_length=290)
    before: str = Field(pattern=r"^[0-9a-f]{40,64}$")
    after: str = Field(pattern=r"^[0-9a-f]{40,64}$")
    deleted: bool = False
    head_commit: _Commit | None = None
    repository: _Repository


class _Account(_Model):
    login: _Text = ""


class _HeadRepository(_Model):
    id: int


class _Head(_Model):
    ref: _Name = Field(max_length=250)
    label: _Name | None = Field(default=None, max_length=290)
    sha: str = Field(pattern=r"^[0-9a-f]{40,64}$")
    repo: _HeadRepository | None = None  # None once the fork was deleted


class _PullRequestBody(_Model):
    number: int = Field(gt=0, lt=2**31)
    state: str
    title: _Text = ""
    user: _Account | None = None
    head: _Head


class _PullRequest(_Model):
    action: _Text
    pull_request: _PullRequestBody
    repository: _Repository


#: What can change a preview. Labels, reviews and assignments cannot.
_ACTIONS = frozenset({"opened", "reopened", "synchronize", "closed", "edited", "ready_for_review"})


def _pull_request(guid: str, body: bytes) -> Event:
    parsed = _PullRequest.model_validate(json.loads(body))
    if parsed.action not in _ACTIONS:
        return Ignored(f"a pull request's {parsed.action} changes no preview")
    found, head = parsed.pull_request, parsed.pull_request.head
    is_fork = head.repo is None or head.repo.id != parsed.repository.id
    return RepositoryPullRequest(
        parsed.repository.id,
        PullRequestEvent(
            delivery=guid,
            number=found.number,
            is_open=found.state == "open",
            is_fork=is_fork,
            head_branch=(head.label or f"unknown:{head.ref}") if is_fork else head.ref,
            head_sha=head.sha,
            title=found.title,
            author=found.user.login if found.user else "",
        ),
    )


def _push(guid: str, body: bytes) -> RepositoryPush:
    parsed = _Push.model_validate(json.loads(body))
    gone = parsed.deleted or set(parsed.after) == {"0"}
    head = parsed.head_commit or _Commit()
    return RepositoryPush(
        parsed.repository.id,
        PushEvent(
            delivery=guid,
            ref=parsed.ref,
            before=parsed.before,
            after=None if gone else parsed.after,
            message=head.message,
            author=head.author.username or head.author.name,
        ),
    )


_PARSERS: Mapping[str, Callable[[str, bytes], Event]] = {"push": _push, "pull_request": _pull_request}
