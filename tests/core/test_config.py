"""The models: whole projects of every generation, round trips, the exported JSON Schemas."""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # only tests use it
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.agent import AgentConfig
from core.config.deployments import DEFAULT_DESTINATION, DeploymentFile
from core.document import is_mapping
from core.json_schema import NAMES, json_schema
from core.legacy import upgraded
from core.structure import read_model
from core.targets import Target
from core.yaml_reader import read_yaml
from tests.core.projects import SMALLEST, check, codes, fixture, report

GENERATIONS = ("plan", "november_2025", "workspace")


@pytest.mark.parametrize("name", GENERATIONS)
def test_a_whole_project_of_each_generation_has_no_error_on_nodejs(name: str) -> None:
    found = report(fixture(name), Target.NODEJS)
    assert found.ok, found.findings
    assert all(agent.config for agent in found.agents)


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
