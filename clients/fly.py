"""Fly.io's Machines API, as one organization. Its JSON stays in here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from clients.vendor_api import Refusal, VendorApi, VendorRefusedError, bounded
from core.errors import PlatformError

ADDRESS: Final = "https://api.machines.dev"
LOG_ADDRESS: Final = "https://api.fly.io"
_NONCE: Final = "fly-machine-lease-nonce"
_LEASE_SECONDS: Final = 60
_GONE: Final = frozenset({404})
_CONFLICT: Final = frozenset({409, 422})
_LIMIT_WORDS: Final = ("limit", "quota", "payment", "billing", "capacity")


@dataclass(frozen=True, slots=True)
class FlyApp:
    """`network` is the private network that it was made in."""

    name: str
    network: str


@dataclass(frozen=True, slots=True)
class FlyMachine:
    """`config` is all of it, as it can be sent again; `exit_code` is None but where it ended by itself."""

    id: str
    state: str
    region: str
    is_cordoned: bool
    config: Mapping[str, Any] = field(repr=False)
    is_passing: bool = False
    exit_code: int | None = None

    @property
    def metadata(self) -> Mapping[str, str]:
        return self.config.get("metadata") or {}


@dataclass(frozen=True, slots=True)
class FlyVolume:
    id: str
    name: str
    region: str
    machine: str  # "" where none has it


@dataclass(frozen=True, slots=True)
class FlyCertificate:
    """`addresses` and `cname` are where the hostname has to point; `challenge` is (name, target) of a CNAME."""

    hostname: str
    is_active: bool
    status: str
    cname: str
    addresses: tuple[tuple[str, str], ...]  # type, address
    challenge: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class FlyLine:
    id: str
    at: str  # RFC 3339
    text: str


class Fly:
    """Raises what VendorApi raises, and VendorRefusedError vendor_quota where a limit is reached."""

    def __init__(self, token: str, *, address: str = "", pause: Callable[[float], None]) -> None:
        headers = {"Authorization": token if token.startswith("FlyV1 ") else f"Bearer {token}"}
        self._api = VendorApi("Fly.io", f"{address or ADDRESS}/v1", headers, _refusal, pause)
        self._log_address = address or LOG_ADDRESS

    def apps(self, org: str) -> list[FlyApp]:
        found = self._ask("GET", "/apps", params={"org_slug": org}).json()["apps"] or []
        return [FlyApp(one["name"], str(one.get("network") or "")) for one in found]

    def create_app(self, name: str, org: str, network: str) -> bool:
        """False where the name is in use, by whomever."""
        # The description of 2024 says app_name, the newest official client name.
        body = {"name": name, "app_name": name, "org_slug": org, "network": network}
        answer = self._ask("POST", "/apps", json=body, accept=_CONFLICT)
        if answer.is_success:
            return True
        if "taken" not in _refusal(answer).sentence.lower():
            raise _said_better(self._api.error_of(answer))
        return False

    def delete_app(self, name: str) -> None:
        """With its machines, volumes, secrets, addresses and certificates."""
        self._ask("DELETE", f"/apps/{name}", params={"force": "true"}, accept=_GONE)

    def addresses(self, app: str) -> list[str]:
        """The types of those it has: shared_v4, v4, v6."""
        found = self._ask("GET", f"/apps/{app}/ip_assignments").json()["ips"] or []
        return ["shared_v4" if one.get("shared") else "v6" if ":" in one["ip"] else "v4" for one in found]

    def assign_address(self, app: str, kind: str) -> None:
        self._ask("POST", f"/apps/{app}/ip_assignments", json={"type": kind})

    def set_secret(self, app: str, name: str, value: str) -> None:
        self._ask("POST", f"/apps/{app}/secrets", json={"values": {name: value}}, repeatable=True)

    def delete_secret(self, app: str, name: str) -> None:
        self._ask("DELETE", f"/apps/{app}/secrets/{name}", accept=_GONE)

    def machines(self, app: str) -> list[FlyMachine]:
        answer = self._ask("GET", f"/apps/{app}/machines", accept=_GONE)
        found = [] if answer.status_code == httpx.codes.NOT_FOUND else answer.json() or []
        return [_machine(one) for one in found if one["state"] not in ("destroyed", "destroying")]

    def machine(self, app: str, id_: str) -> FlyMachine:
        return _machine(self._ask("GET", f"/apps/{app}/machines/{id_}").json())

    def create_machine(self, app: str, config: Mapping[str, Any], *, region: str, is_cordoned: bool) -> FlyMachine:
        body = {"config": config, "skip_service_registration": is_cordoned, **({"region": region} if region else {})}
        return _machine(self._ask("POST", f"/apps/{app}/machines", json=body).json())

    def update_machine(self, app: str, id_: str, config: Mapping[str, Any], nonce: str) -> FlyMachine:
        """Replaces the whole config; it is started anew with it."""
        path, headers = f"/apps/{app}/machines/{id_}", {_NONCE: nonce}
        return _machine(self._ask("POST", path, json={"config": config}, headers=headers, repeatable=True).json())

    def destroy_machine(self, app: str, id_: str) -> None:
        self._ask("DELETE", f"/apps/{app}/machines/{id_}", params={"force": "true"}, accept=_GONE)

    def act(self, app: str, id_: str, verb: str) -> None:
        """start, stop, cordon or uncordon; without an effect where it is so already."""
        path = f"/apps/{app}/machines/{id_}/{verb}"
        self._ask("POST", path, repeatable=True, accept=frozenset({httpx.codes.PRECONDITION_FAILED}))

    def earlier_configs(self, app: str, id_: str) -> list[Mapping[str, Any]]:
        """What the machine was before, the newest first."""
        found = self._ask("GET", f"/apps/{app}/machines/{id_}/versions").json() or []
        return [one["user_config"] for one in sorted(found, key=lambda one: str(one["version"]), reverse=True)]

    def lease(self, app: str, id_: str) -> str:
        """Its nonce: until it is given back or a minute is over nobody else changes the machine."""
        path, body = f"/apps/{app}/machines/{id_}/lease", {"ttl": _LEASE_SECONDS, "description": "a release"}
        try:
            found = self._ask("POST", path, json=body).json()
        except VendorRefusedError as error:
            if error.refusal.status == httpx.codes.CONFLICT:
                raise PlatformError("vendor_busy", "Somebody else changes this machine at Fly.io.", _AGAIN) from error
            raise
        return str(found.get("nonce") or found["data"]["nonce"])

    def give_back(self, app: str, id_: str, nonce: str) -> None:
        self._ask("DELETE", f"/apps/{app}/machines/{id_}/lease", headers={_NONCE: nonce}, accept=_GONE | _CONFLICT)

    def volumes(self, app: str) -> list[FlyVolume]:
        found = self._ask("GET", f"/apps/{app}/volumes").json() or []
        return [_volume(one) for one in found if one.get("state") not in ("destroyed", "pending_destroy")]

    def create_volume(self, app: str, name: str, *, size_gb: int, region: str) -> FlyVolume:
        body = {"name": name, "size_gb": size_gb, "region": region, "encrypted": True}
        return _volume(self._ask("POST", f"/apps/{app}/volumes", json=body).json())

    def certificate(self, app: str, hostname: str) -> FlyCertificate | None:
        answer = self._ask("GET", f"/apps/{app}/certificates/{hostname}", accept=_GONE)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _certificate(answer.json())

    def create_certificate(self, app: str, hostname: str) -> FlyCertificate:
        return _certificate(self._ask("POST", f"/apps/{app}/certificates/acme", json={"hostname": hostname}).json())

    def check_certificate(self, app: str, hostname: str) -> FlyCertificate | None:
        """Looks at the DNS again, and has it issued once that is as it must be."""
        path = f"/apps/{app}/certificates/{hostname}/check"
        answer = self._ask("POST", path, repeatable=True, accept=_GONE)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _certificate(answer.json())

    def delete_certificate(self, app: str, hostname: str) -> None:
        self._ask("DELETE", f"/apps/{app}/certificates/{hostname}", accept=_GONE)

    def log(self, app: str, token: str) -> tuple[list[FlyLine], str]:
        """The newest lines, or those after `token`; and the token for those that follow."""
        path = f"{self._log_address}/api/v1/apps/{app}/logs"
        found = self._ask("GET", path, params={"next_token": token}).json()
        return list(_lines(found["data"])), str(found.get("meta", {}).get("next_token") or token)

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return self._api.ask(method, path, **request)
        except VendorRefusedError as error:
            raise _said_better(error) from error


def _said_better(error: Exception) -> Exception:
    """Fly says by words alone that a limit of the plan or of the region is reached."""
    if not isinstance(error, VendorRefusedError) or error.code != "vendor_refused":
        return error
    if any(word in error.refusal.sentence.lower() for word in _LIMIT_WORDS):
        return VendorRefusedError("Fly.io", error.refusal, "vendor_quota", _QUOTA)
    return error


def _refusal(answer: httpx.Response) -> Refusal:
    try:
        body = answer.json()
        return Refusal(answer.status_code, str(body.get("status") or ""), bounded(body.get("error") or ""))
    except (ValueError, AttributeError):
        return Refusal(answer.status_code, "", bounded(answer.text))


def _machine(found: Mapping[str, Any]) -> FlyMachine:
    checks = found.get("checks") or []
    return FlyMachine(
        found["id"],
        found["state"],
        found.get("region") or "",
        bool(found.get("cordoned")),
        found.get("config") or {},
        bool(checks) and all(one["status"] == "passing" for one in checks),
        _exit_code(found.get("events") or []),
    )


def _exit_code(events: Sequence[Mapping[str, Any]]) -> int | None:
    """Of an end by itself after the last start. Fly tells the newest first."""
    for event in events:
        if event.get("type") == "start":
            return None
        request = event.get("request") or {}
        ended = (request.get("MonitorEvent") or {}).get("exit_event") or request.get("exit_event")
        if event.get("type") == "exit" and ended:
            return None if ended.get("requested_stop") else int(ended.get("exit_code") or 0)
    return None


def _volume(found: Mapping[str, Any]) -> FlyVolume:
    return FlyVolume(found["id"], found["name"], found["region"], found.get("attached_machine_id") or "")


def _certificate(found: Mapping[str, Any]) -> FlyCertificate:
    needs = found.get("dns_requirements") or {}
    challenge = needs.get("acme_challenge") or {}
    addresses = (*(("A", one) for one in needs.get("a") or ()), *(("AAAA", one) for one in needs.get("aaaa") or ()))
    status = str(found.get("status") or "")
    return FlyCertificate(
        found["hostname"],
        bool(found.get("configured")) and status.lower() in ("active", "ready", "issued"),
        status,
        needs.get("cname") or "",
        addresses,
        (challenge["name"], challenge["target"]) if challenge.get("name") else None,
    )


def _lines(entries: Sequence[Mapping[str, Any]]) -> Iterator[FlyLine]:
    for entry in entries:
        attributes = entry["attributes"]
        yield FlyLine(str(entry.get("id") or ""), attributes["timestamp"], attributes["message"].rstrip())


_AGAIN: Final = "Nothing to do: it is tried again."
_QUOTA: Final = "Raise the organization's limit at Fly.io, choose another region, or delete there what is not needed."
