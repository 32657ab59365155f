"""An S3 API over plain files: rclone from the wheel."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dexto_cloud.embedded.child import Child, accepts, program

BUCKET: Final = "dexto"


@dataclass(frozen=True, slots=True)
class Objects:
    data: Path
    port: int
    access_key_id: str
    secret_access_key: str = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        (self.data / BUCKET).mkdir(parents=True, exist_ok=True)

    def child(self) -> Child:
        return Child(
            name="objects",
            argv=(
                *(program("rclone"), "serve", "s3", str(self.data), "--addr", f"127.0.0.1:{self.port}"),
                *("--vfs-cache-mode", "off", "--no-modtime", "--buffer-size", "1M", "--log-level", "NOTICE"),
            ),
            ready=lambda: accepts(("127.0.0.1", self.port)),
            environment={
                # Never in argv. The variable is a list in CSV, so that a pair needs quotes.
                "RCLONE_AUTH_KEY": f'"{self.access_key_id},{self.secret_access_key}"',
                "RCLONE_CONFIG": "/dev/null",
                "GOMEMLIMIT": "48MiB",
            },
        )
