"""The programs that fetch a bundle, and what is said where nobody could fetch it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from builds.bundle import MadeBundle, Manifest, describe
from core.errors import UserError
from core.targets import Target
from deployments.platforms.cloud import Artefact, Release, Service
from deployments.platforms.fetching import (
    SECRETS,
    TOKEN,
    as_shell,
    fetching_problems,
    loader_variables,
    programs,
    start_command,
)
from tests.fakes.artefacts import Artefacts
from tests.fakes.containers import Container
from tests.fakes.vendor import Fault, serving

_ENTRY = """
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
const beside = readFileSync(new URL("./deep/er/file.txt", import.meta.url), "utf8");
const answer = () => JSON.stringify({ beside, folder: process.cwd(), environment: process.env });
createServer((_, response) => response.end(answer())).listen(Number(process.env.PORT));
"""


@dataclass
class Loaded:
    """A container that was started with the programs, and what it fetches from."""

    folder: Path
    artefacts: Artefacts
    release: Release

    def start(self, **secrets: str) -> Container:
        files = {f"/dexto/{name}": text.encode() for name, text in programs().items()}
        assert self.release.artefact is not None
        shell = as_shell({TOKEN: self.release.artefact.token, **secrets})
        files[f"/dexto/{SECRETS}"] = shell.encode()
        made = Container(self.folder, start_command("/dexto", "/srv"), loader_variables(self.release), files)
        made.wait()
        return made


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Loaded]:
    places = {"index.mjs": tmp_path / "index.mjs", "deep/er/file.txt": tmp_path / "file.txt"}
    places["index.mjs"].write_text(_ENTRY)
    places["deep/er/file.txt"].write_text("beside it")
    bundle = MadeBundle(Manifest(Target.NODEJS, "index.mjs", tuple(describe(places))), places)
    artefacts = Artefacts()
    with serving(artefacts):
        release = Release("d1", Service("agent", "dexto:1"), bundle, {}, artefact=artefacts.of(bundle))
        yield Loaded(tmp_path / "container", artefacts, release)


def test_the_agent_is_fetched_and_becomes_the_process_itself(loaded: Loaded) -> None:
    container = loaded.start(MODEL_KEY="it's a $(secret)\nof two lines")
    said = httpx.get(container.url).json()
    assert said["beside"] == "beside it" and said["environment"]["MODEL_KEY"] == "it's a $(secret)\nof two lines"
    assert TOKEN not in said["environment"] and said["folder"] == said["environment"]["DEXTO_STATE_DIR"]
    assert Path(f"/proc/{container.process.pid}/cmdline").read_text().startswith("node")
    container.stop()
    assert container.process.returncode in (0, -15)


def test_a_start_months_later_fetches_by_a_fresh_address(loaded: Loaded) -> None:
    loaded.start().stop()
    loaded.start().stop()
    assert loaded.artefacts.fetched == 2


def test_what_fails_is_asked_again(loaded: Loaded) -> None:
    loaded.artefacts.faults = [Fault("/artefacts/", 503), Fault("/objects/", lost=True)]
    container = loaded.start()
    assert httpx.get(container.url).json()["beside"] == "beside it"
    container.stop()


def test_a_token_that_is_revoked_ends_it_at_once_and_is_not_said(loaded: Loaded) -> None:
    loaded.artefacts.tokens.clear()
    container = loaded.start()
    assert container.process.returncode == 1
    assert "the address of the release answered 401" in container.log
    assert loaded.release.artefact is not None and loaded.release.artefact.token not in container.log
    assert len(loaded.artefacts.calls) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://cloud.example.com/artefacts/d1",
        "https://localhost:8400/artefacts/d1",
        "https://cloud.localhost/artefacts/d1",
        "https://192.168.1.4/artefacts/d1",
        "https://[fd00::1]/artefacts/d1",
        "https://box/artefacts/d1",
        "https://box.internal/artefacts/d1",
    ],
)
def test_an_installation_that_the_internet_does_not_reach_is_said(loaded: Loaded, url: str) -> None:
    release = replace(loaded.release, artefact=Artefact(url, "0" * 64, 1, "token"))
    (found,) = fetching_problems(release, is_test=False)
    assert found.code == "installation_unreachable" and "DEXTO_PUBLIC_URL" in found.next_step
    assert not list(fetching_problems(release, is_test=True))


def test_an_installation_of_the_internet_is_fine(loaded: Loaded) -> None:
    artefact = Artefact("https://cloud.example.com/artefacts/d1", "0" * 64, 1, "token")
    assert not list(fetching_problems(replace(loaded.release, artefact=artefact), is_test=False))


def test_without_an_installation_there_is_nothing_to_fetch_from(loaded: Loaded) -> None:
    release = replace(loaded.release, artefact=None)
    (found,) = fetching_problems(release, is_test=True)
    with pytest.raises(UserError) as refused:
        loader_variables(release)
    assert found.code == refused.value.code == "installation_unreachable"


def test_a_variable_that_is_the_loaders_is_refused(loaded: Loaded) -> None:
    release = replace(loaded.release, variables={"PORT": "80", "not a name": "x"})
    assert [one.code for one in fetching_problems(release, is_test=True)] == ["variable_reserved", "variable_name"]
