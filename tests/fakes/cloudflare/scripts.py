"""Workers: the scripts of an account and of its dispatch namespaces, their versions, deployments and addresses."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.fakes.cloudflare.envelope import failed, ok, refused
from tests.fakes.cloudflare.running import Fleet, Version
from tests.fakes.cloudflare.uploads import Uploaded, migrated, uploaded
from tests.fakes.vendor import Agent, Answer, Asked, RefusalError

_OVERRIDE = re.compile(r'([a-z0-9_-]+)="([0-9a-f-]{36})"')
_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,62}")


@dataclass
class Script:
    name: str
    fleet: Fleet
    tags: list[str] = field(default_factory=list)
    migration: str = ""
    classes: set[str] = field(default_factory=set)
    versions: list[Version] = field(default_factory=list)
    deployments: list[tuple[str, dict[str, float], dict[str, str]]] = field(default_factory=list)  # the newest last
    is_open: bool = False
    secrets_changed: int = 0  # the number of the newest version at that time

    @property
    def shares(self) -> dict[str, float]:
        return self.deployments[-1][1] if self.deployments else {}

    def version(self, id_: str) -> Version | None:
        return next((one for one in self.versions if one.id == id_), None)

    def described(self) -> dict[str, Any]:
        return {
            "id": self.name,
            "tag": uuid4().hex,
            "tags": self.tags or None,
            "etag": uuid4().hex,
            "handlers": ["fetch"],
            "created_on": now(),
            "modified_on": now(),
            "usage_model": "unbound",
            **({"migration_tag": self.migration} if self.migration else {}),
        }


@dataclass
class Scripts:
    """`has_bucket` says whether R2 has one. `limit` is of how many Workers an account may have."""

    folder: Path
    buckets: Path
    has_bucket: Callable[[str], bool]
    by_name: dict[str, Script] = field(default_factory=dict)
    limit: int = 100

    def made(self, name: str, tags: list[str] | None = None) -> Script:
        """For a test: one of somebody else's."""
        self.by_name[name] = Script(name, self._fleet(name), tags or [])
        return self.by_name[name]

    def put(self, asked: Asked) -> Answer:
        sent = uploaded(asked, is_version=False)
        name = asked.parameters["name"]
        script = self.by_name.get(name)
        if script is None:
            if not _NAME.fullmatch(name):
                raise refused(400, 10016, "The Worker's name is not as it must be.")
            if len(self.by_name) >= self.limit:
                raise refused(403, 10037, f"You have exceeded the limit of {self.limit} Workers on your account.")
            script = Script(name, self._fleet(name))
        tag, classes = migrated(sent, script.migration, script.classes)
        version = self._version(script, sent, tag, asked)
        self._validated(script, version, is_main=not script.versions)
        self.by_name[name] = script
        script.migration, script.classes = tag, classes
        script.tags = list(sent.metadata.get("tags", script.tags))
        script.versions.append(version)
        self._deploy(script, {version.id: 100}, {})
        return ok({**script.described(), "deployment_id": version.id.replace("-", ""), "startup_time_ms": 12})

    def add_version(self, asked: Asked) -> Answer:
        script, sent = self.of(asked), uploaded(asked, is_version=True)
        migrated(sent, script.migration, script.classes)
        version = self._version(script, sent, script.migration, asked)
        self._validated(script, version, is_main=False)
        script.versions.append(version)
        return ok({**version.described(whole=True), "startup_time_ms": 12})

    def list_versions(self, asked: Asked) -> Answer:
        newest = list(reversed(self.of(asked).versions))[:100]
        return ok({"items": [one.described() for one in newest]})

    def get_version(self, asked: Asked) -> Answer:
        version = self.of(asked).version(asked.parameters["version"])
        if version is None:
            raise refused(404, 10007, "This version does not exist.")
        return ok(version.described(whole=True))

    def deploy(self, asked: Asked) -> Answer:
        script, body = self.of(asked), asked.json
        shares = {one["version_id"]: float(one["percentage"]) for one in body["versions"]}
        if body["strategy"] != "percentage" or sum(shares.values()) != 100 or not 1 <= len(shares) <= 2:
            raise refused(400, 10013, "Percentages of one or two versions must be 100 together.")
        for version in map(script.version, shares):
            if version is None:
                raise refused(404, 10007, "The version does not exist on your account.")
            if version.migration != script.migration:
                raise refused(400, 10013, "Cannot deploy a version from before the last Durable Object migration.")
            if version.number < script.secrets_changed and asked.query.get("force") != "true":
                raise refused(400, 10220, "A secret has been changed since this version was active.")
        id_ = self._deploy(script, shares, body.get("annotations", {}))
        return ok({"id": id_, "strategy": "percentage", "versions": body["versions"]})

    def deployments(self, asked: Asked) -> Answer:
        found = [_deployment(*one) for one in reversed(self.of(asked).deployments[-10:])]
        return ok({"deployments": found})

    def service(self, asked: Asked) -> Answer:
        script = self.by_name.get(asked.parameters["name"])
        if script is None:
            raise refused(404, 10090, "This Worker does not exist on your account.")
        environment = {"environment": "production", "created_on": now(), "script": script.described()}
        return ok({"id": script.name, "default_environment": environment, "environments": [environment]})

    def put_secret(self, asked: Asked) -> Answer:
        """Makes a version of its own, which serves at once: what a person does in the dashboard."""
        script, body = self.of(asked), asked.json
        newest = script.versions[-1]
        bindings = [one for one in newest.bindings if one["name"] != body["name"]] + [body]
        version = Version(
            str(uuid4()), newest.number + 1, newest.metadata, bindings, newest.modules, newest.migration, now()
        )
        script.versions.append(version)
        script.secrets_changed = version.number
        self._deploy(script, {version.id: 100}, {})
        return ok({"name": body["name"], "type": "secret_text"})

    def subdomain(self, asked: Asked) -> Answer:
        script = self.of(asked)
        if asked.method == "POST":
            script.is_open = bool(asked.json["enabled"])
        return ok({"enabled": script.is_open, "previews_enabled": False})

    def settings(self, asked: Asked) -> Answer:
        script = self.of(asked)
        bindings = script.versions[-1].described(whole=True)["resources"]["bindings"] if script.versions else []
        return ok({"tags": script.tags, "bindings": bindings, "logpush": False, "usage_model": "unbound"})

    def patch_settings(self, asked: Asked) -> Answer:
        """Those that belong to the Worker itself, and to no version."""
        script, body = self.of(asked), asked.json
        script.tags = body.get("tags") or script.tags
        return ok({"tags": script.tags, "logpush": body.get("logpush", False)})

    def delete(self, asked: Asked) -> Answer:
        script = self.of(asked)
        if script.classes and asked.query.get("force") != "true":
            raise refused(400, 10064, "Cannot delete a Worker whose Durable Objects others may use.")
        script.fleet.close()
        del self.by_name[script.name]
        return ok(None)

    def of(self, asked: Asked) -> Script:
        script = self.by_name.get(asked.parameters["name"])
        if script is None:
            raise refused(404, 10007, "This Worker does not exist on your account.")
        return script

    def agent(self, name: str, asked: Asked) -> Agent | None:
        """Whose turn it is: the version that a header asks for, where it is deployed, or one that is drawn."""
        script = self.by_name.get(name)
        if script is None or not script.shares:
            return None
        overrides = dict(_OVERRIDE.findall(asked.headers.get("cloudflare-workers-version-overrides", "")))
        wanted = overrides.get(name)
        if wanted not in script.shares:
            (wanted,) = random.choices(list(script.shares), list(script.shares.values()))  # noqa: S311  # no secret
        version = script.version(wanted)
        assert version is not None
        main = max(script.shares, key=lambda id_: script.shares[id_])
        return script.fleet.agent(version, is_main=version.id == main)

    def close(self) -> None:
        for script in self.by_name.values():
            script.fleet.close()

    def _version(self, script: Script, sent: Uploaded, tag: str, asked: Asked) -> Version:
        bindings = self._resolved(script, sent, strict=asked.query.get("bindings_inherit") == "strict")
        for one in bindings:
            if one["type"] == "r2_bucket" and not self.has_bucket(one["bucket_name"]):
                raise refused(400, 10085, f"R2 bucket '{one['bucket_name']}' not found.")
        return Version(str(uuid4()), len(script.versions) + 1, sent.metadata, bindings, sent.modules, tag, now())

    def _resolved(self, script: Script, sent: Uploaded, *, strict: bool) -> list[dict[str, Any]]:
        before = {one["name"]: one for one in script.versions[-1].bindings} if script.versions else {}
        names = {one["name"] for one in sent.bindings}
        inherits = [one["name"] for one in sent.bindings if one["type"] == "inherit"]
        lost = [name for name in inherits if name not in before]
        if lost and strict:
            raise refused(400, 10057, f"Cannot inherit the binding '{lost[0]}': it is not on the previous version.")
        kept = [one for one in before.values() if one["type"] in sent.metadata.get("keep_bindings", [])]
        return [
            *(one for one in sent.bindings if one["type"] != "inherit"),
            *(before[name] for name in inherits if name in before),
            *(one for one in kept if one["name"] not in names),
        ]

    def _validated(self, script: Script, version: Version, *, is_main: bool) -> None:
        """Cloudflare starts a Worker before it takes it."""
        agent = script.fleet.agent(version, is_main=is_main)
        if agent.process.poll() is not None:
            said = agent.log.strip().removeprefix("service agent: ")
            script.fleet.stop(version.id)
            raise RefusalError(400, failed(10021, said or "The script does not start."))

    def _deploy(self, script: Script, shares: dict[str, float], annotations: dict[str, str]) -> str:
        id_ = str(uuid4())
        script.deployments.append((id_, shares, annotations))
        script.fleet.keep(set(shares))
        return id_

    def _fleet(self, name: str) -> Fleet:
        return Fleet(self.folder / f"{name}-{uuid4().hex[:6]}", self.buckets)


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _deployment(id_: str, shares: dict[str, float], annotations: dict[str, str]) -> dict[str, Any]:
    versions = [{"version_id": one, "percentage": percent} for one, percent in shares.items()]
    return {
        "id": id_,
        "source": "api",
        "strategy": "percentage",
        "author_email": "owner@example.org",
        "created_on": now(),
        "annotations": annotations,
        "versions": versions,
    }
