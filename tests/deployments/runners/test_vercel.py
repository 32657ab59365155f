"""The launcher of Build Output folders, with folders that vercel's own tools could have made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from builds.bundle import Manifest, describe
from core.targets import Target
from tests.deployments.runners.conftest import serving

OUTPUT = ".vercel/output"
FUNCTION = {"runtime": "nodejs24.x", "handler": "index.mjs", "launcherType": "Nodejs", "maxDuration": 1}


@contextmanager
def _serving(folder: Path, routes: list[Mapping[str, object]], files: Mapping[str, str]) -> Iterator[httpx.Client]:
    everything = {
        "config.json": json.dumps({"version": 3, "routes": routes}),
        "functions/health.func/index.mjs": "export default (request, response) => response.end('OK');",
        **files,
    }
    for name, text in everything.items():
        place = folder / OUTPUT / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        if name.endswith(".func/index.mjs"):
            (place.parent / ".vc-config.json").write_text(json.dumps(FUNCTION))
    entry = {f"{OUTPUT}/config.json": folder / OUTPUT / "config.json"}
    manifest = Manifest(Target.VERCEL, f"{OUTPUT}/config.json", tuple(describe(entry)))
    (folder / "dexto-bundle.json").write_bytes(manifest.to_json())
    with serving(folder, folder / "state", {}) as agent:
        yield agent.client


def test_static_files_functions_and_routes(tmp_path: Path) -> None:
    routes: list[Mapping[str, object]] = [
        {"src": "/.*", "headers": {"x-all": "yes"}, "continue": True},
        {"src": "/old", "status": 308, "headers": {"location": "/new"}},
        {"handle": "filesystem"},
        {"src": "/api/(.*)", "dest": "/functions/$1"},
        {"src": "/only", "methods": ["POST"], "dest": "/health"},
    ]
    files = {
        "static/a.html": "<p>a</p>",
        "functions/functions/one.func/index.mjs": "export const GET = (request) => Response.json([request.url]);",
    }
    with _serving(tmp_path, routes, files) as client:
        page = client.get("/a.html")
        assert (page.text, page.headers["content-type"], page.headers["x-all"]) == ("<p>a</p>", "text/html", "yes")
        assert client.get("/api/one?x=1").json() == ["http://agent.test/api/one?x=1"]
        assert client.post("/api/one").status_code == 405
        assert (client.get("/old").status_code, client.get("/old").headers["location"]) == (308, "/new")
        assert (client.get("/only").status_code, client.post("/only").text) == (404, "OK")


def test_no_path_leaves_the_folder(tmp_path: Path) -> None:
    with _serving(tmp_path, [{"handle": "filesystem"}], {"static/a.txt": "a"}) as client:
        for path in ("/../config.json", "/%2e%2e/config.json", "/..%2fconfig.json", "/a.txt/../../config.json"):
            request = httpx.Request("GET", "http://agent.test/", extensions={"target": path.encode()})
            assert client.send(request).status_code in (400, 404)


def test_a_function_that_fails_or_takes_too_long_is_an_error_without_a_stack(tmp_path: Path) -> None:
    files = {
        "functions/fail.func/index.mjs": "export default { fetch: () => { throw new Error('inside') } };",
        "functions/slow.func/index.mjs": "export default () => {};",
    }
    with _serving(tmp_path, [{"handle": "filesystem"}], files) as client:
        failed = client.get("/fail")
        assert (failed.status_code, failed.json()) == (500, {"error": {"code": "FUNCTION_INVOCATION_FAILED"}})
        assert client.get("/slow").json() == {"error": {"code": "FUNCTION_INVOCATION_TIMEOUT"}}
