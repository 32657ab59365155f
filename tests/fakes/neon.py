"""Neon as a storage sees it: judged by its description, and each branch a real database."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.fakes.databases import Databases
from tests.fakes.openapi import Description
from tests.fakes.vendor import Answer, Asked, RefusalError, Vendor

TOKEN = "key-of-neon"
_AT = "2025-01-01T00:00:00Z"
_SECONDS = ("cpu_used_sec", "active_time_seconds", "compute_time_seconds")
_COUNTED = dict.fromkeys((*_SECONDS, "written_data_bytes", "data_transfer_bytes"), 0)


@dataclass
class Branch:
    name: str
    annotations: dict[str, str]
    is_default: bool = False
    expires_at: str = ""
    has_endpoint: bool = True
    id: str = field(default_factory=lambda: f"br-{secrets.token_hex(4)}")

    @property
    def database(self) -> str:
        return self.id.replace("-", "_")


@dataclass
class Project:
    name: str
    database: str
    role: str
    branches: list[Branch]
    id: str = field(default_factory=lambda: f"quiet-sea-{secrets.token_hex(3)}")
    operations: dict[str, int] = field(default_factory=dict)  # id → how many looks until it is finished


class FakeNeon(Vendor):
    """Operations take two looks, and until then everything else of the project is locked."""

    def __init__(self) -> None:
        super().__init__()
        self.databases = Databases()
        self.all: dict[str, Project] = {}
        self.tokens = {TOKEN}
        self.description = Description("neon/openapi-trimmed.json")
        self.judges.append(self.description.judge)
        project = "/projects/{project_id}"
        branch = f"{project}/branches/{{branch_id}}"
        self.route("GET", "/projects", self._projects)
        self.route("POST", "/projects", self._create)
        self.route("DELETE", project, self._delete)
        self.route("GET", f"{project}/branches", self._branches)
        self.route("POST", f"{project}/branches", self._create_branch)
        self.route("PATCH", branch, self._update_branch)
        self.route("DELETE", branch, self._delete_branch)
        self.route("GET", f"{project}/connection_uri", self._uri)
        self.route("GET", f"{project}/operations/{{operation_id}}", self._operation)

    def admit(self, asked: Asked) -> None:
        if asked.bearer not in self.tokens:
            raise RefusalError(401, {"code": "", "message": "supplied credentials do not pass authentication"})

    def close(self) -> None:
        self.databases.close()

    def add(self, name: str, marks: dict[str, str], database: str = "neondb", role: str = "neondb_owner") -> Project:
        project = Project(name, database, role, [Branch("main", marks, is_default=True)])
        self.databases.make(project.branches[0].database)
        self.all[project.id] = project
        return project

    def _projects(self, asked: Asked) -> Answer:
        search = asked.query.get("search", "")
        found = [_shown_item(one) for one in self.all.values() if search in one.name]
        return Answer({"projects": found, "applications": {}, "integrations": {}})

    def _create(self, asked: Asked) -> Answer:
        wish = asked.json["project"]
        given = wish.get("branch", {})
        database, role = given.get("database_name", "neondb"), given.get("role_name", "neondb_owner")
        project = self.add(wish["name"], given.get("annotations", {}), database, role)
        branch = project.branches[0]
        shown = {
            "project": _shown(project),
            "branch": _shown_branch(project, branch),
            "connection_uris": [],
            "roles": [],
            "databases": [],
            "endpoints": [],
        }
        return Answer({**shown, "operations": [_begun(project, branch, "create_timeline")]}, 201)

    def _delete(self, asked: Asked) -> Answer:
        project = self._unlocked(asked)
        for branch in project.branches:
            self.databases.drop(branch.database)
        del self.all[project.id]
        return Answer({"project": _shown(project)})

    def _branches(self, asked: Asked) -> Answer:
        project = self._project(asked)
        found = [one for one in project.branches if asked.query.get("search", "") in one.name]
        marked = {
            one.id: {"object": {"type": "console/branch", "id": one.id}, "value": one.annotations}
            for one in found
            if one.annotations
        }
        return Answer({"branches": [_shown_branch(project, one) for one in found], "annotations": marked})

    def _create_branch(self, asked: Asked) -> Answer:
        project, wish = self._unlocked(asked), asked.json
        given = wish["branch"]
        if any(one.name == given["name"] for one in project.branches):
            raise RefusalError(409, {"code": "BRANCH_ALREADY_EXISTS", "message": "branch name already exists"})
        has_endpoint = bool(wish.get("endpoints"))
        branch = Branch(
            given["name"], wish.get("annotation_value", {}), False, given.get("expires_at", ""), has_endpoint
        )
        self.databases.make(branch.database, like=project.branches[0].database)
        project.branches.append(branch)
        operation = _begun(project, branch, "create_branch")
        shown = {"branch": _shown_branch(project, branch), "endpoints": [], "roles": [], "databases": []}
        return Answer({**shown, "operations": [operation]}, 201)

    def _update_branch(self, asked: Asked) -> Answer:
        project = self._unlocked(asked)
        branch = self._branch(project, asked.parameters["branch_id"])
        branch.expires_at = asked.json["branch"]["expires_at"]
        return Answer({"branch": _shown_branch(project, branch), "operations": []})

    def _delete_branch(self, asked: Asked) -> Answer:
        project = self._unlocked(asked)
        branch = self._branch(project, asked.parameters["branch_id"])
        project.branches.remove(branch)
        self.databases.drop(branch.database)
        return Answer({"branch": _shown_branch(project, branch), "operations": []})

    def _uri(self, asked: Asked) -> Answer:
        project = self._project(asked)
        branch = self._branch(project, asked.query.get("branch_id", project.branches[0].id))
        if not branch.has_endpoint:
            raise RefusalError(404, {"code": "", "message": "branch has no endpoint"})
        if (asked.query["database_name"], asked.query["role_name"]) != (project.database, project.role):
            raise RefusalError(404, {"code": "", "message": "no such database or role"})
        return Answer({"uri": self.databases.url(branch.database)})

    def _operation(self, asked: Asked) -> Answer:
        project, operation = self._project(asked), asked.parameters["operation_id"]
        left = project.operations[operation] = max(0, project.operations[operation] - 1)
        return Answer({"operation": _shown_operation(project, operation, "finished" if left == 0 else "running")})

    def _unlocked(self, asked: Asked) -> Project:
        project = self._project(asked)
        if any(project.operations.values()):
            for operation in project.operations:
                project.operations[operation] = max(0, project.operations[operation] - 1)
            raise RefusalError(423, {"code": "", "message": "project already has running conflicting operations"})
        return project

    def _project(self, asked: Asked) -> Project:
        project = self.all.get(asked.parameters["project_id"])
        if project is None:
            raise RefusalError(404, {"code": "", "message": "project not found"})
        return project

    @staticmethod
    def _branch(project: Project, id: str) -> Branch:  # noqa: A002
        for branch in project.branches:
            if branch.id == id:
                return branch
        raise RefusalError(404, {"code": "", "message": "branch not found"})


def _begun(project: Project, branch: Branch, action: str) -> dict[str, Any]:
    operation = str(uuid4())
    project.operations[operation] = 2
    return {**_shown_operation(project, operation, "running"), "action": action, "branch_id": branch.id}


def _shown_operation(project: Project, operation: str, status: str) -> dict[str, Any]:
    shown = {"id": operation, "project_id": project.id, "action": "create_branch", "status": status}
    return {**shown, "failures_count": 0, "created_at": _AT, "updated_at": _AT, "total_duration_ms": 1}


def _shown_item(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "platform_id": "aws",
        "region_id": "aws-eu-central-1",
        "pg_version": 17,
        "proxy_host": "eu-central-1.aws.neon.tech",
        "branch_logical_size_limit": 512,
        "branch_logical_size_limit_bytes": 536870912,
        "provisioner": "k8s-neonvm",
        "store_passwords": True,
        "active_time": 0,
        "cpu_used_sec": 0,
        "creation_source": "console",
        "created_at": _AT,
        "updated_at": _AT,
        "owner_id": "owner",
    }


def _shown(project: Project) -> dict[str, Any]:
    period = {"consumption_period_start": _AT, "consumption_period_end": _AT, "history_retention_seconds": 86400}
    return {**_shown_item(project), **_COUNTED, **period, "data_storage_bytes_hour": 0}


def _shown_branch(project: Project, branch: Branch) -> dict[str, Any]:
    return {
        **_COUNTED,
        "id": branch.id,
        "project_id": project.id,
        "name": branch.name,
        "current_state": "ready",
        "state_changed_at": _AT,
        "creation_source": "console",
        "created_at": _AT,
        "updated_at": _AT,
        "default": branch.is_default,
        "protected": False,
        **({"expires_at": branch.expires_at} if branch.expires_at else {}),
    }
