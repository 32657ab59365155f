"""Render's REST API. Its JSON stays in here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from clients.vendor_api import Refusal, VendorApi, VendorRefusedError, bounded

ADDRESS: Final = "https://api.render.com"
_PAGE: Final = 100
_GONE: Final = frozenset({404})
_LIMIT_WORDS: Final = ("limit", "quota", "payment", "billing")


@dataclass(frozen=True, slots=True)
class RenderOwner:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class RenderService:
    """`suspended_by` says who did it, "" where nobody did."""

    id: str
    name: str
    owner: str
    url: str
    plan: str
    suspended_by: str


@dataclass(frozen=True, slots=True)
class RenderDeploy:
    id: str
    status: str


@dataclass(frozen=True, slots=True)
class RenderDomain:
    id: str
    name: str
    is_verified: bool
    is_apex: bool


@dataclass(frozen=True, slots=True)
class RenderLine:
    id: str
    at: str  # RFC 3339
    text: str


class Render:
    """Raises what VendorApi raises, and VendorRefusedError vendor_quota where a limit is reached."""

    def __init__(self, key: str, *, address: str = "", pause: Callable[[float], None]) -> None:
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        self._api = VendorApi("Render", f"{address or ADDRESS}/v1", headers, _refusal, pause)

    def owners(self) -> list[RenderOwner]:
        """The workspaces that the key sees."""
        return [RenderOwner(one["id"], one["name"]) for one in self._all("/owners", "owner")]

    def service(self, name: str, owner: str) -> RenderService | None:
        query = {"name": name, "ownerId": owner}
        found = (one for one in self._all("/services", "service", query) if one["name"] == name)
        return next(map(_service, found), None)

    def create_service(self, body: Mapping[str, Any]) -> tuple[RenderService, str] | None:
        """With the id of its first deploy; None where the name is in use."""
        answer = self._ask("POST", "/services", json=body, accept=frozenset({409}))
        if answer.status_code == httpx.codes.CONFLICT:
            return None
        made = answer.json()
        return _service(made["service"]), made["deployId"]

    def change_plan(self, service: str, plan: str) -> None:
        self._ask("PATCH", f"/services/{service}", json={"serviceDetails": {"plan": plan}}, repeatable=True)

    def delete_service(self, service: str) -> None:
        """With its deploys, variables, files, domains and disk."""
        self._ask("DELETE", f"/services/{service}", accept=_GONE)

    def variables(self, service: str) -> dict[str, str]:
        found = self._all(f"/services/{service}/env-vars", "envVar")
        return {one["key"]: one["value"] for one in found}

    def set_variables(self, service: str, values: Mapping[str, str]) -> None:
        """These and no others; they are seen by the next deploy."""
        body = [{"key": name, "value": value} for name, value in sorted(values.items())]
        self._ask("PUT", f"/services/{service}/env-vars", json=body)

    def set_files(self, service: str, files: Mapping[str, str]) -> None:
        """Secret files: an image finds them below /etc/secrets."""
        body = [{"name": name, "content": content} for name, content in sorted(files.items())]
        self._ask("PUT", f"/services/{service}/secret-files", json=body)

    def deploy(self, service: str) -> str:
        return str(self._ask("POST", f"/services/{service}/deploys", json={"clearCache": "do_not_clear"}).json()["id"])

    def roll_back(self, service: str, deploy: str) -> str | None:
        """The new deploy's id; None where Render no longer keeps the earlier one."""
        body = {"deployId": deploy}
        answer = self._ask("POST", f"/services/{service}/rollback", json=body, accept=frozenset({400, 404}))
        return str(answer.json()["id"]) if answer.is_success else None

    def cancel(self, service: str, deploy: str) -> None:
        """Without an effect where it serves already, or has failed."""
        path = f"/services/{service}/deploys/{deploy}/cancel"
        self._ask("POST", path, repeatable=True, accept=frozenset({400, 404, 409}))

    def deploy_of(self, service: str, id_: str) -> RenderDeploy | None:
        answer = self._ask("GET", f"/services/{service}/deploys/{id_}", accept=_GONE)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _deploy(answer.json())

    def deploys(self, service: str) -> list[RenderDeploy]:
        """The newest first, and not all of them."""
        answer = self._ask("GET", f"/services/{service}/deploys", params={"limit": "20"})
        return [_deploy(one["deploy"]) for one in answer.json()]

    def domain(self, service: str, hostname: str) -> RenderDomain | None:
        answer = self._ask("GET", f"/services/{service}/custom-domains/{hostname}", accept=_GONE)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _domain(answer.json())

    def add_domain(self, service: str, hostname: str) -> None:
        self._ask("POST", f"/services/{service}/custom-domains", json={"name": hostname}, accept=frozenset({409}))

    def verify_domain(self, service: str, hostname: str) -> None:
        """Render looks at the DNS, a little later."""
        self._ask("POST", f"/services/{service}/custom-domains/{hostname}/verify", repeatable=True, accept=_GONE)

    def remove_domain(self, service: str, hostname: str) -> None:
        self._ask("DELETE", f"/services/{service}/custom-domains/{hostname}", accept=_GONE)

    def log(self, owner: str, service: str, since: str) -> list[RenderLine]:
        """Lines of the service from `since` on, "" being an hour ago."""
        query = {"ownerId": owner, "resource": service, "direction": "forward", "limit": str(_PAGE)}
        found = self._ask("GET", "/logs", params={**query, **({"startTime": since} if since else {})}).json()
        return [RenderLine(one["id"], one["timestamp"], one["message"].rstrip()) for one in found["logs"]]

    def _all(self, path: str, key: str, query: Mapping[str, str] | None = None) -> Iterator[Mapping[str, Any]]:
        cursor: Mapping[str, str] = {}
        while True:
            found = self._ask("GET", path, params={**(query or {}), "limit": str(_PAGE), **cursor}).json()
            yield from (one[key] for one in found)
            if len(found) < _PAGE:
                return
            cursor = {"cursor": found[-1]["cursor"]}

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return self._api.ask(method, path, **request)
        except VendorRefusedError as error:
            if error.code == "vendor_refused" and _names_a_limit(error.refusal.sentence):
                raise VendorRefusedError("Render", error.refusal, "vendor_quota", _QUOTA) from error
            raise


def _names_a_limit(sentence: str) -> bool:
    return any(word in sentence.lower() for word in _LIMIT_WORDS)


def _refusal(answer: httpx.Response) -> Refusal:
    try:
        return Refusal(answer.status_code, "", bounded(answer.json().get("message") or ""))
    except (ValueError, AttributeError):
        return Refusal(answer.status_code, "", bounded(answer.text))


def _service(found: Mapping[str, Any]) -> RenderService:
    details = found["serviceDetails"]
    by: Sequence[str] = found.get("suspenders") or ("somebody",)
    suspended_by = ", ".join(by) if found.get("suspended") == "suspended" else ""
    return RenderService(
        found["id"], found["name"], found["ownerId"], details["url"], details.get("plan") or "", suspended_by
    )


def _deploy(found: Mapping[str, Any]) -> RenderDeploy:
    return RenderDeploy(found["id"], found["status"])


def _domain(found: Mapping[str, Any]) -> RenderDomain:
    is_verified = found["verificationStatus"] == "verified"
    return RenderDomain(found["id"], found["name"], is_verified, found["domainType"] == "apex")


_QUOTA: Final = "Raise the workspace's plan at Render, or delete there what is not needed."
