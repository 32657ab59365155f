"""Packages of a project, installed by the real package managers from a registry of our own."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from builds import tools
from builds.runner.confinement import Unconfined
from builds.runner.director import build
from builds.runner.packages import Packages
from core.errors import ProjectError, UserError
from core.targets import Target
from tests.builds.bundlers.packs import pack, project
from tests.builds.runner.test_director import Kept, spec
from tests.git import commit, repository
from tests.progress import Said
from tests.web_server import Reply, WebServer, web_server

PACKAGE = {
    "name": "kind-words",
    "version": "1.0.0",
    "main": "index.js",
    "scripts": {"preinstall": "touch ran", "install": "touch ran", "postinstall": "touch ran"},
}
CODE = 'module.exports = "kind words of a package";\n'


def _tarball() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in (("package.json", json.dumps(PACKAGE)), ("index.js", CODE)):
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


@dataclass(frozen=True)
class Registry:
    server: WebServer
    integrity: str

    @property
    def tarball(self) -> str:
        return f"{self.server.url}/kind-words/-/kind-words-1.0.0.tgz"


@pytest.fixture
def registry() -> Iterator[Registry]:
    content = _tarball()
    integrity = f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"
    with web_server({"/kind-words/-/kind-words-1.0.0.tgz": Reply(200, content)}) as server:
        made = Registry(server, integrity)
        dist = {"tarball": made.tarball, "integrity": integrity, "shasum": hashlib.sha1(content).hexdigest()}  # noqa: S324
        about = {
            "name": "kind-words",
            "dist-tags": {"latest": "1.0.0"},
            "versions": {"1.0.0": {**PACKAGE, "dist": dist}},
        }
        json_type = {"Content-Type": "application/json"}
        server.answers["/kind-words"] = Reply(200, json.dumps(about).encode(), json_type)
        yield made


def npm(registry: Registry) -> tuple[str, str]:
    packages = {
        "": {"name": "agent", "dependencies": {"kind-words": "1.0.0"}},
        "node_modules/kind-words": {"version": "1.0.0", "integrity": registry.integrity, "hasInstallScript": True},
    }
    return "package-lock.json", json.dumps(
        {"name": "agent", "lockfileVersion": 3, "requires": True, "packages": packages}
    )


def pnpm(registry: Registry) -> tuple[str, str]:
    return "pnpm-lock.yaml", (
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      kind-words:\n        specifier: 1.0.0\n"
        "        version: 1.0.0\npackages:\n  kind-words@1.0.0:\n"
        f"    resolution: {{integrity: {registry.integrity}}}\nsnapshots:\n  kind-words@1.0.0: {{}}\n"
    )


def yarn(registry: Registry) -> tuple[str, str]:
    return "yarn.lock", (
        '# yarn lockfile v1\n\n\nkind-words@1.0.0:\n  version "1.0.0"\n'
        f'  resolved "{registry.tarball}"\n  integrity {registry.integrity}\n'
    )


def bun(registry: Registry) -> tuple[str, str]:
    workspace = {"": {"name": "agent", "dependencies": {"kind-words": "1.0.0"}}}
    package = ["kind-words@1.0.0", "", {}, registry.integrity]
    return "bun.lock", json.dumps({"lockfileVersion": 1, "workspaces": workspace, "packages": {"kind-words": package}})


LOCKS = pytest.mark.parametrize("lock", [npm, pnpm, yarn, bun])


def _folder(path: Path, lock: tuple[str, str]) -> Path:
    path.mkdir(exist_ok=True)
    (path / "package.json").write_text(json.dumps({"name": "agent", "dependencies": {"kind-words": "1.0.0"}}))
    (path / lock[0]).write_text(lock[1])
    return path


def _packages(cache: Path, registry: Registry) -> Packages:
    found = tools.packages(cache)
    return Packages(cache, found.node, found.tools, {"npm_config_registry": registry.server.url})


@LOCKS
def test_what_the_lock_says_is_installed_without_scripts_and_once(
    lock: Callable[[Registry], tuple[str, str]], registry: Registry, tmp_path: Path
) -> None:
    packages = _packages(tmp_path / "cache", registry)
    first, second = (_folder(tmp_path / name, lock(registry)) for name in ("first", "second"))
    [kept] = packages.install(first, Unconfined(), Said())
    assert (first / "node_modules" / "kind-words" / "index.js").read_text() == CODE
    assert not list(kept.rglob("ran"))
    asked = len(registry.server.seen)
    assert packages.install(second, Unconfined(), Said()) == (kept,)
    assert len(registry.server.seen) == asked
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [kept.name]


def test_a_package_that_is_not_what_the_lock_says_is_refused(registry: Registry, tmp_path: Path) -> None:
    name, text = npm(registry)
    folder = _folder(tmp_path / "project", (name, text.replace(registry.integrity, f"sha512-{'A' * 86}==")))
    with pytest.raises(ProjectError, match="could not be installed") as refused:
        _packages(tmp_path / "cache", registry).install(folder, Unconfined(), Said())
    assert refused.value.code == "install_failed"
    assert not list((tmp_path / "cache").iterdir())


def test_dependencies_without_a_lock_are_refused(registry: Registry, tmp_path: Path) -> None:
    folder = _folder(tmp_path / "project", ("README.md", ""))
    with pytest.raises(ProjectError) as refused:
        _packages(tmp_path / "cache", registry).install(folder, Unconfined(), Said())
    assert (refused.value.code, refused.value.file) == ("lock_missing", "package.json")


def test_a_package_manager_that_is_not_installed_is_named(registry: Registry, tmp_path: Path) -> None:
    folder = _folder(tmp_path / "project", ("bun.lock", "{}"))
    without = replace(_packages(tmp_path / "cache", registry), tools={})
    with pytest.raises(UserError, match="no bun"):
        without.install(folder, Unconfined(), Said())


def test_a_project_without_dependencies_needs_nothing(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "agent", "devDependencies": {"typescript": "*"}}')
    assert _packages(tmp_path / "cache", registry).install(tmp_path, Unconfined(), Said()) == ()


@LOCKS
def test_a_plugin_imports_what_was_installed(
    lock: Callable[[Registry], tuple[str, str]], registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", registry.server.url)
    code = 'import words from "kind-words";\nexport default { beforeResponse: () => ({ ok: true, message: words }) };\n'
    folder = _folder(project(tmp_path / "project", {"plugins/audit.ts": code}), lock(registry))
    pack(folder, Target.NODEJS, tmp_path / "out")
    assert "kind words of a package" in (tmp_path / "out" / "index.mjs").read_text()
    assert not (tmp_path / "out" / "project" / "node_modules").exists()


def test_without_cache_they_are_installed_for_the_build_alone(registry: Registry, tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin")
    code = 'import words from "kind-words";\nexport default { beforeResponse: () => ({ ok: true, message: words }) };\n'
    sha = commit(_folder(project(origin, {"plugins/audit.ts": code}), npm(registry)))
    wanted = spec(tmp_path, origin, sha, packages=_packages(tmp_path / "packages", registry))
    usual, fresh = (build(one, Kept().stores(), Said()) for one in (wanted, replace(wanted, fresh=True)))
    tarballs = [one for one in registry.server.seen if one.path.endswith(".tgz")]
    assert len(tarballs) == 2
    assert len(list((tmp_path / "packages").iterdir())) == 1
    assert usual.manifest is not None
    assert usual.manifest == fresh.manifest, "where they were installed is not in the bundle"
