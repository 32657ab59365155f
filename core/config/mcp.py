"""`mcpServers`: tools that other programs offer."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.base import Milliseconds, Model, Name


class _McpServer(Model):
    enabled: bool = True
    timeout: Milliseconds = 30_000
    connection_mode: Literal["lenient", "strict"] = "lenient"


class StdioServer(_McpServer):
    """A program that is started beside the agent."""

    type: Literal["stdio"]
    command: Name
    args: list[str] = []
    env: dict[str, str] = {}


class SseServer(_McpServer):
    """A server over server-sent events: the older transport."""

    type: Literal["sse"]
    url: Name
    headers: dict[str, str] = {}


class HttpServer(_McpServer):
    """A server over streamable HTTP."""

    type: Literal["http"]
    url: Name
    headers: dict[str, str] = {}


McpServer = Annotated[StdioServer | SseServer | HttpServer, Field(discriminator="type")]
