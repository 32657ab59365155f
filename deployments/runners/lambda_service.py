"""Lambda on this machine: plain HTTP in front, the Runtime API behind, and processes of Node that ask it for events."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import uvicorn

from deployments.runners.contract import NODE_FLAGS
from deployments.runners.lambda_apps import Front, RuntimeApi
from deployments.runners.lambda_function import Function


class _ApiServer(uvicorn.Server):
    """Signals are the front's: it drains, and this one goes on until nothing is left to answer."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(node: str, launcher: str, environment: Mapping[str, str]) -> None:
    """Until SIGTERM, and what is in flight then has been answered."""
    behind = socket.create_server(("127.0.0.1", 0))
    api = f"127.0.0.1:{behind.getsockname()[1]}"
    own = {name: value for name, value in environment.items() if name not in ("PORT", "HOST", "DEXTO_SOCKET")}
    function = Function((node, *NODE_FLAGS, launcher), {**own, "AWS_LAMBDA_RUNTIME_API": api})
    server = _ApiServer(_config(RuntimeApi(function)))
    serving = asyncio.create_task(server.serve(sockets=[behind]))
    await function.start()
    try:
        await uvicorn.Server(_config(Front(function))).serve(sockets=[_listening(environment)])
    finally:
        await function.stop()
        server.force_exit = server.should_exit = True
        await serving


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(app, lifespan="off", log_level="error", access_log=False, server_header=False, ws="none")


def _listening(environment: Mapping[str, str]) -> socket.socket:
    path = environment.get("DEXTO_SOCKET")
    if not path:
        return socket.create_server((environment.get("HOST", "127.0.0.1"), int(environment["PORT"])), backlog=512)
    Path(path).unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(512)
    return listening


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    asyncio.run(serve(sys.argv[1], sys.argv[2], os.environ))
