"""Cloudflare's own description of its API, by which requests and answers are judged where it is at hand."""

from __future__ import annotations

import json
import os
from email.parser import BytesParser
from email.policy import HTTP
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.fakes.cloudflare.envelope import ROOT
from tests.fakes.vendor import Answer, Asked

_DOCUMENT = "urn:cloudflare"
_CHECKOUT = Path(__file__).resolve().parents[3]
#: The fake's names of parameters → the description's.
_NAMES = {
    "{account}": "{account_id}",
    "{name}": "{script_name}",
    "{version}": "{version_id}",
    "{bucket}": "{bucket_name}",
    "{zone}": "{zone_id}",
    "{tail}": "{id}",
    "{namespace}": "{dispatch_namespace}",
    "domains/{id}": "domains/{domain_id}",
    "custom_hostnames/{id}": "custom_hostnames/{custom_hostname_id}",
    "routes/{id}": "routes/{route_id}",
}


def described_at() -> Path | None:
    """Named by DEXTO_CLOUDFLARE_OPENAPI, or beside the checkout."""
    named = os.environ.get("DEXTO_CLOUDFLARE_OPENAPI")
    found = [Path(named)] if named else sorted(_CHECKOUT.parent.glob("*/specs/cloudflare/openapi*.json"))
    return next((path for path in found if path.is_file()), None)


def judge(asked: Asked, template: str, answer: Answer | None) -> list[str]:
    """A Judge of a fake. Only what the description knows is judged."""
    path = _path(template)
    operation = _description()["paths"].get(path, {}).get(asked.method.lower())
    if operation is None or not template.startswith(ROOT):
        return []
    place = ("paths", path, asked.method.lower())
    if answer is None:
        return _request(asked, operation, place)
    if answer.status >= 400:
        return []
    content = operation["responses"].get(str(answer.status), {}).get("content", {}).get("application/json", {})
    schema = content.get("schema")
    return (
        _violations((*place, "responses", "200", "content", "application/json", "schema"), answer.content)
        if schema
        else []
    )


def is_described(method: str, template: str) -> bool:
    return method.lower() in _description()["paths"].get(_path(template), {})


def _request(asked: Asked, operation: dict[str, Any], place: tuple[str, ...]) -> list[str]:
    body = _whole(operation.get("requestBody", {}))
    content = body.get("content", {})
    if "multipart/form-data" in content and asked.body:
        schema = content["multipart/form-data"]["schema"]
        metadata = (schema.get("oneOf") or [schema])[0]["properties"]["metadata"]
        return [f"metadata: {words}" for words in _validated(metadata, _metadata(asked))]
    if content.get("application/json", {}).get("schema"):
        return _validated(content["application/json"]["schema"], asked.json)
    return []


def _metadata(asked: Asked) -> Any:
    head = b"Content-Type: " + asked.headers.get("content-type", "").encode() + b"\r\n\r\n"
    for part in BytesParser(policy=HTTP).parsebytes(head + asked.body).iter_parts():
        if part.get_param("name", header="content-disposition") == "metadata":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return json.loads(content)
    return {}


def _path(template: str) -> str:
    path = template.removeprefix(ROOT)
    for ours, theirs in _NAMES.items():
        path = path.replace(ours, theirs)
    return path


@cache
def _description() -> dict[str, Any]:
    path = described_at()
    return _mended(json.loads(path.read_text())) if path else {"paths": {}}


def _mended(node: Any, name: str = "") -> Any:
    """Where the description is older than Cloudflare, or says less than it means: a version may have none of the
    traffic; a migration of one step and one of several are alike where both are empty; buckets are listed by name."""
    if isinstance(node, list):
        return [_mended(one) for one in node]
    if not isinstance(node, dict):
        return node
    mended = {key: _mended(value, key) for key, value in node.items() if key != "discriminator"}
    if name == "percentage":
        return {**mended, "minimum": 0}
    if name == "migrations" and "oneOf" in mended:
        mended["anyOf"] = mended.pop("oneOf")
    if name == "/accounts/{account_id}/r2/buckets":
        mended["get"]["responses"]["200"]["content"] = {}
    return mended


def _whole(node: dict[str, Any]) -> dict[str, Any]:
    found: Any = node
    while "$ref" in found:
        target: Any = _description()
        for part in found["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        found = target
    return dict(found)


def _violations(place: tuple[str, ...], value: Any) -> list[str]:
    pointer = "/".join(quote(part.replace("~", "~0").replace("/", "~1")) for part in place)
    return _validated({"$ref": f"#/{pointer}"}, value)


def _validated(schema: dict[str, Any], value: Any) -> list[str]:
    errors = _validator(json.dumps(schema).replace('"#/', f'"{_DOCUMENT}#/')).iter_errors(value)
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in errors]


@cache
def _validator(schema: str) -> OAS30Validator:
    registry = Registry().with_resource(_DOCUMENT, Resource(_description(), DRAFT4))
    return OAS30Validator(json.loads(schema), registry=registry, format_checker=OAS30Validator.FORMAT_CHECKER)
