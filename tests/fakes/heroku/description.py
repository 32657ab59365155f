"""Heroku's own description of its API, a JSON hyper-schema, by which requests and answers are judged."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.fakes.vendor import Answer, Asked

_DOCUMENT = "urn:heroku"


def described_at() -> Path | None:
    """Where the vendor's description is: beside the checkout."""
    found = sorted(Path(__file__).resolve().parents[4].glob("*/specs/heroku/platform-api-schema.json"))
    return next((path for path in found if path.is_file()), None)


def judge(asked: Asked, template: str, answer: Answer | None) -> list[str]:
    """Nothing where there is no description, or this address is none of the API's."""
    links = _links().get((asked.method, _plain(template)), [])
    if answer is None:
        schemas = [link["schema"] for link in links if "schema" in link]
        return _violations(schemas, asked.json if asked.body else {}) if schemas else []
    schemas = [link["targetSchema"] for link in links if link.get("targetSchema")]
    return _violations(schemas, answer.content) if schemas and answer.status < 400 else []


def is_described(method: str, template: str) -> bool:
    return (method, _plain(template)) in _links()


def _violations(schemas: list[Any], value: Any) -> list[str]:
    """Of the form that fits best: a release can be asked for in two."""
    found = [[error.message[:300] for error in _validator(json.dumps(one)).iter_errors(value)] for one in schemas]
    return min(found, key=len)


@cache
def _validator(schema: str) -> Draft4Validator:
    registry = Registry().with_resource(_DOCUMENT, Resource(_description(), DRAFT4))
    return Draft4Validator(_absolute(json.loads(schema)), registry=registry)


def _absolute(node: Any) -> Any:
    if isinstance(node, list):
        return [_absolute(one) for one in node]
    if not isinstance(node, dict):
        return node
    changed = {name: _absolute(value) for name, value in node.items()}
    if isinstance(node.get("$ref"), str) and node["$ref"].startswith("#"):
        changed["$ref"] = f"{_DOCUMENT}{node['$ref']}"
    return changed


@cache
def _description() -> Any:
    path = described_at()
    return json.loads(path.read_text()) if path else {"definitions": {}}


@cache
def _links() -> dict[tuple[str, str], list[Any]]:
    found: dict[tuple[str, str], list[Any]] = {}
    for resource in _description()["definitions"].values():
        for link in resource.get("links", []):
            found.setdefault((link["method"], _plain(link["href"])), []).append(link)
    return found


def _plain(template: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", template)
