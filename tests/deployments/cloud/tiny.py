"""A small vendor over a real socket, and the adapter to it: what any platform does, and nothing of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import Any

import httpx

from builds.runner.progress import Progress
from clients.vendor_api import Refusal, VendorApi
from core.errors import UserError
from core.findings import Finding, Severity
from core.targets import Platform
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
from tests.fakes.vendor import Answer, Asked, RefusalError, Vendor

PLATFORM = Platform.FLY
TOKEN = "tiny-token-0123456789"
TRAITS = PlatformTraits(version_urls=True, canary=True, native_rollback=True, live_logs=True, domains=True)


@dataclass
class Kept:
    """A service at the vendor: versions by id, the share of each, hostnames and whether they are proved."""

    mark: str
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    shares: dict[str, int] = field(default_factory=dict)
    domains: dict[str, bool] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)


class TinyVendor(Vendor):
    """Its API. `waits` holds uploads back until it is set; `reached` says that one is being held."""

    def __init__(self) -> None:
        super().__init__()
        self.services: dict[str, Kept] = {}
        self.token = TOKEN
        self.unhealthy: set[str] = set()  # greetings of versions that do not start
        self.reached, self.goes_on = Event(), Event()
        self.goes_on.set()
        self.route("GET", "/me", lambda _asked: Answer({"account": "acct-1", "name": "Acme"}))
        self.route("GET", "/services/{name}", lambda asked: self._shown(self._of(asked)))
        self.route("PUT", "/services/{name}", self._make)
        self.route("DELETE", "/services/{name}", self._delete)
        self.route("PUT", "/services/{name}/versions/{version}", self._upload)
        self.route("DELETE", "/services/{name}/versions/{version}", self._drop)
        self.route("PUT", "/services/{name}/shares", self._share)
        self.route("PUT", "/services/{name}/domains/{hostname}", self._attach)
        self.route("DELETE", "/services/{name}/domains/{hostname}", self._detach)

    def admit(self, asked: Asked) -> None:
        if asked.bearer != self.token:
            raise RefusalError(401, {"code": "bad_token", "message": "the token is not valid"})

    def answered(self, asked: Asked) -> Answer | None:
        if asked.method == "PUT" and "/versions/" in asked.path and not self.goes_on.is_set():
            self.reached.set()
            self.goes_on.wait(30)
        return super().answered(asked)

    def serving(self, name: str) -> dict[str, int]:
        """Which deployments have the traffic."""
        return self.services[name].shares if name in self.services else {}

    def _of(self, asked: Asked) -> Kept:
        found = self.services.get(asked.parameters["name"])
        if found is None:
            raise RefusalError(404, {"code": "not_found", "message": "no such service"})
        return found

    def _shown(self, kept: Kept) -> Answer:
        return Answer(
            {"mark": kept.mark, "versions": list(kept.versions), "shares": kept.shares, "domains": kept.domains}
        )

    def _make(self, asked: Asked) -> Answer:
        kept = self.services.setdefault(asked.parameters["name"], Kept(asked.json["mark"]))
        if kept.mark != asked.json["mark"]:
            raise RefusalError(409, {"code": "taken", "message": "the name is taken"})
        kept.config = asked.json["config"]
        return self._shown(kept)

    def _delete(self, asked: Asked) -> Answer:
        self.services.pop(asked.parameters["name"], None)
        return Answer({})

    def _upload(self, asked: Asked) -> Answer:
        self._of(asked).versions.setdefault(asked.parameters["version"], asked.json)
        return Answer({"id": asked.parameters["version"]})

    def _drop(self, asked: Asked) -> Answer:
        self._of(asked).versions.pop(asked.parameters["version"], None)
        return Answer({})

    def _share(self, asked: Asked) -> Answer:
        kept = self._of(asked)
        if missing := [one for one in asked.json if one not in kept.versions]:
            raise RefusalError(404, {"code": "no_version", "message": f"no version {missing[0]}"})
        kept.shares = asked.json
        return Answer({})

    def _attach(self, asked: Asked) -> Answer:
        kept = self._of(asked)
        kept.domains.setdefault(asked.parameters["hostname"], False)
        return Answer({"active": kept.domains[asked.parameters["hostname"]]})

    def _detach(self, asked: Asked) -> Answer:
        self._of(asked).domains.pop(asked.parameters["hostname"], None)
        return Answer({})


@dataclass(frozen=True)
class TinyPlatform:
    """A CloudPlatform: the deployment's public id is the version's."""

    api: VendorApi

    def check(self) -> AccountCheck:
        me = self.api.ask("GET", "/me").json()
        return AccountCheck(me["account"], me["name"], ("release agents",), ())

    def problems(self, release: Release) -> Iterator[Finding]:
        for key in release.service.config:
            if key != "region":
                yield Finding(
                    Severity.ERROR, "destination_config_invalid", f"config.{key} is unknown.", "Leave it out."
                )

    def release(self, release: Release, memory: Memory, progress: Progress) -> Released:
        service = release.service
        with progress.step("prepare"):
            self._own(service)
            self.api.ask("PUT", f"/services/{service.name}", json={"mark": service.mark, "config": service.config})
            memory.service.put(name=service.name)
        with progress.step("upload"):
            content = {file.path: file.sha256 for file in release.bundle.manifest.files}
            for file in release.bundle.manifest.files:
                release.bundle.content(file)
            body = {"files": content, "variables": dict(release.variables), "secrets": sorted(release.secrets)}
            memory.attempt.put(version=release.deployment)
            self.api.ask("PUT", f"/services/{service.name}/versions/{release.deployment}", json=body)
            progress.line(f"Uploaded with {release.variables.get('MODEL_KEY', 'nothing')}.")
            progress.check()
        version = Version(release.deployment, f"https://{release.deployment}.{service.name}.tiny.example")
        if not release.serves:
            return Released(version, "")
        with progress.step("traffic"):
            self._set(service, {version.id: 100})
        return Released(version, _address(service))

    def move(self, service: Service, shares: Sequence[Share], memory: Memory, progress: Progress) -> str:  # noqa: ARG002
        self._own(service)
        self._set(service, {one.version.id: one.percent for one in shares})
        return _address(service)

    def refusal(self, service: Service, current: Version, target: Version) -> UserError | None:  # noqa: ARG002
        if target.details.get("before_migration"):
            return UserError("rollback_refused", "A migration lies between them.", "Fix forward.")
        return None

    def attach_domain(self, service: Service, hostname: str, memory: Memory) -> Domain:
        self.api.ask("PUT", f"/services/{service.name}/domains/{hostname}")
        return self.domain(service, hostname, memory)

    def domain(self, service: Service, hostname: str, memory: Memory) -> Domain:  # noqa: ARG002
        active = self.api.ask("GET", f"/services/{service.name}").json()["domains"].get(hostname, False)
        return Domain(hostname, active, (DnsRecord("CNAME", hostname, f"{service.name}.tiny.example"),), "")

    def detach_domain(self, service: Service, hostname: str, memory: Memory) -> None:  # noqa: ARG002
        self.api.ask("DELETE", f"/services/{service.name}/domains/{hostname}", accept=frozenset({404}))

    def logs(self, service: Service, since: datetime | None, memory: Memory) -> Iterator[LogLine]:  # noqa: ARG002
        yield LogLine(datetime.now(UTC), f"{service.name} says hello", "1")

    def inspect(self, service: Service, memory: Memory) -> Observed:  # noqa: ARG002
        answer = self.api.ask("GET", f"/services/{service.name}", accept=frozenset({404}))
        if answer.status_code == 404:
            return Observed(False)
        return Observed(True, _address(service), answer.json()["shares"])

    def discard(self, service: Service, version: Version, memory: Memory) -> None:  # noqa: ARG002
        self.api.ask("DELETE", f"/services/{service.name}/versions/{version.id}", accept=frozenset({404}))

    def delete(self, service: Service, memory: Memory) -> None:  # noqa: ARG002
        answer = self.api.ask("GET", f"/services/{service.name}", accept=frozenset({404}))
        if answer.status_code == 200 and answer.json()["mark"] == service.mark:
            self.api.ask("DELETE", f"/services/{service.name}")

    def _own(self, service: Service) -> None:
        answer = self.api.ask("GET", f"/services/{service.name}", accept=frozenset({404}))
        if answer.status_code == 200 and answer.json()["mark"] != service.mark:
            raise UserError("service_name_taken", f"{service.name} is somebody else's.", "Choose another name.")

    def _set(self, service: Service, shares: Mapping[str, int]) -> None:
        answer = self.api.ask("PUT", f"/services/{service.name}/shares", json=shares, accept=frozenset({404}))
        if answer.status_code == 404:
            raise UserError("version_gone", "The version is not there.", "Redeploy.")


def _address(service: Service) -> str:
    return f"https://{service.name}.tiny.example"


def _refusal_of(answer: httpx.Response) -> Refusal:
    said = answer.json()
    return Refusal(answer.status_code, str(said.get("code", "")), str(said.get("message", "")))


def _connect(credentials: Mapping[str, str], endpoints: Endpoints) -> TinyPlatform:
    headers = {"Authorization": f"Bearer {credentials['token']}"}
    return TinyPlatform(VendorApi("Tiny", endpoints.api, headers, _refusal_of, pause=_no_pause))


def _no_pause(_seconds: float) -> None:
    """Nobody here asks to be waited for."""


MODULE = CloudModule(
    TRAITS,
    (
        CredentialField("token", "API token", "Of the account's page."),
        CredentialField("org", "Organisation", "", False, False),
    ),
    _connect,
    {"region": "where it runs"},
)
Connected = Callable[[], TinyPlatform]
