"""Caddy from the wheel, under one static configuration: a route is a link, so that nothing is ever reloaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dexto_cloud.embedded.child import Child, accepts, program

GATEWAY_HEADER: Final = "X-Dexto-Gateway"
_STREAM_GRACE: Final = 5_000_000_000  # nanoseconds that streams get at the end


@dataclass(frozen=True, slots=True)
class Edge:
    data: Path
    run: Path
    port: int
    base_domain: str = "localhost"

    @property
    def url(self) -> str:
        return f"http://{self.base_domain}:{self.port}"

    def prepare(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / "caddy.json").write_text(json.dumps(configuration(self), indent=1))

    def child(self) -> Child:
        return Child(
            name="edge",
            argv=(program("caddy"), "run", "--config", str(self.data / "caddy.json")),
            ready=lambda: accepts(("127.0.0.1", self.port)),
            environment={
                "GOMEMLIMIT": "48MiB",
                "HOME": str(self.data),
                "XDG_DATA_HOME": str(self.data),
                "XDG_CONFIG_HOME": str(self.data),
            },
        )


def configuration(edge: Edge) -> dict[str, Any]:
    """Caddy's JSON: the dashboard's paths to our processes, every other host to the agent that it is linked to."""
    server = {
        "listen": [f"127.0.0.1:{edge.port}"],
        "automatic_https": {"disable": True},
        "routes": [
            {"handle": [_without_gateway_header()]},
            {"match": [{"host": [edge.base_domain, "127.0.0.1"]}], "handle": _dashboard(edge.run), "terminal": True},
            {"match": [{"host": [f"*.{edge.base_domain}"]}], "handle": [_agent(edge)], "terminal": True},
            {"handle": [{"handler": "static_response", "status_code": 404, "body": "There is no such host here.\n"}]},
        ],
        "errors": {"routes": [{"handle": [_to_gateway(edge.run)]}]},
        "logs": {"logger_names": {f"*.{edge.base_domain}": ["agents"]}, "skip_unmapped_hosts": True},
    }
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "logging": {"logs": _logs(edge)},
        "apps": {"http": {"grace_period": _STREAM_GRACE, "servers": {"edge": server}}},
    }


def _dashboard(run: Path) -> list[dict[str, Any]]:
    routes = [
        {"match": [{"path": ["/webhooks/*"]}], "handle": [_proxy(run / "intake.sock")], "terminal": True},
        {
            "match": [{"path": ["/git/*", "/events/*", "/api/cloud-agents/*/agent/*"]}],
            "handle": [_proxy(run / "streams.sock")],
            "terminal": True,
        },
        {"handle": [_proxy(run / "pages.sock")]},
    ]
    return [{"handler": "subroute", "routes": routes}]


def _agent(edge: Edge) -> dict[str, Any]:
    """The link's name is the host's first label: whole names would not fit a socket's path."""
    label = edge.base_domain.count(".") + 1
    proxy = _proxy(edge.run / "routes" / f"{{http.request.host.labels.{label}}}")
    # With keep-alive Caddy would go on talking to the old instance after a swap.
    proxy["transport"] = {"protocol": "http", "keep_alive": {"enabled": False}, "dial_timeout": 2_000_000_000}
    return proxy


def _to_gateway(run: Path) -> dict[str, Any]:
    proxy = _proxy(run / "streams.sock")
    proxy["headers"] = {"request": {"set": {GATEWAY_HEADER: ["1"]}}}
    return proxy


def _proxy(socket: Path) -> dict[str, Any]:
    return {"handler": "reverse_proxy", "upstreams": [{"dial": f"unix/{socket}"}], "flush_interval": -1}


def _without_gateway_header() -> dict[str, Any]:
    """Only Caddy itself may say that a request is for the gateway."""
    return {"handler": "headers", "request": {"delete": [GATEWAY_HEADER]}}


def _logs(edge: Edge) -> dict[str, Any]:
    access = {
        "writer": {"output": "file", "filename": str(edge.run / "access.log"), "roll_size_mb": 10, "roll_keep": 1},
        "encoder": {"format": "json"},
        "include": ["http.log.access.agents"],
    }
    return {"default": {"level": "ERROR", "exclude": ["http.log.access"]}, "agents": access}
