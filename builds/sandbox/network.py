"""The network of a sandbox: none, or a relay inside to a proxy outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from builds.sandbox.contract import Network, Specification
from builds.sandbox.egress_proxy import serving
from builds.sandbox.egress_rules import EgressRules, Place

RELAY: Final = Path(__file__).with_name("relay.mjs")
_LOOPBACK: Final = ("127.0.0.1", "localhost")
_ADDRESS: Final = "http://127.0.0.1:3128"


@dataclass(frozen=True, slots=True)
class Registries:
    """What an install may reach, and the Node that relays to it."""

    rules: EgressRules
    node: Path


def proxy_environment(socket: Path, also: Iterable[Place] = ()) -> Mapping[str, str]:
    """npm, curl and git look at these; the relay sees to it that Node's own HTTP clients do.

    `also` are allowed places: those on this machine's loopback are found at the same port inside.
    """
    forwarded = sorted({str(port) for host, port in also if host in _LOOPBACK})
    names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    return {
        **dict.fromkeys(names, _ADDRESS),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost,::1"),
        "DEXTO_PROXY_SOCKET": str(socket),
        "DEXTO_FORWARDED_PORTS": ",".join(forwarded),
    }


@contextmanager
def connected(
    specification: Specification, registries: Registries | None, line: Callable[[str], None]
) -> Iterator[Specification]:
    """For a run with the registries, the same run with a proxy that lives as long."""
    if specification.network is not Network.REGISTRIES:
        yield specification
        return
    if registries is None:
        raise ValueError("this sandbox was not told which registries may be reached")
    with TemporaryDirectory(prefix="dx-") as folder:
        socket = Path(folder) / "proxy.sock"
        Path(folder).chmod(0o711)
        with serving(registries.rules, socket, line):
            yield _relayed(specification, socket, registries.node)


def _relayed(specification: Specification, socket: Path, node: Path) -> Specification:
    return replace(
        specification,
        argv=(str(node), str(RELAY), "--", *specification.argv),
        readable=(*specification.readable, RELAY, node.parents[1]),
        environment={**specification.environment, **proxy_environment(socket)},
        proxy=socket,
    )
