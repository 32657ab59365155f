"""neon, against a fake that is judged by its description and whose branches are databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from builds.packing import Wish, pack
from clients.addresses import ANYWHERE
from clients.neon import MARK
from core.errors import PlatformError, UserError
from core.targets import Target
from deployments.platforms.cloud import Endpoints
from deployments.storage import neon
from deployments.storage.contract import Place
from deployments.storage.names import project_name
from tests.deployments.platforms.suite import KeptIds
from tests.fakes.neon import TOKEN, FakeNeon
from tests.fakes.vendor import Agent, Fault, serving
from tests.progress import Said
from tests.runtime.built import written
from tests.runtime.projects import project

PRODUCTION = Place("agent", "dexto:test:1")
PREVIEW = Place("agent-pr-7", "dexto:test:2", production=PRODUCTION)


@pytest.fixture
def fake() -> Iterator[FakeNeon]:
    found = FakeNeon()
    with serving(found):
        yield found


@pytest.fixture
def storage(fake: FakeNeon) -> neon.NeonStorage:
    return replace(neon.connect({"token": TOKEN}, Endpoints(fake.url)), policy=ANYWHERE)


def test_a_credential_is_checked(fake: FakeNeon, storage: neon.NeonStorage) -> None:
    assert storage.check().can
    fake.tokens.clear()
    with pytest.raises(UserError) as refused:
        storage.check()
    assert refused.value.code == "credential_refused"


def test_a_preview_is_a_branch_that_expires_and_goes(fake: FakeNeon, storage: neon.NeonStorage) -> None:
    ids = KeptIds()
    main = storage.ensure(PRODUCTION, ids, Said())
    preview = storage.ensure(PREVIEW, KeptIds(), Said())
    assert main.variables != preview.variables
    (made,) = fake.all.values()
    assert [one.name for one in made.branches] == ["main", "agent-pr-7"] and made.branches[1].expires_at
    storage.remove(PREVIEW, KeptIds())
    assert [one.name for one in made.branches] == ["main"]
    storage.remove(PREVIEW, KeptIds())
    storage.remove(PRODUCTION, ids)
    storage.remove(PRODUCTION, ids)
    assert not fake.all


def test_a_branch_that_soon_expires_is_put_off(fake: FakeNeon, storage: neon.NeonStorage) -> None:
    storage.ensure(PREVIEW, KeptIds(), Said())
    (made,) = fake.all.values()
    made.branches[1].expires_at = "2026-01-01T00:00:00Z"
    storage.ensure(PREVIEW, KeptIds(), Said())
    assert made.branches[1].expires_at > "2026-01-01T00:00:00Z"


@pytest.mark.slow
def test_a_lost_answer_anywhere_makes_nothing_twice(fake: FakeNeon, storage: neon.NeonStorage) -> None:
    for skip in range(20):
        fake.faults = [fault := Fault("", lost=True, skip=skip)]
        ids, found = KeptIds(), None
        for _attempt in range(4):
            try:
                found = storage.ensure(PREVIEW, ids, Said())
            except PlatformError:
                continue
            break
        fake.faults = []
        (made,) = fake.all.values()
        assert found and [one.name for one in made.branches] == ["main", "agent-pr-7"], f"after the loss of {skip}"
        storage.remove(PREVIEW, ids)
        storage.remove(PRODUCTION, ids)
        assert not fake.all
        if fault.times:
            return
    raise AssertionError("it makes more than 20 calls")


def test_a_project_that_was_named_stays_when_its_branch_goes(fake: FakeNeon, storage: neon.NeonStorage) -> None:
    theirs = fake.add("theirs", {})
    config = {"projectId": theirs.id}
    production = replace(PRODUCTION, config=config)
    preview = replace(PREVIEW, config=config, production=production)
    storage.ensure(production, KeptIds(), Said())
    storage.ensure(preview, KeptIds(), Said())
    storage.remove(preview, KeptIds())
    storage.remove(production, KeptIds())
    assert [one.name for one in theirs.branches] == ["main"] and list(fake.all) == [theirs.id]


@pytest.mark.parametrize("what", ["project", "branch"])
def test_somebody_elses_is_neither_taken_nor_removed(fake: FakeNeon, storage: neon.NeonStorage, what: str) -> None:
    marks = {"project": {}, "branch": {MARK: PRODUCTION.mark}}
    theirs = fake.add(project_name(PRODUCTION), marks[what])
    theirs.branches.append(replace(theirs.branches[0], name=PREVIEW.name, annotations={}, is_default=False))
    with pytest.raises(UserError) as refused:
        storage.ensure(PREVIEW, KeptIds(), Said())
    storage.remove(PREVIEW, KeptIds())
    assert refused.value.code == "service_name_taken" and len(theirs.branches) == 2
    theirs.branches.pop()


def test_a_limit_of_the_plan_is_said(fake: FakeNeon, storage: neon.NeonStorage) -> None:
    content = {"code": "PROJECTS_LIMIT_EXCEEDED", "message": "project limit reached"}
    fake.faults = [Fault("POST /projects", 422, content=content)]
    with pytest.raises(UserError) as refused:
        storage.ensure(PRODUCTION, KeptIds(), Said())
    assert refused.value.code == "vendor_quota"


def test_an_agent_keeps_its_sessions_there_and_a_preview_begins_with_them(
    storage: neon.NeonStorage, tmp_path: Path, model_url: str
) -> None:
    one = project(storage={"database": {"type": "postgres", "url": "$DATABASE_URL"}})
    bundle = tmp_path / "bundle"
    pack(Wish(written(one, tmp_path / "project"), Target.NODEJS, bundle))
    variables = {"MODEL_URL": model_url, "MODEL_KEY": "key"}
    main = variables | storage.ensure(PRODUCTION, KeptIds(), Said()).variables
    _said(bundle, main, "in production")
    preview = variables | storage.ensure(PREVIEW, KeptIds(), Said()).variables
    assert "in production" in _said(bundle, preview, "in the preview")
    history = _said(bundle, main, "again")
    assert "in production" in history and "in the preview" not in history


def _said(bundle: Path, variables: dict[str, str], content: str) -> str:
    """What the session holds after this message, told by an agent that then ends."""
    agent = Agent(bundle, variables)
    try:
        agent.wait()
        body = {"content": content, "sessionId": "kept"}
        answer = httpx.post(f"{agent.url}/api/message-sync", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return httpx.get(f"{agent.url}/api/sessions/kept/history", timeout=30).text
    finally:
        agent.stop()
