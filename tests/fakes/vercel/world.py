"""What is at the Vercel of the tests: projects, deployments that really run, domains."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import httpx

from builds.bundlers.vercel import ENTRY
from core.targets import Target
from tests.fakes.vendor import PLAIN, Agent, RefusalError, unpacked
from tests.runtime.targets import wait_until

CNAME = "cname.vercel-dns-0.com"
_numbers = itertools.count(1)


def refused(status: int, code: str, message: str, **more: object) -> RefusalError:
    return RefusalError(status, {"error": {"code": code, "message": message, **more}})


def new_id(prefix: str) -> str:
    return f"{prefix}_{next(_numbers):024d}"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Deployment:
    """It is queued, then built, then ready: a step for each look at it. Its function starts when it is first called."""

    id: str
    project: str
    url: str
    target: str | None
    files: dict[str, bytes]
    variables: dict[str, str]
    meta: dict[str, str]
    folder: Path
    created: int = field(default_factory=now_ms)
    state: str = "QUEUED"
    was_promoted: bool = False
    error: str = ""
    agent: Agent | None = None
    starting: Lock = field(default_factory=Lock)

    def step(self, failure: str) -> None:
        end = "ERROR" if failure else "READY"
        self.state = {"QUEUED": "BUILDING", "BUILDING": end}.get(self.state, self.state)
        self.error = failure if self.state == "ERROR" else ""

    def running(self) -> Agent | None:
        if self.state != "READY":
            return None
        with self.starting:
            if self.agent is None:
                place = unpacked(self.folder / self.id, Target.VERCEL, ENTRY, self.files)
                agent = self.agent = Agent(place, self.variables)
                wait_until(lambda: agent.process.poll() is not None or _answers(agent.url), "it does not start")
        return self.agent

    def stop(self) -> None:
        if self.agent:
            self.agent.stop()

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "uid": self.id,
            "name": self.project,
            "projectId": self.project,
            "url": self.url,
            "target": self.target,
            "state": self.state,
            "status": self.state,
            "readyState": self.state,
            **({"readySubstate": "PROMOTED" if self.was_promoted else "STAGED"} if self.state == "READY" else {}),
            **({"errorMessage": self.error} if self.error else {}),
            "created": self.created,
            "createdAt": self.created,
            "bootedAt": self.created,
            "buildingAt": self.created,
            "build": {"env": []},
            "env": sorted(self.variables),
            "meta": self.meta,
            "type": "LAMBDAS",
            "version": 2,
            "plan": "pro",
            "regions": ["iad1"],
            "routes": None,
            "public": False,
            "buildSkipped": False,
            "aliasAssigned": self.was_promoted,
            "inspectorUrl": None,
            "isInConcurrentBuildsQueue": False,
            "isInSystemBuildsQueue": False,
            "projectSettings": {},
            "createdIn": "sfo1",
            "creator": {"uid": "u1", "username": "tester", "email": "tester@example.org"},
            "ownerId": "u1",
        }


def _answers(url: str) -> bool:
    """Whatever it says: a function that cannot be loaded answers 500."""
    try:
        httpx.get(f"{url}/health", timeout=5, verify=PLAIN)
    except httpx.TransportError:
        return False
    return True


@dataclass
class ProjectDomain:
    name: str
    project: str
    is_verified: bool = False

    def shown(self) -> dict[str, Any]:
        apex = ".".join(self.name.split(".")[-2:])
        value = f"vc-domain-verify={self.name},1"
        proof = {"type": "TXT", "domain": f"_vercel.{apex}", "value": value, "reason": "pending_domain_verification"}
        shown = {"name": self.name, "apexName": apex, "projectId": self.project, "verified": self.is_verified}
        return shown if self.is_verified else {**shown, "verification": [proof]}


@dataclass
class Project:
    """`moving` is (kind, deployment) until the next look: Vercel moves addresses in its own time."""

    id: str
    name: str
    variables: list[dict[str, Any]]
    protection: dict[str, str] | None
    assigns_by_itself: bool = True
    production: Deployment | None = None
    moving: tuple[str, Deployment] | None = None
    last: dict[str, Any] | None = None

    def point(self, kind: str, deployment: Deployment) -> None:
        before = self.production.id if self.production else ""
        self.moving = (kind, deployment)
        self.last = {
            "fromDeploymentId": before,
            "toDeploymentId": deployment.id,
            "jobStatus": "in-progress",
            "requestedAt": now_ms(),
            "type": kind,
        }

    def arrive(self) -> None:
        if self.moving and self.last:
            kind, deployment = self.moving
            self.moving, self.last = None, {**self.last, "jobStatus": "succeeded"}
            self.serve(deployment)
            self.assigns_by_itself = self.assigns_by_itself and kind == "promote"

    def serve(self, deployment: Deployment) -> None:
        self.production = deployment
        deployment.was_promoted = True

    def _serving(self, deployment: Deployment) -> dict[str, Any]:
        kept = {name: value for name, value in deployment.shown().items() if name in _OF_WHAT_SERVES}
        aliases = [f"{self.name}-tester.vercel.app", f"{self.name}.vercel.app"]
        return {**kept, "alias": aliases, "deploymentHostname": deployment.url, "private": False, "userId": "u1"}

    def shown(self) -> dict[str, Any]:
        serving = self.production
        return {
            "accountId": "u1",
            "directoryListing": False,
            "id": self.id,
            "name": self.name,
            "nodeVersion": "22.x",
            "framework": None,
            "resourceConfig": {"functionDefaultRegions": ["iad1"]},
            "defaultResourceConfig": {"functionDefaultRegions": ["iad1"]},
            "ssoProtection": self.protection,
            "autoAssignCustomDomains": self.assigns_by_itself,
            "env": self.variables,
            "targets": {"production": self._serving(serving)} if serving else {},
            "lastAliasRequest": self.last,
        }


_OF_WHAT_SERVES = {
    *("id", "createdAt", "createdIn", "creator", "name", "plan", "readyState", "readySubstate", "type", "url"),
    *("meta", "target"),
}
