"""`dexto-cloud up`: engines, then tables, then our own processes, then the edge; and all of it down again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Final

from core.errors import PlatformError
from dexto_cloud.embedded import data_directory, ports, processes
from dexto_cloud.embedded.child import Child
from dexto_cloud.embedded.data_directory import ROOT, DataDirectory
from dexto_cloud.embedded.edge import Edge
from dexto_cloud.embedded.objects import BUCKET, Objects
from dexto_cloud.embedded.ports import Ports
from dexto_cloud.embedded.postgres import Postgres
from dexto_cloud.embedded.supervisor import Restarted, Supervisor
from dexto_cloud.embedded.valkey import Valkey


@dataclass(frozen=True, slots=True)
class UpOptions:
    """`port` None takes the remembered or the default one, 0 any free one. `engines_only` is for tests."""

    data: Path | None = None
    port: int | None = None
    durable: bool = True
    engines_only: bool = False
    model_server: bool = False  # of our own, for agents without a key: it repeats what it is told
    settings: dict[str, str] = field(default_factory=dict)  # added to the processes' environment


#: What a person may set for strangers' code before `up`.
_SANDBOX: Final = (
    *("DEXTO_SANDBOX", "DEXTO_INSECURE_BUILDS", "DEXTO_SANDBOX_IMAGE", "DEXTO_CONTAINER_PROGRAM"),
    *("DEXTO_REGISTRY_HOSTS", "DEXTO_AGENT_HOSTS"),
    *("DEXTO_AGENT_MEMORY_BYTES", "DEXTO_AGENT_PROCESSES", "DEXTO_AGENT_DISK_BYTES"),
)
#: And for whom else this installation talks with, and what one team may use: by how their names begin.
_PASSED_ON: Final = (
    *("DEXTO_GITHUB_", "DEXTO_SMTP_", "DEXTO_MAIL_", "DEXTO_NOTIFY_", "DEXTO_TEAM_"),
    "OTEL_EXPORTER_OTLP_",
)


@dataclass(frozen=True, slots=True)
class Starting:
    name: str


@dataclass(frozen=True, slots=True)
class Ready:
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Stopping:
    pass


Event_ = Starting | Ready | Restarted | Stopping
Report = Callable[[Event_], None]


@dataclass(slots=True)
class Engines:
    postgres: Postgres
    valkey: Valkey
    objects: Objects
    edge: Edge

    def prepare(self) -> None:
        for engine in (self.postgres, self.valkey, self.objects, self.edge):
            engine.prepare()


@dataclass(slots=True)
class Running:
    """Everything that was started. `stop` may be called more than once."""

    directory: DataDirectory
    engines: Engines
    environment: dict[str, str] = field(repr=False)
    report: Report = field(repr=False)
    model_url: str  # of the model server, where it was asked for
    _supervisor: Supervisor = field(repr=False)
    _stopping: Event = field(default_factory=Event)
    _stopped: bool = False
    _failure: Exception | None = None

    @property
    def dashboard_url(self) -> str:
        return self.engines.edge.url

    def processes(self) -> dict[str, int]:
        return self._supervisor.processes()

    def request_stop(self, error: Exception | None = None) -> None:
        """From any thread; `wait` raises the error in its own."""
        self._failure = error
        self._stopping.set()

    @contextmanager
    def stopped_at_exit(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.stop()

    def wait(self) -> None:
        """Looks after the children until a stop is asked for, here or by a signal."""
        with _on_signals(lambda _number, _frame: self._stopping.set()):
            self._supervisor.tend(self._stopping)
        if self._failure:
            raise self._failure

    def stop(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        with _on_signals(signal.SIG_IGN):  # an impatient second Ctrl-C must not break the order
            self.report(Stopping())
            self._supervisor.stop()
            self.directory.close()


def start(options: UpOptions, report: Report) -> Running:
    """Raises UserError and PlatformError; nothing runs then."""
    directory = data_directory.open_directory(options.data or data_directory.default_path())
    try:
        return _start(options, directory, report)
    except BaseException:
        directory.close()
        raise


def _start(options: UpOptions, directory: DataDirectory, report: Report) -> Running:
    chosen = ports.choose(directory.path, edge=options.port)
    engines = _engines(directory, chosen, options)
    environment = _environment(directory, engines, chosen, options) | options.settings
    supervisor = Supervisor(directory.logs, environment, report)
    model_url = f"http://127.0.0.1:{chosen.model}/v1" if options.model_server else ""
    running = Running(directory, engines, environment, report, model_url, supervisor)
    try:
        engines.prepare()
        _bring_up(supervisor, [engines.postgres.child(), engines.valkey.child(), engines.objects.child()], report)
        if not options.engines_only:
            _migrate(environment, report)
            model = [processes.model_server(chosen.model)] if options.model_server else []
            _bring_up(supervisor, [*model, *_own_processes(directory)], report)
            _bring_up(supervisor, [engines.edge.child()], report)
    except BaseException:
        running.stop()
        raise
    return running


@contextmanager
def _on_signals(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> Iterator[None]:
    """For this block, what Ctrl-C and SIGTERM do."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _engines(directory: DataDirectory, chosen: Ports, options: UpOptions) -> Engines:
    data, secrets = directory.path, directory.secrets
    return Engines(
        Postgres(data / "postgres", directory.run / "postgres", durable=options.durable),
        Valkey(data / "valkey", chosen.valkey, secrets["VALKEY_PASSWORD"]),
        Objects(data / "objects", chosen.objects, secrets["S3_ACCESS_KEY_ID"], secrets["S3_SECRET_ACCESS_KEY"]),
        Edge(data / "edge", directory.run, chosen.edge),
    )


def _own_processes(directory: DataDirectory) -> list[Child]:
    run = directory.run
    return [
        processes.worker(),
        processes.node(),
        processes.streams(run),
        processes.pages(run),
        processes.intake(run),
    ]


def _bring_up(supervisor: Supervisor, children: list[Child], report: Report) -> None:
    """All at once; each is reported when it is ready."""
    began = time.monotonic()
    for child in children:
        report(Starting(child.name))
        supervisor.start(child)
    for child in children:
        supervisor.wait_ready([child.name])
        report(Ready(child.name, time.monotonic() - began))


def _migrate(environment: dict[str, str], report: Report) -> None:
    began = time.monotonic()
    report(Starting("schema"))
    done = subprocess.run(
        processes.migrate_argv(),
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # Ctrl-C is ours to hear
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "it said nothing"
        raise PlatformError("engine_failed", f"The tables could not be made: {last}", "Look at PostgreSQL's log.")
    report(Ready("schema", time.monotonic() - began))


def _environment(directory: DataDirectory, engines: Engines, chosen: Ports, options: UpOptions) -> dict[str, str]:
    """What our processes see: settings by name, and a few of the machine's own variables."""
    kept = (
        *("PATH", "HOME", "LANG", "TMPDIR"),
        *("DEXTO_MIN_FREE_DISK_BYTES", "DEXTO_LEASE_SECONDS", "DEXTO_IDLE_SECONDS", "DEXTO_AGENT_RUNTIME_DIR"),
        *("DEXTO_ACTIONS_ISSUER", "DEXTO_CODE_HOST_WRITE_SECONDS"),
        *_SANDBOX,
    )
    ours = {
        "DJANGO_SETTINGS_MODULE": "dexto_cloud.settings",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",  # threads would otherwise keep an arena each
        "DEXTO_EMBEDDED": "1",
        "DEXTO_PUBLIC_URL": engines.edge.url,
        "DEXTO_BASE_DOMAIN": engines.edge.base_domain,
        "DEXTO_AGENT_PORT": str(chosen.edge),
        "DEXTO_ALLOWED_HOSTS": "127.0.0.1",
        "DEXTO_DATA_DIR": str(directory.path),
        "DEXTO_RUN_DIR": str(directory.run),
        "DATABASE_URL": engines.postgres.url,
        "REDIS_URL": engines.valkey.url,
        "S3_ENDPOINT_URL": engines.objects.url,
        "S3_BUCKET": BUCKET,
    }
    if options.model_server:
        ours["DEXTO_AGENT_HOSTS"] = f"127.0.0.1:{chosen.model}"  # the one place on this machine that agents may reach
    secrets = {name: value for name, value in directory.secrets.items() if name != "VALKEY_PASSWORD"}
    chosen_by_operator = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
    return {name: os.environ[name] for name in kept if name in os.environ} | chosen_by_operator | ours | secrets
