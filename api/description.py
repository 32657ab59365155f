"""What the API's description says of every operation alike: how it refuses, and how a list goes on."""

from __future__ import annotations

from typing import Any, Final

_ERROR: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "message", "hint"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string", "description": "The same as `message`."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The same as `hint`."},
        "code": {"type": "string", "description": "Stable; `dexto-cloud explain CODE` says more."},
        "message": {"type": "string"},
        "hint": {"type": "string", "description": "What to do next."},
    },
}
_CLOUD_AGENT_ERROR: Final = {
    "type": "object",
    "required": ["success", "error", "hint", "code"],
    "properties": {
        "success": {"type": "boolean", "enum": [False]},
        "error": {"type": "string"},
        "hint": {"type": "string"},
        "code": {"type": "string"},
    },
}

_LINK: Final = {
    "description": 'Where the pages beside this one are: `<URL>; rel="next"`. Without a next one it was the last.',
    "schema": {"type": "string"},
}


def with_refusals(result: dict[str, Any], **_about: object) -> dict[str, Any]:
    """A hook of drf-spectacular."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {"Error": _ERROR, "CloudAgentError": _CLOUD_AGENT_ERROR}
    for path, operations in result["paths"].items():
        name = "CloudAgentError" if path.startswith("/api/cloud-agents/") else "Error"
        for operation in operations.values():
            operation["responses"] |= {"4XX": _refusal(name, "Refused."), "503": _refusal(name, "The platform failed.")}
            if any(one["name"] == "cursor" for one in operation.get("parameters", ())):
                operation["responses"]["200"]["headers"] = {"Link": _LINK}
    mended: dict[str, Any] = _mended(result)
    return mended


def _mended(node: Any) -> Any:
    """What may be anything may be null too: "one of anything and null" is true of null twice, and so never."""
    if isinstance(node, list):
        return [_mended(one) for one in node]
    if not isinstance(node, dict):
        return node
    if node.get("oneOf") == [{}, {"type": "null"}]:
        return {name: value for name, value in node.items() if name != "oneOf"}
    return {name: _mended(value) for name, value in node.items()}


def _refusal(name: str, description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    kind = "application/problem+json" if name == "Error" else "application/json"
    return {"description": description, "content": {kind: {"schema": schema}}}
