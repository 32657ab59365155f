"""Configurations from a file, from S3 and over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builds.loaders.config_loader import SourcedConfigLoader, read_own_file
from builds.loaders.remote import Identity, RemoteLoader
from clients.addresses import ANYWHERE
from clients.guarded_http import GuardedHttp
from core.config_sources import ConfigSource, ConfiguredAgent, FileConfig, HttpConfig, MemoryConfig, S3Config
from core.errors import ConfigSourceError, ResourceError, UserError
from tests.core.projects import SMALLEST
from tests.web_server import Reply, WebServer, web_server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


@pytest.fixture
def loader() -> Iterator[SourcedConfigLoader]:
    with GuardedHttp() as http:
        remote = RemoteLoader(http, ANYWHERE, Identity.TEAM, {"TOKEN": "t"})
        yield SourcedConfigLoader(read_own_file, remote)


def test_from_a_file(loader: SourcedConfigLoader, tmp_path: Path) -> None:
    path = tmp_path / "agent.yml"
    path.write_text(SMALLEST + "prompts:\n  - {type: file, file: '${{dexto.agent_dir}}/x.md'}\n")
    config = loader.load(FileConfig(str(path))).config
    assert config is not None
    assert config.prompts[0].model_dump()["file"] == f"file://{tmp_path}/x.md"


def test_from_a_file_by_a_relative_path(
    loader: SourcedConfigLoader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "agent.yml").write_text(SMALLEST + "prompts:\n  - {type: file, file: prompts/x.md}\n")
    monkeypatch.chdir(tmp_path)
    config = loader.load(FileConfig("agent.yml")).config
    assert config is not None
    assert config.prompts[0].model_dump()["file"] == f"file://{tmp_path}/prompts/x.md"


def test_a_file_that_is_not_there(loader: SourcedConfigLoader) -> None:
    with pytest.raises(ResourceError, match="No such file"):
        loader.load(FileConfig("/there/is/no/agent.yml"))


@pytest.mark.parametrize(
    "source", [HttpConfig("ftp://x/agent.yml"), HttpConfig("agent.yml"), S3Config("", "k", "r"), S3Config("b", "", "r")]
)
def test_a_source_that_is_none(loader: SourcedConfigLoader, source: ConfigSource) -> None:
    with pytest.raises(UserError):
        loader.load(source)


def test_from_s3(loader: SourcedConfigLoader, web: WebServer) -> None:
    web.answers["/acme/agent.yml"] = Reply(body=SMALLEST.encode())
    source = S3Config("acme", "agent.yml", "auto", web.url)
    assert loader.load(source).config is not None


def test_over_http_with_headers_and_reloaded(loader: SourcedConfigLoader, web: WebServer) -> None:
    web.answers["/agent.yml"] = Reply(body=SMALLEST.encode())
    source = HttpConfig(f"{web.url}/agent.yml", {"Authorization": "Bearer $TOKEN"})
    config = loader.load(source).config
    assert config is not None
    web.answers["/agent.yml"] = Reply(body=(SMALLEST + "greeting: Hi\n").encode())
    reloaded = ConfiguredAgent(config, loader, source).reload()
    assert reloaded.changes_applied == ("greeting",)
    assert web.seen[0].headers["Authorization"] == "Bearer t"
    assert "Bearer" not in repr(source)


@pytest.mark.parametrize("file", ["${{dexto.agent_dir}}/x.md", "x.md"])
def test_what_is_no_file_has_no_folder(loader: SourcedConfigLoader, web: WebServer, file: str) -> None:
    text = SMALLEST + f"prompts:\n  - {{type: file, file: '{file}'}}\n"
    web.answers["/agent.yml"] = Reply(body=text.encode())
    loaded = loader.load(HttpConfig(f"{web.url}/agent.yml"))
    assert loaded.config is None
    assert loaded.findings[0].code in ("template_without_folder", "uri_not_absolute")


def test_a_server_that_refuses(loader: SourcedConfigLoader, web: WebServer) -> None:
    with pytest.raises(ResourceError, match="there is no such object"):
        loader.load(HttpConfig(f"{web.url}/agent.yml"))


def test_memory_is_no_place(loader: SourcedConfigLoader) -> None:
    with pytest.raises(ConfigSourceError):
        loader.load(MemoryConfig("mine"))
