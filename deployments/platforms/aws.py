"""aws: each service is a Lambda function, each release a version of it; the alias `live` with its URL serves."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Final

from builds.bundlers.limits import variable_findings
from builds.runner.progress import Progress
from clients.agent_health import wait_until_healthy
from clients.aws import Aws, AwsKeys
from clients.aws_lambda import Function, Lambda
from clients.aws_places import LogGroup, caller
from clients.vendor_api import heeding
from core.errors import ProjectError, UserError
from core.findings import Finding
from core.targets import Target
from deployments.platforms.aws_account import CREDENTIALS, checked, keys_of
from deployments.platforms.aws_site import (
    LIVE,
    REGION,
    AwsConfig,
    Site,
    missing,
    note,
    noted,
    ours,
    owned,
    prepared,
    remove,
)
from deployments.platforms.aws_versions import found_version, published, settings_of, uploaded
from deployments.platforms.cloud import (
    AccountCheck,
    CloudModule,
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

TRAITS = PlatformTraits(
    version_urls=False,
    canary=True,
    native_rollback=True,
    live_logs=True,
    scale_to_zero=True,
)
_REGION: Final = "us-east-1"
_LOG_SECONDS: Final = 2.0
_LOG_LIFE_SECONDS: Final = 600.0  # nobody can close an iterator that has nothing to say
_LOG_OVERLAP: Final = timedelta(seconds=30)  # events come late, and not in order
#: Lambda's own, which a function may not set.
_RESERVED: Final = frozenset(
    {"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"}
    | {"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"}
    | {"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"}
    | {"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    | {"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"}
)


@dataclass(frozen=True, slots=True)
class AwsPlatform:
    keys: AwsKeys
    region: str
    endpoints: Endpoints

    def check(self) -> AccountCheck:
        if not re.fullmatch(REGION, self.region):
            raise UserError("credential_refused", f"{self.region!r} is no region.", "Name one such as eu-central-1.")
        return checked(self._aws(self.region))

    def problems(self, release: Release) -> Iterator[Finding]:
        try:
            config_of(AwsConfig, release.service.config)
        except UserError as error:
            yield error.as_finding()
        yield from variable_findings(release.variables, Target.LAMBDA)
        for name in sorted(_RESERVED & set(release.variables)):
            sentence = f"The variable {name} is set by Lambda itself"
            yield UserError("variable_reserved", sentence, "Choose another name.").as_finding()

    def release(self, release: Release, memory: Memory, progress: Progress) -> Released:
        with progress.step("prepare"):
            stop_at_errors(self.problems(release))
            site = self._site(release.service, memory, progress)
            function = owned(site)
            note(site, memory, self._wanted(release.service))
            role = _role(site, function) or prepared(site, memory)
        version = memory.attempt.get("version") or self._made(site, release, role, function, memory, progress)
        with progress.step("health"):
            self._wait_until_healthy(site.function, version, release.health_seconds, progress)
        if not release.serves:
            return Released(Version(version), memory.service.get("address"))
        with progress.step("traffic"):
            address = self._served(site, {version: 100}, memory, progress)
            return Released(Version(version), address)

    def move(self, service: Service, shares: Sequence[Share], memory: Memory, progress: Progress) -> str:
        if len(shares) > 2:
            raise UserError(
                "vendor_refused",
                "AWS shares the traffic between two versions and no more.",
                "Let one of the two go first.",
            )
        with progress.step("traffic"):
            site = self._site(service, memory, progress)
            if owned(site) is None:
                raise _gone(f"The function {site.name} is no longer at AWS.")
            return self._served(site, {share.version.id: share.percent for share in shares}, memory, progress)

    def refusal(self, service: Service, current: Version, target: Version) -> UserError | None:  # noqa: ARG002
        return None

    def attach_domain(self, service: Service, hostname: str, memory: Memory) -> Domain:  # noqa: ARG002
        raise UserError(
            "vendor_refused",
            "A Lambda function's URL takes no hostname of its own.",
            "Put a CloudFront distribution with a certificate for the hostname before the function's URL.",
        )

    def domain(self, service: Service, hostname: str, memory: Memory) -> Domain:  # noqa: ARG002
        return Domain(hostname, False, detail="A Lambda function's URL takes no hostname of its own.")

    def detach_domain(self, service: Service, hostname: str, memory: Memory) -> None:
        """There is none."""

    def logs(self, service: Service, since: datetime | None, memory: Memory) -> Iterator[LogLine]:
        """Asked for again and again, for ten minutes: from a minute ago where nothing else is said."""
        site = self._site(service, memory)
        group = LogGroup(site.aws, site.log_group, caller(site.aws))
        begin = since or datetime.now(UTC) - timedelta(minutes=1)
        told: dict[str, datetime] = {}
        end = time.monotonic() + _LOG_LIFE_SECONDS
        while time.monotonic() < end:
            for event in group.events(begin):
                if event.id not in told:
                    told[event.id] = event.at
                    yield LogLine(event.at, event.text, event.id)
            begin = max((*(at - _LOG_OVERLAP for at in told.values()), begin))
            told = {id_: at for id_, at in told.items() if at >= begin}
            Event().wait(_LOG_SECONDS)

    def inspect(self, service: Service, memory: Memory) -> Observed:
        site = self._site(service, memory)
        if ours(site) is None:
            return Observed(False)
        shares = site.function.shares(LIVE)
        address = site.function.url(LIVE)
        lost = [f"The alias {LIVE} is gone."] if shares is None and memory.service.get("address") else []
        lost += ["Its URL is gone."] if shares and not address else []
        return Observed(True, address, shares or {}, (*lost, *missing(site, memory)))

    def discard(self, service: Service, version: Version, memory: Memory) -> None:
        site = self._site(service, memory)
        if ours(site) and version.id not in (site.function.shares(LIVE) or {}):
            site.function.delete_version(version.id)

    def delete(self, service: Service, memory: Memory) -> None:
        """Versions, aliases and URLs are gone with the function."""
        site = self._site(service, memory)
        if ours(site):
            site.function.delete()
        remove(site, memory)
        memory.service.put(address="", bucket="", site="")

    def _site(self, service: Service, memory: Memory, progress: Progress | None = None) -> Site:
        """Where it was made, whatever its config says by now."""
        wanted_region, wanted_name = self._wanted(service)
        region, name = noted(memory)
        aws = self._aws(region or wanted_region, progress)
        return Site(aws, config_of(AwsConfig, service.config), name or wanted_name, service.mark)

    def _wanted(self, service: Service) -> tuple[str, str]:
        config = config_of(AwsConfig, service.config)
        return config.region or self.region, config.name or service.name

    def _aws(self, region: str, progress: Progress | None = None) -> Aws:
        pause = heeding(progress.check) if progress else time.sleep
        return Aws(self.keys, region, address=self.endpoints.api, pause=pause)

    def _made(
        self, site: Site, release: Release, role: str, function: Function | None, memory: Memory, progress: Progress
    ) -> str:
        with progress.step("upload"):
            code = uploaded(site, release, function, memory, progress)
        with progress.step("release"):
            settings = settings_of(site, release, role)
            version = found_version(site, settings) if memory.attempt.get("asked") else ""
            memory.attempt.put(asked="yes")
            version = version or published(site, settings, code, function, progress)
            memory.attempt.put(version=version)
            return version

    def _wait_until_healthy(self, function: Lambda, version: str, seconds: int, progress: Progress) -> None:
        reason: str | None = ""
        for _look in looks(heeding(progress.check), seconds=seconds):
            reason = function.unhealthy_because(version)
            if reason == "":
                return
            if reason is None:
                raise _gone(f"Version {version} is no longer at AWS.")
        raise ProjectError(
            "release_unhealthy",
            f"The agent is not healthy after {seconds} s: {reason}.",
            "Look at its log; a missing variable is the most frequent reason.",
        )

    def _served(self, site: Site, shares: Mapping[str, int], memory: Memory, progress: Progress) -> str:
        """The alias first, then, once and for all, its URL and who may call it."""
        main = max(shares, key=lambda version: shares[version])
        others = {version: percent for version, percent in shares.items() if version != main}
        if not site.function.point(LIVE, main, others):
            raise _gone("This version is no longer at AWS.")
        if address := memory.service.get("address"):
            return address
        site.function.open_url(LIVE)
        address = site.function.url(LIVE)
        wait_until_healthy(address, 60, progress.check, edge=self.endpoints.edge)
        memory.service.put(address=address)
        return address


def connect(credential: Mapping[str, str], endpoints: Endpoints) -> AwsPlatform:
    return AwsPlatform(keys_of(credential), credential.get("region") or _REGION, endpoints)


def _role(site: Site, function: Function | None) -> str:
    """ "" where it is still to be made."""
    if function is None:
        return ""
    running_as = function.settings.role
    return site.config.role_arn or (running_as if running_as.endswith(f"/{site.role.name}") else "")


def _gone(sentence: str) -> UserError:
    return UserError("version_gone", sentence, "Redeploy the commit instead.")


MODULE = CloudModule(
    TRAITS,
    CREDENTIALS,
    connect,
    {
        "name": "The function's name, where it is not to be the destination's.",
        "region": "Such as eu-central-1.",
        "memory": "MB of the function, 1024 where it is not said; the processor grows with it.",
        "timeout": "Seconds that a request may take, at most 900.",
        "architecture": "x86_64 or arm64.",
        "roleArn": "The role that the function runs as, instead of one of its own.",
        "bucket": "Where code is kept, instead of a bucket of its own.",
        "logDays": "How long its log is kept.",
    },
)
