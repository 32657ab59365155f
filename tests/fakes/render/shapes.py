"""What Render takes, as JSON Schema. There is a list of its operations to go by, and no description."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator

from tests.fakes.vendor import Answer, Asked

_ROOT = Path(__file__).resolve().parents[3]
_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    properties = {**required, **(optional or {})}
    return {"type": "object", "required": [*required], "properties": properties, "additionalProperties": False}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


_VARIABLE = _object({"key": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_.-]*$"}, "value": {"type": "string"}})
_FILE = _object({"name": {"type": "string", "pattern": "^[A-Za-z0-9._-]+$"}, "content": {"type": "string"}})
_DISK = _object({"name": _TEXT, "mountPath": _TEXT, "sizeGB": {"type": "integer", "minimum": 1}})
_PLAN = {"enum": ["free", "starter", "standard", "pro", "pro_plus", "pro_max", "pro_ultra"]}
_DETAILS = _object(
    {
        "runtime": {"enum": ["image"]},
        "plan": _PLAN,
        "region": {"enum": ["frankfurt", "ohio", "oregon", "singapore", "virginia"]},
        "healthCheckPath": {"type": "string", "pattern": "^/"},
        "envSpecificDetails": _object({"dockerCommand": _TEXT}),
    },
    {"disk": _DISK},
)
BODIES: dict[str, dict[str, Any]] = {
    "POST /v1/services": _object(
        {
            "type": {"enum": ["web_service"]},
            "name": _TEXT,
            "ownerId": _TEXT,
            "autoDeploy": {"enum": ["yes", "no"]},
            "image": _object({"ownerId": _TEXT, "imagePath": _TEXT}),
            "serviceDetails": _DETAILS,
        },
        {"envVars": _list(_VARIABLE), "secretFiles": _list(_FILE)},
    ),
    "PATCH /v1/services/{id}": _object({"serviceDetails": _object({"plan": _PLAN})}),
    "PUT /v1/services/{id}/env-vars": _list(_VARIABLE),
    "PUT /v1/services/{id}/secret-files": _list(_FILE),
    "POST /v1/services/{id}/deploys": _object({}, {"clearCache": {"enum": ["clear", "do_not_clear"]}}),
    "POST /v1/services/{id}/rollback": _object({"deployId": _TEXT}),
    "POST /v1/services/{id}/custom-domains": _object({"name": _TEXT}),
}


def judge(asked: Asked, template: str, answer: Answer | None) -> list[str]:
    schema = BODIES.get(f"{asked.method} {template}")
    if answer is not None:
        return []
    if schema is None:
        return ["it takes no body"] if asked.body else []
    return [one.message[:300] for one in OAS30Validator(schema).iter_errors(asked.json)]


@cache
def operations() -> frozenset[str]:
    """Of the official client, as "GET /services/%s"; empty where the list is not here."""
    found = sorted(_ROOT.parent.glob("*/specs/render/endpoints.txt"))
    lines = found[0].read_text().splitlines() if found else []
    return frozenset(line.rpartition(" ")[0] for line in lines)
