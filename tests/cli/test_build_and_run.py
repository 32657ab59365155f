"""`dexto-cloud build` and `dexto-cloud run`, as a CI job calls them: processes, JSON, exit codes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from builds import packing
from builds.bundlers.contract import ObjectPlace
from clients.s3_store import S3Store
from core.targets import Target
from tests.builds.bundlers.packs import AGENT, pack, project
from tests.deployments.runners.conftest import wait_until

COMMAND = Path(sys.executable).with_name("dexto-cloud")


def _command(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def _healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def _run(out: Path, *arguments: str | Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEXTO_")}
    process = subprocess.Popen([COMMAND, "run", out, "--port", str(port), *arguments], env=environment)
    try:
        wait_until(lambda: _healthy(port), seconds=30)
        yield process, port
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.parametrize("target", list(Target))
def test_a_bundle_runs_on_a_port_and_its_whole_tree_ends_with_it(target: Target, tmp_path: Path) -> None:
    pack(project(tmp_path / "project"), target, tmp_path / "out")
    (tmp_path / "variables").write_text('# a comment\nexport OPENAI_API_KEY="sk-\\"1"\nEMPTY=\nBARE=a b # said\n')
    with _run(tmp_path / "out", "--env-file", tmp_path / "variables") as (process, port):
        url = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{url}/", trust_env=False).json()["target"] == target.value
        values = {
            name: httpx.get(f"{url}/variable?name={name}", trust_env=False).json().get("value")
            for name in ("OPENAI_API_KEY", "EMPTY", "BARE", "HOME_OF_THIS_TEST")
        }
        assert values == {"OPENAI_API_KEY": 'sk-"1', "EMPTY": "", "BARE": "a b", "HOME_OF_THIS_TEST": None}
        group = _children(process.pid)
        assert group
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert not [pid for pid in group if Path(f"/proc/{pid}/exe").exists()]


def _children(pid: int) -> list[int]:
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found + [one for child in found for one in _children(child)]


def test_a_build_is_said_as_json(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", {"agents/coding-agent.yml": f"{AGENT}tools: [{{type: creator-tools}}]\n"})
    done = _command("build", folder, "--target", "nodejs", "--out", tmp_path / "out", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert set(found) >= {"target", "bundle", "entry", "size", "gzip_size", "files", "resources", "findings"}
    assert (found["target"], found["entry"]) == ("nodejs", "index.mjs")
    assert found["size"] == sum(file["size"] for file in found["files"]) > found["gzip_size"] > 0
    assert {one["from"] for one in found["resources"]} >= {"file:///project/prompts/base.md"}
    assert "part_missing" in {one["code"] for one in found["findings"]}


def test_a_bucket_is_bound_by_its_address(tmp_path: Path) -> None:
    pack_here = ("--target", "nodejs", "--out", tmp_path / "out", "--json")
    wrong = _command("build", project(tmp_path / "project"), *pack_here, "--object-store", "https://bucket")
    assert wrong.returncode == 1
    assert "Object store" in wrong.stderr
    assert packing.object_place("s3://acme/agents/one/") == ObjectPlace("acme", "agents/one/")
    assert packing.object_place("s3://acme") == ObjectPlace("acme")


@pytest.mark.parametrize("target", [Target.CLOUDFLARE, Target.LAMBDA])
def test_texts_are_put_into_the_bucket_by_content_and_only_once(target: Target, tmp_path: Path) -> None:
    bucket = f"objects-{tmp_path.name.replace('_', '-').lower()}"
    keys = {"AWS_ACCESS_KEY_ID": os.environ["S3_ACCESS_KEY_ID"]}
    keys |= {"AWS_SECRET_ACCESS_KEY": os.environ["S3_SECRET_ACCESS_KEY"]}
    store = S3Store(bucket, *keys.values(), os.environ["S3_ENDPOINT_URL"])
    store.ensure_bucket()
    folder = project(tmp_path / "project")
    here = ("--target", target.value, "--out", tmp_path / "out", "--object-store", f"s3://{bucket}/agents", "--json")

    def counts(**more: str) -> object:
        done = _command("build", folder, *here, **keys, **more)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["objects"]

    assert counts() == {"put": 2, "present": 0}
    assert counts() == {"put": 0, "present": 2}
    (folder / "prompts/hello.md").write_text("# Hello\nSay hello loudly to $1.\n")
    assert counts() == {"put": 1, "present": 1}
    contents = [store.get(key) for key in store.keys("agents/")]
    assert sorted(sha256(one).hexdigest() for one in contents) == sorted(k.split("/")[1] for k in store.keys("agents/"))
    refused = _command("build", folder, *here, **{**keys, "AWS_SECRET_ACCESS_KEY": "another"})
    assert refused.returncode == 3
    assert "object_store_failed" in refused.stderr
    assert keys["AWS_SECRET_ACCESS_KEY"] not in refused.stderr


def test_findings_of_a_refused_build_are_said_with_their_lines(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", {"plugins/audit.ts": 'import "./gone";\nexport default {};\n'})
    done = _command("build", folder, "--target", "nodejs", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "plugins/audit.ts:1:8" in done.stderr
    assert 'import "./gone";' in done.stderr
    found = json.loads(_command("build", folder, "--target", "nodejs", "--out", tmp_path / "out", "--json").stdout)
    assert found["bundle"] is None
    assert [(one["code"], one["line"]) for one in found["findings"] if one["severity"] == "error"] == [
        ("unresolved_import", 1)
    ]
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_bundle_does_not_run(tmp_path: Path) -> None:
    done = _command("run", tmp_path, "--port", "1")
    assert done.returncode == 1
    assert "no_bundle" in done.stderr


def test_a_line_that_is_no_variable_is_named_and_not_repeated(tmp_path: Path) -> None:
    pack(project(tmp_path / "project"), Target.NODEJS, tmp_path / "out")
    (tmp_path / "variables").write_text("A=1\nsecret without a name\n")
    done = _command("run", tmp_path / "out", "--port", "1", "--env-file", tmp_path / "variables")
    assert done.returncode == 1
    assert "variables:2" in done.stderr
    assert "secret" not in done.stderr


def test_building_and_running_load_no_django() -> None:
    probe = (
        "import cli.main, deployments.runners.lambda_service, sys; cli.main.complete(); "
        "print([m for m in ('django', 'celery', 'projects') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
