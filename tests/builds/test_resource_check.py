"""Resources that agents name are asked for over the network; what is missing is a finding at its line."""

from builds.resource_check import load_resources, named_sources, resource_findings
from core.resources import NamedSource, Resource, load_failed
from tests.core.projects import SMALLEST, check

TEXT = SMALLEST + (
    "dataSources:\n"
    "  fs: {type: fs}\n"
    "  cdn: {type: http, baseUrl: 'https://cdn.example/'}\n"
    "prompts:\n"
    "  - {type: file, file: 'https://cdn.example/here.md', dataSource: cdn}\n"
    "  - {type: file, file: 'https://cdn.example/gone.md', dataSource: cdn}\n"
    "plugins:\n"
    "  custom:\n"
    "    - name: off\n"
    "      module: https://cdn.example/off.js\n"
    "      dataSource: cdn\n"
    "      enabled: false\n"
    "      blocking: true\n"
    "      priority: 1\n"
)


class Here:
    """Only one page is there."""

    def supports(self, _uri: str, _source: NamedSource) -> bool:
        return True

    def load(self, uri: str, source: NamedSource) -> Resource:
        if not uri.endswith("here.md"):
            raise load_failed(uri, source.name, "there is no such object (404)")
        return Resource.of(uri, b"x")


def test_what_is_missing_is_said_at_its_line() -> None:
    agent = check(TEXT).agents[0]
    loaded = load_resources(agent, Here())
    assert [one.wanted.uri for one in loaded] == [
        "https://cdn.example/here.md",
        "https://cdn.example/gone.md",
    ]
    found = list(resource_findings(agent, loaded))
    assert [(one.code, one.line) for one in found] == [("resource_load_failed", 11)]


def test_a_wrong_structure_is_not_loaded_from() -> None:
    agent = check(TEXT + "unknown: 1\n").agents[0]
    assert load_resources(agent, Here()) == []


def test_the_implicit_source_is_there() -> None:
    config = check(SMALLEST).agents[0].config
    assert config is not None
    assert set(named_sources(config)) == {"fs"}
