"""Convex as a storage sees it, judged by its description."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.fakes.openapi import Description
from tests.fakes.vendor import Answer, Asked, RefusalError, Vendor

TOKEN = "token-of-a-team"
TEAM = 7


@dataclass
class Deployment:
    kind: str
    reference: str
    number: int
    is_default: bool = False
    name: str = field(default_factory=lambda: f"playful-otter-{secrets.randbelow(900) + 100}-{secrets.token_hex(2)}")
    keys: dict[int, str] = field(default_factory=dict)  # id → name


@dataclass
class Project:
    name: str
    number: int
    deployments: list[Deployment] = field(default_factory=list)


class FakeConvex(Vendor):
    def __init__(self) -> None:
        super().__init__()
        self.all: dict[int, Project] = {}
        self.tokens = {TOKEN}
        self._numbers = count(100)
        self.description = Description("convex/management-openapi.json")
        self.judges.append(self.description.judge)
        routes: list[tuple[str, str, Callable[[Asked], Answer]]] = [
            ("GET", "/token_details", self._token),
            ("GET", "/teams/{team_id}/projects", self._projects),
            ("POST", "/teams/{team_id}/create_project", self._create),
            ("POST", "/projects/{project_id}/delete", self._delete),
            ("GET", "/projects/{project_id}/list_deployments", self._deployments),
            ("POST", "/projects/{project_id}/create_deployment", self._create_deployment),
            ("POST", "/deployments/{deployment_name}/delete", self._delete_deployment),
            ("GET", "/deployments/{deployment_name}/list_deploy_keys", self._keys),
            ("POST", "/deployments/{deployment_name}/create_deploy_key", self._create_key),
            ("POST", "/deployments/{deployment_name}/delete_deploy_key", self._delete_key),
        ]
        for method, template, handler in routes:
            self.route(method, template, handler)

    def admit(self, asked: Asked) -> None:
        if asked.bearer not in self.tokens:
            raise RefusalError(401, {"code": "Unauthorized", "message": "The access token is not valid."})

    def keys(self) -> list[str]:
        return [name for one in self.all.values() for each in one.deployments for name in each.keys.values()]

    def _token(self, _asked: Asked) -> Answer:
        return Answer({"id": 1, "teamId": TEAM, "name": "ci", "createTime": 1, "type": "teamToken"})

    def _projects(self, asked: Asked) -> Answer:
        found = [self._shown(one) for one in self.all.values() if asked.query.get("q", "") in one.name]
        return Answer({"items": found, "pagination": {"hasMore": False, "nextCursor": None}})

    def _create(self, asked: Asked) -> Answer:
        project = Project(asked.json["projectName"], next(self._numbers))
        self.all[project.number] = project
        made = Deployment(asked.json["deploymentType"], "production", next(self._numbers), is_default=True)
        project.deployments.append(made)
        shown = {"projectId": project.number, "id": project.number, "slug": project.name}
        return Answer({**shown, "deploymentName": made.name, "deploymentUrl": _url(made)})

    def _delete(self, asked: Asked) -> Answer:
        del self.all[self._project(asked).number]
        return Answer(None)

    def _deployments(self, asked: Asked) -> Answer:
        project = self._project(asked)
        return Answer([_shown_deployment(project, one) for one in project.deployments])

    def _create_deployment(self, asked: Asked) -> Answer:
        project, wish = self._project(asked), asked.json
        if any(one.reference == wish["reference"] for one in project.deployments):
            raise RefusalError(400, {"code": "DeploymentReferenceTaken", "message": "The reference is in use."})
        made = Deployment(wish["type"], wish["reference"], next(self._numbers))
        project.deployments.append(made)
        return Answer(_shown_deployment(project, made))

    def _delete_deployment(self, asked: Asked) -> Answer:
        project, deployment = self._deployment(asked)
        project.deployments.remove(deployment)
        return Answer(None)

    def _keys(self, asked: Asked) -> Answer:
        found = self._deployment(asked)[1].keys
        return Answer(
            [{"id": key, "name": name, "creationTime": 1, "allowedActions": []} for key, name in found.items()]
        )

    def _create_key(self, asked: Asked) -> Answer:
        deployment = self._deployment(asked)[1]
        number = next(self._numbers)
        deployment.keys[number] = asked.json["name"]
        return Answer({"deployKey": f"prod:{deployment.name}|{number}"})

    def _delete_key(self, asked: Asked) -> Answer:
        del self._deployment(asked)[1].keys[int(asked.json["id"])]
        return Answer(None)

    def _project(self, asked: Asked) -> Project:
        project = self.all.get(int(asked.parameters["project_id"]))
        if project is None:
            raise RefusalError(404, {"code": "ProjectNotFound", "message": "There is no such project."})
        return project

    def _deployment(self, asked: Asked) -> tuple[Project, Deployment]:
        for project in self.all.values():
            for one in project.deployments:
                if one.name == asked.parameters["deployment_name"]:
                    return project, one
        raise RefusalError(404, {"code": "DeploymentNotFound", "message": "There is no such deployment."})

    @staticmethod
    def _shown(project: Project) -> dict[str, Any]:
        shown = {"id": project.number, "name": project.name, "slug": project.name, "teamId": TEAM, "teamSlug": "acme"}
        return {**shown, "createTime": 1, "isDemo": False}


def _url(deployment: Deployment) -> str:
    return f"https://{deployment.name}.convex.cloud"


def _shown_deployment(project: Project, one: Deployment) -> dict[str, Any]:
    shown = {"id": one.number, "name": one.name, "createTime": 1, "deploymentType": one.kind}
    place = {"projectId": project.number, "region": "aws-eu-west-1", "class": "s16", "kind": "cloud"}
    return {**shown, **place, "isDefault": one.is_default, "reference": one.reference, "deploymentUrl": _url(one)}
