"""What each bundler makes of a project, as files."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from builds.bundle import MadeBundle, Manifest, describe
from builds.bundlers import BUNDLERS, cloudflare, parts
from builds.bundlers.contract import ObjectPlace
from builds.bundlers.limits import LIMITS, Limits, limit_findings, variable_findings
from builds.rejection import ProjectInvalidError
from core.errors import UserError
from core.findings import Finding, Severity
from core.targets import Target
from tests.builds.bundlers.packs import AGENT, RUNTIME, Shelf, pack, project, read_json

ALL = pytest.mark.parametrize("target", list(Target))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path / "project")


def _tree(out: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(out)): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def _refused(folder: Path, target: Target = Target.NODEJS, **options: object) -> tuple[Finding, ...]:
    with pytest.raises(ProjectInvalidError) as refused:
        pack(folder, target, folder.parent / "out", **options)
    return tuple(one for one in refused.value.findings if one.severity is Severity.ERROR)


def test_there_is_a_bundler_with_its_limits_and_parts_for_each_target() -> None:
    for table in (BUNDLERS, LIMITS, parts.ROWS, parts.STORAGE):
        assert set(table) == set(Target)


@ALL
def test_the_same_project_on_another_path_is_the_same_bytes(target: Target, folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "another" / "much" / "deeper" / "folder"
    shutil.copytree(folder, elsewhere)
    pack(folder, target, tmp_path / "one")
    pack(elsewhere, target, tmp_path / "two")
    assert _tree(tmp_path / "one") == _tree(tmp_path / "two")


def test_what_the_project_excludes_is_left_out_but_for_what_its_agents_name(folder: Path, tmp_path: Path) -> None:
    choice = {"version": 1, "agent": {"type": "workspace", "path": "agents/coding-agent.yml"}}
    choice["exclude"] = ["data/", "*.log", "prompts/*", "!prompts/kept.md"]
    places = ("data/a/large.bin", "x.log", "b/y.log", "prompts/spare.md", "prompts/kept.md", "notes.txt")
    project(folder, {".dexto/deploy.json": json.dumps(choice), **dict.fromkeys(places, "text")})
    pack(folder, Target.NODEJS, tmp_path / "out")
    found = {name.removeprefix("project/") for name in _tree(tmp_path / "out") if name.startswith("project/")}
    assert found.isdisjoint({"data/a/large.bin", "x.log", "b/y.log", "prompts/spare.md"})
    assert found >= {"prompts/kept.md", "notes.txt", "prompts/base.md", "prompts/hello.md"}


@ALL
def test_a_bundle_names_no_folder_of_the_machine(target: Target, folder: Path, tmp_path: Path) -> None:
    pack(folder, target, tmp_path / "out")
    for name, (content, _mode) in _tree(tmp_path / "out").items():
        assert str(tmp_path).encode() not in content, name
        assert str(RUNTIME).encode() not in content, name
        assert b"dexto.project/" not in content, name


@ALL
def test_the_manifest_says_where_each_resource_came_from_and_what_must_be_set(
    target: Target, folder: Path, tmp_path: Path
) -> None:
    pack(folder, target, tmp_path / "out")
    manifest = Manifest.from_json((tmp_path / "out" / "dexto-bundle.json").read_bytes())
    assert manifest.target is target
    assert [one["from"] for one in manifest.provenance] == [
        "file:///project/plugins/audit.ts",
        "file:///project/prompts/base.md",
        "file:///project/prompts/hello.md",
    ]
    assert all(re.fullmatch(r"[0-9a-f]{64}", one["sha256"]) for one in manifest.provenance)
    assert manifest.required_variables == ("OPENAI_API_KEY",)
    assert set(manifest.storage["coding-agent"]) == {"cache", "database", "blob"}
    assert (tmp_path / "out" / manifest.entry).is_file()


def test_nodejs_keeps_the_files_of_the_project_beside_one_module(folder: Path, tmp_path: Path) -> None:
    pack(folder, Target.NODEJS, tmp_path / "out")
    assert set(_tree(tmp_path / "out")) == {
        *("Dockerfile", "agents.json", "dexto-bundle.json", "index.mjs", "index.mjs.map", "package.json"),
        *("project/agents/coding-agent.yml", "project/plugins/audit.ts", "project/plugins/level.ts"),
        *("project/prompts/base.md", "project/prompts/hello.md"),
    }
    found = read_json(tmp_path / "out", "agents.json")
    assert json.dumps(found).count("file:///project/prompts/base.md") == 2
    assert found["resources"]["file:///project/prompts/base.md"]["path"] == "project/prompts/base.md"  # type: ignore[index]
    dockerfile = (tmp_path / "out" / "Dockerfile").read_text()
    assert "USER node" in dockerfile
    assert "HEALTHCHECK" in dockerfile


def test_texts_keep_templates_and_secrets_stay_references(folder: Path, tmp_path: Path) -> None:
    pack(folder, Target.NODEJS, tmp_path / "out")
    text = (tmp_path / "out" / "agents.json").read_text()
    assert "Files are in ${{dexto.project_dir}}/data, costs are $5." in text
    assert '"apiKey":"$OPENAI_API_KEY"' in text


def test_cloudflare_has_texts_as_objects_by_content(folder: Path, tmp_path: Path) -> None:
    packed = pack(folder, Target.CLOUDFLARE, tmp_path / "out")
    moved = {one["from"]: one for one in packed.made.manifest.provenance}["file:///project/prompts/base.md"]
    key = f"{moved['sha256']}/base.md"
    assert moved["to"] == f"s3://dexto-resources/{key}"
    assert (tmp_path / "out" / "objects" / key).read_text() == "# Base\nBe kind.\n"
    code = (tmp_path / "out" / "index.js").read_text()
    assert '"dexto-resources":{"bucket":"dexto-resources","region":"auto","type":"s3"}' in code
    assert "Be kind" not in code


def test_cloudflare_can_be_bound_to_a_bucket_at_once(folder: Path, tmp_path: Path) -> None:
    pack(folder, Target.CLOUDFLARE, tmp_path / "out", objects=ObjectPlace("acme-prod", "agents/"))
    wrangler = read_json(tmp_path / "out", "wrangler.jsonc")
    assert wrangler["r2_buckets"] == [{"binding": "DEXTO_BUCKET", "bucket_name": "acme-prod"}]
    assert "s3://acme-prod/agents/" in (tmp_path / "out" / "index.js").read_text()
    assert len(list((tmp_path / "out" / "objects" / "agents").rglob("*.md"))) == 2


def test_cloudflare_declares_its_durable_objects_with_migrations(folder: Path, tmp_path: Path) -> None:
    pack(folder, Target.CLOUDFLARE, tmp_path / "out")
    wrangler = read_json(tmp_path / "out", "wrangler.jsonc")
    classes = sorted(cloudflare.OBJECT_CLASSES.values())
    assert sorted(wrangler["migrations"][0]["new_sqlite_classes"]) == classes  # type: ignore[index]
    exported = (tmp_path / "out" / "index.js").read_text().rpartition("export{")[2]
    assert all(name in exported for name in classes)


def test_lambda_is_an_archive_that_is_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    pack(folder, Target.LAMBDA, tmp_path / "out")
    content = (tmp_path / "out" / "function.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["index.mjs", "package.json"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"Be kind" in archive.read("index.mjs")


def test_lambda_reads_texts_from_s3_where_a_bucket_is_named(folder: Path, tmp_path: Path) -> None:
    pack(folder, Target.LAMBDA, tmp_path / "out", objects=ObjectPlace("acme"))
    code = (tmp_path / "out" / "index.mjs").read_text()
    assert "s3://acme/" in code
    assert "Be kind" not in code
    with zipfile.ZipFile(tmp_path / "out" / "function.zip") as archive:
        assert archive.namelist() == ["index.mjs", "package.json"]


def test_vercel_is_a_build_output_folder(folder: Path, tmp_path: Path) -> None:
    pack(folder, Target.VERCEL, tmp_path / "out")
    output = tmp_path / "out" / ".vercel" / "output"
    assert json.loads((output / "config.json").read_text())["version"] == 3
    launcher = json.loads((output / "functions/index.func/.vc-config.json").read_text())
    assert launcher["supportsResponseStreaming"] is True
    assert (output / "functions/index.func" / launcher["handler"]).is_file()


def test_only_the_parts_that_the_configuration_names_are_in_the_bundle(folder: Path, tmp_path: Path) -> None:
    pack(folder, Target.NODEJS, tmp_path / "one")
    code = (tmp_path / "one" / "index.mjs").read_text()
    assert "providers/openai" in code
    assert "providers/anthropic" not in code
    assert "tools/mcp-http" not in code
    more = "mcpServers: {docs: {type: http, url: https://x.example}, off: {type: stdio, command: x, enabled: false}}\n"
    project(folder, {"agents/coding-agent.yml": AGENT.replace("openai", "anthropic") + more})
    pack(folder, Target.NODEJS, tmp_path / "two")
    code = (tmp_path / "two" / "index.mjs").read_text()
    assert "providers/anthropic" in code
    assert "tools/mcp-http" in code
    assert "tools/mcp-stdio" not in code


def test_a_provider_that_the_runtime_does_not_have_is_an_error_at_its_line(folder: Path) -> None:
    project(folder, {"agents/coding-agent.yml": AGENT.replace("provider: openai", "provider: bedrock")})
    [finding] = _refused(folder)
    assert (finding.code, finding.file, finding.line) == ("part_missing", "agents/coding-agent.yml", 11)


def test_tools_that_the_runtime_does_not_have_are_left_out_with_a_warning(folder: Path, tmp_path: Path) -> None:
    project(folder, {"agents/coding-agent.yml": AGENT + "tools: [{type: creator-tools}]\n"})
    packed = pack(folder, Target.NODEJS, tmp_path / "out")
    assert [(one.severity, one.line) for one in packed.findings if one.code == "part_missing"] == [
        (Severity.WARNING, 17)
    ]


def test_an_import_that_leads_nowhere_is_said_with_its_line_and_column(folder: Path) -> None:
    project(
        folder,
        {"plugins/audit.ts": 'import { a } from "./gone";\nimport b from "left-pad";\nexport default { a, b };\n'},
    )
    first, second = _refused(folder)
    assert (first.code, first.file, first.line, first.column) == ("unresolved_import", "plugins/audit.ts", 1, 19)
    assert (second.code, second.line) == ("unresolved_import", 2)
    assert "package.json" in second.next_step


def test_code_that_is_no_code_is_said_with_its_line(folder: Path) -> None:
    project(folder, {"plugins/level.ts": "export const level: number = ;\n"})
    [finding] = _refused(folder)
    assert (finding.code, finding.file, finding.line, finding.column) == ("code_invalid", "plugins/level.ts", 1, 30)


def test_machine_code_is_refused(folder: Path) -> None:
    project(folder, {"plugins/audit.ts": 'import x from "./x.node";\nexport default x;\n', "plugins/x.node": "ELF"})
    [finding] = _refused(folder)
    assert (finding.code, finding.file, finding.line) == ("native_import", "plugins/audit.ts", 1)


def test_modules_of_node_that_workers_do_not_have_are_refused_there(folder: Path, tmp_path: Path) -> None:
    code = 'import { createHash } from "crypto";\nimport { spawn } from "node:child_process";\n'
    project(folder, {"plugins/audit.ts": f"{code}export default {{ createHash, spawn }};\n"})
    [finding] = _refused(folder, Target.CLOUDFLARE)
    assert (finding.code, finding.line) == ("node_module_absent", 2)
    assert "child_process" in finding.sentence
    pack(folder, Target.NODEJS, tmp_path / "out")


def test_code_from_outside_of_the_project_is_refused(folder: Path) -> None:
    (folder.parent / "secret.json").write_text('{"secret": 1}')
    outside = folder.parent / "secret.json"
    project(folder, {"plugins/audit.ts": f'import x from "{outside}";\nexport default x;\n'})
    [finding] = _refused(folder)
    assert finding.code == "import_outside_project"


def test_modules_and_texts_of_other_places_are_fetched_and_pinned(folder: Path, tmp_path: Path) -> None:
    agent = AGENT.replace(
        "  fs: {type: fs}\n",
        "  fs: {type: fs}\n  cdn: {type: http, baseUrl: 'https://cdn.example/'}\n  old: {type: gcs, bucket: old}\n",
    ).replace(
        '{type: file, file: "${{dexto.project_dir}}/prompts/hello.md", dataSource: fs}',
        "{type: file, file: 'gs://old/hello.md', dataSource: old}",
    )
    agent = agent.replace(
        'module: "${{dexto.project_dir}}/plugins/audit.ts", dataSource: fs',
        "module: 'https://cdn.example/audit.js', dataSource: cdn",
    )
    project(folder, {"agents/coding-agent.yml": agent})
    shelf = Shelf(
        {
            "https://cdn.example/audit.js": b'export default { beforeResponse: () => ({ ok: "from the shelf" }) };',
            "gs://old/hello.md": b"# Hello\nFrom the old bucket.\n",
        }
    )
    packed = pack(folder, Target.LAMBDA, tmp_path / "out", loader=shelf)
    code = (tmp_path / "out" / "index.mjs").read_text()
    assert "from the shelf" in code
    assert "From the old bucket" in code
    assert {one["from"] for one in packed.made.manifest.provenance} >= {
        "https://cdn.example/audit.js",
        "gs://old/hello.md",
    }


def test_files_of_variables_are_never_bundled(folder: Path, tmp_path: Path) -> None:
    project(folder, {".env": "KEY=secret", "sub/.env.local": "KEY=secret", ".env.example": "KEY="})
    pack(folder, Target.NODEJS, tmp_path / "out")
    names = set(_tree(tmp_path / "out"))
    assert "project/.env.example" in names
    assert not names & {"project/.env", "project/sub/.env.local"}


def test_a_bundle_over_a_limit_is_told_before_anything_is_uploaded(tmp_path: Path) -> None:
    (tmp_path / "index.js").write_bytes(bytes(range(256)) * 50)
    places = {"index.js": tmp_path / "index.js", "objects/large.md": tmp_path / "index.js"}
    made = MadeBundle(Manifest(Target.CLOUDFLARE, "index.js", tuple(describe(places)), ("ONE", "TWO")), places)
    small = Limits(10_000, gzip_bytes=100, variables=1)
    assert [one.code for one in limit_findings(made, small)] == [
        *("bundle_over_limit", "bundle_over_limit", "variables_over_limit"),
    ]
    assert not list(limit_findings(made, Limits(12_800, gzip_bytes=12_800, variables=2)))
    free = replace(small, bytes=12_800, gzip_bytes=12_800, free_gzip_bytes=100, variables=None)
    assert [one.severity for one in limit_findings(made, free)] == [Severity.WARNING]


def test_values_of_variables_are_measured_and_not_repeated() -> None:
    [finding] = variable_findings({"TOKEN": "s3cret" * 1_000}, Target.CLOUDFLARE)
    assert (finding.code, "s3cret" in finding.sentence) == ("variables_over_limit", False)
    assert not list(variable_findings({"TOKEN": "s3cret"}, Target.LAMBDA))


def test_a_folder_that_holds_something_else_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(UserError, match="no bundle"):
        pack(folder, Target.NODEJS, tmp_path / "mine")
    pack(folder, Target.NODEJS, tmp_path / "out")
    pack(folder, Target.LAMBDA, tmp_path / "out")
    assert not (tmp_path / "out" / "Dockerfile").exists()
