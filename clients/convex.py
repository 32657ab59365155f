"""Convex's management API: projects, their deployments, and keys to deploy to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from clients.vendor_api import Refusal, VendorApi, bounded

ADDRESS: Final = "https://api.convex.dev/v1"


@dataclass(frozen=True, slots=True)
class Deployment:
    name: str
    reference: str
    url: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class Convex:
    api: VendorApi

    def team(self) -> tuple[str, str]:
        """The id of the token's team, and the token's name; "" where it is no team's."""
        found = self.api.ask("GET", "/token_details").json()
        return str(found.get("teamId", "")), found["name"]

    def projects(self, team: str, search: str) -> dict[str, int]:
        """Ids by name."""
        found = self.api.ask("GET", f"/teams/{team}/projects", params={"q": search, "limit": "100"}).json()
        return {one["name"]: one["id"] for one in found["items"]}

    def create_project(self, team: str, name: str) -> int:
        wish = {"projectName": name, "deploymentType": "prod"}
        return int(self.api.ask("POST", f"/teams/{team}/create_project", json=wish).json()["id"])

    def delete_project(self, project: int) -> None:
        self.api.ask("POST", f"/projects/{project}/delete")

    def deployments(self, project: int) -> list[Deployment]:
        return [_deployment(one) for one in self.api.ask("GET", f"/projects/{project}/list_deployments").json()]

    def create_deployment(self, project: int, reference: str) -> Deployment:
        wish = {"type": "preview", "reference": reference}
        return _deployment(self.api.ask("POST", f"/projects/{project}/create_deployment", json=wish).json())

    def delete_deployment(self, name: str) -> None:
        self.api.ask("POST", f"/deployments/{name}/delete")

    def new_key(self, deployment: str, name: str) -> str:
        """In the place of those of the same name, which nobody can read a second time."""
        for one in self.api.ask("GET", f"/deployments/{deployment}/list_deploy_keys").json():
            if one["name"] == name:
                self.api.ask("POST", f"/deployments/{deployment}/delete_deploy_key", json={"id": str(one["id"])})
        made = self.api.ask("POST", f"/deployments/{deployment}/create_deploy_key", json={"name": name})
        return str(made.json()["deployKey"])


def convex(token: str, *, api: str = "", **options: Any) -> Convex:
    """`options` are VendorApi's."""
    return Convex(VendorApi("Convex", api or ADDRESS, {"Authorization": f"Bearer {token}"}, _refusal, **options))


def _deployment(found: Mapping[str, Any]) -> Deployment:
    return Deployment(found["name"], found["reference"], found["deploymentUrl"], found["isDefault"])


def _refusal(answer: httpx.Response) -> Refusal:
    try:
        content: Mapping[str, Any] = answer.json()
    except ValueError:
        return Refusal(answer.status_code, "", bounded(answer.text))
    return Refusal(answer.status_code, str(content.get("code", "")), bounded(content.get("message", "")))
