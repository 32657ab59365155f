"""Vercel's REST API, as one account or one team of it. Its JSON stays in here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from clients.vendor_api import Refusal, VendorApi, authorities, bounded
from core.errors import PlatformError

ADDRESS: Final = "https://api.vercel.com"
#: Carries the mark: a variable of the project, as Vercel has no labels.
MARK_VARIABLE: Final = "DEXTO_CLOUD_MARK"
_ENVIRONMENTS: Final = ["production", "preview", "development"]


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose the token is, or the team that it acts for; `role` is the token's in that team."""

    id: str
    name: str
    role: str = "OWNER"


@dataclass(frozen=True, slots=True)
class VercelDeployment:
    """`created` is milliseconds since the epoch; `reason` what went wrong, in Vercel's words."""

    id: str
    url: str
    state: str
    created: int
    reason: str = ""
    aliases: tuple[str, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VercelProject:
    """`is_promoted_by_hand`: a deployment for production serves nobody until it is promoted. `last_move` is the newest
    wish to promote or to roll back: when it came, to which deployment, and how that went."""

    id: str
    name: str
    mark: str
    is_promoted_by_hand: bool
    production: VercelDeployment | None
    last_move: tuple[int, str, str] = (0, "", "")


@dataclass(frozen=True, slots=True)
class VercelDomain:
    """`challenges` are (type, name, value) of the records that prove who owns it."""

    name: str
    apex: str
    is_verified: bool
    challenges: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DomainRouting:
    """What its DNS has to say: `cname` for a name below an apex, `addresses` for an apex."""

    is_misconfigured: bool
    cname: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuntimeLine:
    at: datetime
    text: str
    id: str


class Vercel:
    """Raises what VendorApi raises."""

    def __init__(self, token: str, team: str = "", *, address: str = "", pause: Callable[[float], None]) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._api = VendorApi("Vercel", address or ADDRESS, headers, _refusal, pause)
        self._team = {"teamId": team} if team else {}
        self._headers = headers

    def holder(self) -> Holder:
        if self._team:
            team = self._ask("GET", f"/v2/teams/{self._team['teamId']}").json()
            return Holder(team["id"], team.get("name") or team["slug"], team.get("membership", {}).get("role", "OWNER"))
        user = self._ask("GET", "/v2/user").json()["user"]
        return Holder(user["id"], user.get("username") or user["id"])

    def project(self, id_or_name: str) -> VercelProject | None:
        answer = self._ask("GET", f"/v9/projects/{id_or_name}", accept=_GONE)
        return None if answer.status_code == httpx.codes.NOT_FOUND else self._project(answer.json())

    def create_project(self, name: str, mark: str) -> VercelProject | None:
        """None where the name is in use. Agents guard themselves: callers need no login at Vercel."""
        body = {
            "name": name,
            "framework": None,
            "ssoProtection": None,
            "environmentVariables": [
                {"key": MARK_VARIABLE, "value": mark, "target": _ENVIRONMENTS, "type": "plain"},
            ],
        }
        answer = self._ask("POST", "/v11/projects", json=body, accept=_CONFLICT)
        return None if answer.status_code == httpx.codes.CONFLICT else self._project(answer.json())

    def promote_by_hand(self, project: str) -> None:
        self._ask("PATCH", f"/v9/projects/{project}", json={"autoAssignCustomDomains": False}, repeatable=True)

    def delete_project(self, project: str) -> None:
        self._ask("DELETE", f"/v9/projects/{project}", accept=_GONE)

    def deploy(self, body: Mapping[str, object]) -> VercelDeployment | tuple[str, ...]:
        """What was made of it, or the SHA-1 of the files that have to be uploaded first."""
        query = {"prebuilt": "1", "skipAutoDetectionConfirmation": "1"}
        answer = self._ask("POST", "/v13/deployments", json=body, params=query, accept=frozenset({400}))
        if answer.is_success:
            return _deployment(answer.json())
        error = answer.json().get("error", {})
        if error.get("code") != "missing_files":
            raise self._api.error_of(answer)
        return tuple(error["missing"])

    def upload(self, content: bytes, sha1: str) -> None:
        headers = {"Content-Type": "application/octet-stream", "x-vercel-digest": sha1}
        self._ask("POST", "/v2/files", content=content, headers=headers, repeatable=True)

    def deployment(self, id_: str) -> VercelDeployment | None:
        answer = self._ask("GET", f"/v13/deployments/{id_}", accept=_GONE)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _deployment(answer.json())

    def deployments(self, project: str) -> Iterator[VercelDeployment]:
        """The newest of them."""
        answer = self._ask("GET", "/v6/deployments", params={"projectId": project, "limit": "50"})
        yield from map(_deployment, answer.json()["deployments"])

    def delete_deployment(self, id_: str) -> None:
        self._ask("DELETE", f"/v13/deployments/{id_}", accept=_GONE)

    def move(self, project: str, deployment: str, *, back: bool) -> bool:
        """Makes it the one that serves, soon. False where it is no longer there."""
        path = f"/v1/projects/{project}/rollback" if back else f"/v10/projects/{project}/promote"
        answer = self._ask("POST", f"{path}/{deployment}", accept=_GONE)
        return bool(answer.is_success)

    def domain(self, project: str, hostname: str) -> VercelDomain | None:
        answer = self._ask("GET", f"/v9/projects/{project}/domains/{hostname}", accept=_GONE)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _domain(answer.json())

    def add_domain(self, project: str, hostname: str) -> VercelDomain:
        return _domain(self._ask("POST", f"/v10/projects/{project}/domains", json={"name": hostname}).json())

    def verify_domain(self, project: str, hostname: str) -> bool:
        """Whether its challenge is answered by now."""
        path = f"/v9/projects/{project}/domains/{hostname}/verify"
        answer = self._ask("POST", path, repeatable=True, accept=frozenset({400}))
        return answer.is_success and _domain(answer.json()).is_verified

    def remove_domain(self, project: str, hostname: str) -> None:
        self._ask("DELETE", f"/v9/projects/{project}/domains/{hostname}", accept=_GONE)

    def routing(self, hostname: str) -> DomainRouting:
        found = self._ask("GET", f"/v6/domains/{hostname}/config").json()
        cnames = sorted(found["recommendedCNAME"], key=_rank)
        addresses = sorted(found["recommendedIPv4"], key=_rank)
        return DomainRouting(
            bool(found["misconfigured"]),
            cnames[0]["value"] if cnames else "",
            tuple(addresses[0]["value"]) if addresses else (),
        )

    def runtime_log(self, project: str, deployment: str) -> Iterator[RuntimeLine]:
        """Lines as they come, until Vercel ends the stream."""
        url = f"{self._api.base_url}/v1/projects/{project}/deployments/{deployment}/runtime-logs"
        try:
            with httpx.stream(
                "GET", url, params=self._team, headers=self._headers, timeout=_LOG_TIMEOUT, verify=authorities()
            ) as answer:
                if not answer.is_success:
                    answer.read()
                    raise self._api.error_of(answer)
                for line in answer.iter_lines():
                    if line.strip():
                        yield _runtime_line(json.loads(line))
        except httpx.TransportError as error:
            raise PlatformError("vendor_failed", "Vercel ended the log.", "Nothing to do: ask again.") from error

    def _ask(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, **request: Any
    ) -> httpx.Response:
        return self._api.ask(method, path, params={**(params or {}), **self._team}, **request)

    def _project(self, found: Mapping[str, Any]) -> VercelProject:
        variables = found.get("env")
        if variables is None:
            variables = self._ask("GET", f"/v10/projects/{found['id']}/env").json().get("envs", [])
        marks = (one["value"] for one in variables if one["key"] == MARK_VARIABLE)
        production = (found.get("targets") or {}).get("production")
        move = found.get("lastAliasRequest") or {}
        return VercelProject(
            found["id"],
            found["name"],
            next(marks, ""),
            found.get("autoAssignCustomDomains") is False,
            _deployment(production) if production else None,
            (move.get("requestedAt", 0), move.get("toDeploymentId", ""), move.get("jobStatus", "")),
        )


def _refusal(answer: httpx.Response) -> Refusal:
    try:
        error = answer.json().get("error", {})
    except (ValueError, AttributeError):
        error = {}
    return Refusal(answer.status_code, str(error.get("code", "")), bounded(error.get("message", "")))


def _deployment(found: Mapping[str, Any]) -> VercelDeployment:
    """Of an answer of its own, of a listing, or of what serves a project: they name the same things differently."""
    return VercelDeployment(
        found.get("id") or found["uid"],
        found.get("url") or "",
        found.get("readyState") or found.get("status") or "",
        found.get("createdAt") or found.get("created") or 0,
        bounded(found.get("errorMessage") or found.get("readyStateReason") or ""),
        tuple(found.get("alias") or ()),
        found.get("meta") or {},
    )


def _domain(found: Mapping[str, Any]) -> VercelDomain:
    challenges = ((one["type"], one["domain"], one["value"]) for one in found.get("verification", ()))
    return VercelDomain(found["name"], found["apexName"], found["verified"], tuple(challenges))


def _runtime_line(found: Mapping[str, Any]) -> RuntimeLine:
    at = datetime.fromtimestamp(found["timestampInMs"] / 1000, UTC)
    asked = f"{found['requestMethod']} {found['requestPath']} {found['responseStatusCode']}"
    return RuntimeLine(at, found["message"] or asked, found["rowId"])


def _rank(recommended: Mapping[str, Any]) -> int:
    return int(recommended["rank"])


_GONE: Final = frozenset({404})
_CONFLICT: Final = frozenset({409})
_LOG_TIMEOUT: Final = httpx.Timeout(30.0, read=300.0)
