"""Projects to bundle, and bundles of them by the small runtime among the fixtures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from builds import packing, tools
from builds.bundlers.contract import ObjectPlace, Toolchain
from builds.packing import Packed, Wish
from core.resources import NamedSource, Resource
from core.targets import Target

RUNTIME = tools.RUNTIME / "sample"

AGENT = """\
dataSources:
  fs: {type: fs}
systemPrompt:
  contributors:
    - id: base
      type: file
      priority: 0
      files: ["${{dexto.project_dir}}/prompts/base.md"]
      dataSource: fs
    - {id: here, type: static, priority: 1, content: "Files are in ${{dexto.project_dir}}/data, costs are $5."}
llm: {provider: openai, model: gpt-5, apiKey: $OPENAI_API_KEY}
prompts:
  - {type: file, file: "${{dexto.project_dir}}/prompts/hello.md", dataSource: fs}
plugins:
  custom:
    - {name: audit, module: "${{dexto.project_dir}}/plugins/audit.ts", dataSource: fs, blocking: true, priority: 1}
"""
FILES = {
    "agents/coding-agent.yml": AGENT,
    "prompts/base.md": "# Base\nBe kind.\n",
    "prompts/hello.md": "# Hello\nSay hello to $1.\n",
    "plugins/audit.ts": 'import { level } from "./level";\nexport default { beforeResponse: () => ({ ok: level }) };\n',
    "plugins/level.ts": "export const level: number = 1;\n",
}


def project(folder: Path, changes: Mapping[str, str] | None = None) -> Path:
    """A project on disk; a change to "" leaves a file out."""
    for name, text in {**FILES, **(changes or {})}.items():
        if text:
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
    return folder


def toolchain() -> Toolchain:
    return tools.toolchain(RUNTIME)


def pack(folder: Path, target: Target, out: Path, **options: object) -> Packed:
    objects = options.pop("objects", None)
    assert objects is None or isinstance(objects, ObjectPlace)
    wish = Wish(folder, target, out, objects=objects)
    return packing.pack(wish, toolchain=toolchain(), environment={"HOME": str(out.parent)}, **options)  # type: ignore[arg-type]


def read_json(out: Path, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((out / name).read_text())
    return found


class Shelf:
    """A loader of resources that lie in memory."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.contents = contents

    def supports(self, uri: str, _source: NamedSource) -> bool:
        return uri in self.contents

    def load(self, uri: str, _source: NamedSource) -> Resource:
        return Resource.of(uri, self.contents[uri])
