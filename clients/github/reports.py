"""One repository, told: statuses, deployments, check runs, comments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from clients.code_host import (
    Annotation,
    CheckRun,
    CodeHostAddress,
    CommitStatus,
    DeploymentReport,
    DeploymentState,
    NewDeployment,
)
from clients.github.connection import Connection, understood

_DESCRIPTION: Final = 140
_ANNOTATIONS: Final = 50  # in one request
_COMMENT: Final = 65_536
_SUMMARY: Final = 65_535


class GitHubReports:
    """A `clients.code_host.CodeReports`. The name is only where to ask: the token opens one repository, by its number.

    `app_slug` tells the app's own comments from everybody else's."""

    def __init__(
        self,
        address: CodeHostAddress,
        full_name: str,
        authorization: Callable[[], str],
        *,
        app_slug: str,
        seconds_between_writes: float = 1.0,
    ) -> None:
        self._connection = Connection(address.api_url, authorization, seconds_between_writes=seconds_between_writes)
        self._path = f"/repos/{full_name}"
        self._login = f"{app_slug}[bot]"

    def has_status(self, status: CommitStatus) -> bool:
        doing = "show the commit's statuses"
        for raw in self._connection.listed(doing, f"{self._path}/commits/{status.sha}/statuses"):
            if understood(doing, lambda one: one["context"], raw) == status.context:
                said = (raw["state"], raw["description"], raw["target_url"])
                return said == (status.state, _short(status.description), status.target_url)
        return False

    def create_status(self, status: CommitStatus) -> None:
        body = {
            "state": status.state,
            "context": status.context,
            "description": _short(status.description),
            "target_url": status.target_url,
        }
        self._connection.ask("note the commit's status", "POST", f"{self._path}/statuses/{status.sha}", body)

    def find_deployment(self, wanted: NewDeployment) -> int | None:
        doing = "list the commit's deployments"
        query = {"sha": wanted.sha, "environment": wanted.environment}
        for raw in self._connection.listed(doing, f"{self._path}/deployments", query=query):
            if understood(doing, lambda one: _key_of(one["payload"]), raw) == wanted.key:
                return understood(doing, _id, raw)
        return None

    def create_deployment(self, wanted: NewDeployment) -> int:
        doing = "note a deployment"
        body = {
            "ref": wanted.sha,
            "auto_merge": False,
            "required_contexts": [],
            "payload": {"dexto": wanted.key},
            "environment": wanted.environment,
            "description": _short(wanted.description),
            "transient_environment": wanted.transient,
            "production_environment": wanted.production,
        }
        return understood(doing, _id, self._connection.ask(doing, "POST", f"{self._path}/deployments", body).content)

    def newest_deployment_state(self, deployment_id: int) -> DeploymentState | None:
        doing = "show the deployment's statuses"
        path = f"{self._path}/deployments/{deployment_id}/statuses"
        answer = self._connection.get(doing, path, {"per_page": 1})
        return understood(doing, lambda raw: DeploymentState(raw[0]["state"]) if raw else None, answer.content)

    def create_deployment_status(self, deployment_id: int, report: DeploymentReport) -> None:
        body = {"state": report.state, "description": _short(report.description), "log_url": report.log_url}
        if report.environment_url:
            body["environment_url"] = report.environment_url
        path = f"{self._path}/deployments/{deployment_id}/statuses"
        self._connection.ask("note the deployment's status", "POST", path, body)

    def find_check_run(self, wanted: CheckRun) -> int | None:
        doing = "list the commit's checks"
        path = f"{self._path}/commits/{wanted.sha}/check-runs"
        found = self._connection.listed(doing, path, inside="check_runs", query={"check_name": wanted.name})
        for raw in found:
            if understood(doing, lambda one: one["external_id"], raw) == wanted.external_id:
                return understood(doing, _id, raw)
        return None

    def create_check_run(self, wanted: CheckRun) -> int:
        doing = "make a check"
        first, *rest = _batches(wanted.annotations)
        body = {**_check(wanted, first), "head_sha": wanted.sha, "external_id": wanted.external_id}
        made = understood(doing, _id, self._connection.ask(doing, "POST", f"{self._path}/check-runs", body).content)
        self._add_annotations(made, wanted, rest)
        return made

    def update_check_run(self, check_run_id: int, wanted: CheckRun) -> None:
        self._add_annotations(check_run_id, wanted, _batches(wanted.annotations))

    def annotations_of(self, check_run_id: int) -> int:
        doing = "show the check"
        answer = self._connection.get(doing, f"{self._path}/check-runs/{check_run_id}")
        return understood(doing, lambda raw: int(raw["output"]["annotations_count"]), answer.content)

    def find_comment(self, pull_number: int, marker: str) -> int | None:
        doing = "list the pull request's comments"
        for raw in self._connection.listed(doing, f"{self._path}/issues/{pull_number}/comments"):
            if understood(doing, lambda one: self._is_own(one, marker), raw):
                return understood(doing, _id, raw)
        return None

    def create_comment(self, pull_number: int, body: str) -> int:
        doing = "comment on the pull request"
        path = f"{self._path}/issues/{pull_number}/comments"
        return understood(doing, _id, self._connection.ask(doing, "POST", path, {"body": body[:_COMMENT]}).content)

    def update_comment(self, comment_id: int, body: str) -> None:
        path = f"{self._path}/issues/comments/{comment_id}"
        self._connection.ask("change the comment", "PATCH", path, {"body": body[:_COMMENT]})

    def _add_annotations(self, check_run_id: int, wanted: CheckRun, batches: Sequence[Sequence[Annotation]]) -> None:
        for batch in batches:
            body = _check(wanted, batch)
            self._connection.ask("change the check", "PATCH", f"{self._path}/check-runs/{check_run_id}", body)

    def _is_own(self, raw: Any, marker: str) -> bool:
        return (raw["user"] or {}).get("login") == self._login and marker in (raw["body"] or "")


def _id(raw: Any) -> int:
    return int(raw["id"])


def _key_of(payload: Any) -> str | None:
    """Deployments of others carry whatever they like."""
    return payload.get("dexto") if isinstance(payload, dict) else None


def _check(wanted: CheckRun, annotations: Sequence[Annotation]) -> dict[str, Any]:
    output = {"title": wanted.title, "summary": wanted.summary[:_SUMMARY]}
    body: dict[str, Any] = {
        "name": wanted.name,
        "details_url": wanted.details_url,
        "output": {**output, "annotations": list(map(_annotation, annotations))},
    }
    if wanted.conclusion is None:
        return {**body, "status": "in_progress"}
    return {**body, "status": "completed", "conclusion": wanted.conclusion}


def _annotation(one: Annotation) -> dict[str, Any]:
    return {
        "path": one.path,
        "start_line": one.line,
        "end_line": one.line,
        "annotation_level": one.level,
        "title": one.title,
        "message": one.message,
    }


def _batches(annotations: Sequence[Annotation]) -> list[Sequence[Annotation]]:
    """At least one: a check without annotations is a check."""
    starts = range(0, max(1, len(annotations)), _ANNOTATIONS)
    return [annotations[start : start + _ANNOTATIONS] for start in starts]


def _short(text: str) -> str:
    return text if len(text) <= _DESCRIPTION else f"{text[: _DESCRIPTION - 1]}…"
