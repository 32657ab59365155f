"""Payloads about what is in a repository: pushes, pull requests, branches, checks."""

from __future__ import annotations

import json

from pydantic import Field

from deployments.events import PullRequestEvent, PushEvent
from webhooks.events import BranchDeleted, Event, Ignored, RepositoryPullRequest, RepositoryPush, RerunRequested
from webhooks.payload_model import Name, Numbered, PayloadModel, Sha, Text

#: What can change a preview. Labels, reviews and assignments cannot.
_ACTIONS = frozenset({"opened", "reopened", "synchronize", "closed", "edited", "ready_for_review"})


class _Person(PayloadModel):
    name: Text = ""
    username: Text | None = None


class _Commit(PayloadModel):
    message: Text = ""
    author: _Person = _Person()


class _Push(PayloadModel):
    ref: Name = Field(pattern=r"^refs/", max_length=290)
    before: Sha
    after: Sha
    deleted: bool = False
    head_commit: _Commit | None = None
    repository: Numbered


class _Account(PayloadModel):
    login: Text = ""


class _HeadRepository(PayloadModel):
    id: int


class _Head(PayloadModel):
    ref: Name = Field(max_length=250)
    label: Name | None = Field(default=None, max_length=290)
    sha: Sha
    repo: _HeadRepository | None = None  # None once the fork was deleted


class _PullRequestBody(PayloadModel):
    number: int = Field(gt=0, lt=2**31)
    state: str
    title: Text = ""
    user: _Account | None = None
    head: _Head


class _PullRequest(PayloadModel):
    action: Text
    pull_request: _PullRequestBody
    repository: Numbered


class _Delete(PayloadModel):
    ref: Name = Field(max_length=290)
    ref_type: Text
    repository: Numbered


class _Check(PayloadModel):
    head_sha: Sha
    external_id: Text | None = Field(default=None, max_length=1000)


class _CheckRun(PayloadModel):
    action: Text
    check_run: _Check
    repository: Numbered


class _CheckSuite(PayloadModel):
    action: Text
    check_suite: _Check
    repository: Numbered


def push(guid: str, body: bytes) -> Event:
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


def pull_request(guid: str, body: bytes) -> Event:
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


def delete(_guid: str, body: bytes) -> Event:
    parsed = _Delete.model_validate(json.loads(body))
    if parsed.ref_type != "branch":
        return Ignored(f"a {parsed.ref_type} that is deleted changes no preview")
    return BranchDeleted(parsed.repository.id, parsed.ref)


def check_run(_guid: str, body: bytes) -> Event:
    parsed = _CheckRun.model_validate(json.loads(body))
    return _rerun(parsed.action, parsed.check_run, parsed.repository, "check run")


def check_suite(_guid: str, body: bytes) -> Event:
    parsed = _CheckSuite.model_validate(json.loads(body))
    return _rerun(parsed.action, parsed.check_suite, parsed.repository, "check suite")


def _rerun(action: str, check: _Check, repository: Numbered, what: str) -> Event:
    if action != "rerequested":
        return Ignored(f"a {what} that is {action} asks for nothing")
    return RerunRequested(repository.id, check.head_sha, check.external_id or "")
