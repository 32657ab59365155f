"""convex: a project for production, and a deployment of it for each preview, gone with it.

The functions that an agent calls there are pushed by the project's owner: docs/stores.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from builds.runner.progress import Progress
from clients.convex import Convex, Deployment, convex
from clients.vendor_api import heeding
from core.config.base import Model
from core.errors import UserError
from deployments.platforms.cloud import AccountCheck, CredentialField, Endpoints, Ids
from deployments.platforms.destination_config import config_of
from deployments.storage.contract import Kept, Place, StorageModule
from deployments.storage.names import project_name

CONFIG: Final = {"teamId": "The team's number, where the token is a person's and not a team's."}


class ConvexConfig(Model):
    team_id: Annotated[str, Field(pattern=r"^\d{1,18}$")] | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class ConvexStorage:
    client: Callable[[Callable[[float], None]], Convex]

    def check(self) -> AccountCheck:
        team, name = self.client(time.sleep).team()
        missing = () if team else ("The token is no team's: name the team as teamId in the config.",)
        return AccountCheck(team, name, ("make projects and deployments",), missing)

    def ensure(self, place: Place, memory: Ids, progress: Progress) -> Kept:
        """A key that is known stays; Convex says none a second time."""
        asked = self.client(heeding(progress.check))
        owner = place.production or place
        project = _project(asked, place, owner, memory)
        if project is None:
            project = asked.create_project(_team(asked, place, memory), project_name(owner))
        deployment = _deployment(asked, place, project)
        if deployment is None:
            deployment = asked.create_deployment(project, project_name(place))
        known = place.kept.get("CONVEX_DEPLOY_KEY", "") if place.kept.get("CONVEX_URL") == deployment.url else ""
        key = known or asked.new_key(deployment.name, project_name(place))
        variables = {"CONVEX_URL": deployment.url, "CONVEX_DEPLOY_KEY": key}
        return Kept(variables, f"the deployment {deployment.name} at Convex")

    def remove(self, place: Place, memory: Ids) -> None:
        """By names that hold our mark."""
        asked = self.client(time.sleep)
        project = _project(asked, place, place.production or place, memory)
        if project is None:
            return
        if place.production is None:
            asked.delete_project(project)
        elif deployment := _deployment(asked, place, project):
            asked.delete_deployment(deployment.name)


def _project(asked: Convex, place: Place, owner: Place, memory: Ids) -> int | None:
    return asked.projects(_team(asked, place, memory), project_name(owner)).get(project_name(owner))


def _deployment(asked: Convex, place: Place, project: int) -> Deployment | None:
    """Production's is the project's default one; a preview's has a name that holds our mark."""
    for one in asked.deployments(project):
        if one.is_default if place.production is None else one.reference == project_name(place):
            return one
    return None


def _team(asked: Convex, place: Place, memory: Ids) -> str:
    team = config_of(ConvexConfig, place.config).team_id or memory.get("team") or asked.team()[0]
    if not team:
        raise UserError(
            "destination_config_invalid", "config.teamId is missing: the token is no team's.", "Name the team's number."
        )
    memory.put(team=team)
    return team


def connect(credentials: Mapping[str, str], endpoints: Endpoints) -> ConvexStorage:
    return ConvexStorage(lambda pause: convex(credentials["token"], api=endpoints.api, pause=pause))


MODULE = StorageModule(
    (CredentialField("token", "Team token", "Of dashboard.convex.dev, Team Settings, Access Tokens."),), connect, CONFIG
)
