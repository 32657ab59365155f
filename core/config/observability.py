"""`telemetry` and `logger`."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.base import Count, Model


class TelemetryExport(Model):
    """Where traces go."""

    type: Literal["otlp", "console"]
    protocol: Literal["http", "grpc"] = "http"
    endpoint: str | None = None
    headers: dict[str, str] = {}


class Telemetry(Model):
    """Traces by OpenTelemetry."""

    enabled: bool = False
    service_name: str | None = None
    tracer_name: str | None = None
    export: TelemetryExport | None = None


class ConsoleTransport(Model):
    """The process's own output."""

    type: Literal["console"]
    colorize: bool = True


class SilentTransport(Model):
    """No output."""

    type: Literal["silent"]


class FileTransport(Model):
    """A file that is rotated."""

    type: Literal["file"]
    path: str
    max_size: Count | None = None
    max_files: Count | None = None


class UpstashTransport(Model):
    """A list in a hosted Redis."""

    type: Literal["upstash"]
    url: str
    token: str
    list_name: str | None = None
    max_list_length: Count | None = None
    batch_size: Count | None = None


Transport = Annotated[
    ConsoleTransport | SilentTransport | FileTransport | UpstashTransport, Field(discriminator="type")
]


class Logger(Model):
    """What is logged, and to where."""

    level: Literal["error", "warn", "info", "debug", "silly"] = "error"
    transports: Annotated[list[Transport] | None, Field(min_length=1)] = None
