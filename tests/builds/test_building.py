"""The operation `build`, as a worker carries it out: a hosted repository, PostgreSQL, the object store, esbuild."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builds import logs
from builds.actions import KIND, request_build
from builds.bundle import Manifest
from builds.frames import HIDDEN
from builds.models import Blob, Build, BuildStatus, Bundle, Step
from builds.storage import object_store
from core.outline import changes
from core.targets import Target
from projects import operations
from projects.leases import LeaseLostError
from projects.models import Operation, OperationStatus, OutboxEvent, Project, Variable
from projects.secrets import seal
from tests import factories
from tests.git import commit, git, repository

pytestmark = pytest.mark.django_db(transaction=True)


class Working:
    """A working copy of a project's own repository, and a worker."""

    def __init__(self, folder: Path, project: Project) -> None:
        self.folder = repository(folder)
        self.project = project
        factories.write_agent(folder)

    def push(self, message: str = "a change") -> str:
        sha = commit(self.folder, message)
        git(self.folder, "push", "--quiet", "--force", self.project.repository.origin.path, "HEAD:refs/heads/main")
        return sha

    def build(self, sha: str, **values: Any) -> Build:
        row = request_build(self.project, sha, "refs/heads/main", target=Target.NODEJS, **values)
        operations.work(KIND)
        done: Build = Build.objects.select_related("bundle", "stream").get(pk=row.pk)
        return done


@pytest.fixture
def working(tmp_path: Path) -> Iterator[Working]:
    yield Working(tmp_path / "work", factories.hosted_project())


def said(build: Build) -> str:
    return "\n".join(f"{line.step}: {line.text}" for line in logs.read(build.stream_id).lines)


def test_a_commit_is_built_stored_and_told(working: Working) -> None:
    build = working.build(working.push())
    assert (build.status, build.reused, build.error) == (BuildStatus.READY, False, None)
    assert build.bundle is not None
    manifest = Manifest.from_json(object_store().get(build.bundle.manifest_key))
    assert manifest.digest == build.bundle.digest
    assert build.bundle.outline["agent"]["model"] == "openai/gpt-5-mini"
    assert (build.bundle.file_count, build.bundle.size) == (len(manifest.files), manifest.size)
    steps = Step.objects.filter(stream=build.stream).values_list("name", "outcome")
    assert list(steps) == [(name, "done") for name in ("fetch", "check out", "check", "bundle", "store")]
    assert "bundle: " in said(build)
    assert logs.read(build.stream_id).ended
    assert {one.kind for one in OutboxEvent.objects.all()} == {"build.started", "build.declared", "build.ended"}
    assert Operation.objects.get(kind=KIND).status == OperationStatus.DONE


def test_every_file_of_the_bundle_is_a_blob_of_the_team(working: Working) -> None:
    build = working.build(working.push())
    assert build.bundle is not None
    manifest = Manifest.from_json(object_store().get(build.bundle.manifest_key))
    assert {file.sha256 for file in manifest.files} == set(
        Blob.objects.for_team(working.project.team).values_list("sha256", flat=True)
    )


def test_the_same_tree_is_not_built_again(working: Working) -> None:
    first = working.build(working.push())
    second = working.build(working.push("the same files in another commit"))
    assert second.commit_sha != first.commit_sha
    assert (second.status, second.reused, second.bundle) == (BuildStatus.READY, True, first.bundle)
    assert list(Step.objects.filter(stream=second.stream).values_list("name", flat=True)) == ["fetch"]
    assert Bundle.objects.count() == 1


def test_a_changed_file_is_the_only_one_that_is_uploaded(working: Working) -> None:
    working.build(working.push())
    (working.folder / "prompts" / "one.md").write_text("# Two\n")
    assert "store: 1 of 7 files are new, in 1 object." in said(working.build(working.push()))


def test_a_finding_is_kept_with_the_lines_around_it(working: Working) -> None:
    agent = working.folder / "agent.yml"
    agent.write_text(agent.read_text().replace("$OPENAI_API_KEY", "correct-horse-battery") + "promts: []\n")
    build = working.build(working.push())
    assert build.status == BuildStatus.FAILED
    found = next(one for one in build.findings if one["code"] == "unknown_key")
    assert found["frame"] == {"start": 4, "lines": ["  model: gpt-5-mini", HIDDEN, "promts: []"], "column": 1}
    assert "correct-horse" not in json.dumps([build.findings, build.error])


def test_code_that_cannot_be_bundled_is_shown_too(working: Working) -> None:
    (working.folder / "plugins").mkdir()
    (working.folder / "plugins" / "p.ts").write_text("const a = 1;\nconst b = ;\n")
    agent = working.folder / "agent.yml"
    plugin = "{name: p, module: ./plugins/p.ts, blocking: true, priority: 1}"
    agent.write_text(f"{agent.read_text()}plugins:\n  custom:\n    - {plugin}\n")
    build = working.build(working.push())
    assert [one.get("frame") for one in build.findings] == [
        {"start": 1, "lines": ["const a = 1;", "const b = ;"], "column": 11}
    ]


def test_another_team_s_content_is_not_known(working: Working, tmp_path: Path) -> None:
    working.build(working.push())
    other = Working(tmp_path / "other", factories.hosted_project())
    assert "store: 7 of 7 files are new" in said(other.build(other.push()))


def test_another_team_s_project_of_the_same_tree_is_built_for_itself(working: Working, tmp_path: Path) -> None:
    first = working.build(working.push())
    other = Working(tmp_path / "other", factories.hosted_project())
    second = other.build(other.push())
    assert not second.reused
    assert second.bundle != first.bundle
    assert first.bundle is not None
    assert second.bundle is not None
    assert second.bundle.digest == first.bundle.digest, "the bytes are the same anywhere"


def test_a_fork_s_build_shares_nothing_with_the_project_s_own(working: Working) -> None:
    sha = working.push()
    working.build(sha)
    assert not working.build(sha, trust="fork").reused


def test_a_project_with_errors_keeps_every_finding(working: Working) -> None:
    (working.folder / "agent.yml").write_text("systemPrompt: x\nllm:\n  provider: nobody\n  model: 3\n")
    build = working.build(working.push())
    assert build.status == BuildStatus.FAILED
    assert [one for one in build.findings if one["severity"] == "error"]
    assert build.error["file"] == "agent.yml"
    assert build.error["line"] > 1
    assert build.error["message"] in said(build)
    assert Step.objects.get(stream=build.stream, name="check").outcome == "failed"


def test_a_commit_that_vanished_before_its_build_is_said(working: Working) -> None:
    gone = working.push("gone")
    git(working.folder, "commit", "--quiet", "--amend", "--message", "instead")
    git(working.folder, "push", "--quiet", "--force", working.project.repository.origin.path, "HEAD:refs/heads/main")
    bare = Path(working.project.repository.origin.path)
    git(bare, "-c", "gc.reflogExpire=now", "-c", "gc.reflogExpireUnreachable=now", "gc", "--quiet", "--prune=now")
    build = working.build(gone)
    assert (build.status, build.error["code"]) == (BuildStatus.FAILED, "commit_vanished")
    assert working.build(git(working.folder, "rev-parse", "HEAD")).status == BuildStatus.READY


def test_a_full_disk_is_tried_again_and_then_said(working: Working, settings: Any) -> None:
    settings.MIN_FREE_DISK_BYTES = 1 << 60
    settings.OPERATION_ATTEMPTS = 2
    row = working.build(working.push())
    assert row.status == BuildStatus.RUNNING, "it waits for the next attempt"
    operation = Operation.objects.get(kind=KIND)
    assert operation.status == OperationStatus.QUEUED
    Operation.objects.update(due_at=operation.created_at)
    operations.work(KIND)
    row.refresh_from_db()
    assert (row.status, row.error["code"]) == (BuildStatus.FAILED, "disk_full")
    assert not Bundle.objects.exists()


def test_a_second_attempt_starts_the_timeline_anew_and_goes_on_with_the_log(working: Working, settings: Any) -> None:
    free = settings.MIN_FREE_DISK_BYTES
    settings.MIN_FREE_DISK_BYTES = 1 << 60
    row = working.build(working.push())
    settings.MIN_FREE_DISK_BYTES = free
    Operation.objects.update(due_at=Operation.objects.get(kind=KIND).created_at)
    operations.work(KIND)
    row.refresh_from_db()
    assert row.status == BuildStatus.READY
    assert [step.outcome for step in Step.objects.filter(stream=row.stream)] == ["done"] * 5


def test_a_worker_that_lost_its_lease_ends_nothing(working: Working) -> None:
    row = request_build(working.project, working.push(), "refs/heads/main", target=Target.NODEJS)
    stale = operations.take(KIND)
    assert stale is not None
    Operation.objects.update(status=OperationStatus.QUEUED, fence=stale.fence + 1)
    operations.work(KIND)
    row.refresh_from_db()
    assert row.status == BuildStatus.READY
    with pytest.raises(LeaseLostError), stale.finishing():
        Build.objects.update(status=BuildStatus.FAILED)
    row.refresh_from_db()
    assert row.status == BuildStatus.READY


def test_a_root_below_the_repository(working: Working) -> None:
    factories.write_agent(working.folder / "below")
    (working.folder / "agent.yml").write_text("broken: [")
    Project.objects.filter(pk=working.project.pk).update(root="below")
    working.project.refresh_from_db()
    build = working.build(working.push())
    assert build.status == BuildStatus.READY


def test_no_secret_of_the_installation_is_in_what_was_built(working: Working, settings: Any) -> None:
    build = working.build(working.push())
    assert build.bundle is not None
    keys = [build.bundle.manifest_key, *Blob.objects.values_list("object_key", flat=True)]
    stored = b"".join(object_store().get(key) for key in keys)
    for secret in (settings.WEBHOOK_SECRET, settings.S3_SECRET_ACCESS_KEY, settings.SECRET_KEY, str(settings.DATA_DIR)):
        assert secret.encode() not in stored
    assert settings.S3_BUCKET not in json.dumps(json.loads(object_store().get(build.bundle.manifest_key)))


REMOTE_PLUGIN = """\
dataSources:
  fs: {type: fs}
  cdn: {type: http, baseUrl: "https://127.0.0.1:1/", headers: {K: $CDN_TOKEN}}
systemPrompt: x
llm: {provider: openai, model: m, apiKey: $KEY}
plugins:
  custom: [{name: p, module: "https://127.0.0.1:1/p.js", dataSource: cdn, blocking: true, priority: 1}]
"""


def test_what_is_fetched_for_a_bundle_knows_the_team_s_variables_and_a_fork_s_does_not(working: Working) -> None:
    project = working.project
    version = seal(project.team, "t0ken")
    Variable.objects.create(
        team=project.team, project=project, name="CDN_TOKEN", environment="production", version=version
    )
    (working.folder / "agent.yml").write_text(REMOTE_PLUGIN)
    sha = working.push()
    assert "does not visit" in str(working.build(sha).error)
    assert "CDN_TOKEN is not set" in str(working.build(sha, trust="fork").error)


def test_another_text_of_a_prompt_is_another_outline(working: Working) -> None:
    """By which the comment on a pull request says what changes in the agent."""
    one = "{id: who, type: file, priority: 10, files: ['${{dexto.agent_dir}}/prompts/one.md']}"
    agent = working.folder / "agent.yml"
    agent.write_text(f"systemPrompt:\n  contributors:\n    - {one}\n{agent.read_text().partition(chr(10))[2]}")
    first = working.build(working.push()).bundle
    (working.folder / "prompts" / "one.md").write_text("# Another\n")
    second = working.build(working.push("another")).bundle
    assert first and second
    assert changes(first.outline, second.outline) == ["prompt prompts/one.md changes"]


def test_without_cache_nothing_of_earlier_builds_is_taken(working: Working) -> None:
    sha = working.push()
    first = working.build(sha)
    again = working.build(sha, fresh=True)
    assert (again.status, again.reused, again.bundle) == (BuildStatus.READY, False, first.bundle)
    assert "without cache" in said(again)
    assert "bundle" in Step.objects.filter(stream=again.stream).values_list("name", flat=True)


def test_what_came_out_otherwise_without_cache_is_taken_from_then_on(working: Working) -> None:
    sha = working.push()
    stale = working.build(sha).bundle
    assert stale is not None
    Bundle.objects.filter(pk=stale.pk).update(digest="0" * 64)
    fresh = working.build(sha, fresh=True).bundle
    assert fresh is not None
    assert fresh.digest != "0" * 64
    assert working.build(sha).bundle == fresh
    assert Bundle.objects.filter(pk=stale.pk, digest="0" * 64).exists(), "an earlier deployment may still be of it"
