"""Fly's own description of its Machines API, of 2024, as the judge of what the fake is asked and answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.fakes.vendor import Answer, Asked, Judge

_ROOT = Path(__file__).resolve().parents[3]
_DOCUMENT = "urn:fly"
_PREFIX = "/v1"


def described_at() -> Path | None:
    return next(iter(sorted(_ROOT.parent.glob("*/specs/fly/*openapi*.yaml"))), None)


def judge() -> Judge | None:
    """None where the description is not here."""
    return _judged if described_at() else None


def _judged(asked: Asked, template: str, answer: Answer | None) -> list[str]:
    path = template.removeprefix(_PREFIX).replace("{app}", "{app_name}").replace("{id}", "{machine_id}")
    operation = _description()["paths"].get(path, {}).get(asked.method.lower())
    if operation is None:
        return []
    if answer is None:
        return _violations(operation.get("requestBody") or {}, asked.json) if asked.body else []
    if answer.status >= 400:
        return []
    described = operation["responses"].get(str(answer.status))
    return [f"it never answers {answer.status}"] if described is None else _violations(described, answer.content)


def _violations(described: Mapping[str, Any], value: Any) -> list[str]:
    schema = described.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return []
    registry: Registry[Any] = Registry().with_resource(_DOCUMENT, Resource(_description(), DRAFT4))
    validator = OAS30Validator(_absolute(schema), registry=registry)
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in validator.iter_errors(value)]


def _absolute(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_absolute(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: f"{_DOCUMENT}{value}" if name == "$ref" else _absolute(value) for name, value in schema.items()}


@cache
def _description() -> dict[str, Any]:
    """With what has changed since: autostop is a word, a network its name; and nothing else than what is described."""
    path = described_at()
    found: dict[str, Any] = yaml.safe_load(path.read_text()) if path else {"paths": {}}
    schemas = found["components"]["schemas"]
    schemas["api.MachineService"]["properties"]["autostop"] = {"enum": ["off", "stop", "suspend"]}
    schemas["ListApp"]["properties"]["network"] = {"type": "string"}
    schemas["CreateAppRequest"]["properties"]["name"] = {"type": "string"}
    for name in ("CreateMachineRequest", "UpdateMachineRequest"):
        schemas[name]["properties"]["config"] = {"$ref": "#/components/schemas/api.MachineConfig"}
    for schema in schemas.values():
        if schema.get("type") == "object" and "properties" in schema:
            schema["additionalProperties"] = False
    schemas["Machine"]["properties"]["cordoned"] = {"type": "boolean"}
    schemas["Lease"]["additionalProperties"] = True
    return found
