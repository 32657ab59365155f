"""The models: whole projects of every generation, round trips, the exported JSON Schemas."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # only tests use it
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.agent import AgentConfig
from core.config.deployments import DEFAULT_DESTINATION, DeploymentFile
from core.document import is_list, is_mapping
from core.inspection import AgentReport
from core.json_schema import NAMES, json_schema
from core.legacy import upgraded
from core.structure import read_model
from core.targets import Target
from core.yaml_reader import read_yaml
from tests.core.projects import SMALLEST, check, codes, finding, fixture, report

SHAPES = ("plan", "november_2025", "workspace")
EVERY_KEY = (*(f"every_key/{name}" for name in SHAPES), "every_key/convex")
GENERATIONS = (*SHAPES, *EVERY_KEY)


@pytest.mark.parametrize("name", GENERATIONS)
def test_a_whole_project_of_each_generation_has_no_error_on_nodejs(name: str) -> None:
    found = report(fixture(name), Target.NODEJS)
    assert found.ok, found.findings
    assert all(agent.config for agent in found.agents)


@pytest.mark.parametrize("name", SHAPES)
def test_every_key_belongs_to_a_generation_that_is_recognised(name: str) -> None:
    assert report(fixture(f"every_key/{name}")).project.generation.replace("-", "_") == name


def test_the_projects_with_every_key_have_every_key() -> None:
    written = {key for name in EVERY_KEY for agent in report(fixture(name)).agents for key in _keys(_data(agent))}
    known = {key for part in _parts(json_schema("agent")) for key in part.get("properties", {})}
    assert known - written == set()


def _parts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [schema, *schema["$defs"].values()]


def _data(agent: AgentReport) -> object:
    assert agent.document is not None
    return agent.document.data


def _keys(data: object) -> Iterator[str]:
    if is_mapping(data):
        yield from data
    inner = data.values() if is_mapping(data) else data if is_list(data) else ()
    for value in inner:
        yield from _keys(value)


@pytest.mark.parametrize("name", GENERATIONS)
def test_what_is_read_can_be_written_again(name: str) -> None:
    for agent in report(fixture(name)).agents:
        assert agent.config is not None
        assert agent.document is not None
        assert agent.config.model_dump(by_alias=True, exclude_unset=True) == agent.document.data


@pytest.mark.parametrize("name", GENERATIONS)
def test_the_json_schema_accepts_the_same_files(name: str) -> None:
    for agent in report(fixture(name)).agents:
        assert agent.document is not None
        jsonschema.validate(agent.document.data, json_schema("agent"))


@pytest.mark.parametrize("name", NAMES)
def test_the_json_schemas_are_schemas(name: str) -> None:
    schema = json_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize("wrong", [{"llm": {}}, {"systemPrompt": "x"}, {"promts": []}])
def test_the_json_schema_refuses_what_the_models_refuse(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, json_schema("agent"))


def test_older_names_become_todays() -> None:
    agent = report(fixture("november_2025")).agents[0]
    assert agent.document is not None
    assert is_mapping(agent.document.data)
    new = upgraded(agent.document.data)
    config = AgentConfig.model_validate(new)
    assert config.permissions.mode == "manual"
    assert [tool.type for tool in config.tools or []] == [
        "builtin-tools",
        "filesystem-tools",
        "process-tools",
    ]
    assert [hook.type for hook in config.hooks] == ["content-policy"]
    assert [resource.type for resource in config.resources] == ["blob"]
    assert [prompt.type for prompt in config.prompts] == ["file", "inline"]
    assert config.prompts[1].show_in_starters
    assert config.llm.router is None
    assert config.tool_confirmation is None
    assert config.internal_tools is None


def test_tools_of_both_older_keys_come_together() -> None:
    old = {"internalTools": ["ask_user"], "customTools": [{"type": "todo-tools"}]}
    assert upgraded(old)["tools"] == [{"type": "builtin-tools", "enabledTools": ["ask_user"]}, {"type": "todo-tools"}]


def test_an_upgraded_storage_has_all_its_parts() -> None:
    storage = upgraded({"storage": {"database": {"type": "sqlite"}}})["storage"]
    assert storage == {
        "cache": {"type": "in-memory"},
        "database": {"type": "sqlite"},
        "blob": {"type": "in-memory"},
    }
    custom = {"storage": {"provider": "custom", "module": "s3://b/x.js"}}
    assert upgraded(custom) == custom


@pytest.mark.parametrize("key", ["toolConfirmation", "internalTools", "customTools", "starterPrompts"])
def test_an_editor_strikes_older_keys_through(key: str) -> None:
    assert json_schema("agent")["properties"][key]["deprecated"] is True


@pytest.mark.parametrize(
    "empty", ["mcpServers", "prompts", "plugins", "dataSources", "storage", "tools", "sessions", "toolConfirmation"]
)
def test_a_key_without_a_value_is_not_there(empty: str) -> None:
    found = check(f"{SMALLEST}{empty}:\n  # all of it is a comment\n")
    assert found.findings == ()
    assert found.agents[0].config is not None


def test_a_required_key_without_a_value_is_missing_where_it_stands() -> None:
    missing = finding(check("systemPrompt: x\nllm:\n"), "missing_key")
    assert (missing.line, missing.sentence) == (2, 'The key "llm" has no value in the file')


def test_what_a_persons_own_code_is_given_keeps_its_empty_values() -> None:
    agent = report(fixture("every_key/plan")).agents[0]
    assert agent.config is not None
    assert agent.config.plugins.custom[0].config == {"level": None, "sample": 0.5}


def test_an_upgrade_of_todays_keys_changes_nothing() -> None:
    agent = report(fixture("workspace")).agents[0]
    assert agent.document is not None
    assert is_mapping(agent.document.data)
    assert upgraded(agent.document.data) == agent.document.data


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON)
def test_a_plugins_own_configuration_is_carried_as_it_is(config: object) -> None:
    data = {
        "systemPrompt": "x",
        "llm": {"provider": "openai", "model": "m"},
        "plugins": {
            "custom": [
                {
                    "name": "a",
                    "module": "s3://b/x.js",
                    "blocking": True,
                    "priority": 1,
                    "config": {"value": config},
                }
            ]
        },
    }
    written = json.dumps(data).encode()
    model = AgentConfig.model_validate(data)
    assert model.model_dump(by_alias=True, exclude_unset=True) == json.loads(written)


@given(_JSON)
def test_no_value_anywhere_breaks_the_check(value: object) -> None:
    text = SMALLEST + "prompts: " + json.dumps(value) + "\nstorage: " + json.dumps(value) + "\n"
    assert isinstance(codes(check(text)), list)


@pytest.mark.parametrize("key", [field.alias for field in AgentConfig.model_fields.values()])
@pytest.mark.parametrize("value", ["x", "[]", "{}", "5", "null", "true", "[{}]", "[[]]", "{a: {}}", "[{type: 5}]"])
def test_no_shape_of_any_key_breaks_the_check(key: str, value: str) -> None:
    assert isinstance(codes(check(f"{key}: {value}\n", *Target)), list)


def test_a_project_without_deployments_has_one() -> None:
    assert (DEFAULT_DESTINATION.target, DEFAULT_DESTINATION.platform) == ("nodejs", "local")
    assert DEFAULT_DESTINATION.env == "production"


@pytest.mark.parametrize("key", ["env", "environment"])
def test_a_destinations_environment_has_two_names(key: str) -> None:
    text = f"deployments:\n  - {{name: a, target: nodejs, {key}: preview}}\n"
    document = read_yaml(text.encode(), "deployment.yml").document
    assert document is not None
    jsonschema.validate(document.data, json_schema("deployment"))
    model = read_model(document, DeploymentFile, "file").model
    assert model is not None
    assert model.deployments[0].env == "preview"


def test_deployments_come_from_the_script() -> None:
    found = report(fixture("plan"))
    assert [(one.name, one.target, one.env) for one in found.destinations] == [
        ("production-cloudflare", "cloudflare", "production"),
        ("dev-local", "nodejs", "development"),
    ]
    assert found.destinations[0].config == {"bucket": "acme-agents", "accountId": "${CLOUDFLARE_ACCOUNT_ID}"}
    assert found.targets == (Target.CLOUDFLARE, Target.NODEJS)
