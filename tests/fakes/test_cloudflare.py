"""The fake of Cloudflare is as strict as Cloudflare, and Cloudflare's own client deploys to it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from builds.node_program import node_program
from builds.packing import Wish, pack
from core.targets import Target
from tests.fakes.cloudflare.account import CloudflareFake
from tests.fakes.cloudflare.description import described_at, is_described
from tests.fakes.cloudflare.envelope import ROOT
from tests.fakes.vendor import serving
from tests.runtime.built import written
from tests.runtime.projects import project

Parts = list[tuple[str, tuple[str | None, bytes, str]]]
WORKER = b"export default { fetch() { return new Response('OK'); } };\nexport class Thing {}\n"


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[CloudflareFake]:
    one = CloudflareFake(tmp_path / "cloudflare")
    with serving(one):
        yield one


@pytest.fixture
def ask(fake: CloudflareFake) -> Callable[..., Any]:
    def asked(method: str, path: str, **request: Any) -> Any:
        url = f"{fake.url}{ROOT}/accounts/{fake.account}/workers/scripts/one{path}"
        return httpx.request(method, url, headers={"Authorization": f"Bearer {fake.token}"}, **request).json()

    return asked


def parts(metadata: dict[str, Any], name: str = "index.js", file: str = "index.js") -> Parts:
    whole = {"main_module": "index.js", "compatibility_date": "2026-06-01", **metadata}
    return [
        ("metadata", (None, json.dumps(whole).encode(), "application/json")),
        (name, (file, WORKER, "application/javascript+module")),
    ]


def code(answer: Any) -> int:
    return int(answer["errors"][0]["code"])


THING = {"type": "durable_object_namespace", "name": "THING", "class_name": "Thing"}
MIGRATIONS = {"new_tag": "v1", "steps": [{"new_sqlite_classes": ["Thing"]}]}


def test_a_part_is_called_as_its_module(ask: Callable[..., Any]) -> None:
    assert code(ask("PUT", "", files=parts({}, "file", "index.js"))) == 10021
    assert code(ask("PUT", "", files=parts({"main_module": "other.js"}))) == 10021


def test_a_class_is_bound_after_its_migration_only(ask: Callable[..., Any]) -> None:
    assert code(ask("PUT", "", files=parts({"bindings": [THING]}))) == 10061
    assert ask("PUT", "", files=parts({"bindings": [THING], "migrations": MIGRATIONS}))["success"]
    assert code(ask("PUT", "", files=parts({"bindings": [THING], "migrations": MIGRATIONS}))) == 10079
    assert ask("POST", "/versions", files=parts({"bindings": [THING]}))["success"]
    assert code(ask("POST", "/versions", files=parts({"migrations": MIGRATIONS}))) == 10211


def test_what_a_version_inherits_has_to_be_there_where_it_is_asked_strictly(ask: Callable[..., Any]) -> None:
    inherits = {"bindings": [{"type": "inherit", "name": "HAND"}]}
    ask("PUT", "", files=parts({}))
    assert code(ask("POST", "/versions", params={"bindings_inherit": "strict"}, files=parts(inherits))) == 10057
    assert ask("POST", "/versions", files=parts(inherits))["success"]


def test_a_bucket_that_is_bound_exists(ask: Callable[..., Any]) -> None:
    bound = {"bindings": [{"type": "r2_bucket", "name": "B", "bucket_name": "none"}]}
    assert code(ask("PUT", "", files=parts(bound))) == 10085


def test_a_version_from_before_a_secret_was_changed_is_deployed_by_force_only(ask: Callable[..., Any]) -> None:
    ask("PUT", "", files=parts({}))
    version = ask("GET", "/versions")["result"]["items"][0]["id"]
    ask("PUT", "/secrets", json={"name": "A", "text": "x", "type": "secret_text"})
    body = {"strategy": "percentage", "versions": [{"version_id": version, "percentage": 100}]}
    assert code(ask("POST", "/deployments", json=body)) == 10220
    assert ask("POST", "/deployments", params={"force": "true"}, json=body)["success"]


def test_most_of_what_it_serves_is_in_the_vendors_description(fake: CloudflareFake) -> None:
    if described_at() is None:
        pytest.skip("Cloudflare's description is not beside this checkout: requests and answers are not judged by it.")
    served = [(method, template) for method, _pattern, template, _handler in fake._routes if ROOT in template]
    unknown = {template.removeprefix(ROOT) for method, template in served if not is_described(method, template)}
    assert unknown == {
        "/{rest*}",
        "/accounts/{account}/storage/kv/namespaces",
        "/accounts/{account}/workers/scripts/{name}/secrets",
        "/accounts/{account}/workers/scripts/{name}/subdomain",
        "/accounts/{account}/workers/services/{name}",
    }


@pytest.mark.slow
def test_wrangler_deploys_rolls_back_and_deletes(fake: CloudflareFake, tmp_path: Path) -> None:
    """DEXTO_WRANGLER is wrangler's program: bin/wrangler.js of an installation of wrangler 4.86.0, whose 195 MB are no
    part of this project."""
    program = os.environ.get("DEXTO_WRANGLER")
    if not program:
        pytest.skip("DEXTO_WRANGLER names no wrangler: its own client does not prove the fake here.")
    wrangler = Wrangler(fake, Path(program), tmp_path)
    fake.objects.made("dexto-resources")
    wrangler.run("deploy")
    wrangler.run("deploy", "--message", "again")
    wrangler.run("versions", "upload", "--tag", "third")
    script = fake.scripts.by_name["by-wrangler"]
    first, _second, third = (version.id for version in script.versions)
    wrangler.run("versions", "deploy", f"{first}@50", f"{third}@50", "-y")
    assert script.shares == {first: 50, third: 50} and script.migration == "v1"
    wrangler.run("rollback", first, "-y", "-m", "back")
    assert script.shares == {first: 100}
    answer = httpx.get(f"{fake.url}/api/greeting", headers={"Host": "by-wrangler.acme.workers.dev"})
    assert answer.json() == {"greeting": "wrangled"}
    wrangler.run("delete", "--force")
    assert not fake.scripts.by_name


class Wrangler:
    """In a folder with a bundle, as `dexto-cloud build` writes it."""

    def __init__(self, fake: CloudflareFake, program: Path, folder: Path) -> None:
        self.program, self.folder = program, folder / "bundle"
        one = project(greeting="wrangled", llm={"apiKey": "none", "baseURL": "http://127.0.0.1:1"})
        pack(Wish(written(one, folder / "project"), Target.CLOUDFLARE, self.folder))
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CI": "1",
            "CLOUDFLARE_API_BASE_URL": f"{fake.url}{ROOT}",
            "CLOUDFLARE_API_TOKEN": fake.token,
            "CLOUDFLARE_ACCOUNT_ID": fake.account,
            "WRANGLER_SEND_METRICS": "false",
        }

    def run(self, *arguments: str) -> None:
        argv = [str(node_program()), str(self.program), *arguments, "--name", "by-wrangler"]
        done = subprocess.run(argv, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
