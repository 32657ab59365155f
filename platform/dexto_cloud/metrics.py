"""What is measured of an installation, read from the rows at each look: a process that dies takes no count with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.db import connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

_BY_STATE: Final = {
    "dexto_operations": (
        "Operations by kind and status; finished ones for as long as they are kept.",
        ("kind", "status"),
        "SELECT kind, status, count(*) FROM projects_operation GROUP BY 1, 2",
    ),
    "dexto_builds": (
        "Builds by target and status.",
        ("target", "status"),
        "SELECT target, status, count(*) FROM builds_build GROUP BY 1, 2",
    ),
    "dexto_deployments": (
        "Deployments by environment and status.",
        ("environment", "status"),
        "SELECT environment, status, count(*) FROM deployments_deployment GROUP BY 1, 2",
    ),
    "dexto_instances": (
        "Agent processes by what is observed of them.",
        ("observed",),
        "SELECT observed, count(*) FROM deployments_instance GROUP BY 1",
    ),
    "dexto_deliveries": (
        "Webhook deliveries by event and what was decided.",
        ("event", "status"),
        "SELECT event, status, count(*) FROM webhooks_delivery GROUP BY 1, 2",
    ),
    "dexto_queue_oldest_seconds": (
        "How long the oldest due operation of each kind has waited.",
        ("kind",),
        "SELECT kind, extract(epoch FROM now() - min(due_at)) FROM projects_operation"
        " WHERE status = 'queued' AND due_at <= now() GROUP BY 1",
    ),
    "dexto_node_silent_seconds": (
        "How long ago each node was heard of.",
        ("node",),
        "SELECT name, extract(epoch FROM now() - seen_at) FROM deployments_node",
    ),
    "dexto_step_seconds": (
        "Durations of build and release steps in the last hour, by quantile.",
        ("step", "quantile"),
        "SELECT name, q::text, percentile_cont(q) WITHIN GROUP"
        " (ORDER BY extract(epoch FROM finished_at - started_at))"
        " FROM builds_step, unnest(ARRAY[0.5, 0.95]) AS q"
        " WHERE finished_at > now() - interval '1 hour' GROUP BY 1, q",
    ),
    "dexto_build_seconds": (
        "Durations of builds that ended in the last hour, from their start, by quantile.",
        ("status", "quantile"),
        "SELECT status, q::text, percentile_cont(q) WITHIN GROUP"
        " (ORDER BY extract(epoch FROM finished_at - started_at))"
        " FROM builds_build, unnest(ARRAY[0.5, 0.95]) AS q"
        " WHERE finished_at > now() - interval '1 hour' AND started_at IS NOT NULL GROUP BY 1, q",
    ),
    "dexto_outbox_waiting": (
        "Events that were recorded and not yet handed on.",
        (),
        "SELECT count(*) FROM projects_outboxevent WHERE dispatched_at IS NULL",
    ),
    "dexto_routes_disagreeing": (
        "Routes whose platform does not serve yet what is wanted.",
        (),
        "SELECT count(*) FROM deployments_route WHERE generation <> observed_generation",
    ),
}


class Installation:
    """A collector for Prometheus: one query a metric, each over an index or a small table."""

    def collect(self) -> Iterable[Metric]:
        with connection.cursor() as cursor:
            for name, (description, labels, query) in _BY_STATE.items():
                metric = GaugeMetricFamily(name, description, labels=labels)
                cursor.execute(query)
                for values, number in _split(cursor.fetchall()):
                    metric.add_metric(values, number)
                yield metric


def exposition() -> bytes:
    """In the text format that Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Installation())
    return generate_latest(registry)


def _split(rows: list[tuple[Any, ...]]) -> Iterator[tuple[list[str], float]]:
    for *labels, number in rows:
        yield [str(label) for label in labels], float(number or 0)
