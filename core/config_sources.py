"""Where an agent's configuration comes from, and loading it anew: what changed, and is a restart needed?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from core.config.agent import AgentConfig
from core.errors import ConfigSourceError
from core.findings import Finding, has_errors


@dataclass(frozen=True, slots=True)
class FileConfig:
    """A file, by its path."""

    path: str


@dataclass(frozen=True, slots=True)
class S3Config:
    """An object in a bucket."""

    bucket: str
    key: str
    region: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """A page."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class MemoryConfig:
    """A configuration that a program made."""

    id: str


ConfigSource = FileConfig | S3Config | HttpConfig | MemoryConfig


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A configuration, or None with the findings that say why."""

    config: AgentConfig | None
    findings: tuple[Finding, ...] = ()


class ConfigLoader(Protocol):
    """Loads and checks a configuration; never called for MemoryConfig."""

    def load(self, source: ConfigSource) -> LoadedConfig:
        """Raises ResourceError and ResourceUnavailableError, as the loaders of resources do."""
        ...


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload did. Parts that take effect only at a start make `restart_needed` true."""

    config: AgentConfig
    changes_applied: tuple[str, ...]
    restart_needed: bool


#: Parts that a running agent takes up with the next turn; all others are read once, at its start.
LIVE_PARTS = frozenset({"greeting", "prompts", "starterPrompts", "permissions", "toolConfirmation"})


@dataclass(slots=True)
class ConfiguredAgent:
    """An agent's configuration with its source. A reload either replaces all of it or none."""

    config: AgentConfig
    loader: ConfigLoader
    source: ConfigSource | None = None

    def reload(self, new_config: AgentConfig | None = None) -> Reloaded:
        """Takes a new configuration, or loads it from the source. Raises ConfigSourceError."""
        config = new_config if new_config is not None else self._loaded()
        changes = changed_parts(self.config, config)
        self.config = config
        return Reloaded(config, changes, any(part not in LIVE_PARTS for part in changes))

    def _loaded(self) -> AgentConfig:
        if self.source is None:
            raise ConfigSourceError(
                "AGENT_NO_CONFIG_SOURCE",
                "Cannot reload: agent has no config source. "
                "Either provide a new config or initialize agent with a config source.",
            )
        if isinstance(self.source, MemoryConfig):
            raise ConfigSourceError(
                "config_source_memory",
                f'Cannot reload the memory-based config "{self.source.id}": only the program has a newer one',
                "Give the new configuration to reload().",
            )
        loaded = self.loader.load(self.source)
        if loaded.config is None or has_errors(loaded.findings):
            raise _invalid(loaded)
        return loaded.config


def changed_parts(old: AgentConfig, new: AgentConfig) -> tuple[str, ...]:
    """The top-level keys whose meaning differs, in the order of the schema: a default written out is none."""
    before, after = old.model_dump(by_alias=True), new.model_dump(by_alias=True)
    return tuple(key for key in after if before[key] != after[key])


def _invalid(loaded: LoadedConfig) -> ConfigSourceError:
    first = next(iter(loaded.findings), None)
    where = f" ({first.file}:{first.line}: {first.sentence})" if first else ""
    return ConfigSourceError(
        "config_invalid",
        f"Cannot reload: the new configuration is not valid{where}",
        "The old configuration stays. Mend the new one and reload again.",
        first.file if first else "",
        first.line if first else 0,
    )
