"""Judgement of requests and answers by a vendor's OpenAPI description, where that is beside the checkout."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from openapi_schema_validator import OAS30Validator, OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4, DRAFT202012

from tests.fakes.vendor import Answer, Asked

_DOCUMENT = "urn:vendor"


class Description:
    """`name` is the file below a folder specs; `base` is what the fake's paths have before the description's."""

    def __init__(self, name: str, base: str = "") -> None:
        self.base = base
        found = sorted(Path(__file__).resolve().parents[3].glob(f"*/specs/{name}"))
        self.path = next((path for path in found if path.is_file()), None)
        self.content = _loaded(self.path) if self.path else {"paths": {}}

    def judge(self, asked: Asked, template: str, answer: Answer | None) -> list[str]:
        if self.path is None or not template.startswith(self.base):
            return []
        path = template.removeprefix(self.base)
        operation = self.content["paths"].get(path, {}).get(asked.method.lower())
        if operation is None:
            return [f"nothing describes {asked.method} {path}"]
        place = ("paths", path, asked.method.lower())
        if answer is None:
            return [*_missing(operation, asked), *self._violations((*place, "requestBody"), asked.json)]
        if answer.status >= 400:
            return []
        if str(answer.status) not in operation["responses"]:
            return [f"it never answers {answer.status}"]
        return self._violations((*place, "responses", str(answer.status)), answer.content)

    def _violations(self, place: tuple[str, ...], value: Any) -> list[str]:
        node: Any = self.content
        for part in place:
            node = node.get(part, {})
        while "$ref" in node:
            place = tuple(node["$ref"].removeprefix("#/").split("/"))
            node = self.content
            for part in place:
                node = node[part]
        if "application/json" not in node.get("content", {}):
            return []
        validator = _validator(self, (*place, "content", "application/json", "schema"))
        return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def _missing(operation: dict[str, Any], asked: Asked) -> list[str]:
    named = [one for one in operation.get("parameters", []) if one.get("in") == "query"]
    return [f"the query lacks {one['name']}" for one in named if one.get("required") and one["name"] not in asked.query]


@cache
def _loaded(path: Path) -> dict[str, Any]:
    text = path.read_text()
    content: dict[str, Any] = json.loads(text) if path.suffix == ".json" else yaml.load(text, yaml.CSafeLoader)
    return content


@cache
def _validator(described: Description, place: tuple[str, ...]) -> Any:
    is_new = described.content["openapi"].startswith("3.1")
    kind, draft = (OAS31Validator, DRAFT202012) if is_new else (OAS30Validator, DRAFT4)
    pointer = "/".join(quote(part.replace("~", "~0").replace("/", "~1")) for part in place)
    registry = Registry().with_resource(_DOCUMENT, Resource(described.content, draft))
    return kind({"$ref": f"{_DOCUMENT}#/{pointer}"}, registry=registry)
