"""Traces: a push as one trace over everything that came of it, sent to a real collector; off without one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dexto_cloud.environment import Environment
from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from builds import actions as build_actions
from clients.otlp_tracer import OtlpTracer
from core.errors import UserError
from deployments import release_queue
from deployments.models import Deployment, DeploymentStatus
from origin import announcing
from origin.models import Announcement, OriginRepository
from projects import operations, outbox, tracing
from projects.leases import Lease
from projects.models import Operation, OutboxEvent, Team
from tests import deliveries, factories
from tests.git import commit, git, repository
from tests.web_server import Reply, WebServer, web_server
from webhooks import processing

pytestmark = pytest.mark.django_db(transaction=True)
HEADERS = "api-key=k%3D1, team=acme"


@dataclass(frozen=True)
class Span:
    name: str
    trace: bytes
    id: bytes
    parent: bytes
    ids: dict[str, Any]
    error: str


class Collector:
    """What a collector of OpenTelemetry was sent over HTTP."""

    def __init__(self, server: WebServer) -> None:
        self._server = server

    def spans(self) -> list[Span]:
        """Everything so far: what waits is sent first."""
        tracer = tracing._tracer()
        assert isinstance(tracer, OtlpTracer)
        tracer.close()
        found = []
        for seen in self._server.seen:
            request = Parse(_as_protobuf(seen.body), ExportTraceServiceRequest())
            for resource in request.resource_spans:
                found += [_read(one) for scope in resource.scope_spans for one in scope.spans]
        return found


def _as_protobuf(body: bytes) -> str:
    """OTLP writes ids in hexadecimal where protobuf's own JSON has base64; in all else it is that."""
    return re.sub(
        r'"(traceId|spanId|parentSpanId)":\s*"([0-9a-f]+)"',
        lambda found: f'"{found[1]}": "{b64encode(bytes.fromhex(found[2])).decode()}"',
        body.decode(),
    )


def _read(one: Any) -> Span:
    ids = {pair.key: pair.value.string_value or pair.value.int_value for pair in one.attributes}
    return Span(one.name, one.trace_id, one.span_id, one.parent_span_id, ids, one.status.message)


@pytest.fixture
def collector(settings: Any) -> Iterator[Collector]:
    with web_server({"/v1/traces": Reply()}) as server:
        settings.TRACES_TO = server.url
        settings.TRACE_HEADERS = Environment({"H": HEADERS}).pairs("H")
        tracing._tracer.cache_clear()
        yield Collector(server)
        tracer = tracing._tracer()
        assert isinstance(tracer, OtlpTracer)
        tracer.close()
    tracing._tracer.cache_clear()


def pushed(tmp_path: Path) -> str:
    """A real push to a repository that lives here, told by a signed delivery; its id."""
    project = factories.hosted_project(slug="traced")
    work = repository(tmp_path / "work")
    factories.write_agent(work)
    commit(work)
    origin = OriginRepository.objects.get(repository=project.repository)
    git(work, "push", "--quiet", origin.path, "HEAD:refs/heads/main")
    announcing.announce(origin)
    told = announcing._delivery(origin, Announcement.objects.get())
    assert deliveries.send(told.body, guid=told.guid, signature=told.signature, host=told.host).status_code == 202
    return told.guid


def test_a_push_is_one_trace_from_its_delivery_to_its_release(tmp_path: Path, collector: Collector) -> None:
    guid = pushed(tmp_path)
    processing.process_all()
    factories.running(Deployment.objects.get())
    operations.work(build_actions.KIND)
    outbox.dispatch()
    operations.work(release_queue.KIND)
    assert Deployment.objects.get().status == DeploymentStatus.READY

    spans = collector.spans()
    by_id = {span.id: span for span in spans}
    (root,) = [span for span in spans if span.name == "delivery"]
    assert root.ids == {"delivery": guid}
    of_push = {span.name: span for span in spans if span.trace == root.trace}
    assert {"build", "fetch", "check out", "check", "bundle", "store", "release", "start"} <= of_push.keys()
    assert by_id[of_push["build"].parent] is root
    assert by_id[of_push["bundle"].parent].name == "build"
    assert by_id[of_push["start"].parent].name == "release"
    for kind in ("build", "release"):
        operation = Operation.objects.get(kind=kind)
        known = {"operation": operation.pk, "kind": kind, "subject": operation.subject_id, "attempt": 1}
        assert of_push[kind].ids == known


def test_the_collector_gets_its_headers(collector: Collector) -> None:
    with tracing.span("something"):
        pass
    assert [span.name for span in collector.spans()] == ["something"]
    (seen,) = collector._server.seen
    headers = {name.lower(): value for name, value in seen.headers.items()}
    assert headers["content-type"] == "application/json"
    assert (seen.path, headers["api-key"], headers["team"]) == ("/v1/traces", "k=1", "acme")


def test_work_that_another_process_goes_on_with_stays_in_its_trace(collector: Collector) -> None:
    team = factories.team()
    with tracing.span("first"):
        OutboxEvent.objects.create(team=team, kind="test.traced", payload={}, trace=tracing.current())
    outbox.dispatch()
    first, later = sorted(collector.spans(), key=lambda span: span.name)
    assert (first.name, later.name) == ("first", "test.traced")
    assert (later.trace, later.parent) == (first.trace, first.id)


def _fail(_lease: Lease) -> None:
    raise UserError("plugin_failed", "The plugin says hunter2.", "")


operations.register(operations.Kind("test-traced", run=f"{__name__}._fail"))


def test_of_an_error_only_the_code_is_told(collector: Collector) -> None:
    team: Team = factories.team()
    operations.enqueue(team, "test-traced", 1, "test-traced:1")
    operations.work("test-traced")
    (span,) = collector.spans()
    assert (span.name, span.error) == ("test-traced", "plugin_failed")
    assert not any(b"hunter2" in seen.body for seen in collector._server.seen)


def test_a_collector_that_is_away_holds_nobody_up(settings: Any) -> None:
    settings.TRACES_TO = "http://127.0.0.1:1"
    tracing._tracer.cache_clear()
    with tracing.span("something"):
        assert tracing.current().startswith("00-")
    tracing._tracer.cache_clear()


def test_without_a_collector_nothing_of_it_is_loaded() -> None:
    script = (
        "import django, sys; django.setup(); from projects import tracing\n"
        "with tracing.span('x', delivery='y'): assert tracing.current() == ''\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.', 'clients.otlp'))])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OTEL_EXPORTER_OTLP_ENDPOINT": ""}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"
