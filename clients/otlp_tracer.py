"""Traces to an OpenTelemetry collector: OTLP over HTTP, in batches, by a thread that nobody waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from core.errors import DextoError

_TIMEOUT_SECONDS = 5
_DELAY_MS = 1_000
_PROPAGATOR = TraceContextTextMapPropagator()


class OtlpTracer:
    """`endpoint` is the collector's; a collector that is away costs spans, never work."""

    def __init__(self, endpoint: str, headers: Mapping[str, str], process: str) -> None:
        exporter = OTLPSpanExporter(
            endpoint=f"{endpoint.rstrip('/')}/v1/traces", headers=dict(headers), timeout=_TIMEOUT_SECONDS
        )
        resource = Resource.create({"service.name": "dexto-cloud", "service.instance.id": process or "all"})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_DELAY_MS))
        self._tracer = self._provider.get_tracer("dexto_cloud")

    @contextmanager
    def span(self, name: str, parent: str, ids: Mapping[str, str | int]) -> Iterator[str]:
        """Of an error only its code is told: its words may name what a project keeps to itself."""
        context = _PROPAGATOR.extract({"traceparent": parent}) if parent else None
        with self._tracer.start_as_current_span(
            name, context, attributes=dict(ids), record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield trace.format_trace_id(span.get_span_context().trace_id)
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR, _code(error)))
                raise

    def current(self) -> str:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get("traceparent", "")

    def close(self) -> None:
        """What waits is sent."""
        self._provider.shutdown()


def _code(error: BaseException) -> str:
    return error.code if isinstance(error, DextoError) else type(error).__name__
