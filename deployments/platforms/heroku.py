"""heroku: a bundle becomes a slug with a Node of its own, and a release that has to prove itself first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from builds.runner.progress import Progress
from clients.heroku import Heroku, HerokuDomain, heroku
from clients.vendor_api import heeding
from core.errors import ProjectError, UserError
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
from deployments.platforms.heroku_config import CONFIG, HerokuConfig
from deployments.platforms.heroku_place import Place
from deployments.platforms.heroku_release import Run
from deployments.platforms.heroku_slug import SlugNode, own_node

#: Of all config vars of an app, in bytes.
_MAX_VARIABLES: Final = 32 * 1024
_LINES: Final = 200
_RECENT: Final = 20
_LINE: Final = re.compile(r"(?P<at>\d{4}-\d\d-\d\dT\S+) (?P<source>\w+\[[\w.]+\]): (?P<text>.*)")
_READY: Final = "cert issued"


@dataclass(frozen=True, slots=True)
class HerokuPlatform:
    client: Callable[[Callable[[float], None] | None], Heroku]
    edge: str = ""
    node: Callable[[], SlugNode] = own_node

    def check(self) -> AccountCheck:
        found = self.client(None).account()
        missing = () if found["verified"] else ("The account has no payment method: Heroku starts no dyno for it.",)
        return AccountCheck(found["id"], found["email"], (f"make and deploy apps of {found['email']}",), missing)

    def problems(self, release: Release) -> Iterator[Finding]:
        try:
            config_of(HerokuConfig, release.service.config)
        except UserError as error:
            yield error.as_finding()
        size = sum(len(name.encode()) + len(value.encode()) for name, value in release.variables.items())
        if size > _MAX_VARIABLES:
            sentence = f"All variables have {size:,} bytes; Heroku takes {_MAX_VARIABLES:,}."
            yield ProjectError("variables_over_limit", sentence, "Keep large values in an s3 data source.").as_finding()

    def release(self, release: Release, memory: Memory, progress: Progress) -> Released:
        if not release.serves:
            address = memory.service.get("app_url") if memory.service.get("serving") else ""
            return Released(Version(release.deployment), address)
        return Released(*self._run(release, memory, progress).brought_up())

    def move(self, service: Service, shares: Sequence[Share], memory: Memory, progress: Progress) -> str:
        """Natively while Heroku keeps the slug; else brought up in full."""
        (share,) = shares
        wish = replace(share.release, service=service, serves=True)
        return self._run(wish, memory, progress).moved_to(share.version)

    def refusal(self, service: Service, current: Version, target: Version) -> UserError | None:  # noqa: ARG002
        return None

    def attach_domain(self, service: Service, hostname: str, memory: Memory) -> Domain:
        place = self._owned(service, memory)
        found = place.heroku.domain(place.name, hostname)
        if found is None:
            place.heroku.manage_certificates(place.name)
            found = place.heroku.add_domain(place.name, hostname)
        return _domain(found)

    def domain(self, service: Service, hostname: str, memory: Memory) -> Domain:
        place = self._owned(service, memory)
        found = place.heroku.domain(place.name, hostname)
        return _domain(found) if found else Domain(hostname, False, (), "not attached")

    def detach_domain(self, service: Service, hostname: str, memory: Memory) -> None:
        place = self._owned(service, memory)
        place.heroku.remove_domain(place.name, hostname)

    def logs(self, service: Service, since: datetime | None, memory: Memory) -> Iterator[LogLine]:
        place = self._owned(service, memory)
        for line in place.heroku.log_lines(place.name, _LINES):
            found = _LINE.match(line)
            if found and (since is None or datetime.fromisoformat(found["at"]) > since):
                yield LogLine(datetime.fromisoformat(found["at"]), found["text"], line[:80])

    def inspect(self, service: Service, memory: Memory) -> Observed:
        place = self._place(service, memory)
        try:
            is_there = place.own_variables() is not None
        except UserError as error:
            if error.code != "service_name_taken":
                raise
            is_there = False
        app = place.heroku.app(place.name) if is_there else None
        if app is None:
            return Observed(False)
        found = place.heroku.releases(place.name, _RECENT)
        current = next((one.id for one in found if one.is_current and one.slug), "")
        version = memory.service.get("version") if current == memory.service.get("serving") else current
        shares = {version: 100} if version else {}
        return Observed(True, app.url, shares, () if shares else ("a release with code",))

    def discard(self, service: Service, version: Version, memory: Memory) -> None:
        """A release stays in an app's history, and costs nothing there."""

    def delete(self, service: Service, memory: Memory) -> None:
        self._place(service, memory).remove()

    def _place(self, service: Service, memory: Memory, pause: Callable[[float], None] | None = None) -> Place:
        return Place(service, config_of(HerokuConfig, service.config), memory, self.client(pause))

    def _owned(self, service: Service, memory: Memory) -> Place:
        """Raises UserError service_name_taken."""
        place = self._place(service, memory)
        place.own_variables()
        return place

    def _run(self, release: Release, memory: Memory, progress: Progress) -> Run:
        place = self._place(release.service, memory, heeding(progress.check))
        return Run(place, release, progress, self.node(), self.edge)


def _domain(found: HerokuDomain) -> Domain:
    records = (DnsRecord("CNAME", found.hostname, found.target),) if found.target else ()
    return Domain(found.hostname, found.state == _READY, records, found.state)


def connect(credentials: Mapping[str, str], endpoints: Endpoints) -> HerokuPlatform:
    def client(pause: Callable[[float], None] | None) -> Heroku:
        return heroku(credentials["token"], api=endpoints.api, **({"pause": pause} if pause else {}))

    return HerokuPlatform(client, endpoints.edge)


MODULE = CloudModule(
    PlatformTraits(
        version_urls=False,
        canary=False,
        native_rollback=True,
        live_logs=True,
        scale_to_zero=True,
        domains=True,
        stages=False,
    ),
    (
        CredentialField(
            "token",
            "API key",
            "Of `heroku authorizations:create`; it must be allowed read-protected and write-protected.",
        ),
    ),
    connect,
    CONFIG,
)
