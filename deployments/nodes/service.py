"""`dexto-cloud node`: looks at the rows, at its processes and at its links, and makes them agree.

One thread decides and writes; starting and stopping take their time in threads of their own and report back.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread

import structlog
from django.conf import settings
from django.db import Error, close_old_connections, connection, connections
from django.db.models import F
from django.db.models.functions import Now

from builds.log_writer import LogWriter
from builds.redaction import Redactor
from builds.sandbox.process_tree import program_pids
from clients.wakes import wakes
from core.errors import AwayError, DextoError, PlatformError
from deployments import domains
from deployments.models import Instance, Node, Observed, Wanted
from deployments.nodes import supervision, sweeping
from deployments.nodes.access_log import AccessLog
from deployments.nodes.agent_limits import AgentLimits
from deployments.nodes.agent_logs import Tail, Tails
from deployments.nodes.agent_process import ProcessId, was_killed
from deployments.nodes.confinement import Confinement, confinement
from deployments.nodes.decisions import Action, next_action
from deployments.nodes.links import Links
from deployments.nodes.meter import SAVE_SECONDS, Meter
from deployments.nodes.route_table import link_routes
from deployments.nodes.supervision import Places
from deployments.nodes.turns import DRAIN_SECONDS, Turns, runs_alone
from deployments.nodes.usage import Usage, open_sockets
from deployments.notifying import happenings
from deployments.routing import CHANNEL
from deployments.variables import secrets_of
from projects.operations import as_shown

log = structlog.get_logger(__name__)
_TICK_SECONDS = 1.0
_LOG_SECONDS = 0.1
_CRASHES = 5  # in a row, before an agent is given up
_ACCEPT_SECONDS = 0.1
_KILLS = 3  # from outside, in a row, before an agent that is starting is given up


@dataclass(slots=True)
class Crashes:
    """How often an agent ended by itself of late, and when it may be tried again."""

    count: int = 0
    next_try: float = 0.0

    def note(self) -> None:
        self.count += 1
        self.next_try = time.monotonic() + min(0.2 * 2**self.count, 30)


@dataclass(slots=True)
class Outage:
    """Since when an engine keeps an agent from starting, and when that is tried again: soon, it may be back briefly."""

    since: float = field(default_factory=time.monotonic)
    tries: int = 0
    next_try: float = 0.0

    def note(self) -> None:
        self.tries += 1
        self.next_try = time.monotonic() + min(0.2 * 2**self.tries, 2)


@dataclass(slots=True)
class NodeService:
    name: str
    places: Places
    stop_agents_on_exit: bool = False
    on_ready: Callable[[], None] | None = None
    _events: SimpleQueue[str] = field(default_factory=SimpleQueue)
    _busy: set[int] = field(default_factory=set)
    _crashes: dict[int, Crashes] = field(default_factory=dict)
    _outages: dict[int, Outage] = field(default_factory=dict)
    _tails: Tails = field(default_factory=Tails)
    _usage: Usage = field(default_factory=Usage)
    _meter: Meter = field(default_factory=Meter)
    _served: dict[str, int] = field(default_factory=dict)  # hostname → the deployment that it means
    _turns: Turns = field(default_factory=Turns)
    _next_round: float = 0.0
    _stopping: Event = field(default_factory=Event)
    _swept: float = 0.0
    _limits: AgentLimits | None = None
    _links: Links = field(init=False)
    _access: AccessLog = field(init=False)
    _pool: ThreadPoolExecutor = field(init=False)
    _node: Node = field(init=False)

    def __post_init__(self) -> None:
        self._links = Links(self.places.routes)
        self._access = AccessLog(self.places.run / "access.log")
        self._pool = ThreadPoolExecutor(8, "agent")

    def request_stop(self) -> None:
        self._stopping.set()
        self._events.put("stop")

    def run(self) -> None:
        """Until it is asked to stop. An outage of the database changes nothing that runs."""
        self._links.load()
        Thread(target=self._listen, name="wakes", daemon=True).start()
        Thread(target=self._keep_in, name="agent-limits", daemon=True).start()
        reader = Thread(target=self._read_logs, name="agent-logs", daemon=True)
        reader.start()
        saver = Thread(target=self._save_counts, name="agent-counts", daemon=True)
        saver.start()
        while not self._stopping.is_set():
            try:
                self._look()
                self._say_ready()
            except Error as error:
                log.warning("the node waits for the database", error=str(error))
                connection.close()
                self._stopping.wait(0.5)
            self._pause()
        reader.join()
        saver.join()
        self._exit()

    def _say_ready(self) -> None:
        """Once: its first look came to an end."""
        say, self.on_ready = self.on_ready, None
        if say:
            say()

    def _look(self) -> None:
        self._served = link_routes(self._links, self.places)  # first of all: a person who rolled back waits for it
        if time.monotonic() >= self._next_round:
            self._next_round = time.monotonic() + _TICK_SECONDS
            self._register()
            self._note_usage()
        instances = self._instances()
        instances.sort(key=lambda one: one.observed == Observed.RUNNING)  # who may have to give way comes last
        self._turns.see(instances)
        for instance in instances:
            if instance.pk not in self._busy:
                self._act(instance)
        self._served = link_routes(self._links, self.places)
        self._sweep_now_and_then()

    def _register(self) -> None:
        told = {"seen_at": Now(), **_disk(self.places.data)}
        self._node, _created = Node.objects.update_or_create(name=self.name, defaults=told)

    def _instances(self) -> list[Instance]:
        rows = Instance.objects.filter(node=self._node).exclude(wanted=Wanted.GONE, observed=Observed.GONE)
        related = (
            "deployment__team",
            "deployment__push",
            "deployment__destination",
            "deployment__bundle",
            "stream",
        )
        return list(rows.select_related(*related))

    def _act(self, instance: Instance) -> None:
        if self._decide(instance) is not Action.NOTHING:
            # The row was read before we knew that no thread of ours works on it: read it again.
            instance.refresh_from_db(fields=["wanted", "observed", "pid", "pid_started"])
        _ACTIONS[self._decide(instance)](self, instance)

    def _decide(self, instance: Instance) -> Action:
        process = supervision.process_of(instance)
        return next_action(instance.wanted, instance.observed, alive=process is not None and process.alive)

    def _nothing(self, instance: Instance) -> None:
        if instance.observed == Observed.RUNNING:
            self._follow_log(instance)
            self._follow_limits(instance, supervision.process_of(instance))
        is_idle = self._usage.idle_seconds(instance.pk) > settings.IDLE_SECONDS
        if instance.observed == Observed.RUNNING and instance.wanted == Wanted.RUNNING and is_idle:
            rows = Instance.objects.filter(pk=instance.pk, wanted=Wanted.RUNNING)
            rows.update(wanted=Wanted.ASLEEP)
            self._events.put("idle")

    def _start(self, instance: Instance) -> None:
        pauses = (self._crashes.get(instance.pk), self._outages.get(instance.pk))
        if any(pause and time.monotonic() < pause.next_try for pause in pauses):
            return
        if not self._turns.has_come(instance):
            return
        self._follow_log(instance)
        self._usage.touch(instance.pk)
        _observe(instance, Observed.STARTING, **({} if instance.pk in self._outages else {"error": None}))
        self._in_background(instance, self._bring_up)

    def _stop(self, instance: Instance) -> None:
        _observe(instance, Observed.STOPPING)
        # Without a link new requests go to the gateway, which waits until the agent may be woken again.
        self._links.remove_to(str(self.places.socket(instance.deployment)))
        self._in_background(instance, self._bring_down)

    def _sweep_now_and_then(self) -> None:
        if time.monotonic() - self._swept > sweeping.EVERY_SECONDS:
            self._swept = time.monotonic()
            self._pool.submit(self._sweep)

    def _sweep(self) -> None:
        try:
            sweeping.sweep(self._node, self.places)
        except (Error, OSError) as error:
            log.warning("the node was not swept", error=str(error))
        finally:
            connections.close_all()

    def _mark_gone(self, instance: Instance) -> None:
        self._usage.forget(instance.pk)
        self._leave(instance)
        _observe(instance, Observed.GONE)

    def _mark_crashed(self, instance: Instance) -> None:
        crashes = self._crashes.setdefault(instance.pk, Crashes())
        crashes.note()
        reason = self._limits.reason(instance.pk) if self._limits else None
        why = reason.sentence if reason else "The agent ended by itself."
        LogWriter(instance.stream).write("agent", f"{why} It is started again.")
        self._links.remove_to(str(self.places.socket(instance.deployment)))
        if crashes.count >= _CRASHES:
            _observe(instance, Observed.FAILED, error=_crashing())
            happenings.crashing(instance.deployment)
        else:
            _observe(instance, Observed.NEW)
        self._events.put("crashed")

    def _in_background(self, instance: Instance, work: Callable[[Instance], None]) -> None:
        self._busy.add(instance.pk)
        self._pool.submit(self._guarded, instance, work)

    def _guarded(self, instance: Instance, work: Callable[[Instance], None]) -> None:
        try:
            work(instance)
        except Exception as error:  # the edge of a thread: the row must say what happened
            log.exception("the agent's row could not be brought up to date", instance=instance.pk, error=str(error))
        finally:
            connections.close_all()
            self._busy.discard(instance.pk)
            self._events.put("done")

    def _bring_up(self, instance: Instance) -> None:
        before = supervision.process_of(instance)
        if before is not None and before.alive:
            supervision.stop(before, seconds=2)  # left half-started by a node that died
        spawned: list[ProcessId] = []

        def note(process: ProcessId) -> None:
            spawned.append(process)
            self._note_process(instance, process)

        try:
            process = supervision.start(instance, self.places, check=self._check, spawned=note)
        except PlatformError as error:
            may_pass = isinstance(error, AwayError) or error.code == "disk_full"
            self._not_started(instance, error.as_dict(), may_pass=may_pass)
        except DextoError as error:
            reason = self._limits.reason(instance.pk) if self._limits else None
            may_pass = reason is None and any(map(was_killed, spawned)) and self._tries(instance) < _KILLS
            self._not_started(instance, (reason or error).as_dict(), may_pass=may_pass)
        except Error as error:
            self._not_started(instance, as_shown(error), may_pass=True)
        except Exception as error:  # a program that is missing, a disk that fails
            log.exception("the agent was not started", instance=instance.pk)
            _observe(instance, Observed.FAILED, error=as_shown(error))
        else:
            self._note_process(instance, process)
            _observe(instance, Observed.RUNNING, starts=F("starts") + 1, error=None)
            self._usage.touch(instance.pk)
            self._outages.pop(instance.pk, None)

    def _tries(self, instance: Instance) -> int:
        outage = self._outages.get(instance.pk)
        return outage.tries if outage else 0

    def _not_started(self, instance: Instance, error: dict[str, object], *, may_pass: bool) -> None:
        """An engine that is away for a while is no failure of the deployment: it is tried again."""
        outage = self._outages.setdefault(instance.pk, Outage())
        outage.note()
        log.warning("the agent was not started", instance=instance.pk, error=error, attempt=outage.tries)
        if may_pass and time.monotonic() - outage.since < settings.OUTAGE_SECONDS:
            _observe(instance, Observed.NEW, error=error)  # a release that waits for it learns whom it waits for
        else:
            del self._outages[instance.pk]
            _observe(instance, Observed.FAILED, error=error)

    def _bring_down(self, instance: Instance) -> None:
        self._stopping.wait(_ACCEPT_SECONDS)  # who followed the link a moment ago is accepted before the listener goes
        seconds = min(DRAIN_SECONDS, settings.DRAIN_SECONDS) if runs_alone(instance) else settings.DRAIN_SECONDS
        supervision.stop(supervision.process_of(instance), seconds=seconds)
        wanted = Instance.objects.values_list("wanted", flat=True).get(pk=instance.pk)
        observed = Observed.GONE if wanted == Wanted.GONE else Observed.ASLEEP
        _observe(instance, observed, pid=None, pid_started="")
        if observed == Observed.GONE:
            self._leave(instance)
        elif self._limits:
            self._limits.leave(instance.pk)

    def _note_process(self, instance: Instance, process: ProcessId) -> None:
        """At once: a node that dies now leaves a process that the next one must know."""
        Instance.objects.filter(pk=instance.pk).update(pid=process.pid, pid_started=process.started)
        self._follow_limits(instance, process)

    def _follow_limits(self, instance: Instance, process: ProcessId | None) -> None:
        if self._limits is not None and process is not None:
            group = confinement().known_group(instance.deployment.public_id)
            self._limits.follow(instance.pk, process, self.places.state(instance.deployment), group)

    def _leave(self, instance: Instance) -> None:
        self._tails.leave(instance.pk)
        if self._limits:
            self._limits.leave(instance.pk)

    def _check(self) -> None:
        if self._stopping.is_set():
            raise DextoError("node_stopping", "The node is stopping.", "It is started again with the node.")

    def _follow_log(self, instance: Instance) -> None:
        """Without the values that the agent was given: it may print its environment."""
        if not self._tails.follows(instance.pk):
            redactor = Redactor.of(secrets_of(instance.deployment))
            path, writer = self.places.log(instance.deployment), LogWriter(instance.stream)
            heard = partial(self._meter.printed, instance.deployment_id)
            self._tails.follow(instance.pk, Tail(path, writer, redactor.stream(), heard))

    def _note_usage(self) -> None:
        requests = self._access.requests()
        self._meter.requests(requests, self._served)
        hosts = {one.host for one in requests}
        running = Instance.objects.filter(node=self._node, observed=Observed.RUNNING)
        rows = list(running.values_list("pk", "deployment__public_id", "pid"))
        used = {str(self.places.socket_named(name)): pk for pk, name, _pid in rows}
        inside = (pid for _pk, _name, root in rows if root for pid in program_pids(root)[:1])
        for path in open_sockets(inside) & used.keys():
            self._usage.touch(used[path])
        if hosts:
            observed = running.filter(deployment__observed_by__hostname__in=hosts | set(domains.routes_of(hosts)))
            for pk in observed.values_list("pk", flat=True):
                self._usage.touch(pk)

    def _listen(self) -> None:
        for _word in wakes(settings.REDIS_URL, CHANNEL, every_seconds=_TICK_SECONDS):
            if self._stopping.is_set():
                return
            self._events.put("wake")

    def _read_logs(self) -> None:
        while not self._stopping.wait(_LOG_SECONDS):
            self._tails.read_all()

    def _save_counts(self) -> None:
        while not self._stopping.wait(SAVE_SECONDS):
            self._meter.save()

    def _keep_in(self) -> None:
        """Finds what keeps agents in, then watches over their limits; where nothing may, each start says so."""
        while not self._stopping.is_set():
            kept_in = _confinement_or_none()
            if kept_in is None:
                self._stopping.wait(_TICK_SECONDS)
                continue
            if self._limits is None:
                kept_in.sweep()
                self._limits = AgentLimits(kept_in.limits, kept_in.guards)
            if kept_in.is_confined:
                kept_in.egress.ensure()
            self._limits.look()
            self._stopping.wait(self._limits.look_seconds)

    def _pause(self) -> None:
        """Until something happened, or a tick; several words are one look."""
        try:
            self._events.get(timeout=_TICK_SECONDS)
            while True:
                self._events.get_nowait()
        except Empty:
            close_old_connections()

    def _exit(self) -> None:
        if self.stop_agents_on_exit:
            self._stop_all()
            kept_in = _confinement_or_none()
            if kept_in is not None:
                kept_in.egress.stop()
                kept_in.sweep()
        self._pool.shutdown(wait=True)
        with suppress(Error):
            self._tails.leave_all()
        self._meter.save()
        self._access.close()

    def _stop_all(self) -> None:
        """Their rows keep wanting them, so that the next start finds everything as it was."""
        running = [instance for instance in self._instances() if instance.pid]
        for instance in running:
            self._links.remove_to(str(self.places.socket(instance.deployment)))
        with ThreadPoolExecutor(32, "stop") as pool:
            list(pool.map(lambda one: supervision.stop(supervision.process_of(one), seconds=5), running))
        Instance.objects.filter(pk__in=[one.pk for one in running]).update(
            observed=Observed.ASLEEP, pid=None, pid_started=""
        )


_ACTIONS: dict[Action, Callable[[NodeService, Instance], None]] = {
    Action.NOTHING: NodeService._nothing,
    Action.START: NodeService._start,
    Action.STOP: NodeService._stop,
    Action.MARK_GONE: NodeService._mark_gone,
    Action.MARK_CRASHED: NodeService._mark_crashed,
}


def _disk(folder: Path) -> dict[str, int | None]:
    """A disk that does not answer is not known; the agents that run already go on."""
    try:
        disk = shutil.disk_usage(folder)
    except OSError:
        return {"disk_size": None, "disk_free": None}
    return {"disk_size": disk.total, "disk_free": disk.free}


def _confinement_or_none() -> Confinement | None:
    try:
        return confinement()
    except PlatformError:
        return None


def _observe(instance: Instance, observed: Observed, **values: object) -> None:
    Instance.objects.filter(pk=instance.pk).update(observed=observed, **values)
    instance.observed = observed


def _crashing() -> dict[str, object]:
    return DextoError(
        "agent_crashes",
        "The agent ended by itself again and again.",
        "Its log says why; roll back, or push a fix.",
    ).as_dict()
