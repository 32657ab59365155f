"""Configuration sources: reloading says what changed, and keeps the old one when the new one is wrong."""

from dataclasses import dataclass, field

import pytest

from core.config.agent import AgentConfig
from core.config_sources import (
    ConfigSource,
    ConfiguredAgent,
    FileConfig,
    LoadedConfig,
    MemoryConfig,
    changed_parts,
)
from core.errors import ConfigSourceError
from core.findings import Finding, Severity

BASE = {"systemPrompt": "x", "llm": {"provider": "openai", "model": "m"}}


def _config(**more: object) -> AgentConfig:
    return AgentConfig.model_validate(BASE | more)


@dataclass
class Answers:
    """A loader that answers what it is told."""

    loaded: LoadedConfig
    asked: list[ConfigSource] = field(default_factory=list)

    def load(self, source: ConfigSource) -> LoadedConfig:
        self.asked.append(source)
        return self.loaded


def _agent(loaded: AgentConfig | None, source: ConfigSource | None, *findings: Finding) -> ConfiguredAgent:
    return ConfiguredAgent(_config(), Answers(LoadedConfig(loaded, findings)), source)


@pytest.mark.parametrize(
    ("more", "changes", "restart"),
    [
        ({}, (), False),
        ({"greeting": "Hi"}, ("greeting",), False),
        ({"permissions": {"mode": "manual"}}, (), False),
        ({"llm": {"provider": "openai", "model": "n"}}, ("llm",), True),
        ({"greeting": "Hi", "systemPrompt": "y"}, ("systemPrompt", "greeting"), True),
    ],
)
def test_a_reload_says_what_changed(more: dict[str, object], changes: tuple[str, ...], restart: bool) -> None:
    agent = _agent(_config(**more), FileConfig("/srv/agent.yml"))
    reloaded = agent.reload()
    assert (reloaded.changes_applied, reloaded.restart_needed) == (changes, restart)
    assert agent.config == _config(**more)


def test_a_given_configuration_needs_no_source() -> None:
    agent = _agent(None, None)
    assert agent.reload(_config(greeting="Hi")).changes_applied == ("greeting",)


def test_without_a_source_nothing_can_be_reloaded() -> None:
    with pytest.raises(ConfigSourceError) as caught:
        _agent(None, None).reload()
    assert caught.value.code == "AGENT_NO_CONFIG_SOURCE"


def test_memory_cannot_be_reloaded() -> None:
    with pytest.raises(ConfigSourceError) as caught:
        _agent(None, MemoryConfig("mine")).reload()
    assert caught.value.code == "config_source_memory"
    assert '"mine"' in caught.value.sentence


def test_a_wrong_configuration_changes_nothing() -> None:
    finding = Finding(Severity.ERROR, "unknown_key", "No such key", file="agent.yml", line=3)
    agent = _agent(_config(greeting="Hi"), FileConfig("agent.yml"), finding)
    with pytest.raises(ConfigSourceError) as caught:
        agent.reload()
    assert (caught.value.code, caught.value.line) == ("config_invalid", 3)
    assert agent.config == _config()


def test_a_default_that_is_written_out_is_no_change() -> None:
    assert changed_parts(_config(), _config(sessions={"maxSessions": 100})) == ()
