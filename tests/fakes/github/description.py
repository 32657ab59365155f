"""GitHub's own descriptions: of its API, by which every request and answer is judged, and of its deliveries."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jsonschema import Draft7Validator
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

_ROOT = Path(__file__).resolve().parents[3]
_DOCUMENT = "urn:github"
_PAYLOADS = _ROOT / "runtime" / "node_modules" / "@octokit" / "webhooks-schemas" / "schema.json"


def described_at() -> Path | None:
    """Where the description is: named by DEXTO_GITHUB_OPENAPI, or beside the checkout."""
    named = os.environ.get("DEXTO_GITHUB_OPENAPI")
    found = [Path(named)] if named else sorted(_ROOT.parent.glob("*/specs/github/openapi*.json"))
    return next((path for path in found if path.is_file()), None)


def request_violations(method: str, template: str, query: Mapping[str, str], body: Any) -> list[str]:
    """Also of what GitHub would pass over in silence: a field or a parameter that it does not know."""
    operation = _operation(method, template)
    if operation is None:
        return []
    return [*_query_violations(operation, query), *_body_violations(operation, (method, template), body)]


def _query_violations(operation: dict[str, Any], query: Mapping[str, str]) -> list[str]:
    known = {one["name"]: one for one in map(_referred, operation.get("parameters", [])) if one["in"] == "query"}
    unknown = [f"{name}: no such parameter" for name in query if name not in known]
    asked = [name for name, one in known.items() if one.get("required") and name not in query]
    wrong = [
        f"{name}: {error.message[:300]}"
        for name, value in query.items()
        if name in known
        for error in OAS30Validator(_referred(known[name]["schema"])).iter_errors(_read(known[name], value))
    ]
    return [*unknown, *(f"{name}: it is required" for name in asked), *wrong]


def _read(parameter: dict[str, Any], value: str) -> Any:
    """A parameter's value as its schema means it; text that is no number stays text, which the schema then refuses."""
    kind = _referred(parameter["schema"]).get("type")
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return int(value) if kind == "integer" and value.lstrip("-").isdigit() else value


def _body_violations(operation: dict[str, Any], where: tuple[str, str], body: Any) -> list[str]:
    described = _referred(operation.get("requestBody", {}))
    if body is None:
        return ["a body is required"] if described.get("required") else []
    content = described.get("content", {})
    if "application/json" not in content:
        return ["it takes no body"]
    method, template = where
    place = ("paths", template, method.lower(), "requestBody", "content", "application/json", "schema")
    known = _referred(content["application/json"]["schema"]).get("properties", {})
    unknown = [f"{name}: no such field" for name in body if known and name not in known]
    return [*unknown, *_violations(place, body)]


def answer_violations(method: str, template: str, status: int, body: Any) -> list[str]:
    operation = _operation(method, template)
    if operation is None or status >= 400 or status in (301, 302, 304, 307):
        return []
    answer = operation["responses"].get(str(status))
    if answer is None:
        return [f"{method} {template} never answers {status}"]
    if "$ref" in answer:
        place = ("components", "responses", answer["$ref"].rpartition("/")[2])
    else:
        place = ("paths", template, method.lower(), "responses", str(status))
    if "application/json" not in _referred(answer).get("content", {}):
        return [] if body is None else [f"{method} {template} answers {status} without content"]
    return _violations((*place, "content", "application/json", "schema"), body)


def is_described(method: str, template: str) -> bool:
    return _operation(method, template) is not None


def payload_violations(event: str, action: str | None, payload: Any) -> list[str]:
    name = f"{event}${action}" if action else f"{event}$event"
    if name not in _payloads()["definitions"]:
        return ["GitHub sends no such delivery"]
    return [
        f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in _payload(name).iter_errors(payload)
    ]


@cache
def _payload(name: str) -> Draft7Validator:
    schema = _payloads()
    return Draft7Validator({"definitions": schema["definitions"], **schema["definitions"][name]})


@cache
def _payloads() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_PAYLOADS.read_text())
    return found


@cache
def _description() -> dict[str, Any]:
    path = described_at()
    return _mended(json.loads(path.read_text())) if path else {"paths": {}}


def _mended(node: Any) -> Any:
    """Where the description says another thing than GitHub does: what is nullable may be null whatever else is asked
    of it; an account is a user or an enterprise, not both; a deleted fork leaves no head repository; a discriminator
    names a property of what may be a list."""
    if isinstance(node, list):
        return [_mended(one) for one in node]
    if not isinstance(node, dict):
        return node
    mended = {name: _mended(value) for name, value in node.items() if name != "discriminator"}
    if [one.get("title") for one in mended.get("allOf", [])] == ["Simple User", "Enterprise"]:
        mended["anyOf"] = mended.pop("allOf")
    if mended.get("title") in ("Pull Request", "Pull Request Simple"):
        mended["properties"]["head"]["properties"]["repo"] = {"nullable": True, "type": "object"}
    if mended.pop("nullable", None) is True and ("type" not in mended or "enum" in mended):
        return {"anyOf": [mended, {"enum": [None], "nullable": True}]}
    return {**mended, "nullable": True} if node.get("nullable") is True else mended


def _referred(node: dict[str, Any]) -> dict[str, Any]:
    """What a reference within the description points at, or the node itself."""
    if "$ref" not in node:
        return node
    found: dict[str, Any] = _description()
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def _operation(method: str, template: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = _description()["paths"].get(template, {}).get(method.lower())
    return found


def _violations(place: tuple[str, ...], value: Any) -> list[str]:
    errors = _validator(place).iter_errors(value)
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in errors]


@cache
def _validator(place: tuple[str, ...]) -> OAS30Validator:
    pointer = "/".join(quote(part.replace("~", "~0").replace("/", "~1")) for part in place)
    registry = Registry().with_resource(_DOCUMENT, Resource(_description(), DRAFT4))
    return OAS30Validator(
        {"$ref": f"{_DOCUMENT}#/{pointer}"}, registry=registry, format_checker=OAS30Validator.FORMAT_CHECKER
    )
