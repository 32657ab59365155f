"""vercel: each service is a project of its own, each release a deployment for production that is promoted by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from builds.bundlers.limits import variable_findings
from builds.runner.progress import Progress
from clients.agent_health import wait_until_healthy
from clients.vendor_api import heeding
from clients.vercel import Vercel, VercelDeployment, VercelProject
from core.errors import PlatformError, UserError
from core.findings import Finding
from core.targets import Target
from deployments.platforms.cloud import (
    AccountCheck,
    CloudModule,
    CredentialField,
    Domain,
    Endpoints,
    LogLine,
    Memory,
    Observed,
    Release,
    Released,
    Service,
    Share,
    Version,
)
from deployments.platforms.contract import PlatformTraits
from deployments.platforms.destination_config import config_of, stop_at_errors
from deployments.platforms.pauses import looks
from deployments.platforms.vercel_domains import attached, detached, stated
from deployments.platforms.vercel_upload import DEPLOYMENT_META, VercelConfig, deploy, files_of

TRAITS = PlatformTraits(
    version_urls=True,
    canary=False,
    native_rollback=True,
    live_logs=True,
    scale_to_zero=True,
    domains=True,
)
_READY_SECONDS: Final = 600.0
_MOVE_SECONDS: Final = 120.0
_LOOKING_ROLES: Final = frozenset({"VIEWER", "VIEWER_FOR_PLUS", "BILLING", "SECURITY", "CONTRIBUTOR"})
#: Vercel's own, which a deployment may not set.
_RESERVED: Final = frozenset(
    {"AWS_SECRET_KEY", "AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"}
    | {"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"}
    | {"NOW_REGION", "TZ", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"}
)


@dataclass(frozen=True, slots=True)
class VercelPlatform:
    token: str = field(repr=False)
    team: str
    endpoints: Endpoints

    def check(self) -> AccountCheck:
        holder = self._api().holder()
        if holder.role in _LOOKING_ROLES:
            missing = f"The token may only look at the team {holder.name} (its role is {holder.role})."
            return AccountCheck(holder.id, holder.name, ("look at projects",), (missing,))
        return AccountCheck(holder.id, holder.name, ("make projects", "deploy", "promote", "attach domains"))

    def problems(self, release: Release) -> Iterator[Finding]:
        try:
            config_of(VercelConfig, release.service.config)
        except UserError as error:
            yield error.as_finding()
        yield from variable_findings(release.variables, Target.VERCEL)
        for name in sorted(_RESERVED & set(release.variables)):
            sentence = f"The variable {name} is set by Vercel itself"
            yield UserError("variable_reserved", sentence, "Choose another name.").as_finding()

    def release(self, release: Release, memory: Memory, progress: Progress) -> Released:
        api, service = self._api(progress), release.service
        with progress.step("prepare"):
            stop_at_errors(self.problems(release))
            project = self._project(api, service, memory) or self._made(api, service, memory, progress)
        with progress.step("upload"):
            deployment = self._deployment(api, release, project, memory, progress)
        with progress.step("release"):
            ready = self._ready(api, deployment, progress)
        version = Version(ready.id, f"https://{ready.url}", {"created": str(ready.created)})
        with progress.step("health"):
            wait_until_healthy(version.url, release.health_seconds, progress.check, edge=self.endpoints.edge)
        if not release.serves:
            return Released(version, _address(project))
        with progress.step("traffic"):
            return Released(version, self._moved(api, project, version, memory, progress))

    def move(self, service: Service, shares: Sequence[Share], memory: Memory, progress: Progress) -> str:
        api = self._api(progress)
        with progress.step("traffic"):
            project = self._project(api, service, memory)
            if project is None:
                raise _gone(f"The project {_name(service)} is no longer at Vercel.")
            return self._moved(api, project, shares[0].version, memory, progress)

    def refusal(self, service: Service, current: Version, target: Version) -> UserError | None:  # noqa: ARG002
        return None

    def attach_domain(self, service: Service, hostname: str, memory: Memory) -> Domain:
        api = self._api()
        return attached(api, self._served(api, service, memory), hostname)

    def domain(self, service: Service, hostname: str, memory: Memory) -> Domain:
        api = self._api()
        return stated(api, self._served(api, service, memory), hostname)

    def detach_domain(self, service: Service, hostname: str, memory: Memory) -> None:
        api = self._api()
        if project := self._ours(api, service, memory):
            detached(api, project.id, hostname)

    def logs(self, service: Service, since: datetime | None, memory: Memory) -> Iterator[LogLine]:
        """Of the deployment that serves; Vercel keeps nothing of before the stream was opened."""
        api = self._api()
        project = self._ours(api, service, memory)
        if project and project.production:
            for line in api.runtime_log(project.id, project.production.id):
                if since is None or line.at >= since:
                    yield LogLine(line.at, line.text, line.id)

    def inspect(self, service: Service, memory: Memory) -> Observed:
        project = self._ours(self._api(), service, memory)
        if project is None:
            return Observed(False)
        serving = project.production
        if serving is None:
            lost = ("No deployment serves.",) if memory.service.get("serving") else ()
            return Observed(True, missing=lost)
        return Observed(True, _address(project), {serving.id: 100})

    def discard(self, service: Service, version: Version, memory: Memory) -> None:
        api = self._api()
        project = self._ours(api, service, memory)
        if project and not (project.production and project.production.id == version.id):
            api.delete_deployment(version.id)

    def delete(self, service: Service, memory: Memory) -> None:
        """Deployments, variables and domains are gone with the project."""
        api = self._api()
        if project := self._ours(api, service, memory):
            api.delete_project(project.id)

    def _api(self, progress: Progress | None = None) -> Vercel:
        pause = heeding(progress.check if progress else _nobody_stops)
        return Vercel(self.token, self.team, address=self.endpoints.api, pause=pause)

    def _project(self, api: Vercel, service: Service, memory: Memory) -> VercelProject | None:
        """None where there is none by its name. Raises UserError where it is somebody else's."""
        kept = memory.service.get("project")
        project = (api.project(kept) if kept else None) or api.project(_name(service))
        if project is not None and project.mark != service.mark:
            raise UserError(
                "service_name_taken",
                f"Vercel has a project {project.name} that this installation did not make.",
                "Set config.name to another name, or delete the project at Vercel.",
            )
        return project

    def _ours(self, api: Vercel, service: Service, memory: Memory) -> VercelProject | None:
        try:
            return self._project(api, service, memory)
        except UserError as error:
            if error.code != "service_name_taken":
                raise
            return None

    def _served(self, api: Vercel, service: Service, memory: Memory) -> str:
        project = self._project(api, service, memory)
        if project is None:
            raise _gone(f"The project {_name(service)} is not at Vercel.")
        return project.id

    def _made(self, api: Vercel, service: Service, memory: Memory, progress: Progress) -> VercelProject:
        name = _name(service)
        progress.line(f"Making the project {name}.")
        project = api.create_project(name, service.mark) or self._project(api, service, memory)
        if project is None:
            raise PlatformError("vendor_failed", f"Vercel says that {name} exists, and does not show it.")
        memory.service.put(project=project.id)
        return project

    def _deployment(
        self, api: Vercel, release: Release, project: VercelProject, memory: Memory, progress: Progress
    ) -> VercelDeployment:
        """What an earlier attempt made of this release, by what it noted or by what is there; else a new one."""
        if not project.is_promoted_by_hand:
            api.promote_by_hand(project.id)
        if kept := memory.attempt.get("deployment"):
            if found := api.deployment(kept):
                return found
        elif memory.attempt.get("asked"):
            for one in api.deployments(project.id):
                if one.meta.get(DEPLOYMENT_META) == release.deployment:
                    return one
        memory.attempt.put(asked="yes", deployment="")
        config = config_of(VercelConfig, release.service.config)
        made = deploy(api, release, project.name, list(files_of(release.bundle, config)), progress)
        memory.attempt.put(deployment=made.id)
        return made

    def _ready(self, api: Vercel, deployment: VercelDeployment, progress: Progress) -> VercelDeployment:
        seen: VercelDeployment | None = deployment
        for _look in looks(heeding(progress.check), seconds=_READY_SECONDS):
            if seen and seen.state == "READY":
                return seen
            if seen is None or seen.state in ("ERROR", "CANCELED"):
                because = (seen.reason or seen.state) if seen else "it is gone"
                raise UserError("release_unhealthy", f"Vercel did not deploy it: {because}.", "Look at its log there.")
            seen = api.deployment(deployment.id)
        raise PlatformError("vendor_failed", f"Vercel has not deployed it after {_READY_SECONDS:.0f} s.")

    def _moved(self, api: Vercel, project: VercelProject, version: Version, memory: Memory, progress: Progress) -> str:
        """Back is for what is older than what serves: it is what Vercel's own button does."""
        serving = project.production
        if serving is None or serving.id != version.id:
            back = serving is not None and int(version.details.get("created") or 0) < serving.created
            if not api.move(project.id, version.id, back=back):
                raise _gone("This deployment is no longer at Vercel.")
            project = self._arrived(api, project, version.id, progress)
        memory.service.put(serving=version.id)
        return _address(project)

    def _arrived(self, api: Vercel, before: VercelProject, wanted: str, progress: Progress) -> VercelProject:
        for _look in looks(heeding(progress.check), seconds=_MOVE_SECONDS):
            project = api.project(before.id)
            if project and project.production and project.production.id == wanted:
                return project
            if project and project.last_move != before.last_move and project.last_move[1:] == (wanted, "failed"):
                raise PlatformError("vendor_failed", "Vercel could not move its addresses to this deployment.")
        raise PlatformError("vendor_failed", f"Vercel has not moved its addresses after {_MOVE_SECONDS:.0f} s.")


def connect(credential: Mapping[str, str], endpoints: Endpoints) -> VercelPlatform:
    return VercelPlatform(credential["token"], credential.get("team", ""), endpoints)


def _name(service: Service) -> str:
    return config_of(VercelConfig, service.config).name or service.name


def _address(project: VercelProject) -> str:
    """Vercel's own hostname of the project, before the domains that people attached."""
    aliases = project.production.aliases if project.production else ()
    wanted = f"{project.name}.vercel.app"
    found = sorted(aliases, key=lambda name: (name != wanted, not name.endswith(".vercel.app"), len(name)))
    return f"https://{found[0]}" if found else ""


def _gone(sentence: str) -> UserError:
    return UserError("version_gone", sentence, "Redeploy the commit instead.")


def _nobody_stops() -> None:
    return None


MODULE = CloudModule(
    TRAITS,
    (
        CredentialField("token", "Token", "vercel.com/account/settings/tokens; its scope is the team or your account."),
        CredentialField(
            "team", "Team id", "Team settings, General; empty for your own.", is_secret=False, is_required=False
        ),
    ),
    connect,
    {
        "name": "The project's name at Vercel, where it is not to be the destination's.",
        "regions": "Where the function runs, such as [fra1].",
        "maxDuration": "Seconds that a request may take; 300, with some plans up to 800.",
        "memory": "MB of the function.",
    },
)
