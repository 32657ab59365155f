"""Caddy's one static configuration, embedded and in production. Pure.

The dashboard's paths go to our processes, every other host to the agent that it is linked to: a route is a link,
so that nothing is ever reloaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

GATEWAY_HEADER: Final = "X-Dexto-Gateway"
_STREAM_GRACE: Final = 5_000_000_000  # nanoseconds that streams get at the end
_LONG_LIVED: Final = ("/git/*", "/events/*", "/api/cloud-agents/*/agent/*")
_DIAL_TIMEOUT: Final = 2_000_000_000
#: Left out of the access log: secrets may be in them, and they may be megabytes.
_UNSAID: Final = {name: {"filter": "delete"} for name in ("request>headers", "request>tls", "resp_headers")}


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Our three kinds of web process, as Caddy dials them: `unix//path` or `host:port`."""

    pages: str
    intake: str
    streams: str


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificates at the first handshake, for hosts that `ask` knows. `authority` "" is Caddy's default, a URL
    another ACME directory, "internal" Caddy's own."""

    ask: str
    http_port: int
    https_port: int
    authority: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class EdgeSpec:
    """`run` has the links and the agents' sockets; `health`, where it is set, listens for who looks after us.
    `trusted` are the networks of proxies before us, which may say how a request came to them."""

    run: Path
    listen: str
    base_domain: str
    dashboard_hosts: tuple[str, ...]
    upstreams: Upstreams
    tls: Tls | None = None
    health: str = ""
    trusted: tuple[str, ...] = ()


def configuration(spec: EdgeSpec) -> dict[str, Any]:
    apps: dict[str, Any] = {"http": _http(spec)}
    if spec.tls:
        apps |= {
            "tls": _certificates(spec.tls),
            "pki": {"certificate_authorities": {"local": {"install_trust": False}}},
        }
    return {"admin": {"disabled": True, "config": {"persist": False}}, "logging": {"logs": _logs(spec)}, "apps": apps}


def _http(spec: EdgeSpec) -> dict[str, Any]:
    servers = {"edge": _server(spec)}
    if spec.health:
        well = {"handle": [{"handler": "static_response", "status_code": 200, "body": "ok\n"}]}
        servers["health"] = {"listen": [spec.health], "automatic_https": {"disable": True}, "routes": [well]}
    ports = {"http_port": spec.tls.http_port, "https_port": spec.tls.https_port} if spec.tls else {}
    return {"grace_period": _STREAM_GRACE, "servers": servers, **ports}


def _server(spec: EdgeSpec) -> dict[str, Any]:
    # HTTP/3 would be announced with the port inside of the container, which nobody outside can reach.
    secure = {"tls_connection_policies": [{}], "protocols": ["h1", "h2"]}
    trusted = {"trusted_proxies": {"source": "static", "ranges": list(spec.trusted)}} if spec.trusted else {}
    agents = f"*.{spec.base_domain}"
    return {
        "listen": [spec.listen],
        **(secure if spec.tls else {"automatic_https": {"disable": True}}),
        **trusted,
        "routes": [
            {"handle": [_without_gateway_header()]},
            {"match": [{"host": list(spec.dashboard_hosts)}], "handle": _dashboard(spec.upstreams), "terminal": True},
            {"match": [{"host": [agents]}], "handle": [*_noted(), _agent(spec)], "terminal": True},
            {"handle": [*_noted(), _own_hostname(spec)]},
        ],
        "errors": {"routes": [{"handle": [*_noted(), _to_gateway(spec.upstreams)]}]},
        "logs": {"default_logger_name": "agents", "skip_hosts": list(spec.dashboard_hosts)},
    }


def _dashboard(upstreams: Upstreams) -> list[dict[str, Any]]:
    routes = [
        {"match": [{"path": ["/internal/*"]}], "handle": [_refused("This is for machines inside.")], "terminal": True},
        {"match": [{"path": ["/webhooks/*"]}], "handle": [_proxy(upstreams.intake)], "terminal": True},
        {"match": [{"path": list(_LONG_LIVED)}], "handle": [_proxy(upstreams.streams)], "terminal": True},
        {"handle": [_proxy(upstreams.pages)]},
    ]
    return [{"handler": "subroute", "routes": routes}]


def _agent(spec: EdgeSpec) -> dict[str, Any]:
    """The link's name is the host's first label: whole names would not fit a socket's path."""
    label = spec.base_domain.count(".") + 1
    proxy = _proxy(f"unix/{spec.run / 'routes'}/{{http.request.host.labels.{label}}}")
    # With keep-alive Caddy would go on talking to the old instance after a swap.
    proxy["transport"] = {"protocol": "http", "keep_alive": {"enabled": False}, "dial_timeout": _DIAL_TIMEOUT}
    return proxy


def _own_hostname(spec: EdgeSpec) -> dict[str, Any]:
    """A person's own: its link has the whole name. What has none, and what does not fit a socket's path, goes to the
    gateway, which knows whether anybody has it."""
    proxy = _agent(spec)
    proxy["upstreams"] = [{"dial": f"unix/{spec.run / 'routes'}/{{http.request.host}}"}]
    return proxy


def _to_gateway(upstreams: Upstreams) -> dict[str, Any]:
    proxy = _proxy(upstreams.streams)
    proxy["headers"] = {"request": {"set": {GATEWAY_HEADER: ["1"]}}}
    return proxy


def _proxy(dial: str) -> dict[str, Any]:
    return {"handler": "reverse_proxy", "upstreams": [{"dial": dial}], "flush_interval": -1}


def _refused(words: str) -> dict[str, Any]:
    return {"handler": "static_response", "status_code": 404, "body": f"{words}\n"}


def _without_gateway_header() -> dict[str, Any]:
    """Only Caddy itself may say that a request is for the gateway."""
    return {"handler": "headers", "request": {"delete": [GATEWAY_HEADER]}}


def _noted() -> list[dict[str, Any]]:
    """In the access log: the answer's type, the one header that its reader needs; and how long it took, as Caddy's own
    `duration` ends before the gateway begins. Of an answer that broke off there is neither."""
    values = {"kind": "{http.reverse_proxy.header.Content-Type}", "took_ms": "{http.request.duration_ms}"}
    return [{"handler": "log_append", "key": key, "value": value} for key, value in values.items()]


def _certificates(tls: Tls) -> dict[str, Any]:
    """Caddy asks before it gets one: strangers' names must not use up our allowance."""
    policy = {"on_demand": True, "issuers": [_issuer(tls)]}
    permission = {"module": "http", "endpoint": tls.ask}
    return {"automation": {"policies": [policy], "on_demand": {"permission": permission}}}


def _issuer(tls: Tls) -> dict[str, Any]:
    if tls.authority == "internal":
        return {"module": "internal"}
    named = {"ca": tls.authority, "email": tls.email}
    return {"module": "acme", **{name: value for name, value in named.items() if value}}


def _logs(spec: EdgeSpec) -> dict[str, Any]:
    access = {
        "writer": {"output": "file", "filename": str(spec.run / "access.log"), "roll_size_mb": 10, "roll_keep": 1},
        "encoder": {"format": "filter", "wrap": {"format": "json"}, "fields": _UNSAID},
        "include": ["http.log.access.agents"],
    }
    return {"default": {"level": "ERROR", "exclude": ["http.log.access"]}, "agents": access}
