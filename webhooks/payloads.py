"""From a payload to a typed event, at the door: nothing behind this module sees JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import UserError
from deployments.events import PushEvent


@dataclass(frozen=True, slots=True)
class Ping:
    """Somebody linked a webhook, and tries it."""


@dataclass(frozen=True, slots=True)
class RepositoryPush:
    """A push, and the number of the repository in which it happened."""

    repository_id: int
    push: PushEvent


@dataclass(frozen=True, slots=True)
class Ignored:
    reason: str


Event = Ping | RepositoryPush | Ignored


def parse(guid: str, event: str, body: bytes) -> Event:
    """Raises UserError when the payload is not what GitHub says that it sends."""
    if event == "ping":
        return Ping()
    if event != "push":
        return Ignored(f"the event {event} is not acted upon")
    try:
        return _push(guid, _Push.model_validate(json.loads(body)))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(
            "payload_invalid", f"The push has no valid {place}.", "Compare it with GitHub's description of the event."
        ) from error


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Person(_Model):
    name: str = ""
    username: str | None = None


class _Commit(_Model):
    message: str = ""
    author: _Person = _Person()


class _Repository(_Model):
    id: int = Field(ge=0, lt=2**63)


class _Push(_Model):
    ref: str = Field(pattern=r"^refs/", max_length=290)
    before: str = Field(pattern=r"^[0-9a-f]{40,64}$")
    after: str = Field(pattern=r"^[0-9a-f]{40,64}$")
    deleted: bool = False
    head_commit: _Commit | None = None
    repository: _Repository


def _push(guid: str, parsed: _Push) -> RepositoryPush:
    gone = parsed.deleted or set(parsed.after) == {"0"}
    head = parsed.head_commit or _Commit()
    return RepositoryPush(
        parsed.repository.id,
        PushEvent(
            delivery=guid,
            ref=parsed.ref,
            before=parsed.before,
            after=None if gone else parsed.after,
            message=head.message.replace("\x00", ""),
            author=(head.author.username or head.author.name).replace("\x00", ""),
        ),
    )
