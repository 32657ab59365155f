"""Finding the project: markers, roots, generations, agents, and which of them answers."""

import pytest

from core.project import Generation, MemoryFiles, discover
from tests.core.projects import SMALLEST, fixture, report

ENTRY = {"id": "a", "name": "A", "description": "", "configPath": "./a.yml"}


@pytest.mark.parametrize(
    ("name", "generation", "entry", "agents"),
    [
        ("plan", Generation.PLAN, "agents/assistant.yml", ["assistant"]),
        ("november_2025", Generation.NOVEMBER_2025, "agent.yml", ["agent"]),
        ("workspace", Generation.WORKSPACE, "agents/support/support.yml", ["support", "billing"]),
    ],
)
def test_each_generation_is_recognised(name: str, generation: Generation, entry: str, agents: list[str]) -> None:
    project = discover(fixture(name))
    assert project.findings == ()
    assert project.generation is generation
    assert project.as_dict()["entry_agent"] == entry
    assert [agent.id for agent in project.agents] == agents


@pytest.mark.parametrize(
    "files",
    [
        {"dexto.config.ts": "export default {};"},
        {"dexto.config.js": "export default {};"},
        {"dexto.config.mjs": "export default {};"},
        {".dexto/deploy.json": '{"version": 1, "agent": {"type": "cloud-default"}}'},
        {"agents/registry.json": '{"agents": []}'},
        {"agents/agent-registry.json": '{"agents": []}'},
        {"coding-agent.yml": SMALLEST},
        {"coding-agent.yaml": SMALLEST},
        {"agents/coding-agent.yml": SMALLEST},
        {"agents/coding-agent/coding-agent.yaml": SMALLEST},
        {"src/dexto/agents/coding-agent.yml": SMALLEST},
        {"AGENTS.md": "<!-- dexto-workspace -->", "skills/a/SKILL.md": "x"},
        {"AGENTS.md": "<!-- dexto-workspace -->", "agents/a.yml": SMALLEST},
        {"package.json": '{"dependencies": {"dexto": "1"}}'},
        {"package.json": '{"devDependencies": {"@dexto/core": "1"}}'},
        {"agent.yml": SMALLEST},
    ],
)
@pytest.mark.parametrize("folder", ["", "apps/support/"])
def test_any_marker_makes_a_project(files: dict[str, str], folder: str) -> None:
    project = discover(MemoryFiles.of({f"{folder}{name}": text for name, text in files.items()}))
    assert "no_agent_project" not in [one.code for one in project.findings]
    assert str(project.root) == (folder.rstrip("/") or ".")


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": "x"},
        {"AGENTS.md": "dexto-workspace"},
        {"AGENTS.md": "something else", "agents/a.yml": SMALLEST},
        {"package.json": '{"dependencies": {"express": "1"}, "name": "not-dexto"}'},
        {"package.json": "{dexto"},
        {"node_modules/x/agent.yml": SMALLEST},
    ],
)
def test_without_a_marker_there_is_none(files: dict[str, str]) -> None:
    project = discover(MemoryFiles.of(files))
    assert [one.code for one in project.findings] == ["no_agent_project"]
    assert project.entry_agent is None


def test_the_root_decides_among_several() -> None:
    files = MemoryFiles.of({"a/agent.yml": SMALLEST, "b/agent.yml": SMALLEST})
    assert [one.code for one in discover(files).findings] == ["several_projects"]
    assert str(discover(files, "b").root) == "b"


@pytest.mark.parametrize(
    ("files", "entry"),
    [
        (["agent.yml", "agents/coding-agent.yml"], "agents/coding-agent.yml"),
        (["agent.yml", "agents/coding-agent/coding-agent.yml"], "agents/coding-agent/coding-agent.yml"),
        (["agent.yml", "agents/other.yml"], "agent.yml"),
        (["dexto.config.ts", "agents/other.yaml"], "agents/other.yaml"),
    ],
)
def test_the_entry_agent_by_its_name(files: list[str], entry: str) -> None:
    project = discover(MemoryFiles.of(dict.fromkeys(files, SMALLEST)))
    assert project.as_dict()["entry_agent"] == entry


@pytest.mark.parametrize(
    "deploy",
    [
        '{"version": 1, "agent": {"type": "workspace", "path": "agents/b.yml"}}',
        '{"version": 1, "entryAgent": "agents/b.yml", "exclude": []}',
    ],
)
def test_the_deploy_file_wins(deploy: str) -> None:
    files = {".dexto/deploy.json": deploy, "agent.yml": SMALLEST, "agents/b.yml": SMALLEST}
    assert discover(MemoryFiles.of(files)).as_dict()["entry_agent"] == "agents/b.yml"


@pytest.mark.parametrize("config_path", ["../../x.yml", "/etc/x.yml", "a/%2e%2e/%2e%2e/%2e%2e/x.yml"])
def test_a_registry_never_leads_out(config_path: str) -> None:
    registry = '{"agents": [{"id": "a", "name": "A", "description": "", "configPath": "' + config_path + '"}]}'
    project = discover(MemoryFiles.of({"p/agents/registry.json": registry, "x.yml": SMALLEST}), "p")
    assert project.findings[0].code == "path_traversal"
    assert project.agents == ()


@pytest.mark.parametrize(
    ("more", "generation"),
    [
        ("dataSources: {}\n", Generation.PLAN),
        ("prompts: [{type: file, file: 's3://b/x', dataSource: s}]\n", Generation.PLAN),
        ("storage: {provider: custom, module: 's3://b/x.js'}\n", Generation.PLAN),
        ("internalTools: []\n", Generation.NOVEMBER_2025),
        ("plugins: {contentPolicy: {}}\n", Generation.NOVEMBER_2025),
        ("permissions: {}\n", Generation.WORKSPACE),
        ("", Generation.WORKSPACE),
    ],
)
def test_the_generation_by_the_agents_keys(more: str, generation: Generation) -> None:
    assert discover(MemoryFiles.of({"agent.yml": SMALLEST + more})).generation is generation


@pytest.mark.parametrize("name", ["deployment.yml", "dexto.config.ts"])
@pytest.mark.parametrize(
    ("more", "generation"),
    [
        ("", Generation.PLAN),
        ("dataSources: {fs: {type: fs}}\n", Generation.PLAN),
        ("prompts: [{type: file, file: x.md}]\n", Generation.WORKSPACE),
        ("permissions: {}\n", Generation.WORKSPACE),
        ("internalTools: []\n", Generation.NOVEMBER_2025),
    ],
)
def test_a_project_of_any_generation_may_declare_its_destinations(name: str, more: str, generation: Generation) -> None:
    files = {"agent.yml": SMALLEST + more, name: "deployments: []"}
    assert discover(MemoryFiles.of(files)).generation is generation


def test_each_agent_is_of_its_own_generation() -> None:
    plain = "prompts: [{type: file, file: x.md}]\n"
    sourced = "dataSources: {s: {type: s3, bucket: b, region: r}}\n"
    files = {"agent.yml": SMALLEST + sourced, "agents/x.md": "x", "agents/b.yml": SMALLEST + plain}
    found = report(MemoryFiles.of(files))
    assert found.project.generation is Generation.PLAN
    assert [one.code for one in found.findings] == ["bare_path"]


def test_a_broken_project_is_still_described() -> None:
    project = discover(MemoryFiles.of({"agent.yml": b"\xff", "agents/registry.json": "{"}))
    assert project.as_dict()["entry_agent"] == "agent.yml"
