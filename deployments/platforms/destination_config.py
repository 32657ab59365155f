"""A destination's `config`, read by the model that its platform has of it, and what is wrong with it in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from pydantic import ValidationError

from core.config.base import Model
from core.errors import UserError
from core.findings import Finding, Severity

ConfigModel = TypeVar("ConfigModel", bound=Model)

_NEXT_STEP: Final = "Correct it in deployment.yml, or on the project's Destinations page."


def config_of(model: type[ConfigModel], given: Mapping[str, object]) -> ConfigModel:
    """Raises UserError destination_config_invalid, which names the first key that is wrong and repeats no value."""
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise UserError("destination_config_invalid", f"config.{key}: {first['msg']}.", _NEXT_STEP) from error


def stop_at_errors(findings: Iterable[Finding]) -> None:
    """Raises the first error among them."""
    for finding in findings:
        if finding.severity is Severity.ERROR:
            raise UserError(finding.code, finding.sentence, finding.next_step)
