"""Which ports this installation listens on: chosen once, remembered, so that its URLs stay the same."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from core.errors import UserError

DEFAULT_EDGE_PORT: Final = 8400
_LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    edge: int
    valkey: int
    objects: int
    model: int = 0  # of the demo's model server; 0 where there was none yet


def choose(data: Path, *, edge: int | None) -> Ports:
    """`edge` None is the remembered or the default port, 0 any free one. Raises UserError: port_taken, _forbidden."""
    kept = data / "ports.json"
    before = Ports(**json.loads(kept.read_text())) if kept.exists() else None
    ports = Ports(
        edge=_edge_port(edge, before),
        valkey=_free_port(before.valkey if before else 0),
        objects=_free_port(before.objects if before else 0),
        model=_free_port(before.model if before else 0),
    )
    kept.write_text(json.dumps(asdict(ports)))
    return ports


def _edge_port(asked: int | None, before: Ports | None) -> int:
    if asked == 0:
        return _free_port(before.edge if before else 0)
    port = asked or (before.edge if before else DEFAULT_EDGE_PORT)
    if not _is_free(port):
        raise UserError(
            "port_taken",
            f"Port {port} is taken by another program.",
            f"Stop that program, or choose another port: --port {port + 1}, or make demo PORT={port + 1}.",
        )
    return port


def _free_port(wanted: int) -> int:
    if wanted and _is_free(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except PermissionError as error:
            raise UserError(
                "port_forbidden",
                f"Port {port} may not be used by an ordinary user.",
                "Choose one above 1023 with --port.",
            ) from error
        except OSError:
            return False
    return True
