"""cloudflare: workerd runs the Worker, with Durable Objects and R2 kept on disk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from builds import tools
from builds.bundlers.cloudflare import CONFIGURATION
from builds.bundlers.placing import OBJECTS
from deployments.runners.contract import Launch, Listen, RunSpec, base_environment

R2 = tools.RUNTIME / "launchers" / "r2.js"


def launch(spec: RunSpec) -> Launch:
    """Writes workerd's configuration beside the state. It names variables and holds no value of one."""
    workerd = tools.native_program("@cloudflare", "workerd")
    place = spec.state / ".workerd"
    kept = spec.state / "durable-objects"
    for folder in (place, kept):
        folder.mkdir(parents=True, exist_ok=True)
    configuration = place / f"{_digest(str(spec.listen))}.capnp"
    configuration.write_text(_Configuration(spec, place, kept).text(), encoding="utf-8")
    return Launch(
        argv=(str(workerd), "serve", "--experimental", str(configuration)),
        folder=spec.state,
        environment={**spec.variables, **base_environment(spec)},
        reads=(workerd, spec.folder, R2),
        writes=(spec.state,),
        needs_relay=False,
    )


@dataclass(frozen=True, slots=True)
class _Configuration:
    """The text of a workerd configuration. It is read in `place`; paths to embed are relative to that."""

    spec: RunSpec
    place: Path
    kept: Path

    def text(self) -> str:
        wrangler = json.loads((self.spec.folder / CONFIGURATION).read_text(encoding="utf-8"))
        services = [
            f'(name = "agent", worker = {self._agent(wrangler)})',
            f'(name = "r2", worker = {self._r2(wrangler)})',
            f'(name = "kept", disk = (path = {_text(self.kept)}, writable = true))',
            f'(name = "objects", disk = (path = {_text(_made(self.spec.folder / OBJECTS, self.place))}))',
            f'(name = "internet", {self._internet()})',
        ]
        socket = f'(name = "http", address = {_text(_address(self.spec.listen))}, http = (), service = "agent")'
        return (
            'using Workerd = import "/workerd/workerd.capnp";\n'
            f"const config :Workerd.Config = (\n  services = {_list(services)},\n  sockets = [{socket}],\n);\n"
        )

    def _internet(self) -> str:
        """An agent may call a model on this machine; who must not is kept from it by a sandbox and its proxy."""
        if self.spec.proxy is not None:
            return f"external = (address = {_text(f'unix:{self.spec.proxy}')}, http = (style = proxy))"
        return 'network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))'

    def _agent(self, wrangler: Mapping[str, Any]) -> str:
        objects = wrangler["durable_objects"]["bindings"]
        bindings = [
            *(_binding(one["name"], f"durableObjectNamespace = {_text(one['class_name'])}") for one in objects),
            *(_binding(one["binding"], 'r2Bucket = "r2"') for one in wrangler.get("r2_buckets", [])),
            *(_binding(name, f"text = {_text(value)}") for name, value in sorted(wrangler.get("vars", {}).items())),
            *(_binding(name, f"fromEnvironment = {_text(name)}") for name in sorted(self._names(wrangler))),
        ]
        return self._worker(self.spec.folder / wrangler["main"], wrangler, bindings, [_of(one) for one in objects])

    def _names(self, wrangler: Mapping[str, Any]) -> set[str]:
        return set(self.spec.variables) - set(wrangler.get("vars", {}))

    def _r2(self, wrangler: Mapping[str, Any]) -> str:
        bindings = [
            _binding("BUCKETS", 'durableObjectNamespace = "Bucket"'),
            _binding("DISK", 'service = "objects"'),
            _binding("OBJECTS", f"json = {_text(json.dumps(list(_objects(self.spec.folder / OBJECTS))))}"),
        ]
        return self._worker(R2, wrangler, bindings, ["Bucket"])

    def _worker(
        self, module: Path, wrangler: Mapping[str, Any], bindings: Iterable[str], classes: Iterable[str]
    ) -> str:
        flags = ", ".join(_text(flag) for flag in wrangler["compatibility_flags"])
        # A class is known by its name: a later bundle finds what an earlier one kept.
        spaces = [f"(className = {_text(one)}, uniqueKey = {_text(one)}, enableSql = true)" for one in classes]
        code = _text(os.path.relpath(module, self.place))
        return (
            f"(\n    modules = [(name = {_text(module.name)}, esModule = embed {code})],\n"
            f"    compatibilityDate = {_text(wrangler['compatibility_date'])}, compatibilityFlags = [{flags}],\n"
            f"    bindings = {_list(bindings)},\n"
            f"    durableObjectNamespaces = {_list(spaces)},\n"
            '    durableObjectStorage = (localDisk = "kept"),\n  )'
        )


def _of(binding: Mapping[str, str]) -> str:
    return binding["class_name"]


def _binding(name: str, value: str) -> str:
    return f"(name = {_text(name)}, {value})"


def _address(listen: Listen) -> str:
    return f"unix:{listen.socket}" if listen.socket else f"{listen.host}:{listen.port}"


def _objects(folder: Path) -> Iterator[dict[str, object]]:
    """What the bundle brings for the bucket."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            digest = sha256(content).hexdigest()
            yield {"key": path.relative_to(folder).as_posix(), "size": len(content), "sha256": digest}


def _made(folder: Path, otherwise: Path) -> Path:
    """A bundle without objects has no such folder, and workerd wants one."""
    return folder if folder.is_dir() else otherwise


def _list(items: Iterable[str]) -> str:
    return "[" + "".join(f"\n    {item}," for item in items) + "\n  ]"


def _text(value: str | Path) -> str:
    """A text of Cap'n Proto, whose escapes are those of JSON within ASCII."""
    return json.dumps(str(value), ensure_ascii=False)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
