"""`dexto-cloud edge`: Caddy for an installation of many processes, its configuration made from the environment."""

from __future__ import annotations

import json as jsons
import os
import sys
from pathlib import Path
from typing import Final, NoReturn

from django.core.exceptions import ImproperlyConfigured

from core.errors import UserError
from dexto_cloud.edge_configuration import EdgeSpec, Tls, Upstreams, configuration
from dexto_cloud.environment import Environment, host_of

#: Where a proxy before us stands: on the same machine, or in the same network.
_PRIVATE: Final = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8", "::1")


def become_caddy(*, json: bool) -> NoReturn:
    """Writes the configuration, and replaces this process. Raises UserError setting_missing."""
    try:
        environment = Environment()
        spec, data = specification(environment), Path(environment.required("DEXTO_EDGE_DIR", in_debug="/tmp"))  # noqa: S108
    except ImproperlyConfigured as error:
        raise UserError("setting_missing", str(error), "docs/production.md lists what must be set.") from error
    data.mkdir(parents=True, exist_ok=True)
    kept = data / "caddy.json"
    kept.write_text(jsons.dumps(configuration(spec), indent=1))
    if json:
        _say_where(spec, kept)
    places = {name: str(data) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    caddy = str(Path(sys.executable).with_name("caddy"))
    os.execve(caddy, [caddy, "run", "--config", str(kept)], {**os.environ, **places})  # noqa: S606


def _say_where(spec: EdgeSpec, kept: Path) -> None:
    """Before it serves: only Caddy knows when it does, and says so at `health`."""
    told = {"event": "starting", "listen": spec.listen, "health": f"http://{spec.health}/", "configuration": str(kept)}
    sys.stdout.write(f"{jsons.dumps(told)}\n")
    sys.stdout.flush()


def specification(environment: Environment) -> EdgeSpec:
    """Where DEXTO_TLS_AUTHORITY is "none", a proxy before us has the certificates, and we speak plain HTTP."""
    public_url = environment.required("DEXTO_PUBLIC_URL", in_debug="http://localhost:8400")
    pages = environment.text("DEXTO_EDGE_PAGES", default="pages:8000")
    port = environment.whole_number("DEXTO_EDGE_HTTP_PORT", default=8080)
    tls = _tls(environment, pages, port)
    return EdgeSpec(
        run=Path(environment.required("DEXTO_RUN_DIR", in_debug="/tmp")),  # noqa: S108
        listen=f":{tls.https_port if tls else port}",
        base_domain=environment.required("DEXTO_BASE_DOMAIN", in_debug="localhost").lower(),
        dashboard_hosts=(host_of(public_url),),
        upstreams=Upstreams(
            pages=pages,
            intake=environment.text("DEXTO_EDGE_INTAKE", default="intake:8000"),
            streams=environment.text("DEXTO_EDGE_STREAMS", default="streams:8000"),
        ),
        tls=tls,
        trusted=() if tls else _PRIVATE,
        health=f"127.0.0.1:{environment.whole_number('DEXTO_EDGE_HEALTH_PORT', default=8081)}",
    )


def _tls(environment: Environment, pages: str, http_port: int) -> Tls | None:
    authority = environment.text("DEXTO_TLS_AUTHORITY", default="")
    if authority == "none":
        return None
    return Tls(
        ask=f"http://{pages}/internal/known-host",
        http_port=http_port,
        https_port=environment.whole_number("DEXTO_EDGE_HTTPS_PORT", default=8443),
        authority=authority,
        email=environment.text("DEXTO_TLS_EMAIL", default=""),
    )
