"""Workers of one Cloudflare account: scripts, their versions, and which of them serve."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from clients.cloudflare import MISSING, Cloudflare, in_words
from clients.vendor_api import VendorRefusedError
from core.errors import UserError

_SECRETS_CHANGED: Final = "10220"
_STRICT: Final = {"bindings_inherit": "strict"}


@dataclass(frozen=True, slots=True)
class Module:
    """One file of a Worker. It is known to the others by its name."""

    name: str
    type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Upload:
    """A Worker as it is sent. `metadata` holds the values of variables."""

    metadata: Mapping[str, object] = field(repr=False)
    modules: tuple[Module, ...]

    def parts(self) -> list[tuple[str, tuple[str | None, bytes, str]]]:
        """A multipart body; Cloudflare takes a part's name for the module's, and wants both to be the same."""
        metadata = json.dumps(self.metadata, separators=(",", ":")).encode()
        return [
            ("metadata", (None, metadata, "application/json")),
            *((one.name, (one.name, one.content, one.type)) for one in self.modules),
        ]


@dataclass(frozen=True, slots=True)
class Script:
    """A Worker as it stands. `migration` is the tag of the last migration of its Durable Objects, "" for none."""

    name: str
    tags: frozenset[str] = frozenset()
    migration: str = ""


@dataclass(frozen=True, slots=True)
class Workers:
    cloudflare: Cloudflare
    account: str

    def script(self, name: str) -> Script | None:
        found = self.cloudflare.found(f"{self._root}/services/{name}")
        return _script(name, found["default_environment"]["script"]) if found else None

    def put(self, name: str, upload: Upload) -> str:
        """Takes all traffic at once, and carries migrations. Returns the version's id. It is never sent a second time:
        whoever lost the answer looks by the tag."""
        params = {"excludeScript": "true", **_STRICT}
        put = self.cloudflare.ask("PUT", self._path(name), repeatable=False, params=params, files=upload.parts())
        return _version_id(put.get("deployment_id")) or next(iter(self.deployed(name)), "")

    def add_version(self, name: str, upload: Upload) -> str:
        """Serves nobody until it is deployed. Not sent a second time either."""
        path = f"{self._path(name)}/versions"
        return str(self.cloudflare.ask("POST", path, params=_STRICT, files=upload.parts())["id"])

    def version_tagged(self, name: str, tag: str) -> str:
        """The newest version with an annotation, "" where there is none among those that can be deployed."""
        found = self.cloudflare.ask("GET", f"{self._path(name)}/versions", params={"deployable": "true"})
        marked = (one for one in found["items"] if (one.get("annotations") or {}).get("workers/tag") == tag)
        return str(max(marked, key=lambda one: one["number"], default={"id": ""})["id"])

    def deployed(self, name: str) -> dict[str, int]:
        """The percentage of each version that is in the current deployment."""
        found = self.cloudflare.found(f"{self._path(name)}/deployments")
        newest = ((found or {}).get("deployments") or [{"versions": []}])[0]
        return {one["version_id"]: round(one["percentage"]) for one in newest["versions"]}

    def deploy(self, name: str, shares: Mapping[str, int], message: str = "") -> bool:
        """Says whether secrets had been changed at Cloudflare since: versions bring their own, so it is done anyway.
        Raises UserError version_gone, rollback_refused."""
        versions = [{"version_id": one, "percentage": percent} for one, percent in shares.items()]
        body = {"strategy": "percentage", "versions": versions, "annotations": {"workers/message": message[:50]}}
        try:
            self._deploy(name, body)
        except VendorRefusedError as error:
            if error.refusal.code != _SECRETS_CHANGED:
                raise _undeployable(error) from error
            self._deploy(name, body, force="true")
            return True
        return False

    def _deploy(self, name: str, body: Mapping[str, object], **params: str) -> None:
        path = f"{self._path(name)}/deployments"
        self.cloudflare.ask("POST", path, repeatable=True, params=params, json=body)

    def is_open(self, name: str) -> bool:
        """Whether it answers below workers.dev."""
        return bool((self.cloudflare.found(f"{self._path(name)}/subdomain") or {}).get("enabled"))

    def open(self, name: str) -> None:
        """Versions get no address of their own: Cloudflare has none for Workers with Durable Objects."""
        body = {"enabled": True, "previews_enabled": False}
        self.cloudflare.ask("POST", f"{self._path(name)}/subdomain", repeatable=True, json=body)

    def delete(self, name: str) -> None:
        """With its Durable Objects and what they hold."""
        self.cloudflare.gone(self._path(name), params={"force": "true"})

    def _path(self, name: str) -> str:
        return f"{self._root}/scripts/{name}"

    @property
    def _root(self) -> str:
        return f"/accounts/{self.account}/workers"


@dataclass(frozen=True, slots=True)
class Dispatched:
    """Workers of a dispatch namespace (Workers for Platforms): no versions, what is put serves."""

    cloudflare: Cloudflare
    account: str
    namespace: str

    def ensure(self) -> None:
        """The namespace itself."""
        root = f"/accounts/{self.account}/workers/dispatch/namespaces"
        if self.cloudflare.found(f"{root}/{self.namespace}") is None:
            self.cloudflare.ask("POST", root, repeatable=True, json={"name": self.namespace})

    def script(self, name: str) -> Script | None:
        found = self.cloudflare.found(self._path(name))
        return _script(name, found["script"]) if found else None

    def put(self, name: str, upload: Upload) -> None:
        self.cloudflare.ask("PUT", self._path(name), params=_STRICT, files=upload.parts())

    def delete(self, name: str) -> None:
        self.cloudflare.gone(self._path(name), params={"force": "true"})

    def _path(self, name: str) -> str:
        return f"/accounts/{self.account}/workers/dispatch/namespaces/{self.namespace}/scripts/{name}"


def _script(name: str, found: Mapping[str, Any]) -> Script:
    return Script(name, frozenset(found.get("tags") or ()), found.get("migration_tag") or "")


def _version_id(found: object) -> str:
    """Cloudflare writes it without dashes here and with them elsewhere. "" for what is none."""
    try:
        return str(UUID(str(found)))
    except ValueError:
        return ""


def _undeployable(error: VendorRefusedError) -> UserError:
    if error.refusal.status == 404 or error.refusal.code in MISSING:
        return UserError("version_gone", "The version is no longer at Cloudflare.", "Redeploy the commit instead.")
    if "migration" in error.refusal.sentence.lower():
        return UserError("rollback_refused", f"Cloudflare says: {error.refusal.sentence}", "Deploy a new commit.")
    return in_words(error)
