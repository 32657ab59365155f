"""R2: buckets of the account, and rclone as their S3."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlencode

from dexto_cloud.embedded.child import program

from tests.fakes.cloudflare.envelope import ok, refused
from tests.fakes.cloudflare.scripts import now
from tests.fakes.vendor import Answer, Asked
from tests.runtime.targets import free_port, wait_until

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}


class Objects:
    """A folder for each bucket. S3's keys are those that Cloudflare makes of a token."""

    def __init__(self, folder: Path, token_id: str, token: str) -> None:
        self.folder = folder
        self.uploaded_bytes = 0
        folder.mkdir(parents=True)
        self.port = free_port()
        # Never in argv. The variable is a list in CSV, so that a pair needs quotes.
        keys = f'"{token_id},{sha256(token.encode()).hexdigest()}"'
        self.process = subprocess.Popen(
            [
                *(program("rclone"), "serve", "s3", str(folder), "--addr", f"127.0.0.1:{self.port}"),
                # Buckets come and go beside it.
                *("--no-modtime", "--vfs-cache-mode", "off", "--dir-cache-time", "0s"),
            ],
            env={"PATH": os.environ["PATH"], "RCLONE_AUTH_KEY": keys, "RCLONE_CONFIG": "/dev/null"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, "rclone does not answer")

    def has(self, bucket: str) -> bool:
        return (self.folder / bucket).is_dir()

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def made(self, bucket: str, **files: str) -> None:
        """For a test: one of somebody else's."""
        (self.folder / bucket).mkdir()
        for name, content in files.items():
            (self.folder / bucket / name).write_text(content)

    def list(self, _asked: Asked) -> Answer:
        return ok({"buckets": [_described(name) for name in self.names()]})

    def get(self, asked: Asked) -> Answer:
        self._there(asked.parameters["bucket"])
        return ok(_described(asked.parameters["bucket"]))

    def create(self, asked: Asked) -> Answer:
        name = asked.json["name"]
        if not _NAME.fullmatch(name):
            raise refused(400, 10005, "The bucket name is not valid.")
        if self.has(name):
            raise refused(409, 10004, "The bucket you tried to create already exists, and you own it.")
        (self.folder / name).mkdir()
        return ok(_described(name))

    def delete(self, asked: Asked) -> Answer:
        name = asked.parameters["bucket"]
        self._there(name)
        if any(path.is_file() for path in (self.folder / name).rglob("*")):
            raise refused(409, 10008, "The bucket you tried to delete is not empty.")
        shutil.rmtree(self.folder / name)
        return ok({})

    def forward(self, asked: Asked) -> Answer:
        """To S3 as it came: a signature covers the host, the path and the query."""
        query = urlencode(asked.query, quote_via=quote, safe="-_.~")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {name: value for name, value in asked.headers.items() if name not in ("connection", "expect")}
        connection.request(asked.method, asked.path + (f"?{query}" if query else ""), asked.body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if asked.method == "PUT" and answer.status == 200:
            self.uploaded_bytes += len(asked.body)
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
        return Answer(content, answer.status, kept)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

    def _there(self, bucket: str) -> None:
        if not self.has(bucket):
            raise refused(404, 10006, "The specified bucket does not exist.")

    def _answers(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0


def _described(name: str) -> dict[str, str]:
    return {"name": name, "creation_date": now(), "location": "weur", "storage_class": "Standard"}
