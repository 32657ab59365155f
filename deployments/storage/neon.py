"""neon: a project for production, made or named, and a branch of it for each preview, gone with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import Field

from builds.runner.progress import Progress
from clients.addresses import PUBLIC_ONLY, AddressPolicy
from clients.neon import Branch, Neon, neon
from clients.postgres_admin import PostgresAdmin
from clients.vendor_api import heeding
from core.config.base import Model
from core.errors import UserError
from deployments.platforms.cloud import AccountCheck, CredentialField, Endpoints, Ids
from deployments.platforms.destination_config import config_of
from deployments.storage.contract import Kept, Place, StorageModule
from deployments.storage.names import nothing_of_others, project_name, taken

#: A branch whose deletion was missed goes by itself; each release puts that off.
_LIFE: Final = timedelta(days=30)
_Id = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]

CONFIG: Final = {
    "projectId": "A project that is there already; without it one is made, and removed with the destination.",
    "orgId": "The organization in which a project is made.",
    "region": "Where it is made, such as aws-eu-central-1.",
    "database": "The database in it; neondb in a project that is there already.",
    "role": "The role that owns it; neondb_owner in a project that is there already.",
    "expires": "false where the plan has no branches that expire.",
}


class NeonConfig(Model):
    project_id: _Id | Literal[""] = ""
    org_id: _Id | Literal[""] = ""
    region: _Id | Literal[""] = ""
    database: Annotated[str, Field(pattern=r"^\w{1,60}$")] = "neondb"
    role: Annotated[str, Field(pattern=r"^\w{1,60}$")] = "neondb_owner"
    expires: bool = True

    @property
    def options(self) -> dict[str, object]:
        chosen = {"org_id": self.org_id, "region_id": self.region}
        return {name: value for name, value in chosen.items() if value}


@dataclass(frozen=True, slots=True)
class NeonStorage:
    client: Callable[[Callable[[float], None]], Neon]
    policy: AddressPolicy = PUBLIC_ONLY

    def check(self) -> AccountCheck:
        self.client(time.sleep).projects("")
        return AccountCheck("", "Neon", ("make projects and branches",))

    def ensure(self, place: Place, memory: Ids, progress: Progress) -> Kept:
        asked = self.client(heeding(progress.check))
        config = config_of(NeonConfig, place.config)
        project, branch = _made(asked, config, place, memory)
        url = asked.connection_uri(project, branch, config.database, config.role)
        PostgresAdmin(url, self.policy).check()
        return Kept({"DATABASE_URL": url}, f"the branch {branch} of the project {project} at Neon")

    def remove(self, place: Place, memory: Ids) -> None:  # noqa: ARG002
        """A preview's branch; production's project only where it was made here."""
        asked, config = self.client(time.sleep), config_of(NeonConfig, place.config)
        with nothing_of_others():
            project = config.project_id or _own_project(asked, config, place.production or place)
            if project:
                self._remove(asked, config, place, project)

    @staticmethod
    def _remove(asked: Neon, config: NeonConfig, place: Place, project: str) -> None:
        if place.production is not None:
            branch = _named(asked.branches(project, place.name), place)
            if branch and branch.mark == place.mark:
                asked.delete_branch(project, branch.id)
        elif not config.project_id:
            asked.delete_project(project)


def _made(asked: Neon, config: NeonConfig, place: Place, memory: Ids) -> tuple[str, str]:
    """Project and branch."""
    owner = place.production or place
    project = config.project_id or memory.get("project") or _own_project(asked, config, owner)
    branches = asked.branches(project, place.name if place.production else "") if project else None
    if branches is None:
        if config.project_id:
            raise UserError("destination_config_invalid", "config.projectId: Neon has no such project.", "Correct it.")
        project = asked.create_project(project_name(owner), owner.mark, config.database, config.role, config.options)
        branches = asked.branches(project) or []
    if not config.project_id:
        memory.put(project=project)
    if place.production is None:
        return project, next(one.id for one in branches if one.is_default)
    return project, _preview(asked, config, place, project, branches)


def _preview(asked: Neon, config: NeonConfig, place: Place, project: str, branches: list[Branch]) -> str:
    now = datetime.now(UTC)
    branch = _named(branches, place)
    if branch is None:
        return asked.create_branch(project, place.name, place.mark, now + _LIFE if config.expires else None)
    if branch.mark != place.mark:
        raise taken(f"A branch {place.name}", "Neon")
    if branch.expires_at and branch.expires_at < now + _LIFE / 2:
        asked.postpone(project, branch.id, now + _LIFE)
    return branch.id


def _own_project(asked: Neon, config: NeonConfig, owner: Place) -> str:
    """ "" where there is none. Its name holds the mark, and so does its first branch."""
    found = asked.projects(project_name(owner), config.org_id).get(project_name(owner), "")
    if not found:
        return ""
    if not any(one.is_default and one.mark == owner.mark for one in asked.branches(found) or []):
        raise taken(f"A project {project_name(owner)}", "Neon")
    return found


def _named(branches: list[Branch] | None, place: Place) -> Branch | None:
    return next((one for one in branches or [] if one.name == place.name), None)


def connect(credentials: Mapping[str, str], endpoints: Endpoints) -> NeonStorage:
    return NeonStorage(lambda pause: neon(credentials["token"], pause, api=endpoints.api))


MODULE = StorageModule(
    (CredentialField("token", "API key", "Of console.neon.tech, Account or Organization settings, API keys."),),
    connect,
    CONFIG,
)
