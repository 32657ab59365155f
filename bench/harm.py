"""The faults that `make faults` does to an installation: one entry of the table each."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from random import Random

import psutil
import redis

from bench.installation import SMALL_DISK_BYTES, Installation, can_mount, until

_LEFT_BYTES = 20 * 1024 * 1024

Harm = Callable[[Installation, Random], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """`harm` is entered in the middle of the pushes, and left some seconds later."""

    name: str
    harm: Harm


def killed(*words: str) -> Harm:
    """SIGKILL to every process with one of the words in its command line."""

    def harm(found: Installation, _chance: Random) -> AbstractContextManager[None]:
        _kill(until(lambda: [one for word in words for one in found.named(word)], "somebody to kill"))
        return nullcontext()

    return harm


def some_killed(*choices: tuple[str, ...]) -> Harm:
    """The same with one of several choices: a supervisor alone leaves its children behind, which is worse."""

    def harm(found: Installation, chance: Random) -> AbstractContextManager[None]:
        *words, which = chance.choice(choices)
        processes = until(lambda: [one for word in words for one in found.named(word)], "somebody to kill")
        leaders = [process for process in processes if _parent(process) == found.process.pid]
        chosen = {"all": processes, "leaders": leaders, "others": [one for one in processes if one not in leaders]}
        _kill(chosen[which] if which != "one" else [chance.choice(processes)])
        return nullcontext()

    return harm


def stopped(word: str) -> Harm:
    """It neither answers nor ends, for as long as the fault lasts."""

    @contextmanager
    def harm(found: Installation, _chance: Random) -> Iterator[None]:
        processes = found.named(word)
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()

    return harm


def one_stopped(*words: str) -> Harm:
    """The same with one of several: a network that stalls looks like this to who waits."""
    return lambda found, chance: stopped(chance.choice(words))(found, chance)


@contextmanager
def filled(found: Installation, _chance: Random) -> Iterator[None]:
    """The small disk is full but for a few megabytes."""
    usage, filler = shutil.disk_usage(found.data), found.data.parent / "filler"
    assert usage.total <= SMALL_DISK_BYTES, "only a small disk is ever filled: see installation(small_disk=True)"
    with filler.open("wb") as opened:
        os.posix_fallocate(opened.fileno(), 0, max(1, usage.free - _LEFT_BYTES))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def flushed(found: Installation, _chance: Random) -> Iterator[None]:
    """Every message that waits is gone."""
    with suppress(redis.RedisError), redis.Redis.from_url(found.environment["REDIS_URL"]) as broker:
        broker.flushall()
    yield


FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("worker", killed("celery")),
        Fault(
            "web",
            some_killed(
                ("granian", "uvicorn", "all"),
                ("granian", "leaders"),
                ("granian", "others"),
                ("uvicorn", "all"),
            ),
        ),
        Fault("node", killed("manage.py node")),
        Fault("valkey", killed("valkey-server")),
        Fault("postgres", some_killed(("bin/postgres", "all"), ("postgres: dexto", "one"))),
        Fault("objects", killed("rclone")),
        Fault("edge", killed("caddy")),
        Fault("flushed", flushed),
        Fault("stalled", one_stopped("rclone", "valkey-server")),
        Fault("agents", some_killed(("index.mjs", "one"))),
        *([Fault("disk", filled)] if can_mount() else []),
    )
}


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)


def _parent(process: psutil.Process) -> int:
    try:
        return int(process.ppid())
    except psutil.NoSuchProcess:
        return 0
