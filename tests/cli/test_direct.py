"""deploy --direct: a folder goes straight to a vendor, and the next run goes on where the one before ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import direct
from cli.main import complete
from core.errors import UserError
from core.targets import Platform
from deployments.platforms import CLOUDS
from tests import factories
from tests.deployments.cloud import tiny
from tests.deployments.cloud.tiny import TinyVendor
from tests.fakes.vendor import Fault, serving

SECRET = "sk-secret-of-the-model"


@dataclass
class Folder:
    path: Path
    vendor: TinyVendor

    def deploy(self, *arguments: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(complete(), ["deploy", "edge", "--direct", "--folder", str(self.path), *arguments])
        return done.exit_code, done.stdout, f"{done.stderr}{done.exception or ''}"

    @property
    def state(self) -> str:
        return (self.path / ".dexto-cloud" / "state.json").read_text()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    path = tmp_path / "shop"
    factories.write_agent(path)
    (path / "deployment.yml").write_text(
        "deployments:\n  - {name: edge, target: nodejs, platform: fly, config: {region: ams}}\n"
        "  - {name: here, target: nodejs, platform: local}\n"
    )
    vendor = TinyVendor()
    with serving(vendor):
        monkeypatch.setitem(CLOUDS, Platform.FLY, tiny.MODULE)  # type: ignore[arg-type]  # the registry is a dict
        monkeypatch.setenv("DEXTO_FLY_API_URL", vendor.url)
        monkeypatch.setenv("FLY_API_TOKEN", vendor.token)
        monkeypatch.setenv("OPENAI_API_KEY", SECRET)
        yield Folder(path, vendor)


def test_a_folder_is_built_and_serves_at_the_vendor(folder: Folder) -> None:
    code, out, err = folder.deploy("--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["service"] == "shop-edge" and told["address"] == "https://shop-edge.tiny.example"
    assert folder.vendor.serving("shop-edge") == {told["version"]: 100}
    sent = folder.vendor.services["shop-edge"].versions[told["version"]]
    assert sent["variables"]["OPENAI_API_KEY"] == SECRET and "FLY_API_TOKEN" not in sent["variables"]
    assert "traffic" in err and SECRET not in err + out + folder.state and folder.vendor.token not in folder.state


def test_a_run_that_was_cut_short_is_continued_and_makes_nothing_twice(folder: Folder) -> None:
    folder.vendor.faults = [Fault("/shares", 500, times=4)]
    code, _out, err = folder.deploy()
    assert code != 0 and "failed with 500" in err
    begun = json.loads(folder.state)["services"]["shop-edge"]["attempt"]["deployment"]
    code, _out, err = folder.deploy()
    assert code == 0, err
    assert list(folder.vendor.services["shop-edge"].versions) == [begun]
    assert folder.vendor.serving("shop-edge") == {begun: 100}


def test_without_its_file_what_was_made_before_is_known_again(folder: Folder) -> None:
    folder.deploy()
    (folder.path / ".dexto-cloud" / "state.json").unlink()
    code, _out, err = folder.deploy()
    assert code == 0, err
    assert len(folder.vendor.services) == 1 and len(folder.vendor.services["shop-edge"].versions) == 2


def test_a_credential_that_is_missing_is_named(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLY_API_TOKEN")
    code, _out, err = folder.deploy()
    assert code != 0 and "FLY_API_TOKEN or FLY_ACCESS_TOKEN or FLY_TOKEN is not set: API token." in err


def test_what_the_vendor_refuses_is_said_in_its_words(folder: Folder) -> None:
    folder.vendor.token = "revoked"
    code, _out, err = folder.deploy()
    assert code != 0 and "the token is not valid" in err


def test_a_preview_is_a_service_of_its_own(folder: Folder) -> None:
    folder.deploy()
    folder.deploy("--env", "preview")
    assert len(folder.vendor.services) in (1, 2)


@pytest.mark.parametrize(("name", "code"), [("here", "direct_unsupported"), ("nobody", "destination_unknown")])
def test_what_cannot_be_deployed_to_directly_is_refused(folder: Folder, name: str, code: str) -> None:
    with pytest.raises(UserError) as refused:
        direct.deploy(direct.Wanted(name, folder.path))
    assert refused.value.code == code and refused.value.next_step


def test_vendors_that_fetch_need_an_installation(folder: Folder) -> None:
    (folder.path / "deployment.yml").write_text("deployments:\n  - {name: a, target: nodejs, platform: render}\n")
    with pytest.raises(UserError) as refused:
        direct.deploy(direct.Wanted("a", folder.path))
    assert refused.value.code == "direct_unsupported"


def test_credentials_are_looked_for_under_the_vendors_usual_names() -> None:
    assert direct.names_of(Platform.AWS, "secretAccessKey") == ["AWS_SECRET_ACCESS_KEY"]
    assert direct.names_of(Platform.CLOUDFLARE, "api_token") == ["CLOUDFLARE_API_TOKEN"]
    assert direct.names_of(Platform.HEROKU, "token") == ["HEROKU_API_KEY", "HEROKU_TOKEN"]
