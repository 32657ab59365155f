"""A WebSocket client, as small as the tests need one."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

Frame = dict[str, Any]
_TEXT, _CLOSE = 0x1, 0x8


class RefusedError(Exception):
    """The server answered something else than 101; its head is the message."""


class WebSocket:
    """Speaks JSON in text frames. Waits at most 20 s for one."""

    def __init__(self, url: str, *, key: str | None = None, protocols: str | None = None, origin: str = "") -> None:
        address = urlsplit(url)
        self._socket = socket.create_connection((address.hostname or "", address.port or 80), timeout=20)
        self._buffer = b""
        headers = {
            "Host": address.netloc,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **({"Authorization": f"Bearer {key}"} if key else {}),
            **({"Sec-WebSocket-Protocol": protocols} if protocols else {}),
            **({"Origin": origin} if origin else {}),
        }
        lines = [f"GET {address.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.head = self._until(b"\r\n\r\n").decode()
        if not self.head.startswith("HTTP/1.1 101"):
            self._socket.close()
            raise RefusedError(self.head)

    def send(self, frame: object) -> None:
        self.send_text(json.dumps(frame, separators=(",", ":")))

    def send_text(self, text: str) -> None:
        content = text.encode()
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(content))
        self._socket.sendall(bytes([0x80 | _TEXT]) + _length(len(content)) + mask + masked)

    def receive(self) -> Frame:
        while True:
            first, second = self._exactly(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", self._exactly(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", self._exactly(8))
            content = self._exactly(size)
            if first & 0xF == _TEXT:
                return dict(json.loads(content))
            assert first & 0xF != _CLOSE, content

    def until(self, kind: str) -> list[Frame]:
        """Everything up to the first frame of this type, which is the last."""
        frames = [self.receive()]
        while frames[-1]["type"] != kind:
            frames.append(self.receive())
        return frames

    def __enter__(self) -> WebSocket:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._socket.close()

    def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._read()
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._read()
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    def _read(self) -> None:
        more = self._socket.recv(65536)
        if not more:
            raise ConnectionError("the server closed the connection")
        self._buffer += more


def _length(size: int) -> bytes:
    if size < 126:
        return bytes([0x80 | size])
    if size < 65536:
        return bytes([0x80 | 126]) + struct.pack(">H", size)
    return bytes([0x80 | 127]) + struct.pack(">Q", size)
