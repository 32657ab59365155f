"""aws: each service is a Lambda function, each release a version of it; the alias `live` with its URL serves."""

from __future__ import annotations

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
from clients.aws_places import Caller, LogGroup, caller, denied_actions
from core.errors import ProjectError, UserError
from core.findings import Finding
from core.targets import Target
from deployments.platforms.aws_site import LIVE, AwsConfig, Site, missing, ours, owned, prepared, remove, site_of
from deployments.platforms.aws_versions import found_version, published, settings_of, uploaded
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
from deployments.platforms.pauses import looks, pause_of

TRAITS = PlatformTraits(
    version_urls=False,
    canary=True,
    native_rollback=True,
    live_logs=True,
    scale_to_zero=True,
)
_REGION: Final = "us-east-1"
_LOG_SECONDS: Final = 2.0
_LOG_OVERLAP: Final = timedelta(seconds=30)  # events come late, and not in order
#: Lambda's own, which a function may not set.
_RESERVED: Final = frozenset(
    {"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"}
    | {"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"}
    | {"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"}
    | {"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    | {"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"}
)
#: What a policy has to allow; docs/aws.md has it as one.
NEEDED: Final = (
    *("lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:CreateFunction", "lambda:UpdateFunctionCode"),
    *(
        "lambda:UpdateFunctionConfiguration",
        "lambda:PublishVersion",
        "lambda:ListVersionsByFunction",
        "lambda:ListTags",
    ),
    *("lambda:GetAlias", "lambda:CreateAlias", "lambda:UpdateAlias", "lambda:InvokeFunction", "lambda:AddPermission"),
    *("lambda:GetFunctionUrlConfig", "lambda:CreateFunctionUrlConfig", "lambda:DeleteFunction", "lambda:TagResource"),
    *("iam:GetRole", "iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:DeleteRole"),
    *("iam:PassRole", "s3:CreateBucket", "s3:PutBucketTagging", "s3:GetBucketTagging", "s3:ListBucket"),
    *("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteBucket"),
    *("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:ListTagsForResource", "logs:FilterLogEvents"),
    *("logs:DeleteLogGroup", "logs:TagResource"),
)


@dataclass(frozen=True, slots=True)
class AwsPlatform:
    keys: AwsKeys
    region: str
    endpoints: Endpoints

    def check(self) -> AccountCheck:
        aws = self._aws(self.region)
        who = caller(aws)
        can = ("make functions", "publish versions", "share traffic by percentage", "read logs")
        denied = None if who.arn.endswith(":root") else denied_actions(aws, _policy_source(who), NEEDED)
        missing_ = (f"Its policies do not allow {', '.join(denied)}.",) if denied else ()
        return AccountCheck(who.account, who.arn.rpartition(":")[2], can, missing_)

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
            site = self._site(release.service, progress)
            function = owned(site)
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
            site = self._site(service, progress)
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

    def logs(self, service: Service, since: datetime | None, memory: Memory) -> Iterator[LogLine]:  # noqa: ARG002
        """Asked for again and again: from a minute ago where nothing else is said."""
        site = self._site(service)
        group = LogGroup(site.aws, site.log_group, caller(site.aws))
        begin = since or datetime.now(UTC) - timedelta(minutes=1)
        told: dict[str, datetime] = {}
        while True:
            for event in group.events(begin):
                if event.id not in told:
                    told[event.id] = event.at
                    yield LogLine(event.at, event.text, event.id)
            begin = max((*(at - _LOG_OVERLAP for at in told.values()), begin))
            told = {id_: at for id_, at in told.items() if at >= begin}
            Event().wait(_LOG_SECONDS)

    def inspect(self, service: Service, memory: Memory) -> Observed:
        site = self._site(service)
        if ours(site) is None:
            return Observed(False)
        shares = site.function.shares(LIVE)
        address = site.function.url(LIVE)
        lost = [f"The alias {LIVE} is gone."] if shares is None and memory.service.get("address") else []
        lost += ["Its URL is gone."] if shares and not address else []
        return Observed(True, address, shares or {}, (*lost, *missing(site, memory)))

    def discard(self, service: Service, version: Version, memory: Memory) -> None:  # noqa: ARG002
        site = self._site(service)
        if ours(site) and version.id not in (site.function.shares(LIVE) or {}):
            site.function.delete_version(version.id)

    def delete(self, service: Service, memory: Memory) -> None:
        """Versions, aliases and URLs are gone with the function."""
        site = self._site(service)
        if ours(site):
            site.function.delete()
        remove(site, memory)
        memory.service.put(address="", bucket="")

    def _site(self, service: Service, progress: Progress | None = None) -> Site:
        config = config_of(AwsConfig, service.config)
        return site_of(service, config, self._aws(config.region or self.region, progress))

    def _aws(self, region: str, progress: Progress | None = None) -> Aws:
        pause = pause_of(progress.check) if progress else time.sleep
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
        for _look in looks(pause_of(progress.check), seconds=seconds):
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
    keys = AwsKeys(
        credential["accessKeyId"],
        credential["secretAccessKey"],
        credential.get("sessionToken", ""),
        credential.get("roleArn", ""),
        credential.get("externalId", ""),
    )
    return AwsPlatform(keys, credential.get("region") or _REGION, endpoints)


def _role(site: Site, function: Function | None) -> str:
    """ "" where it is still to be made."""
    if function is None:
        return ""
    running_as = function.settings.role
    return site.config.role_arn or (running_as if running_as.endswith(f"/{site.role.name}") else "")


def _policy_source(who: Caller) -> str:
    """The role behind a session: that is what has policies."""
    kind, _, rest = who.arn.rpartition(":")[2].partition("/")
    name = rest.partition("/")[0]
    return f"arn:{who.partition}:iam::{who.account}:role/{name}" if kind == "assumed-role" else who.arn


def _gone(sentence: str) -> UserError:
    return UserError("version_gone", sentence, "Redeploy the commit instead.")


MODULE = CloudModule(
    TRAITS,
    (
        CredentialField("accessKeyId", "Access key id", "Of an IAM user for this installation alone.", is_secret=False),
        CredentialField("secretAccessKey", "Secret access key", "Shown once, when the key is made."),
        CredentialField("sessionToken", "Session token", "Only with keys that end by themselves.", is_required=False),
        CredentialField(
            "roleArn",
            "Role to assume",
            "The user then needs sts:AssumeRole and no more; credentials of an hour are used.",
            is_secret=False,
            is_required=False,
        ),
        CredentialField("externalId", "External id", "What the role's trust policy asks for.", is_required=False),
        CredentialField("region", "Region", "Where services are that name none.", is_secret=False, is_required=False),
    ),
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
