"""Every package manager installs from its lock in the sandbox, by the registry alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from builds import tools
from builds.confined import Confined
from builds.node_program import node_program
from builds.runner.packages import Packages
from builds.sandbox.contract import Limits, Sandbox
from builds.sandbox.egress_rules import EgressRules, places
from builds.sandbox.network import Registries
from clients.addresses import AddressPolicy
from tests.builds.sandbox.npm_registry import Registry, registry
from tests.progress import Said

Lock = Callable[[Registry], tuple[str, str]]


def npm(found: Registry) -> tuple[str, str]:
    packages = {
        "": {"name": "agent", "dependencies": {"greeting": "1.0.0"}},
        "node_modules/greeting": {"version": "1.0.0", "integrity": found.integrity},
    }
    lock = {"name": "agent", "lockfileVersion": 3, "requires": True, "packages": packages}
    return "package-lock.json", json.dumps(lock)


def pnpm(found: Registry) -> tuple[str, str]:
    return "pnpm-lock.yaml", (
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      greeting:\n        specifier: 1.0.0\n"
        "        version: 1.0.0\npackages:\n  greeting@1.0.0:\n"
        f"    resolution: {{integrity: {found.integrity}}}\nsnapshots:\n  greeting@1.0.0: {{}}\n"
    )


def yarn(found: Registry) -> tuple[str, str]:
    return "yarn.lock", (
        '# yarn lockfile v1\n\n\ngreeting@1.0.0:\n  version "1.0.0"\n'
        f'  resolved "{found.tarball}"\n  integrity {found.integrity}\n'
    )


def bun(found: Registry) -> tuple[str, str]:
    workspaces = {"": {"name": "agent", "dependencies": {"greeting": "1.0.0"}}}
    packages = {"greeting": ["greeting@1.0.0", "", {}, found.integrity]}
    return "bun.lock", json.dumps({"lockfileVersion": 1, "workspaces": workspaces, "packages": packages})


@pytest.mark.parametrize("lock", [npm, pnpm, yarn, bun])
def test_a_lock_is_installed_in_the_sandbox(lock: Lock, sandbox: Sandbox, folder: Path, tmp_path: Path) -> None:
    said = Said()
    with registry(tmp_path) as found:
        name, text = lock(found)
        (folder / name).write_text(text)
        (folder / "package.json").write_text(json.dumps({"name": "agent", "dependencies": {"greeting": "1.0.0"}}))
        packages = Packages(folder.parent / "cache", node_program(), tools.packages(tmp_path).tools, _settings(found))
        [kept] = packages.install(folder, Confined(_connected(sandbox, found), Limits()), said)
    assert (kept / "node_modules/greeting/index.js").read_text() == "module.exports = 'hello'", said.lines
    assert (folder / "node_modules/greeting/index.js").exists()


def _settings(found: Registry) -> dict[str, str]:
    """As an operator has them who runs a mirror of the registry: its address, and who vouches for it."""
    return {"npm_config_registry": found.url, "NODE_EXTRA_CA_CERTS": str(found.certificate)}


def _connected(sandbox: Sandbox, found: Registry) -> Sandbox:
    policy = AddressPolicy(public_only=True, resolver=lambda _host, _port: ["127.0.0.1"])
    rules = EgressRules(frozenset(), places([f"registry.test:{found.port}"]), policy)
    return replace(sandbox, registries=Registries(rules, node_program()))  # type: ignore[type-var]
