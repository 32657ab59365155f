"""Supabase as a storage sees it: judged by its description, and each project and branch a real database."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.databases import Databases
from tests.fakes.openapi import Description
from tests.fakes.vendor import Answer, Asked, RefusalError, Vendor

TOKEN = "token-of-supabase"
ORGANIZATION = {"id": "acme", "name": "Acme"}
_AT = "2025-01-01T00:00:00Z"


def _ref() -> str:
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(20))


@dataclass
class Project:
    name: str
    ref: str = field(default_factory=_ref)
    looks: int = 2  # until it is healthy
    parent: str = ""  # of a branch, which is a project too
    id: str = field(default_factory=lambda: secrets.token_hex(8))


class FakeSupabase(Vendor):
    def __init__(self) -> None:
        super().__init__()
        self.databases = Databases()
        self.all: dict[str, Project] = {}
        self.tokens = {TOKEN}
        self.judges.append(Description("supabase/management-api-2025-05-27.yaml").judge)
        project = "/v1/projects/{ref}"
        self.route("GET", "/v1/organizations", lambda _asked: Answer([ORGANIZATION]))
        self.route("GET", "/v1/projects", self._projects)
        self.route("POST", "/v1/projects", self._create)
        self.route("GET", project, lambda asked: Answer(self._shown(self._looked(asked.parameters["ref"]))))
        self.route("DELETE", project, self._delete)
        self.route("GET", f"{project}/branches", self._branches)
        self.route("POST", f"{project}/branches", self._create_branch)
        self.route("GET", f"{project}/config/database/pooler", self._pooler)
        self.route("POST", f"{project}/database/query", self._query)
        self.route("GET", "/v1/branches/{branch_id}", self._branch)
        self.route("DELETE", "/v1/branches/{branch_id}", self._delete_branch)

    def admit(self, asked: Asked) -> None:
        if asked.bearer not in self.tokens:
            raise RefusalError(401, {"message": "Unauthorized"})

    def close(self) -> None:
        self.databases.close()

    def add(self, name: str, parent: str = "") -> Project:
        project = Project(name, parent=parent)
        self.databases.make(project.ref)
        self.all[project.ref] = project
        return project

    def _projects(self, _asked: Asked) -> Answer:
        return Answer([self._shown(one) for one in self.all.values() if not one.parent])

    def _create(self, asked: Asked) -> Answer:
        project = self.add(asked.json["name"])
        self.databases.set_password(project.ref, asked.json["db_pass"])
        return Answer(self._shown(project), 201)

    def _delete(self, asked: Asked) -> Answer:
        project = self._found(asked.parameters["ref"])
        for one in [one for one in self.all.values() if project.ref in (one.ref, one.parent)]:
            self._drop(one)
        return Answer({"id": 1, "ref": project.ref, "name": project.name})

    def _branches(self, asked: Asked) -> Answer:
        ref = self._found(asked.parameters["ref"]).ref
        return Answer([_shown_branch(one) for one in self.all.values() if one.parent == ref])

    def _create_branch(self, asked: Asked) -> Answer:
        parent = self._found(asked.parameters["ref"])
        return Answer(_shown_branch(self.add(asked.json["branch_name"], parent.ref)), 201)

    def _branch(self, asked: Asked) -> Answer:
        branch = self._looked(self._branch_of(asked).ref)
        shown = {"ref": branch.ref, "status": self._status(branch), "db_host": "h", "db_port": 5432}
        version = {"postgres_version": "17", "postgres_engine": "17", "release_channel": "ga"}
        return Answer({**shown, **version, "db_pass": self.databases.password(branch.ref)})

    def _delete_branch(self, asked: Asked) -> Answer:
        self._drop(self._branch_of(asked))
        return Answer({"message": "ok"})

    def _pooler(self, asked: Asked) -> Answer:
        ref = self._found(asked.parameters["ref"]).ref
        where = {"db_user": ref, "db_host": self.databases.host, "db_port": self.databases.port, "db_name": ref}
        url = f"postgresql://{ref}:[YOUR-PASSWORD]@{self.databases.host}:{self.databases.port}/{ref}"
        sizes = {"default_pool_size": None, "max_client_conn": None, "pool_mode": "transaction"}
        shown = {"identifier": ref, "database_type": "PRIMARY", "is_using_scram_auth": True, **where, **sizes}
        return Answer([{**shown, "connection_string": url, "connectionString": url}])

    def _query(self, asked: Asked) -> Answer:
        ref = self._found(asked.parameters["ref"]).ref
        found = re.fullmatch(r"ALTER USER postgres WITH PASSWORD '(\w+)'", asked.json["query"])
        assert found, "it runs another query"
        self.databases.set_password(ref, found[1])
        return Answer([], 201)

    def _drop(self, project: Project) -> None:
        self.databases.drop(project.ref)
        del self.all[project.ref]

    def _looked(self, ref: str) -> Project:
        project = self._found(ref)
        project.looks = max(0, project.looks - 1)
        return project

    def _found(self, ref: str) -> Project:
        if ref not in self.all:
            raise RefusalError(404, {"message": "Project not found"})
        return self.all[ref]

    def _branch_of(self, asked: Asked) -> Project:
        for one in self.all.values():
            if one.parent and one.id == asked.parameters["branch_id"]:
                return one
        raise RefusalError(404, {"message": "Branch not found"})

    @staticmethod
    def _status(project: Project) -> str:
        return "COMING_UP" if project.looks else "ACTIVE_HEALTHY"

    def _shown(self, project: Project) -> dict[str, Any]:
        database = {"host": "h", "version": "17", "postgres_engine": "17", "release_channel": "ga"}
        shown = {"id": project.ref, "name": project.name, "organization_id": "acme", "region": "eu-central-1"}
        return {**shown, "created_at": _AT, "status": self._status(project), "database": database}


def _shown_branch(one: Project) -> dict[str, Any]:
    shown = {"id": one.id, "name": one.name, "project_ref": one.ref, "parent_project_ref": one.parent}
    rest = {"is_default": False, "persistent": False, "status": "FUNCTIONS_DEPLOYED"}
    return {**shown, **rest, "created_at": _AT, "updated_at": _AT}
