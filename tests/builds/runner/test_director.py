"""The story of a build, over real repositories and the real esbuild."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from builds import tools
from builds.bundle import MadeBundle
from builds.rejection import ProjectInvalidError
from builds.runner.checkout import Limits
from builds.runner.confinement import Unconfined
from builds.runner.director import BuildResult, BuildSpec, Stores, build
from builds.runner.git import Source
from builds.toolchain import toolchain
from core.errors import CancelledError, PlatformError, ProjectError
from core.targets import Target
from tests import factories
from tests.builds.bundlers.packs import Shelf
from tests.git import commit, repository
from tests.progress import Said

LIMITS = Limits(fetch_seconds=30, file_bytes=100_000, project_bytes=1_000_000, files=100, free_disk_bytes=1)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = repository(tmp_path / "origin")
    factories.write_agent(folder)
    return folder


def spec(place: Path, origin: Path, sha: str, **changes: object) -> BuildSpec:
    made = BuildSpec(
        source=Source(str(origin)),
        commit_sha=sha,
        root="",
        target=Target.NODEJS,
        mirror=place / "mirror.git",
        work=place / "work",
        limits=LIMITS,
        toolchain=toolchain(),
        sandbox=Unconfined(),
        loader=lambda: Shelf({}),
        packages=tools.packages(place / "packages"),
    )
    (place / "work").mkdir(parents=True, exist_ok=True)
    return replace(made, **changes)  # type: ignore[arg-type]


class Kept:
    """A store that keeps what it was given."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def stores(self, known: Callable[[str, str], str | None] = lambda _tree, _fetched: None) -> Stores[str]:
        return Stores(known, self.keep)

    def keep(self, made: MadeBundle) -> str:
        self.contents = {file.path: made.content(file) for file in made.manifest.files}
        return made.manifest.digest


def test_a_commit_becomes_a_bundle(origin: Path, tmp_path: Path) -> None:
    said, kept = Said(), Kept()
    result = build(spec(tmp_path / "a", origin, commit(origin)), kept.stores(), said)
    assert result.manifest is not None
    assert said.steps == ["fetch", "check out", "check", "bundle", "store"]
    assert result.manifest.entry in kept.contents
    assert kept.contents["project/prompts/one.md"] == b"# One\n"
    assert result.manifest.required_variables == ("OPENAI_API_KEY",)
    assert result.manifest_key == result.manifest.digest
    assert not list((tmp_path / "a" / "work").iterdir()), "nothing is left over"


def test_the_same_commit_gives_the_same_bytes_in_any_folder(origin: Path, tmp_path: Path) -> None:
    (origin / "run.sh").write_text("#!/bin/sh\n")
    (origin / "run.sh").chmod(0o755)
    (origin / "agent.yml").write_text(
        "systemPrompt:\n  contributors:\n    - {id: a, type: file, priority: 1, files: "
        "['${{dexto.agent_dir}}/prompts/one.md']}\nllm: {provider: openai, model: gpt-5-mini, apiKey: $KEY}\n"
    )
    sha = commit(origin)
    places = [tmp_path / "here", tmp_path / "somewhere" / "much" / "deeper"]
    kept = [Kept(), Kept()]
    digests = []
    for place, one in zip(places, kept, strict=True):
        result = build(spec(place, origin, sha), one.stores(), Said())
        assert result.manifest is not None
        digests.append(result.manifest.digest)
    assert kept[0].contents == kept[1].contents
    assert digests[0] == digests[1]
    assert not [name for name, content in kept[0].contents.items() if str(tmp_path).encode() in content]


def test_a_known_tree_is_used_again_without_a_checkout(origin: Path, tmp_path: Path) -> None:
    said, seen = Said(), []

    def known(tree: str, _fetched: str) -> str:
        seen.append(tree)
        return "the bundle of before"

    result = build(spec(tmp_path / "a", origin, commit(origin)), Kept().stores(known), said)
    assert (result.reused, result.manifest) == ("the bundle of before", None)
    assert said.steps == ["fetch"]
    assert result.tree_sha == seen[0]


def test_a_module_elsewhere_that_changed_is_bundled_anew_and_the_same_one_is_not(origin: Path, tmp_path: Path) -> None:
    uri = "https://cdn.example/audit.js"
    agent = origin / "agent.yml"
    source = "dataSources:\n  cdn: {type: http, baseUrl: 'https://cdn.example/'}\n"
    plugins = f"plugins: {{custom: [{{name: audit, module: '{uri}', dataSource: cdn, blocking: true, priority: 1}}]}}\n"
    agent.write_text(source + agent.read_text() + plugins)
    sha, bundles = commit(origin), dict[tuple[str, str], str]()

    def built(content: str) -> BuildResult[str]:
        shelf = Shelf({uri: f"export default {{ beforeResponse: () => ({{ ok: '{content}' }}) }};".encode()})
        stores = Kept().stores(lambda tree, fetched: bundles.get((tree, fetched)))
        result = build(spec(tmp_path / "a", origin, sha, loader=lambda: shelf), stores, Said())
        bundles.setdefault((result.tree_sha, result.fetched), result.manifest_key)
        return result

    first, same, changed = built("one"), built("one"), built("two")
    assert same.reused == first.manifest_key
    assert changed.reused is None
    assert changed.manifest_key != first.manifest_key
    assert built("one").reused == first.manifest_key


def test_a_repository_without_an_agent_project_is_said_with_all_findings(origin: Path, tmp_path: Path) -> None:
    (origin / "agent.yml").unlink()
    (origin / "README.md").write_text("# Nothing here\n")
    with pytest.raises(ProjectInvalidError) as caught:
        build(spec(tmp_path / "a", origin, commit(origin)), Kept().stores(), Said())
    assert caught.value.code == "no_agent_project"
    assert caught.value.next_step
    assert [finding.code for finding in caught.value.findings] == ["no_agent_project"]
    assert not list((tmp_path / "a" / "work").iterdir())


def test_a_commit_without_files_has_no_project(tmp_path: Path) -> None:
    empty = repository(tmp_path / "empty")
    with pytest.raises(ProjectInvalidError) as caught:
        build(spec(tmp_path / "a", empty, commit(empty)), Kept().stores(), Said())
    assert caught.value.code == "no_agent_project"


def test_an_error_names_its_file_and_line(origin: Path, tmp_path: Path) -> None:
    (origin / "agent.yml").write_text("systemPrompt: x\nllm:\n  provider: [\n")
    said = Said()
    with pytest.raises(ProjectInvalidError) as caught:
        build(spec(tmp_path / "a", origin, commit(origin)), Kept().stores(), said)
    assert caught.value.file == "agent.yml"
    assert caught.value.line >= 3
    assert caught.value.next_step, "what is said of the code where the finding itself says nothing"
    assert any("agent.yml:" in line for line in said.lines)


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../../../etc/passwd", "../secret.txt"])
def test_a_link_that_leaves_the_project_is_said_and_brings_nothing(origin: Path, tmp_path: Path, target: str) -> None:
    (origin / "prompts" / "leak.md").symlink_to(target)
    said, kept = Said(), Kept()
    result = build(spec(tmp_path / "a", origin, commit(origin)), kept.stores(), said)
    assert "symlink_outside" in {finding.code for finding in result.findings}
    assert "project/prompts/leak.md" not in kept.contents
    assert not [name for name, content in kept.contents.items() if b"root:" in content]
    assert any("symlink_outside" in line for line in said.lines)


def test_a_link_within_the_project_is_its_file(origin: Path, tmp_path: Path) -> None:
    (origin / "prompts" / "two.md").symlink_to("one.md")
    kept = Kept()
    build(spec(tmp_path / "a", origin, commit(origin)), kept.stores(), Said())
    assert kept.contents["project/prompts/two.md"] == b"# One\n"


def test_a_prompt_behind_a_link_out_of_the_project_fails_the_build(origin: Path, tmp_path: Path) -> None:
    (origin / "prompts" / "leak.md").symlink_to("/etc/passwd")
    (origin / "agent.yml").write_text(
        "systemPrompt:\n  contributors:\n    - {id: a, type: file, priority: 1, files: "
        "['${{dexto.agent_dir}}/prompts/leak.md']}\nllm: {provider: openai, model: gpt-5-mini, apiKey: $KEY}\n"
    )
    with pytest.raises(ProjectInvalidError) as caught:
        build(spec(tmp_path / "a", origin, commit(origin)), Kept().stores(), Said())
    assert {"file_not_found", "symlink_outside"} <= {finding.code for finding in caught.value.findings}


def test_a_file_over_the_limit_fails_before_anything_is_written(origin: Path, tmp_path: Path) -> None:
    (origin / "model.bin").write_bytes(b"x" * 100_001)
    said = Said()
    with pytest.raises(ProjectError) as caught:
        build(spec(tmp_path / "a", origin, commit(origin)), Kept().stores(), said)
    assert (caught.value.code, caught.value.file) == ("file_too_large", "model.bin")
    assert said.steps == ["fetch", "check out"]
    assert not list((tmp_path / "a" / "work").iterdir())


def test_no_disk_left_stops_before_the_fetch(origin: Path, tmp_path: Path) -> None:
    full = spec(tmp_path / "a", origin, commit(origin), limits=replace(LIMITS, free_disk_bytes=1 << 60))
    with pytest.raises(PlatformError) as caught:
        build(full, Kept().stores(), Said())
    assert caught.value.code == "disk_full"
    assert not (tmp_path / "a" / "mirror.git").exists()


def test_a_root_is_the_project(origin: Path, tmp_path: Path) -> None:
    below = origin / "teams" / "support"
    factories.write_agent(below)
    (origin / "agent.yml").write_text("not: [valid")
    kept = Kept()
    build(spec(tmp_path / "a", origin, commit(origin), root="teams/support"), kept.stores(), Said())
    assert {"project/agent.yml", "project/prompts/one.md"} < set(kept.contents)


def test_a_cancelled_build_leaves_nothing(origin: Path, tmp_path: Path) -> None:
    said = Said()

    def keep(_made: MadeBundle) -> str:
        said.stop = CancelledError("cancelled", "Stopped.", "")
        said.check()
        return ""

    with pytest.raises(CancelledError):
        build(spec(tmp_path / "a", origin, commit(origin)), Stores(lambda _tree, _fetched: None, keep), said)
    assert not list((tmp_path / "a" / "work").iterdir())
