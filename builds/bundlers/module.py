"""The text of the virtual module `dexto:bundle`: what an entry of the runtime puts together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from builds.bundlers.agents import PROJECT_DIR
from builds.bundlers.parts import Part
from core.targets import Target

#: The file beside the code from which a nodejs bundle reads its configuration.
CONFIGURATION = "agents.json"


@dataclass(frozen=True, slots=True)
class BundleModule:
    """`modules` maps the logical URI of each module of the project to the path by which esbuild finds it."""

    target: Target
    agents: Iterable[Mapping[str, object]]
    resources: Mapping[str, Mapping[str, object]]
    modules: Mapping[str, str]
    parts: Iterable[Part]

    @property
    def configuration(self) -> str:
        """The agents and the resources, as they are read."""
        return _json({"agents": list(self.agents), "resources": dict(self.resources)})

    def with_configuration_inside(self) -> str:
        # JSON.parse: in a literal the key __proto__ would mean something else, and engines parse this faster.
        return self._text([], f"JSON.parse({json.dumps(self.configuration, ensure_ascii=False)})")

    def with_configuration_beside(self, project: str) -> str:
        """`project` is the folder of the project's files, relative to the code: templates in texts mean it."""
        imports = [
            'import { readFileSync } from "node:fs";',
            'import { fileURLToPath } from "node:url";',
            f"const folder = fileURLToPath(new URL({json.dumps(f'./{project}')}, import.meta.url));",
            f'const text = readFileSync(new URL("./{CONFIGURATION}", import.meta.url), "utf8");',
        ]
        escaped = "() => JSON.stringify(folder).slice(1, -1)"  # a function: `$` in a path is no pattern
        return self._text(imports, f"JSON.parse(text.replaceAll({json.dumps(PROJECT_DIR)}, {escaped}))")

    def _text(self, imports: list[str], configuration: str) -> str:
        parts = sorted(set(self.parts), key=lambda one: (one.kind, one.name))
        files = {file: f"part{index}" for index, file in enumerate(sorted({part.file for part in parts}))}
        modules = {uri: f"module{index}" for index, uri in enumerate(sorted(self.modules))}
        lines = [
            *imports,
            *(f'import {name} from "dexto:runtime/{file}.ts";' for file, name in files.items()),
            *(f"import * as {name} from {json.dumps(self.modules[uri])};" for uri, name in modules.items()),
            f"const {{ agents, resources }} = {configuration};",
            "export const bundle = {",
            f"  target: {json.dumps(self.target.value)},",
            "  agents,",
            "  resources,",
            f"  modules: {_object(modules)},",
            "  parts: {",
            *(f"    {kind}: {_object(_of(kind, parts, files))}," for kind in _KINDS),
            "  },",
            "};",
        ]
        return "\n".join(lines) + "\n"


_KINDS = ("providers", "stores", "caches", "blobs", "readers", "toolSources", "hooks")


def _of(kind: str, parts: Iterable[Part], files: Mapping[str, str]) -> dict[str, str]:
    return {part.name: files[part.file] for part in parts if part.kind == kind}


def _object(names: Mapping[str, str]) -> str:
    return "{ " + "".join(f"{json.dumps(key)}: {name}, " for key, name in names.items()) + "}"


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
