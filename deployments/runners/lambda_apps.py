"""The two faces of Lambda on this machine, as ASGI applications: plain HTTP in front, the Runtime API behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from deployments.runners.function_url import DIVIDER, MAX_BODY_BYTES, Head, HttpRequest, buffered, head_of
from deployments.runners.lambda_function import Function, FunctionError, Invocation

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_API: Final = "/2018-06-01/runtime/"


@dataclass(frozen=True, slots=True)
class Front:
    """Plain HTTP: each request is an event, each response is passed on as it comes."""

    function: Function

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _whole(receive, MAX_BODY_BYTES)
        if body is None:
            await _answer(send, 413, {"Message": "Request Entity Too Large"})
            return
        invocation = await self.function.invoke(_request(scope, body))
        head = await invocation.parts.get()
        if not isinstance(head, Head):
            await _answer(send, 502, {"Message": "Internal Server Error"})
            return
        await self._pass_on(invocation, head, send)

    async def _pass_on(self, invocation: Invocation, head: Head, send: Send) -> None:
        headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in head.headers]
        await send({"type": "http.response.start", "status": head.status, "headers": headers})
        async for piece in _pieces(invocation):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _pieces(invocation: Invocation) -> AsyncIterator[bytes]:
    """Raises FunctionError in the middle: the connection then breaks, and nobody takes the half for the whole."""
    while (piece := await invocation.parts.get()) is not None:
        if isinstance(piece, FunctionError):
            raise piece
        if isinstance(piece, bytes):
            yield piece


@dataclass(frozen=True, slots=True)
class RuntimeApi:
    """What the processes ask: the next event, and where its response or its error goes."""

    function: Function

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = str(scope["path"]).removeprefix(_API)
        if path == "invocation/next":
            await self._next(scope, receive, send)
        elif path == "init/error":
            await _whole(receive)
            await _answer(send, 202, {"status": "OK"})
        else:
            await self._said(path.split("/"), scope, receive, send)

    async def _next(self, scope: Message, receive: Receive, send: Send) -> None:
        process = _headers(scope).get("lambda-runtime-process", "")
        asked = asyncio.create_task(self.function.next(process))
        gone = asyncio.create_task(_gone(receive))
        await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not asked.done():
            asked.cancel()
            return
        invocation = asked.result()
        headers = {
            "content-type": "application/json",
            "lambda-runtime-aws-request-id": invocation.id,
            "lambda-runtime-deadline-ms": str(int(invocation.deadline * 1000)),
            "lambda-runtime-invoked-function-arn": "arn:aws:lambda:local:000000000000:function:agent",
        }
        await _send(send, 200, headers, invocation.event)

    async def _said(self, path: list[str], scope: Message, receive: Receive, send: Send) -> None:
        invocation = self.function.running.get(path[1]) if len(path) == 3 else None
        if invocation is None:
            await _answer(send, 404, {"errorType": "InvalidRequestID"})
            return
        if path[2] == "error":
            await _whole(receive)
            self.function.finish(invocation, FunctionError("the handler failed"))
        elif _headers(scope).get("lambda-runtime-function-response-mode") == "streaming":
            await self._streamed(invocation, _headers(scope), receive)
        else:
            await self._buffered(invocation, receive)
        await _answer(send, 202, {"status": "OK"})

    async def _streamed(self, invocation: Invocation, headers: Mapping[str, str], receive: Receive) -> None:
        """The prelude becomes the head; whatever follows is passed on at once."""
        kept: bytes | None = b""
        if "http-integration-response" not in headers.get("content-type", ""):
            invocation.parts.put_nowait(head_of({"headers": {"content-type": headers.get("content-type", "")}}))
            kept = None
        async for piece in _body(receive):
            if piece is None:
                self.function.finish(invocation, FunctionError("the response broke off"))
                return
            kept = _take(invocation, kept, piece)
        self.function.finish(invocation, None if kept is None else FunctionError("there was no response"))

    async def _buffered(self, invocation: Invocation, receive: Receive) -> None:
        try:
            head, body = buffered(await _whole(receive) or b"null")
        except (ValueError, TypeError, AttributeError):
            self.function.finish(invocation, FunctionError("the response cannot be read"))
            return
        invocation.parts.put_nowait(head)
        invocation.parts.put_nowait(body)
        self.function.finish(invocation)


def _take(invocation: Invocation, kept: bytes | None, piece: bytes) -> bytes | None:
    """`kept` is what came of the prelude so far, or None once the head is known."""
    if kept is None:
        invocation.parts.put_nowait(piece)
        return None
    prelude, divider, rest = (kept + piece).partition(DIVIDER)
    if not divider:
        return prelude
    invocation.parts.put_nowait(head_of(json.loads(prelude)))
    if rest:
        invocation.parts.put_nowait(rest)
    return None


async def _body(receive: Receive) -> AsyncIterator[bytes | None]:
    """Pieces as they come; None when the other side went away before the end."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            yield None
            return
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body"):
            return


async def _whole(receive: Receive, limit: int | None = None) -> bytes | None:
    """None when it is more than the limit, or breaks off."""
    content = bytearray()
    async for piece in _body(receive):
        if piece is None:
            return None
        content += piece
        if limit is not None and len(content) > limit:
            return None
    return bytes(content)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _request(scope: Message, body: bytes) -> HttpRequest:
    return HttpRequest(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1").partition("?")[0],
        query=scope["query_string"].decode("latin-1"),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        body=body,
        client=scope["client"][0] if scope.get("client") else "127.0.0.1",
        protocol=f"HTTP/{scope['http_version']}",
    )


def _headers(scope: Message) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _answer(send: Send, status: int, body: Mapping[str, object]) -> None:
    await _send(send, status, {"content-type": "application/json"}, json.dumps(body).encode())


async def _send(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
