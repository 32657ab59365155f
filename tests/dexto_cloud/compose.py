"""docker-compose.yml, read for what it would start: commands, environments, checks. Not Docker: no image is built."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
_INNERMOST = re.compile(r"\$\{([A-Za-z_]\w*)(?:(:-|:\?)([^${}]*))?\}")


class RequiredValueError(Exception):
    """A value that must be set is not."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service as it would run. `volumes` leads from the folder in the container to the volume's name."""

    name: str
    ours: bool
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    check: tuple[str, ...]
    volumes: Mapping[str, str]
    after: Mapping[str, str]


def services(values: Mapping[str, str]) -> dict[str, Service]:
    """With `values` in the place of .env. Raises RequiredValueError."""
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return {name: _service(name, _interpolated(one, values)) for name, one in document["services"].items()}


def env_example() -> dict[str, str]:
    """The names that .env.example asks for; empty values are the required ones."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _service(name: str, one: Mapping[str, Any]) -> Service:
    return Service(
        name=name,
        ours="build" in one,
        argv=_words(one.get("command", [])),
        environment={key: str(value) for key, value in one.get("environment", {}).items()},
        check=_check(one.get("healthcheck", {}).get("test", [])),
        volumes={folder: volume for volume, _, folder in (text.partition(":") for text in one.get("volumes", []))},
        after={other: found["condition"] for other, found in one.get("depends_on", {}).items()},
    )


def _words(command: str | list[str]) -> tuple[str, ...]:
    return tuple(shlex.split(command) if isinstance(command, str) else command)


def _check(test: list[str]) -> tuple[str, ...]:
    kind, *words = test or ["NONE"]
    return ("sh", "-c", *words) if kind == "CMD-SHELL" else tuple(words)


def _interpolated(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _interpolated(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [_interpolated(inner, values) for inner in value]
    return _text(value, values) if isinstance(value, str) else value


def _text(text: str, values: Mapping[str, str]) -> str:
    """From the inside out: a default may itself name a value."""
    text = text.replace("$$", "\0")
    while found := _INNERMOST.search(text):
        text = text[: found.start()] + _value(found, values) + text[found.end() :]
    return text.replace("\0", "$")


def _value(found: re.Match[str], values: Mapping[str, str]) -> str:
    name, operator, words = found.groups()
    if not values.get(name) and operator == ":?":
        raise RequiredValueError(f"{name}: {words}")
    return values.get(name) or (words if operator == ":-" else "")
