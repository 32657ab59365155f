"""cloudflare: a Worker with its Durable Objects and an R2 bucket, in a team's own account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from builds.bundlers.cloudflare import BUCKET, OBJECT_CLASSES
from builds.bundlers.limits import variable_findings
from builds.runner.progress import Progress
from clients.cloudflare import API, Cloudflare
from clients.cloudflare_r2 import R2
from clients.cloudflare_tail import tail
from core.errors import UserError
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
from deployments.platforms.cloudflare_account import checked
from deployments.platforms.cloudflare_bucket import delete_bucket, prepare_bucket, upload_objects
from deployments.platforms.cloudflare_config import CONFIG, config_of
from deployments.platforms.cloudflare_dispatch import Dispatching, serving
from deployments.platforms.cloudflare_domains import Domains
from deployments.platforms.cloudflare_place import Place, account_of, by_dispatcher
from deployments.platforms.cloudflare_release import Releasing
from deployments.platforms.cloudflare_upload import behind
from deployments.platforms.contract import PlatformTraits

TRAITS: Final = PlatformTraits(
    version_urls=False,  # Cloudflare has none for Workers with Durable Objects
    canary=True,
    native_rollback=True,
    live_logs=True,
    scale_to_zero=True,
    domains=True,
)

CREDENTIALS: Final = (
    CredentialField(
        "api_token",
        "API token",
        "My Profile → API Tokens → Create, with the account permissions Workers Scripts: Edit, Workers R2 Storage:"
        " Edit, Workers Tail: Read and Account Settings: Read; for domains also the zone permissions Zone: Read,"
        " Workers Routes: Edit, and SSL and Certificates: Edit.",
    ),
    CredentialField(
        "account_id",
        "Account ID",
        "Of Workers & Pages, at the right. Only where the token reaches several accounts.",
        is_secret=False,
        is_required=False,
    ),
    CredentialField(
        "s3_endpoint",
        "R2 endpoint",
        "Only for buckets of a jurisdiction, such as https://ACCOUNT.eu.r2.cloudflarestorage.com.",
        is_secret=False,
        is_required=False,
    ),
)


@dataclass(frozen=True, slots=True)
class CloudflarePlatform:
    cloudflare: Cloudflare
    account: str = ""
    s3_endpoint: str = ""
    edge: str = ""

    def check(self) -> AccountCheck:
        return checked(self.cloudflare, self.account)

    def problems(self, release: Release) -> Iterator[Finding]:
        try:
            config_of(release.service)
        except UserError as error:
            yield error.as_finding()
        yield from variable_findings(release.variables, Target.CLOUDFLARE)
        yield from (_reserved(name) for name in sorted(release.variables.keys() & {*OBJECT_CLASSES, BUCKET}))

    def release(self, release: Release, memory: Memory, progress: Progress) -> Released:
        place = self._place(release.service, memory, progress)
        with progress.step("prepare"):
            script = place.own_script()
            prepare_bucket(place)
        with progress.step("upload"):
            sent, all_ = upload_objects(place, release.bundle)
            progress.line(f"Put {sent} of {all_} texts into the bucket {place.bucket}; the others are there.")
        return self._releasing(place, progress).release(release, script)

    def move(self, service: Service, shares: Sequence[Share], memory: Memory, progress: Progress) -> str:
        return self._releasing(self._place(service, memory, progress), progress).move(shares)

    def refusal(self, service: Service, current: Version, target: Version) -> UserError | None:
        """Durable Objects do not go back: code from before a migration may not know what they are now."""
        had, wanted = current.details.get("migration", ""), target.details.get("migration", "")
        is_staged = "version" not in target.details and not config_of(service).dispatch_namespace
        return None if had == wanted or is_staged else behind(had)

    def attach_domain(self, service: Service, hostname: str, memory: Memory) -> Domain:
        return Domains(self._place(service, memory), self.edge).attach(hostname)

    def domain(self, service: Service, hostname: str, memory: Memory) -> Domain:
        return Domains(self._place(service, memory), self.edge).domain(hostname)

    def detach_domain(self, service: Service, hostname: str, memory: Memory) -> None:
        Domains(self._place(service, memory), self.edge).detach(hostname)

    def logs(self, service: Service, since: datetime | None, memory: Memory) -> Iterator[LogLine]:  # noqa: ARG002
        """From now on: what was said before is in Cloudflare's dashboard only."""
        place = self._place(service, memory)
        if place.dispatched:
            raise by_dispatcher("Logs")
        for line in tail(place.cloudflare, place.account, place.name):
            yield LogLine(line.at, line.text, line.id)

    def inspect(self, service: Service, memory: Memory) -> Observed:
        place = self._place(service, memory)
        script = place.script()
        if script is None or not place.owns(script):
            return Observed(exists=False)
        missing = () if place.r2.has(place.bucket) else (f"the R2 bucket {place.bucket}",)
        if place.dispatched:
            return Observed(True, place.address(), serving(script), missing)
        shares = {id_: percent for id_, percent in place.workers.deployed(place.name).items() if percent}
        if place.workers.is_open(place.name):
            return Observed(True, place.address(), shares, missing)
        closed = ("the address below workers.dev",) if memory.service.get("open") else ()
        return Observed(True, "", shares, (*missing, *closed))

    def discard(self, service: Service, version: Version, memory: Memory) -> None:
        """Cloudflare keeps a Worker's versions, and takes nothing for it."""

    def delete(self, service: Service, memory: Memory) -> None:
        place = self._place(service, memory)
        script = place.script()
        if script is not None and place.owns(script):
            if not place.dispatched:
                Domains(place).detach_all()
            (place.dispatched or place.workers).delete(place.name)
        if script is None or place.owns(script):
            delete_bucket(place)
        memory.service.put(bucket="", bucket_made="", open="", subdomain="")

    def _releasing(self, place: Place, progress: Progress) -> Releasing | Dispatching:
        namespace = place.dispatched
        if namespace is None:
            return Releasing(place, progress, self.edge)
        return Dispatching(place, namespace, progress, self.edge)

    def _place(self, service: Service, memory: Memory, progress: Progress | None = None) -> Place:
        config = config_of(service)
        cloudflare = self.cloudflare.heeding(progress.check) if progress else self.cloudflare
        account = account_of(cloudflare, config.account_id or self.account, memory)
        return Place(service, config, memory, cloudflare, account, R2(cloudflare, account, self.s3_endpoint))


def _reserved(name: str) -> Finding:
    sentence = f"The variable {name} has the name of a binding that the Worker needs."
    return UserError("destination_config_invalid", sentence, "Give the variable another name.").as_finding()


def connect(credentials: Mapping[str, str], endpoints: Endpoints) -> CloudflarePlatform:
    return CloudflarePlatform(
        Cloudflare(credentials["api_token"], endpoints.api or API),
        credentials.get("account_id", ""),
        credentials.get("s3_endpoint", ""),
        endpoints.edge,
    )


MODULE: Final = CloudModule(TRAITS, CREDENTIALS, connect, CONFIG)
