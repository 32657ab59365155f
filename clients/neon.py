"""Neon's API: projects, their branches, and the URLs of their databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from clients.vendor_api import Refusal, VendorApi, VendorRefusedError, bounded
from core.errors import PlatformError, UserError

ADDRESS: Final = "https://console.neon.tech/api/v2"
#: The annotation that proves whose a branch is.
MARK: Final = "dexto-cloud-mark"
_MISSING: Final = frozenset({404})
_LOCKED: Final = 423
_RUNNING: Final = frozenset({"scheduling", "running", "cancelling"})
_FAILED: Final = frozenset({"failed", "error", "cancelled"})
_LOOKS: Final = 120
_LIMIT: Final = "Raise the plan's limit at Neon, or delete there what is not needed."


@dataclass(frozen=True, slots=True)
class Branch:
    id: str
    name: str
    is_default: bool
    mark: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Neon:
    api: VendorApi
    pause: Callable[[float], None]

    def projects(self, search: str, org: str = "") -> dict[str, str]:
        """Ids by name, of those that have the words in their names."""
        params = {"search": search, "limit": "400", **({"org_id": org} if org else {})}
        found = self.api.ask("GET", "/projects", params=params).json()["projects"]
        return {one["name"]: one["id"] for one in found}

    def create_project(self, name: str, mark: str, database: str, role: str, options: Mapping[str, object]) -> str:
        branch = {"database_name": database, "role_name": role, "annotations": {MARK: mark}}
        wish = {"project": {"name": name, "branch": branch, **options}}
        made = self._changed("POST", "/projects", json=wish)
        self._settled(made["operations"])
        return str(made["project"]["id"])

    def delete_project(self, project: str) -> None:
        self._changed("DELETE", f"/projects/{project}")

    def branches(self, project: str, search: str = "") -> list[Branch] | None:
        """None where there is no such project."""
        params = {"limit": "100", **({"search": search} if search else {})}
        answer = self.api.ask("GET", f"/projects/{project}/branches", params=params, accept=_MISSING)
        if answer.status_code in _MISSING:
            return None
        found = answer.json()
        return [_branch(one, found.get("annotations", {})) for one in found["branches"]]

    def create_branch(self, project: str, name: str, mark: str, expires_at: datetime | None) -> str:
        branch = {"name": name, **({"expires_at": _second(expires_at)} if expires_at else {})}
        wish = {"branch": branch, "endpoints": [{"type": "read_write"}], "annotation_value": {MARK: mark}}
        made = self._changed("POST", f"/projects/{project}/branches", json=wish)
        self._settled(made["operations"])
        return str(made["branch"]["id"])

    def postpone(self, project: str, branch: str, expires_at: datetime) -> None:
        wish = {"branch": {"expires_at": _second(expires_at)}}
        self._changed("PATCH", f"/projects/{project}/branches/{branch}", json=wish)

    def delete_branch(self, project: str, branch: str) -> None:
        self._changed("DELETE", f"/projects/{project}/branches/{branch}")

    def connection_uri(self, project: str, branch: str, database: str, role: str) -> str:
        params = {"branch_id": branch, "database_name": database, "role_name": role, "pooled": "true"}
        return str(self.api.ask("GET", f"/projects/{project}/connection_uri", params=params).json()["uri"])

    def _changed(self, method: str, path: str, **request: Any) -> Any:
        """Neon does one thing to a project at a time, and says "locked" to whoever comes meanwhile."""
        accept = frozenset({_LOCKED, *(_MISSING if method == "DELETE" else ())})
        for _attempt in range(_LOOKS):
            try:
                answer = self.api.ask(method, path, accept=accept, **request)
            except VendorRefusedError as error:
                raise _said_better(error) from error
            if answer.status_code != _LOCKED:
                return answer.json()
            self.pause(0.5)
        raise PlatformError("vendor_busy", "Neon is still busy with the project.", "Nothing to do: it is tried again.")

    def _settled(self, operations: list[Mapping[str, Any]]) -> None:
        """Once Neon has done what it promised. Raises PlatformError where it could not."""
        for operation in operations:
            for status in self._statuses(operation):
                if status in _FAILED:
                    raise PlatformError("vendor_failed", f"Neon's {operation['action']} {status}.", "Wait.")
                if status not in _RUNNING:
                    break
                self.pause(0.25)

    def _statuses(self, operation: Mapping[str, Any]) -> Iterator[str]:
        yield operation["status"]
        path = f"/projects/{operation['project_id']}/operations/{operation['id']}"
        for _look in range(_LOOKS):
            yield self.api.ask("GET", path).json()["operation"]["status"]


def neon(token: str, pause: Callable[[float], None], *, api: str = "") -> Neon:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return Neon(VendorApi("Neon", api or ADDRESS, headers, _refusal, pause=pause), pause)


def _said_better(error: VendorRefusedError) -> UserError:
    if "LIMIT" in error.refusal.code or "limit" in error.refusal.sentence.lower():
        return VendorRefusedError("Neon", error.refusal, "vendor_quota", _LIMIT)
    return error


def _refusal(answer: httpx.Response) -> Refusal:
    try:
        content = answer.json()
    except ValueError:
        return Refusal(answer.status_code, "", bounded(answer.text))
    return Refusal(answer.status_code, str(content.get("code", "")), bounded(content.get("message", "")))


def _branch(found: Mapping[str, Any], annotations: Mapping[str, Any]) -> Branch:
    mark = annotations.get(found["id"], {}).get("value", {}).get(MARK, "")
    expires = datetime.fromisoformat(found["expires_at"]) if found.get("expires_at") else None
    return Branch(found["id"], found["name"], found["default"], mark, expires)


def _second(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
