"""Versions that really run, each as a workerd of its own."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.targets import Target
from tests.fakes.vendor import Agent, unpacked


@dataclass
class Version:
    """`bindings` are resolved: none of them inherits."""

    id: str
    number: int
    metadata: dict[str, Any]
    bindings: list[dict[str, Any]]
    modules: dict[str, bytes]
    migration: str
    created: str

    @property
    def annotations(self) -> dict[str, str]:
        return dict(self.metadata.get("annotations", {}))

    def described(self, *, whole: bool = False) -> dict[str, Any]:
        """As a listing has it, or as it is asked for by its id."""
        metadata = {"created_on": self.created, "modified_on": self.created, "source": "api", "hasPreview": False}
        short = {"id": self.id, "number": self.number, "metadata": metadata, "annotations": self.annotations}
        if not whole:
            return short
        bindings = [
            {k: v for k, v in one.items() if one["type"] != "secret_text" or k != "text"} for one in self.bindings
        ]
        script = {"etag": self.id.replace("-", ""), "handlers": ["fetch"], "last_deployed_from": "api"}
        runtime = {
            "compatibility_date": self.metadata.get("compatibility_date"),
            "compatibility_flags": self.metadata.get("compatibility_flags", []),
            "migration_tag": self.migration,
            "usage_model": "standard",
        }
        return {**short, "resources": {"bindings": bindings, "script": script, "script_runtime": runtime}}


@dataclass
class Fleet:
    """The processes of one Worker. Its state belongs to whichever version is its main one."""

    folder: Path
    buckets: Path
    agents: dict[str, Agent] = field(default_factory=dict)
    main: str = ""

    def agent(self, version: Version, *, is_main: bool) -> Agent:
        """Started where it does not run, with the state that is its due."""
        if is_main and self.main != version.id:
            self.stop(self.main)
            self.stop(version.id)
            self.main = version.id
        if version.id not in self.agents:
            self.agents[version.id] = self._started(
                version, self.folder / ("state" if is_main else f"{version.id}.state")
            )
            self.agents[version.id].wait()
        return self.agents[version.id]

    def stop(self, id_: str) -> None:
        if id_ in self.agents:
            self.agents.pop(id_).stop()
        if self.main == id_:
            self.main = ""

    def keep(self, ids: set[str]) -> None:
        """The others serve nobody."""
        for id_ in self.agents.keys() - ids:
            self.stop(id_)

    def close(self) -> None:
        self.keep(set())

    def _started(self, version: Version, state: Path) -> Agent:
        names = {one["name"]: one["text"] for one in version.bindings if "text" in one}
        objects = [one for one in version.bindings if one["type"] == "durable_object_namespace"]
        buckets = [one for one in version.bindings if one["type"] == "r2_bucket"]
        wrangler = {
            "main": version.metadata["main_module"],
            "compatibility_date": version.metadata["compatibility_date"],
            "compatibility_flags": version.metadata.get("compatibility_flags", []),
            "durable_objects": {
                "bindings": [{"name": one["name"], "class_name": one["class_name"]} for one in objects]
            },
            "r2_buckets": [{"binding": one["name"], "bucket_name": one["bucket_name"]} for one in buckets],
        }
        files = {**version.modules, "wrangler.jsonc": json.dumps(wrangler).encode()}
        place = unpacked(self.folder / version.id, Target.CLOUDFLARE, version.metadata["main_module"], files)
        for bucket in buckets:
            if (self.buckets / bucket["bucket_name"]).is_dir():
                shutil.copytree(self.buckets / bucket["bucket_name"], place / "objects", dirs_exist_ok=True)
        return Agent(place, names, state=state)
