"""Caddy from the wheel, on this machine alone: plain HTTP, our processes by their sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from dexto_cloud.edge_configuration import EdgeSpec, Upstreams, configuration
from dexto_cloud.embedded.child import Child, accepts, program


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
        (self.data / "caddy.json").write_text(json.dumps(configuration(self._spec()), indent=1))

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

    def _spec(self) -> EdgeSpec:
        return EdgeSpec(
            run=self.run,
            listen=f"127.0.0.1:{self.port}",
            base_domain=self.base_domain,
            dashboard_hosts=(self.base_domain, "127.0.0.1"),
            upstreams=Upstreams(*(f"unix/{self.run / name}.sock" for name in ("pages", "intake", "streams"))),
        )
