"""Bundles with what only Cloudflare's tests need: texts for the bucket, and a second migration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from builds.bundle import BundleFile, MadeBundle, Manifest
from builds.packing import Wish, pack
from core.targets import Target
from deployments.platforms.cloud import BundleContent
from tests.runtime.built import written
from tests.runtime.projects import Project, agent

_PROMPT = "file:///project/prompts/one.md"


def with_text(folder: Path, text: str) -> MadeBundle:
    """An agent whose system prompt is a file of the project."""
    contributor = {"id": "f", "type": "file", "priority": 1, "files": [_PROMPT]}
    config = agent(greeting="hello", systemPrompt={"contributors": [contributor]})
    project = written(Project({"main": config}, resources={_PROMPT: text}), folder / "project")
    return pack(Wish(project, Target.CLOUDFLARE, folder / "bundle")).made


@dataclass(frozen=True, slots=True)
class Altered:
    """A bundle with other content in some of its files."""

    manifest: Manifest
    bundle: BundleContent
    contents: Mapping[str, bytes]

    def content(self, file: BundleFile) -> bytes:
        return self.contents.get(file.path) or self.bundle.content(file)


def altered(bundle: BundleContent, contents: Mapping[str, bytes]) -> Altered:
    files = tuple(
        replace(file, sha256=sha256(contents[file.path]).hexdigest(), size=len(contents[file.path]))
        if file.path in contents
        else file
        for file in bundle.manifest.files
    )
    return Altered(replace(bundle.manifest, files=files), bundle, contents)


def migrated(bundle: BundleContent) -> Altered:
    """With one more class of Durable Objects, and the migration that it needs."""
    files = {file.path: file for file in bundle.manifest.files}
    wrangler: dict[str, Any] = json.loads(bundle.content(files["wrangler.jsonc"]))
    wrangler["migrations"].append({"tag": "v2", "new_sqlite_classes": ["ExtraObject"]})
    wrangler["durable_objects"]["bindings"].append({"name": "EXTRA", "class_name": "ExtraObject"})
    more = (
        b'\nimport { DurableObject as Extra } from "cloudflare:workers";\nexport class ExtraObject extends Extra {}\n'
    )
    index = bundle.content(files["index.js"]) + more
    return altered(bundle, {"wrangler.jsonc": json.dumps(wrangler).encode(), "index.js": index})
