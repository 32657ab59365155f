"""render: a service for each agent, of a plain image of Node, whose start command fetches the bundle."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from builds.runner.progress import Progress
from clients.render import Render, RenderService
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
from deployments.platforms.destination_config import config_of, stop_at_errors
from deployments.platforms.fetching import fetching_problems
from deployments.platforms.render_release import RenderPlace, arrived, changed
from deployments.platforms.render_service import CONFIG, RenderConfig, creation, is_ours

TRAITS = PlatformTraits(
    version_urls=False,
    canary=False,
    native_rollback=True,
    live_logs=True,
    volumes=True,
    scale_to_zero=True,
    domains=True,
    stages=False,
    fetches=True,
)
_APEX_ADDRESS: Final = "216.24.57.1"
_LOG_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class RenderPlatform:
    key: str = field(repr=False)
    owner: str
    endpoints: Endpoints

    def check(self) -> AccountCheck:
        owners = self._api().owners()
        found = [one for one in owners if self.owner in ("", one.id)]
        if len(found) != 1:
            known = ", ".join(f"{one.id} ({one.name})" for one in owners)
            missing = f"The key sees no workspace {self.owner}" if self.owner else "The key sees several workspaces"
            return AccountCheck(self.owner, self.owner, (), (f"{missing}; name one of {known or 'none'}.",))
        return AccountCheck(found[0].id, found[0].name, ("make services", "deploy", "attach domains", "read logs"))

    def problems(self, release: Release) -> Iterator[Finding]:
        try:
            config_of(RenderConfig, release.service.config)
        except UserError as error:
            yield error.as_finding()
        yield from fetching_problems(release, is_test=bool(self.endpoints.api))

    def release(self, release: Release, memory: Memory, progress: Progress) -> Released:
        """Render cannot keep a deploy from serving: one that is only to wait is made when it is moved to."""
        with progress.step("prepare"):
            stop_at_errors(self.problems(release))
            api, service = self._api(progress), release.service
            found = self._found(api, service, memory)
        version = Version(release.deployment)
        if not release.serves:
            return Released(version, found.url if found else "")
        deploy, address = self._served(api, release, found, memory, progress)
        return Released(Version(release.deployment, details={"deploy": deploy}), address)

    def move(self, service: Service, shares: Sequence[Share], memory: Memory, progress: Progress) -> str:
        share, api = shares[0], self._api(progress)
        found = self._found(api, service, memory)
        earlier = share.version.details.get("deploy", "")
        return self._served(api, share.release, found, memory, progress, earlier=earlier)[1]

    def refusal(self, service: Service, current: Version, target: Version) -> UserError | None:  # noqa: ARG002
        return None

    def attach_domain(self, service: Service, hostname: str, memory: Memory) -> Domain:
        api, found = self._there(service, memory)
        if api.domain(found.id, hostname) is None:
            api.add_domain(found.id, hostname)
        return self._stated(api, found, hostname)

    def domain(self, service: Service, hostname: str, memory: Memory) -> Domain:
        api, found = self._there(service, memory)
        api.verify_domain(found.id, hostname)
        return self._stated(api, found, hostname)

    def detach_domain(self, service: Service, hostname: str, memory: Memory) -> None:
        api = self._api()
        if found := self._ours(api, service, memory):
            api.remove_domain(found.id, hostname)

    def logs(self, service: Service, since: datetime | None, memory: Memory) -> Iterator[LogLine]:
        api = self._api()
        found = self._ours(api, service, memory)
        begin, seen = since.astimezone(UTC).isoformat() if since else "", set[str]()
        while found:
            for line in api.log(found.owner, found.id, begin):
                if line.id not in seen:
                    begin = line.at
                    seen.add(line.id)
                    yield LogLine(datetime.fromisoformat(line.at), line.text, line.id)
            time.sleep(_LOG_SECONDS)

    def inspect(self, service: Service, memory: Memory) -> Observed:
        api = self._api()
        found = self._ours(api, service, memory)
        if found is None:
            return Observed(False)
        if found.suspended_by:
            return Observed(True, missing=(f"The service is suspended by {found.suspended_by}.",))
        live = next((one.id for one in api.deploys(found.id) if one.status == "live"), "")
        if not live:
            return Observed(True, missing=("No deploy serves.",))
        if live != memory.service.get("deploy"):
            return Observed(True, found.url, missing=("A deploy serves that this installation did not ask for.",))
        return Observed(True, found.url, {memory.service.get("serving"): 100})

    def discard(self, service: Service, version: Version, memory: Memory) -> None:
        """Render keeps deploys as long as it likes, and none of them runs."""

    def delete(self, service: Service, memory: Memory) -> None:
        api = self._api()
        if found := self._ours(api, service, memory):
            api.delete_service(found.id)

    def _served(
        self,
        api: Render,
        release: Release,
        found: RenderService | None,
        memory: Memory,
        progress: Progress,
        *,
        earlier: str = "",
    ) -> tuple[str, str]:
        """The deploy that serves it, and the service's address."""
        config = config_of(RenderConfig, release.service.config)
        if found is None and (made := self._made(api, release, config, memory, progress)):
            return made
        found = found or self._found(api, release.service, memory)
        if found is None:
            raise _taken(self._name(release.service))
        if found.suspended_by:
            sentence = f"The service {found.name} is suspended at Render by {found.suspended_by}."
            raise UserError("vendor_refused", sentence, "Resume it at Render, then redeploy.")
        place = RenderPlace(api, found, api.variables(found.id), self.endpoints.edge)
        return changed(place, release, config, memory, progress, earlier=earlier), found.url

    def _made(
        self, api: Render, release: Release, config: RenderConfig, memory: Memory, progress: Progress
    ) -> tuple[str, str] | None:
        """None where somebody has the name already."""
        name = self._name(release.service)
        progress.line(f"Making the service {name}.")
        with progress.step("release"):
            owner = self._owner(api, release.service, memory)
            made = api.create_service(creation(release, config, name=name, owner=owner))
        if made is None:
            return None
        service, deploy = made
        memory.attempt.put(deploy=deploy)
        arrived(RenderPlace(api, service, {}, self.endpoints.edge), release, deploy, progress)
        memory.service.put(deploy=deploy, serving=release.deployment)
        return deploy, service.url

    def _found(self, api: Render, service: Service, memory: Memory) -> RenderService | None:
        """None where there is none by its name. Raises UserError where it is somebody else's."""
        found = api.service(self._name(service), self._owner(api, service, memory))
        if found is None or memory.service.get("service") == found.id:
            return found
        if not is_ours(api.variables(found.id), service.mark):
            raise _taken(found.name)
        memory.service.put(service=found.id)
        return found

    def _ours(self, api: Render, service: Service, memory: Memory) -> RenderService | None:
        try:
            return self._found(api, service, memory)
        except UserError as error:
            if error.code != "service_name_taken":
                raise
            return None

    def _there(self, service: Service, memory: Memory) -> tuple[Render, RenderService]:
        api = self._api()
        found = self._found(api, service, memory)
        if found is None:
            raise UserError("version_gone", "The service is not at Render.", "Redeploy the commit first.")
        return api, found

    def _owner(self, api: Render, service: Service, memory: Memory) -> str:
        named = config_of(RenderConfig, service.config).owner or self.owner or memory.service.get("owner")
        if named:
            return named
        owners = api.owners()
        if len(owners) != 1:
            sentence = f"config.owner is missing: the key sees {len(owners)} workspaces."
            raise UserError("destination_config_invalid", sentence, "Name one in deployment.yml or in the account.")
        memory.service.put(owner=owners[0].id)
        return owners[0].id

    def _stated(self, api: Render, found: RenderService, hostname: str) -> Domain:
        domain = api.domain(found.id, hostname)
        if domain is None:
            raise UserError("vendor_refused", f"Render does not know the domain {hostname}.", "Add it again.")
        target = found.url.removeprefix("https://")
        record = DnsRecord("A", hostname, _APEX_ADDRESS) if domain.is_apex else DnsRecord("CNAME", hostname, target)
        return Domain(hostname, domain.is_verified, (record,), "verified" if domain.is_verified else "unverified")

    def _name(self, service: Service) -> str:
        return config_of(RenderConfig, service.config).name or service.name

    def _api(self, progress: Progress | None = None) -> Render:
        pause = heeding(progress.check) if progress else time.sleep
        return Render(self.key, address=self.endpoints.api, pause=pause)


def _taken(name: str) -> UserError:
    return UserError(
        "service_name_taken",
        f"At Render there is a service {name} that this installation did not make.",
        "Set config.name to another name, or delete the service at Render.",
    )


def connect(credential: Mapping[str, str], endpoints: Endpoints) -> RenderPlatform:
    return RenderPlatform(credential["key"], credential.get("owner", ""), endpoints)


MODULE = CloudModule(
    TRAITS,
    (
        CredentialField("key", "API key", "dashboard.render.com, Account Settings, API Keys."),
        CredentialField(
            "owner",
            "Workspace id",
            "tea-…, where the key sees several; Workspace Settings.",
            is_secret=False,
            is_required=False,
        ),
    ),
    connect,
    CONFIG,
)
