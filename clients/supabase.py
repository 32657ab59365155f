"""Supabase's Management API: projects, their branches, and how their databases are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx

from clients.vendor_api import Refusal, VendorApi, VendorRefusedError, bounded
from core.errors import UserError

ADDRESS: Final = "https://api.supabase.com"
_MISSING: Final = frozenset({404})
_LIMIT: Final = "Raise the plan's limit at Supabase, or delete there what is not needed."
_HEALTHY: Final = "ACTIVE_HEALTHY"


@dataclass(frozen=True, slots=True)
class Branch:
    """`ref` is the project that it is."""

    id: str
    name: str
    ref: str


@dataclass(frozen=True, slots=True)
class Supabase:
    api: VendorApi

    def organizations(self) -> dict[str, str]:
        """Names by id."""
        return {one["id"]: one["name"] for one in self._json("GET", "/v1/organizations")}

    def projects(self) -> dict[str, str]:
        """Refs by name."""
        return {one["name"]: one["id"] for one in self._json("GET", "/v1/projects")}

    def create_project(self, name: str, organization: str, password: str, region: str) -> str:
        wish = {"name": name, "organization_id": organization, "db_pass": password, "region": region}
        return str(self._json("POST", "/v1/projects", wish)["id"])

    def is_ready(self, ref: str) -> bool:
        return bool(self._json("GET", f"/v1/projects/{ref}")["status"] == _HEALTHY)

    def delete_project(self, ref: str) -> None:
        self.api.ask("DELETE", f"/v1/projects/{ref}", accept=_MISSING)

    def branches(self, ref: str) -> dict[str, Branch]:
        """By name."""
        found = self._json("GET", f"/v1/projects/{ref}/branches")
        return {one["name"]: Branch(one["id"], one["name"], one["project_ref"]) for one in found}

    def create_branch(self, ref: str, name: str) -> Branch:
        made = self._json("POST", f"/v1/projects/{ref}/branches", {"branch_name": name})
        return Branch(made["id"], made["name"], made["project_ref"])

    def branch_password(self, branch: str) -> str:
        """ "" while the branch is not ready."""
        found = self._json("GET", f"/v1/branches/{branch}")
        return str(found.get("db_pass") or "") if found["status"] == _HEALTHY else ""

    def delete_branch(self, branch: str) -> None:
        self.api.ask("DELETE", f"/v1/branches/{branch}", accept=_MISSING)

    def set_password(self, ref: str, password: str) -> None:
        """`password` is of letters and digits."""
        query = f"ALTER USER postgres WITH PASSWORD '{password}'"
        self.api.ask("POST", f"/v1/projects/{ref}/database/query", json={"query": query}, repeatable=True)

    def url(self, ref: str, password: str) -> str:
        """By the pooler: the database itself is reached by IPv6 alone."""
        found = self._json("GET", f"/v1/projects/{ref}/config/database/pooler")
        one = next(entry for entry in found if entry["database_type"] == "PRIMARY")
        user = f"{quote(one['db_user'], safe='')}:{quote(password, safe='')}"
        return f"postgresql://{user}@{one['db_host']}:{one['db_port']}/{one['db_name']}"

    def _json(self, method: str, path: str, body: object = None) -> Any:
        try:
            return self.api.ask(method, path, json=body).json()
        except VendorRefusedError as error:
            raise _said_better(error) from error


def supabase(token: str, *, api: str = "", **options: Any) -> Supabase:
    """`options` are VendorApi's."""
    return Supabase(VendorApi("Supabase", api or ADDRESS, {"Authorization": f"Bearer {token}"}, _refusal, **options))


def _said_better(error: VendorRefusedError) -> UserError:
    if error.code == "vendor_refused" and "limit" in error.refusal.sentence.lower():
        return VendorRefusedError("Supabase", error.refusal, "vendor_quota", _LIMIT)
    return error


def _refusal(answer: httpx.Response) -> Refusal:
    try:
        content: Mapping[str, Any] = answer.json()
    except ValueError:
        return Refusal(answer.status_code, "", bounded(answer.text))
    return Refusal(answer.status_code, "", bounded(content.get("message", "")))
