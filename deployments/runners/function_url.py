"""Between HTTP and Lambda: events of a Function URL (payload version 2.0), and responses as they come back. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

#: What AWS takes and gives at most, where a response does not stream.
MAX_BODY_BYTES: Final = 6 * 1024 * 1024
#: Stands between the prelude of a streamed response and its body.
DIVIDER: Final = b"\0" * 8
_TEXT: Final = ("text/", "application/json", "application/javascript", "application/xml", "application/x-www-form")
#: Of one connection only.
_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "content-length"})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came: names of headers are lower case, `path` is not decoded."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    client: str
    protocol: str


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before a response's body."""

    status: int
    headers: tuple[tuple[str, str], ...]


def event_of(request: HttpRequest, *, request_id: str, at: datetime) -> dict[str, object]:
    """The event that a Function URL sends to its function."""
    headers = _joined(request.headers)
    cookies = [part for part in headers.pop("cookie", "").split("; ") if part]
    body, encoded = _body(request.body, headers.get("content-type", ""))
    host = headers.get("host", "localhost")
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        **({"cookies": cookies} if cookies else {}),
        "headers": headers,
        **({"queryStringParameters": _joined(parse_qsl(request.query, True))} if request.query else {}),
        "requestContext": {
            "accountId": "anonymous",
            "apiId": host.partition(".")[0],
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": request.protocol,
                "sourceIp": request.client,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": at.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(at.timestamp() * 1000),
        },
        **({"body": body} if request.body else {}),
        "isBase64Encoded": encoded,
    }


def head_of(metadata: Mapping[str, Any]) -> Head:
    """From what a function says of its response: statusCode, headers, cookies."""
    headers = [(str(name).lower(), str(value)) for name, value in (metadata.get("headers") or {}).items()]
    headers += [("set-cookie", str(cookie)) for cookie in metadata.get("cookies") or ()]
    if not any(name == "content-type" for name, _value in headers):
        headers.append(("content-type", "application/octet-stream"))
    return Head(int(metadata.get("statusCode", 200)), tuple(one for one in headers if one[0] not in _HOP))


def buffered(content: bytes) -> tuple[Head, bytes]:
    """A response that came whole: with a statusCode it describes itself, anything else is the JSON body."""
    answer = json.loads(content)
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return Head(200, (("content-type", "application/json"),)), content
    body = str(answer.get("body") or "")
    whole = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    with_type = {"content-type": "application/json", **_lower(answer.get("headers") or {})}
    return head_of({**answer, "headers": with_type}), whole


def _body(content: bytes, kind: str) -> tuple[str, bool]:
    if kind.startswith(_TEXT):
        try:
            return content.decode(), False
        except UnicodeDecodeError:
            pass
    return (base64.b64encode(content).decode(), True) if content else ("", False)


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What is said several times is one value with commas; cookies have a semicolon."""
    found: dict[str, str] = {}
    for name, value in pairs:
        mark = "; " if name == "cookie" else ","
        found[name] = f"{found[name]}{mark}{value}" if name in found else value
    return found


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
