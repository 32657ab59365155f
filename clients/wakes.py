"""Wakes: one word on a channel that says "look again". A lost one costs a poll's interval, never data."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import lru_cache

import redis
import redis.asyncio
import structlog
from redis.client import PubSub

log = structlog.get_logger(__name__)
_TIMEOUT_SECONDS = 2.0


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS)


def ping(url: str) -> None:
    """Raises OSError when the server does not answer."""
    try:
        _client(url).ping()
    except redis.RedisError as error:
        raise ConnectionError(str(error)) from error


def wake(url: str, channel: str, word: str) -> None:
    """Never raises for a server that is down: who waits also polls."""
    try:
        _client(url).publish(channel, word)
    except redis.RedisError as error:
        log.warning("wake not sent", channel=channel, error=str(error))


def wakes(url: str, channel: str, *, every_seconds: float) -> Iterator[str]:
    """Words as they come; an empty one when none came for a while, or when the server is down."""
    while True:
        try:
            yield from _subscription(url, channel, every_seconds)
        except redis.RedisError as error:
            log.warning("wakes interrupted", channel=channel, error=str(error))
            yield ""


def _subscription(url: str, channel: str, every_seconds: float) -> Iterator[str]:
    client = redis.Redis.from_url(url, socket_connect_timeout=_TIMEOUT_SECONDS)
    pubsub: PubSub = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    with client, pubsub as subscription:
        subscription.subscribe(channel)
        while True:
            message = subscription.get_message(timeout=every_seconds)
            yield message["data"].decode() if message else ""


async def async_wakes(url: str, channel: str, *, every_seconds: float) -> AsyncIterator[str]:
    """The same for an event loop. Raises OSError when the server is down: the caller decides how long to wait."""
    client = redis.asyncio.Redis.from_url(url, socket_connect_timeout=_TIMEOUT_SECONDS)
    try:
        async with client.pubsub(ignore_subscribe_messages=True) as subscription:
            await subscription.subscribe(channel)
            while True:
                _heed_cancellation()
                message = await subscription.get_message(timeout=every_seconds)
                yield message["data"].decode() if message else ""
    except redis.RedisError as error:
        raise ConnectionError(str(error)) from error
    finally:
        await client.aclose()


def _heed_cancellation() -> None:
    """The client loses one that comes while it connects; the task still counts it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
