"""What a repository is told: statuses, deployments, check runs, comments. GitHub's own rules hold."""

from __future__ import annotations

from typing import Any

from tests.fakes.github import shapes
from tests.fakes.github.asking import Answer, Asked, RefusalError, route
from tests.fakes.github.repository_routes import pull_of, resolved
from tests.fakes.github.world import Repository

_STATUSES = ("statuses", "write")
_DEPLOYMENTS = ("deployments", "write")
_CHECKS = ("checks", "write")
_COMMENTS = ("pull_requests", "write")


@route("POST", "/repos/{owner}/{repo}/statuses/{sha}", needs=_STATUSES)
def create_status(asked: Asked) -> Answer:
    repository, body, sha = asked.repository(), asked.body, asked.parameters["sha"]
    _commit(repository, sha)
    _short(body.get("description"))
    _web(body, "target_url")
    number = asked.world.number()
    url = f"{asked.world.url}/api/v3/repos/{repository.full_name}/statuses/{sha}"
    row = {
        "id": number,
        "node_id": f"SC_{number}",
        "url": url,
        "avatar_url": None,
        "state": body["state"],
        "description": body.get("description"),
        "target_url": body.get("target_url"),
        "context": body.get("context", "default"),
        "created_at": shapes.now(),
        "updated_at": shapes.now(),
        "creator": _bot(asked),
    }
    asked.world.statuses.append({**row, "sha": sha, "repository": repository.id})
    return Answer(row, 201, {"Location": url})


@route("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses", needs=("statuses", "read"))
def statuses(asked: Asked) -> Answer:
    repository = asked.repository()
    place = (repository.id, asked.parameters["ref"])
    found = [one for one in asked.world.statuses if (one["repository"], one["sha"]) == place]
    return asked.paged([_without(one, "sha", "repository") for one in reversed(found)])


@route("POST", "/repos/{owner}/{repo}/deployments", needs=_DEPLOYMENTS)
def create_deployment(asked: Asked) -> Answer:
    repository, body = asked.repository(), asked.body
    sha = resolved(repository, body["ref"])
    if sha is None:
        raise RefusalError(422, f"No ref found for: {body['ref']}")
    if body.get("required_contexts") != [] and _unsuccessful(asked, repository, sha):
        raise RefusalError(409, "Conflict: Commit status checks failed for the ref.")
    _short(body.get("description"))
    number = asked.world.number()
    url = f"{asked.world.url}/api/v3/repos/{repository.full_name}"
    row = {
        "id": number,
        "node_id": f"DE_{number}",
        "sha": sha,
        "ref": body["ref"],
        "task": body.get("task", "deploy"),
        "environment": body.get("environment", "production"),
        "original_environment": body.get("environment", "production"),
        "production_environment": body.get("production_environment", False),
        "transient_environment": body.get("transient_environment", False),
        "creator": _bot(asked),
        "payload": body.get("payload", ""),
        "description": body.get("description"),
        "url": f"{url}/deployments/{number}",
        "statuses_url": f"{url}/deployments/{number}/statuses",
        "repository_url": url,
        "created_at": shapes.now(),
        "updated_at": shapes.now(),
    }
    asked.world.deployments.append({**row, "repository": repository.id})
    return Answer(row, 201)


@route("GET", "/repos/{owner}/{repo}/deployments", needs=("deployments", "read"))
def deployments(asked: Asked) -> Answer:
    repository = asked.repository()
    wanted = {name: asked.query[name] for name in ("sha", "ref", "task", "environment") if name in asked.query}
    found = [
        _without(one, "repository")
        for one in reversed(asked.world.deployments)
        if one["repository"] == repository.id and wanted.items() <= one.items()
    ]
    return asked.paged(found)


@route("POST", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", needs=_DEPLOYMENTS)
def create_deployment_status(asked: Asked) -> Answer:
    repository, deployment, body = asked.repository(), _deployment(asked), asked.body
    _short(body.get("description"))
    for name in ("log_url", "target_url", "environment_url"):
        _web(body, name)
    number = asked.world.number()
    api = f"{asked.world.url}/api/v3/repos/{repository.full_name}"
    row = {
        "id": number,
        "node_id": f"DES_{number}",
        "state": body["state"],
        "creator": _bot(asked),
        "description": body.get("description", ""),
        "environment": deployment["environment"],
        "target_url": body.get("target_url") or body.get("log_url", ""),
        "log_url": body.get("log_url", ""),
        "environment_url": body.get("environment_url", ""),
        "url": f"{deployment['url']}/statuses/{number}",
        "deployment_url": deployment["url"],
        "repository_url": api,
        "created_at": shapes.now(),
        "updated_at": shapes.now(),
    }
    asked.world.deployment_statuses.append({**row, "deployment": deployment["id"]})
    return Answer(row, 201, {"Location": str(row["url"])})


@route("GET", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", needs=("deployments", "read"))
def deployment_statuses(asked: Asked) -> Answer:
    deployment = _deployment(asked)
    found = [one for one in asked.world.deployment_statuses if one["deployment"] == deployment["id"]]
    return asked.paged([_without(one, "deployment") for one in reversed(found)])


@route("POST", "/repos/{owner}/{repo}/check-runs", needs=_CHECKS)
def create_check_run(asked: Asked) -> Answer:
    repository, body = asked.repository(), asked.body
    _commit(repository, body["head_sha"])
    number = asked.world.number()
    url = f"{asked.world.url}/api/v3/repos/{repository.full_name}/check-runs/{number}"
    row = {
        "id": number,
        "node_id": f"CR_{number}",
        "head_sha": body["head_sha"],
        "name": body["name"],
        "external_id": body.get("external_id"),
        "url": url,
        "html_url": f"{asked.world.url}/{repository.full_name}/runs/{number}",
        "details_url": body.get("details_url"),
        "status": "queued",
        "conclusion": None,
        "started_at": shapes.now(),
        "completed_at": None,
        "output": {
            "title": None,
            "summary": None,
            "text": None,
            "annotations_count": 0,
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": number + 1},
        "app": shapes.app(asked.world, asked.the_token.installation.app) if asked.the_token.installation else None,
        "pull_requests": [],
        "repository": repository.id,
    }
    _change_check(asked, row, body)
    asked.world.check_runs.append(row)
    return Answer(_without(row, "repository"), 201)


@route("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", needs=_CHECKS)
def update_check_run(asked: Asked) -> Answer:
    row = _check_run(asked)
    _change_check(asked, row, asked.body)
    return Answer(_without(row, "repository"))


@route("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}", needs=("checks", "read"))
def check_run(asked: Asked) -> Answer:
    return Answer(_without(_check_run(asked), "repository"))


@route("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", needs=("checks", "read"))
def check_runs(asked: Asked) -> Answer:
    repository, name = asked.repository(), asked.query.get("check_name")
    place = (repository.id, asked.parameters["ref"])
    found = [
        _without(one, "repository")
        for one in reversed(asked.world.check_runs)
        if (one["repository"], one["head_sha"]) == place and name in (None, one["name"])
    ]
    return asked.paged(found, lambda items: {"total_count": len(found), "check_runs": items})


@route("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", needs=_COMMENTS)
def create_comment(asked: Asked) -> Answer:
    repository, number = asked.repository(), int(asked.parameters["issue_number"])
    pull_of(asked, number)
    identifier = asked.world.number()
    api = f"{asked.world.url}/api/v3/repos/{repository.full_name}"
    row = {
        "id": identifier,
        "node_id": f"IC_{identifier}",
        "url": f"{api}/issues/comments/{identifier}",
        "html_url": f"{asked.world.url}/{repository.full_name}/pull/{number}#issuecomment-{identifier}",
        "issue_url": f"{api}/issues/{number}",
        "user": _bot(asked),
        "author_association": "NONE",
        "body": _body(asked),
        "created_at": shapes.now(),
        "updated_at": shapes.now(),
        "repository": repository.id,
        "number": number,
    }
    asked.world.comments.append(row)
    return Answer(_without(row, "repository", "number"), 201, {"Location": str(row["url"])})


@route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", needs=("pull_requests", "read"))
def comments(asked: Asked) -> Answer:
    repository, number = asked.repository(), int(asked.parameters["issue_number"])
    pull_of(asked, number)
    found = asked.world.comments_of(repository, number)
    return asked.paged([_without(one, "repository", "number") for one in found])


@route("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", needs=_COMMENTS)
def update_comment(asked: Asked) -> Answer:
    repository = asked.repository()
    for row in asked.world.comments:
        if row["repository"] == repository.id and row["id"] == int(asked.parameters["comment_id"]):
            row |= {"body": _body(asked), "updated_at": shapes.now()}
            return Answer(_without(row, "repository", "number"))
    raise RefusalError(404, "Not Found")


def _change_check(asked: Asked, row: dict[str, Any], body: dict[str, Any]) -> None:
    output = body.get("output", {})
    annotations = output.get("annotations", [])
    if len(annotations) > 50:
        raise RefusalError(422, "Invalid request.\n\nNo more than 50 items are allowed; {n} were supplied.")
    if any(one["start_line"] < 1 for one in annotations):
        raise RefusalError(422, "Invalid request.\n\nstart_line must be at least 1")
    row |= {name: body[name] for name in ("status", "conclusion", "details_url", "name") if name in body}
    row["completed_at"] = shapes.now() if row["conclusion"] else None
    kept = asked.world.annotations.setdefault(row["id"], [])
    kept += annotations
    row["output"] |= {name: output[name] for name in ("title", "summary", "text") if name in output}
    row["output"]["annotations_count"] = len(kept)


def _deployment(asked: Asked) -> dict[str, Any]:
    repository = asked.repository()
    for one in asked.world.deployments:
        if one["repository"] == repository.id and one["id"] == int(asked.parameters["deployment_id"]):
            return one
    raise RefusalError(404, "Not Found")


def _check_run(asked: Asked) -> dict[str, Any]:
    repository = asked.repository()
    for one in asked.world.check_runs:
        if one["repository"] == repository.id and one["id"] == int(asked.parameters["check_run_id"]):
            return one
    raise RefusalError(404, "Not Found")


def _unsuccessful(asked: Asked, repository: Repository, sha: str) -> bool:
    newest = {one["context"]: one["state"] for one in asked.world.statuses if one["sha"] == sha}
    return any(state != "success" for state in newest.values())


def _commit(repository: Repository, sha: str) -> None:
    if resolved(repository, sha) is None:
        raise RefusalError(422, f"No commit found for SHA: {sha}")


def _short(description: str | None) -> None:
    if description and len(description) > 140:
        raise RefusalError(
            422, "Validation Failed", errors=[{"message": "description is too long (maximum is 140 characters)"}]
        )


def _web(body: dict[str, Any], name: str) -> None:
    if body.get(name) and not body[name].startswith(("http://", "https://")):
        raise RefusalError(422, "Validation Failed", errors=[{"message": f"{name} must use http(s) scheme"}])


def _body(asked: Asked) -> str:
    body = str(asked.body["body"])
    if not body.strip() or len(body) > 65_536:
        raise RefusalError(
            422, "Validation Failed", errors=[{"message": "body is too long (maximum is 65536 characters)"}]
        )
    return body


def _bot(asked: Asked) -> dict[str, Any]:
    installation = asked.the_token.installation
    assert installation
    return shapes.bot(asked.world, installation.app)


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
