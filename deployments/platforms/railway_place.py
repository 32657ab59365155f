"""One service at Railway: a project of its own, or a service of a project that was named; found, made, removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clients.railway import is_missing
from clients.railway_services import Project, Services, Spot, State
from core.errors import UserError
from deployments.platforms.cloud import Memory, Service
from deployments.platforms.railway_config import RailwayConfig
from deployments.platforms.variables import MARK

_WORKSPACES: Final = "query Workspaces { apiToken { workspaces { id name } } }"


@dataclass(frozen=True, slots=True)
class Place:
    service: Service
    config: RailwayConfig
    memory: Memory
    services: Services

    @property
    def shared_project(self) -> str:
        """A preview is always a project of its own: in a shared one its service would be in every environment."""
        return "" if self.service.is_preview else self.config.project_id

    def found(self) -> tuple[Spot, State] | None:
        """Raises UserError service_name_taken."""
        found = self._known()
        if found is None:
            project = self._project()
            found = self._in(project) if project else None
        return found

    def made(self) -> tuple[Spot, State]:
        """Found, or made."""
        if known := self._known():
            return known
        project = self._project() or self._new_project()
        found = self._in(project)
        if found is None:
            spot = self._new_service(project)
            found = spot, self._owned(self.services.state(spot))
        self.memory.service.put(**found[0].ids)
        return found

    def remove(self) -> None:
        """Without an effect where nothing is ours."""
        if self.shared_project:
            self._remove_service()
            return
        project = self._own_project()
        if project is not None:
            self.services.remove_project(project.id)

    def _known(self) -> tuple[Spot, State] | None:
        """By what was noted; None where it is there no longer."""
        ids = [self.memory.service.get(name) for name in ("project", "environment", "service")]
        if not all(ids):
            return None
        spot = Spot(*ids)
        try:
            return spot, self._owned(self.services.state(spot))
        except UserError as error:
            if is_missing(error):
                return None
            raise

    def _in(self, project: Project) -> tuple[Spot, State] | None:
        service = project.services.get(self.service.name)
        if not service:
            return None
        spot = Spot(project.id, self._environment(project), service)
        return spot, self._owned(self.services.state(spot))

    def _owned(self, state: State) -> State:
        if state.variables.get(MARK) != self.service.mark:
            raise self._taken()
        return state

    def _project(self) -> Project | None:
        if self.shared_project:
            return self.services.project(self.shared_project)
        named = [one for one in self.services.projects(self._workspace()) if one.name == self.service.name]
        ours = [one for one in named if one.description == self.service.mark]
        if named and not ours:
            raise self._taken()
        return ours[0] if ours else None

    def _own_project(self) -> Project | None:
        try:
            return self._project()
        except UserError as error:
            if error.code == "service_name_taken":
                return None
            raise

    def _new_project(self) -> Project:
        return self.services.create_project(self.service.name, self.service.mark, self._workspace())

    def _environment(self, project: Project) -> str:
        name = self.config.environment if self.shared_project else "production"
        if name not in project.environments:
            known = ", ".join(sorted(project.environments)) or "none"
            raise UserError(
                "destination_config_invalid",
                f"The project {project.name} at Railway has no environment {name}; it has {known}.",
                "Name one of them as `environment` in the destination's config.",
            )
        return project.environments[name]

    def _new_service(self, project: Project) -> Spot:
        """Marked in the call that makes it."""
        environment = self._environment(project)
        service = self.services.create_service(project.id, environment, self.service.name, {MARK: self.service.mark})
        return Spot(project.id, environment, service)

    def _workspace(self) -> str:
        known = self.config.workspace_id or self.memory.service.get("workspace")
        if known:
            return known
        found = workspaces(self.services)
        if len(found) != 1:
            names = ", ".join(f"{name} ({key})" for key, name in found.items()) or "none"
            raise UserError(
                "destination_config_invalid",
                f"workspaceId is missing: the token reaches {names}.",
                "Name the workspace in the destination's config.",
            )
        workspace = next(iter(found))
        self.memory.service.put(workspace=workspace)
        return workspace

    def _remove_service(self) -> None:
        try:
            found = self.found()
        except UserError as error:
            if error.code == "service_name_taken" or is_missing(error):
                return
            raise
        if found is None:
            return
        spot, state = found
        for volume in state.volumes.values():
            self.services.remove_volume(volume)
        self.services.remove_service(spot.service)

    def _taken(self) -> UserError:
        what = "service" if self.shared_project else "project"
        return UserError(
            "service_name_taken",
            f"A {what} {self.service.name} is at Railway already, and was not made by this installation.",
            "Rename what is there, delete it, or give the destination another name.",
        )


def workspaces(services: Services) -> dict[str, str]:
    """Names by id, of what the token reaches."""
    found = services.railway.query(_WORKSPACES)["apiToken"]["workspaces"]
    return {one["id"]: one["name"] for one in found}
