"""What the forms of destinations say, as a wish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from core.errors import UserError
from core.targets import Platform, Target
from deployments.destinations import Wish
from projects.models import Environment


def wish_of(given: Mapping[str, Any]) -> Wish:
    """Raises UserError for what no form of ours sends."""
    target, _, platform = str(given.get("place", "")).partition(" ")
    target, platform = target or str(given.get("target", "")), platform or str(given.get("platform", ""))
    environment = str(given.get("environment", ""))
    if target not in set(Target) or platform not in set(Platform) or environment not in ("", *Environment.values):
        raise UserError("destination_invalid", "There is no such target, platform or environment.", "Choose another.")
    return Wish(
        str(given.get("name", "")).strip(),
        Target(target),
        Platform(platform),
        environment,
        tuple(line.strip() for line in str(given.get("branches", "")).splitlines() if line.strip()),
        bool(given.get("may_fail")),
        config_of_text(str(given.get("config", ""))),
        str(given.get("account", "")),
    )


def config_of_text(text: str) -> dict[str, Any]:
    """As YAML, which JSON is too. Raises UserError."""
    try:
        found = yaml.safe_load(text) if text.strip() else {}
    except yaml.YAMLError as error:
        raise _no_config() from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise _no_config()
    return found


def text_of_config(config: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(dict(config), sort_keys=True, allow_unicode=True)) if config else ""


def _no_config() -> UserError:
    return UserError(
        "destination_config_invalid", "The config is no list of keys and values.", "Write it as in deployment.yml."
    )
