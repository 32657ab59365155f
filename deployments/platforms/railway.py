"""railway: a bundle becomes an image at Railway, which moves the traffic once it is healthy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event
from typing import Final

from builds.runner.progress import Progress
from clients.railway import Railway, railway
from clients.railway_services import CustomDomain, Services, Spot
from clients.vendor_api import heeding
from core.errors import UserError
from core.findings import Finding
from deployments.platforms.cloud import (
    AccountCheck,
    CloudModule,
    CredentialField,
    DnsRecord,
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
from deployments.platforms.destination_config import config_of
from deployments.platforms.railway_config import CONFIG, RailwayConfig
from deployments.platforms.railway_place import Place, workspaces
from deployments.platforms.railway_release import Run

_PROJECT: Final = "query Token { projectToken { project { id name } environment { name } } }"
_LOG_PAUSE_SECONDS: Final = 1.0
_LOG_LINES: Final = 500


@dataclass(frozen=True, slots=True)
class RailwayPlatform:
    client: Callable[[Callable[[float], None] | None], Railway]
    is_project_token: bool = False
    edge: str = ""

    def check(self) -> AccountCheck:
        services = self._services()
        if self.is_project_token:
            found = services.railway.query(_PROJECT)["projectToken"]
            project = found["project"]
            may = f"deploy to {found['environment']['name']} of the project {project['name']}"
            return AccountCheck(project["id"], project["name"], (may,), (_NO_PROJECTS,))
        reached = workspaces(services)
        if not reached:
            return AccountCheck("", "", (), ("The token reaches no workspace; make one in a workspace's settings.",))
        can = tuple(f"make projects in the workspace {name} ({key})" for key, name in reached.items())
        return AccountCheck(next(iter(reached)), next(iter(reached.values())), can)

    def problems(self, release: Release) -> Iterator[Finding]:
        try:
            config_of(RailwayConfig, release.service.config)
        except UserError as error:
            yield error.as_finding()

    def release(self, release: Release, memory: Memory, progress: Progress) -> Released:
        if not release.serves:
            return Released(Version(release.deployment), self._address(release.service, memory))
        run = self._run(release, memory, progress)
        version, address = run.brought_up()
        return Released(version, address)

    def move(self, service: Service, shares: Sequence[Share], memory: Memory, progress: Progress) -> str:
        """Natively while Railway keeps the image; else brought up in full."""
        (share,) = shares
        wish = replace(share.release, service=service, serves=True)
        return self._run(wish, memory, progress).moved_to(share.version)

    def refusal(self, service: Service, current: Version, target: Version) -> UserError | None:  # noqa: ARG002
        return None

    def attach_domain(self, service: Service, hostname: str, memory: Memory) -> Domain:
        spot, known = self._domains(service, memory)
        return _domain(known.get(hostname) or self._services().add_custom_domain(spot, hostname))

    def domain(self, service: Service, hostname: str, memory: Memory) -> Domain:
        _, known = self._domains(service, memory)
        return _domain(known[hostname]) if hostname in known else Domain(hostname, False, (), "not attached")

    def detach_domain(self, service: Service, hostname: str, memory: Memory) -> None:
        _, known = self._domains(service, memory)
        if hostname in known:
            self._services().remove_custom_domain(known[hostname].id)

    def logs(self, service: Service, since: datetime | None, memory: Memory) -> Iterator[LogLine]:
        found = self._place(service, memory).found()
        if found is None or not found[1].latest:
            return
        services, after, seen = self._services(), since.isoformat() if since else None, set[tuple[str, str]]()
        while True:
            for at, text in services.logs(found[1].latest, after, _LOG_LINES):
                if (at, text) not in seen:
                    seen = {one for one in seen if one[0] == at} | {(at, text)}
                    after = at
                    yield LogLine(_time(at), text, f"{at} {text[:40]}")
            Event().wait(_LOG_PAUSE_SECONDS)

    def inspect(self, service: Service, memory: Memory) -> Observed:
        try:
            found = self._place(service, memory).found()
        except UserError as error:
            if error.code == "service_name_taken":
                return Observed(False)
            raise
        if found is None:
            return Observed(False)
        state = found[1]
        serving = state.active[0] if state.active else ""
        version = memory.service.get("version") if serving == memory.service.get("serving") else serving
        shares = {version: 100} if version else {}
        missing = [] if serving else ["a deployment that runs"]
        missing += [] if state.domain else ["its domain"]
        return Observed(True, f"https://{state.domain}" if state.domain else "", shares, tuple(missing))

    def discard(self, service: Service, version: Version, memory: Memory) -> None:
        """Railway lets images go by itself."""

    def delete(self, service: Service, memory: Memory) -> None:
        self._place(service, memory).remove()

    def _services(self, pause: Callable[[float], None] | None = None) -> Services:
        return Services(self.client(pause))

    def _place(self, service: Service, memory: Memory, pause: Callable[[float], None] | None = None) -> Place:
        return Place(service, config_of(RailwayConfig, service.config), memory, self._services(pause))

    def _run(self, release: Release, memory: Memory, progress: Progress) -> Run:
        return Run(self._place(release.service, memory, heeding(progress.check)), release, progress, self.edge)

    def _address(self, service: Service, memory: Memory) -> str:
        found = self._place(service, memory).found()
        return f"https://{found[1].domain}" if found and found[1].domain and found[1].active else ""

    def _domains(self, service: Service, memory: Memory) -> tuple[Spot, dict[str, CustomDomain]]:
        found = self._place(service, memory).found()
        if found is None:
            return Spot("", "", ""), {}
        return found[0], {one.hostname: one for one in found[1].custom_domains}


def _domain(found: CustomDomain) -> Domain:
    return Domain(found.hostname, found.is_ready, tuple(DnsRecord(*one) for one in found.records), found.state)


def _time(text: str) -> datetime:
    """Railway's times have nanoseconds."""
    return datetime.fromisoformat(f"{text[:19]}+00:00").astimezone(UTC)


def connect(credentials: Mapping[str, str], endpoints: Endpoints) -> RailwayPlatform:
    project_token = credentials.get("project_token", "")
    token = project_token or credentials.get("token", "")
    if not token:
        raise UserError("credential_incomplete", "Both tokens are missing.", "Give a token, or a project's token.")

    def client(pause: Callable[[float], None] | None) -> Railway:
        options = {"pause": pause} if pause else {}
        return railway(token, is_project_token=bool(project_token), api=endpoints.api, **options)

    return RailwayPlatform(client, bool(project_token), endpoints.edge)


_NO_PROJECTS: Final = "A project's token makes no previews: these are projects of their own. Give a workspace's token."

MODULE = CloudModule(
    PlatformTraits(
        version_urls=False,
        canary=False,
        native_rollback=True,
        live_logs=True,
        volumes=True,
        scale_to_zero=True,
        domains=True,
        stages=False,
    ),
    (
        CredentialField(
            "token", "Token", "Of an account or a workspace: railway.com, Account Settings, Tokens.", is_required=False
        ),
        CredentialField(
            "project_token",
            "Project token",
            "In its place, for one project: its settings, Tokens.",
            is_required=False,
        ),
    ),
    connect,
    CONFIG,
)
