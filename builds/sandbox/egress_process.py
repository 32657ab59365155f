"""`python -m builds.sandbox.egress_process SOCKET [HOST:PORT …]`: the way out of agents, which are strangers' programs.

A process of its own: an agent talks to its model through it, and goes on when the node that started both is replaced.
A newer one takes over the socket's name; the older one ends when its last connection has ended.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final

from builds.sandbox.egress_proxy import EgressProxy, listen
from builds.sandbox.egress_rules import EgressRules, places

_LOOK_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 3.0


@dataclass(slots=True)
class Egress:
    """Keeps one running. `also` are places of the operator's own network that agents may reach."""

    socket: Path
    also: Iterable[str] = ()
    _process: subprocess.Popen[bytes] | None = None
    _lock: Lock = field(default_factory=Lock)

    def ensure(self) -> None:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self.socket.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "builds.sandbox.egress_process", str(self.socket), *self.also],
                    cwd=Path(__file__).parents[2],
                    env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                )

    def stop(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.terminate()
                self._process.wait(_STOP_SECONDS)
                self._process = None


async def serve(path: Path, rules: EgressRules) -> None:
    proxy = EgressProxy(rules)
    scratch = path.with_suffix(f".{os.getpid()}")
    listener = listen(scratch)
    inode = scratch.stat().st_ino
    scratch.replace(path)
    serving = asyncio.create_task(proxy.serve(listener))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, 0)
    while _is_ours(path, inode):
        await asyncio.sleep(_LOOK_SECONDS)
    await proxy.drained()
    serving.cancel()


def _is_ours(path: Path, inode: int) -> bool:
    try:
        return path.stat().st_ino == inode
    except OSError:
        return False


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), EgressRules(None, places(sys.argv[2:]))))
