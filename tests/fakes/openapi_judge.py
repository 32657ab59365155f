"""A vendor's own OpenAPI description as the judge of what a fake is asked and answers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.fakes.vendor import Answer, Asked, Judge

_ROOT = Path(__file__).resolve().parents[2]


def described_at(vendor: str) -> Path | None:
    """Where the description is: named by DEXTO_<VENDOR>_OPENAPI, or beside the checkout."""
    named = os.environ.get(f"DEXTO_{vendor.upper()}_OPENAPI")
    found = [Path(named)] if named else sorted(_ROOT.parent.glob(f"*/specs/{vendor}/openapi*.json"))
    return next((path for path in found if path.is_file()), None)


def judge_of(vendor: str, undescribed: Mapping[str, Callable[[Any], Any]] | None = None) -> Judge | None:
    """None where the description is not here. `undescribed` takes out of the body of a "METHOD /template" what the
    vendor takes and does not describe, each with its reason where it is written down."""
    path = described_at(vendor)
    if path is None:
        return None
    document = f"urn:{vendor}"
    described = _described(path)
    registry: Registry[Any] = Registry().with_resource(document, Resource(described, DRAFT4))

    @cache
    def validator(place: tuple[str, ...]) -> OAS30Validator:
        pointer = "/".join(quote(part.replace("~", "~0").replace("/", "~1")) for part in place)
        return OAS30Validator({"$ref": f"{document}#/{pointer}"}, registry=registry)

    def judge(asked: Asked, template: str, answer: Answer | None) -> list[str]:
        operation = described["paths"].get(template, {}).get(asked.method.lower())
        if operation is None:
            return []
        at = ("paths", template, asked.method.lower())
        if answer is None:
            if _JSON not in (operation.get("requestBody") or {}).get("content", {}) or not asked.body:
                return []
            clean = (undescribed or {}).get(f"{asked.method} {template}", _as_it_is)
            return _said(validator((*at, "requestBody", "content", _JSON, "schema")), clean(asked.json))
        return _answer_violations(operation, at, answer, validator)

    return judge


_JSON = "application/json"


def _answer_violations(
    operation: Mapping[str, Any],
    at: tuple[str, ...],
    answer: Answer,
    validator: Callable[[tuple[str, ...]], OAS30Validator],
) -> list[str]:
    if answer.status >= 400:
        return []
    described = operation["responses"].get(str(answer.status))
    if described is None:
        return [f"it never answers {answer.status}"]
    if _JSON not in described.get("content", {}) or isinstance(answer.content, bytes):
        return []
    place = (*at, "responses", str(answer.status), "content", _JSON, "schema")
    return _said(validator(place), answer.content)


def _said(validator: OAS30Validator, value: Any) -> list[str]:
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in validator.iter_errors(value)]


def _as_it_is(body: Any) -> Any:
    return body


@cache
def _described(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = _mended(json.loads(path.read_text()))
    return found


def _mended(node: Any) -> Any:
    """What is nullable may be null whatever else is asked of it; generated alternatives overlap, and one that fits is
    enough; a discriminator says nothing to a validator."""
    if isinstance(node, list):
        return [_mended(one) for one in node]
    if not isinstance(node, dict):
        return node
    mended = {_name(name): _mended(value) for name, value in node.items() if name != "discriminator"}
    if mended.get("nullable") is True and ("type" not in mended or "enum" in mended):
        del mended["nullable"]
        return {"anyOf": [mended, {"enum": [None], "nullable": True}]}
    return mended


def _name(keyword: str) -> str:
    return "anyOf" if keyword == "oneOf" else keyword
