"""A hostile repository tries to reach what it must not: services of this machine, its cloud, the internet."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from builds.node_program import node_program
from builds.sandbox.contract import Network, Sandbox
from builds.sandbox.egress_rules import EgressRules, places
from builds.sandbox.network import Registries
from clients.addresses import AddressPolicy, UnknownHostError
from tests.builds.sandbox.conftest import MEGABYTE, PYTHON, SMALL, Attack, specification

CONNECT = """
import socket, sys
host, port = sys.argv[1], int(sys.argv[2])
try:
    socket.create_connection((host, port), timeout=3).close()
    print("reached")
except OSError as error:
    print("refused", type(error).__name__)
"""
CONNECT_UNIX = """
import socket, sys
try:
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
    print("reached")
except OSError as error:
    print("refused", error.errno)
"""
#: What comes back when the proxy is asked for a place.
BY_PROXY = """
import socket, sys
with socket.create_connection(("127.0.0.1", 3128), timeout=10) as proxy:
    proxy.sendall(sys.argv[1].encode().decode("unicode_escape").encode())
    proxy.shutdown(socket.SHUT_WR)
    answer = b""
    while chunk := proxy.recv(65536):
        answer += chunk
print(answer.decode())
"""
WITH_NODE = replace(SMALL, memory_bytes=512 * MEGABYTE)


def place_of(name: str) -> tuple[str, str]:
    url = urlsplit(os.environ[name])
    return str(url.hostname), str(url.port)


@pytest.fixture(params=["REDIS_URL", "S3_ENDPOINT_URL"])
def engine(request: pytest.FixtureRequest) -> tuple[str, str]:
    return place_of(request.param)


def test_queue_and_object_store_cannot_be_reached(attack: Attack, engine: tuple[str, str]) -> None:
    outside = subprocess.run([PYTHON, "-c", CONNECT, *engine], capture_output=True, check=True)
    assert outside.stdout.strip() == b"reached"  # the control
    assert attack(CONNECT, *engine).output.split()[0] == b"refused"


def test_the_database_cannot_be_reached(attack: Attack) -> None:
    folder = os.environ["DATABASE_URL"].partition("host=")[2]
    path = f"{folder}/.s.PGSQL.5432"
    outside = subprocess.run([PYTHON, "-c", CONNECT_UNIX, path], capture_output=True, check=True)
    assert outside.stdout.strip() == b"reached"  # the control
    assert attack(CONNECT_UNIX, path).output.split() == [b"refused", b"2"]


def test_an_abstract_socket_of_the_host_cannot_be_reached(attack: Attack) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0dexto-canary")
        listener.listen()
        done = attack(CONNECT_UNIX.replace("sys.argv[1]", "chr(0) + 'dexto-canary'"))
    assert done.output.split()[0] == b"refused"


@pytest.mark.parametrize("host", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "1.1.1.1", "10.0.0.1"])
def test_no_address_can_be_reached(attack: Attack, host: str) -> None:
    assert attack(CONNECT, host, "80").output.split()[0] == b"refused"


def test_no_name_is_resolved(attack: Attack) -> None:
    done = attack(
        """
        import socket
        try:
            print("reached", socket.getaddrinfo("registry.npmjs.org", 443))
        except OSError as error:
            print("refused")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            try:
                asked.sendto(bytes(30), ("8.8.8.8", 53))
                print("reached")
            except OSError:
                print("refused")
        """
    )
    assert done.output.split() == [b"refused", b"refused"]


def test_loopback_is_the_sandboxs_own(attack: Attack) -> None:
    done = attack("import socket; print(socket.if_nameindex())")
    assert done.output.strip() == b"[(1, 'lo')]"


@contextmanager
def answering(words: bytes, host: str = "127.0.0.1") -> Iterator[int]:
    """A server on this machine's loopback: the registry of a test, or what must not be reached."""
    with socket.create_server((host, 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _address = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(words)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


NAMES = {
    "registry.test": ["127.0.0.1"],
    "rebound.test": ["93.184.215.14", "127.0.0.1"],
    "private.test": ["10.0.0.1"],
    "metadata.test": ["169.254.169.254"],
    "mapped.test": ["::ffff:127.0.0.1"],
}


def resolver(host: str, _port: int) -> list[str]:
    if host in NAMES:
        return NAMES[host]
    try:
        socket.inet_aton(host)
    except OSError:
        raise UnknownHostError(host) from None
    return [socket.inet_ntoa(socket.inet_aton(host))]


def with_registries(sandbox: Sandbox, port: int, *, only: bool = True) -> Sandbox:
    """`registry.test` is on loopback here, so it is one of the operator's own."""
    policy = AddressPolicy(public_only=True, resolver=resolver)
    own = places([f"registry.test:{port}"])
    listed = places(["registry.npmjs.test", "private.test", "rebound.test", "metadata.test", "mapped.test"])
    rules = EgressRules(listed if only else None, own, policy)
    return replace(sandbox, registries=Registries(rules, node_program()))  # type: ignore[type-var]  # a dataclass


@pytest.fixture
def registry() -> Iterator[int]:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npackages") as port:
        yield port


def ask(sandbox: Sandbox, folder: Path, said: str, lines: list[str] | None = None) -> str:
    asked = specification(folder, BY_PROXY, said, limits=WITH_NODE, network=Network.REGISTRIES)
    done = sandbox.run(asked, check=lambda: None, line=(lines if lines is not None else []).append)
    assert done.ok, done.last_lines
    return done.output.decode()


def test_the_registry_can_be_reached_by_a_tunnel(sandbox: Sandbox, folder: Path, registry: int) -> None:
    said = rf"CONNECT registry.test:{registry} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"
    answer = ask(with_registries(sandbox, registry), folder, said)
    assert answer.startswith("HTTP/1.1 200 Connection established")
    assert answer.strip().endswith("packages")


def test_the_registry_can_be_reached_by_plain_http(sandbox: Sandbox, folder: Path, registry: int) -> None:
    said = rf"GET http://registry.test:{registry}/a HTTP/1.1\r\nHost: registry.test\r\n\r\n"
    assert ask(with_registries(sandbox, registry), folder, said).strip().endswith("packages")


@pytest.mark.parametrize(
    "target",
    [
        "example.com:443",
        "registry.test:1",
        "registry.test.evil.test:443",
        "REGISTRY.TEST.:22",
        "169.254.169.254:80",
        "127.0.0.1:{port}",
        "[::1]:{port}",
        "localhost:{port}",
        "0x7f.1:{port}",
        "2130706433:{port}",
    ],
)
def test_nothing_else_can_be_reached_by_the_proxy(sandbox: Sandbox, folder: Path, registry: int, target: str) -> None:
    lines: list[str] = []
    said = rf"CONNECT {target.format(port=registry)} HTTP/1.1\r\n\r\n"
    assert ask(with_registries(sandbox, registry), folder, said, lines).startswith("HTTP/1.1 403")
    assert any("may be reached" in line for line in lines)


@pytest.mark.parametrize("name", ["private.test", "rebound.test", "metadata.test", "mapped.test"])
def test_a_listed_name_that_leads_to_a_private_address_is_refused(
    sandbox: Sandbox, folder: Path, registry: int, name: str
) -> None:
    answer = ask(with_registries(sandbox, registry), folder, rf"CONNECT {name}:443 HTTP/1.1\r\n\r\n")
    assert answer.startswith("HTTP/1.1 403")
    assert "not public" in answer


@pytest.mark.parametrize(
    "said",
    [r"GET / HTTP/1.1\r\n\r\n", r"CONNECT nowhere HTTP/1.1\r\n\r\n", r"\x00\x01\r\n\r\n", "A" * 40_000, r"CONNECT a"],
)
def test_nonsense_is_answered_and_harms_nothing(sandbox: Sandbox, folder: Path, registry: int, said: str) -> None:
    answer = ask(with_registries(sandbox, registry), folder, said)
    assert answer.startswith("HTTP/1.1 50") or answer.startswith("HTTP/1.1 403")


def test_a_second_request_of_a_connection_goes_nowhere_else(sandbox: Sandbox, folder: Path, registry: int) -> None:
    with answering(b"HTTP/1.1 200 OK\r\n\r\nsecret") as other:
        first = rf"GET http://registry.test:{registry}/ HTTP/1.1\r\nConnection: keep-alive\r\n\r\n"
        second = rf"GET http://127.0.0.1:{other}/ HTTP/1.1\r\n\r\n"
        answer = ask(with_registries(sandbox, registry), folder, first + second)
    assert "packages" in answer
    assert "secret" not in answer


def test_who_ends_the_relay_is_alone(sandbox: Sandbox, folder: Path, registry: int) -> None:
    script = """
        import os, signal, socket
        os.kill(os.getppid(), signal.SIGKILL)
        """
    asked = specification(folder, script, limits=WITH_NODE, network=Network.REGISTRIES)
    done = with_registries(sandbox, registry).run(asked, check=lambda: None)
    assert done.exit_code == 137
    assert ask(with_registries(sandbox, registry), folder, rf"GET http://registry.test:{registry}/ HTTP/1.1\r\n\r\n")


def test_the_exit_code_behind_the_relay_is_the_programs(sandbox: Sandbox, folder: Path, registry: int) -> None:
    asked = specification(folder, "import sys; sys.exit(5)", limits=WITH_NODE, network=Network.REGISTRIES)
    assert with_registries(sandbox, registry).run(asked, check=lambda: None).exit_code == 5
