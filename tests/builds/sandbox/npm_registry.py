"""A package registry on loopback: one package, over TLS, as npm asks for it."""

from __future__ import annotations

import base64
import datetime
import hashlib
import io
import json
import ssl
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "registry.test"


@dataclass(frozen=True, slots=True)
class Registry:
    port: int
    certificate: Path

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}/"

    @property
    def tarball(self) -> str:
        return f"{self.url}greeting/-/greeting-1.0.0.tgz"

    @property
    def integrity(self) -> str:
        return _integrity()


@contextmanager
def registry(folder: Path, host: str = "127.0.0.1") -> Iterator[Registry]:
    certificate = _certificate(folder)
    server = ThreadingHTTPServer((host, 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Registry(int(server.server_address[1]), certificate)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = _tarball() if self.path.endswith(".tgz") else json.dumps(self._document()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def _document(self) -> dict[str, object]:
        url = f"https://{self.headers['Host']}/greeting/-/greeting-1.0.0.tgz"
        version = {"name": "greeting", "version": "1.0.0", "dist": {"tarball": url, "integrity": _integrity()}}
        return {"name": "greeting", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}

    def log_message(self, *_words: object) -> None:
        """Silent."""


def _integrity() -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(_tarball()).digest()).decode()}"


def _tarball() -> bytes:
    files = {"package.json": b'{"name": "greeting", "version": "1.0.0"}', "index.js": b"module.exports = 'hello'"}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=0) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    # The time in gzip's header would change the digest from one second to the next.
    content = packed.getvalue()
    return content[:4] + bytes(4) + content[8:]


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "registry.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
