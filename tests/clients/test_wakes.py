"""Who listens for wakes stops when asked to, whenever that is."""

from __future__ import annotations

import asyncio

from django.conf import settings

from clients.wakes import async_wakes


def test_a_cancellation_is_heeded_at_every_moment_of_a_beginning() -> None:
    """Of two hundred, spread over the six milliseconds that connecting and subscribing take, a tenth were lost."""
    assert [number for number in range(200) if not asyncio.run(_ends(after_seconds=number * 0.000_03))] == []


async def _ends(*, after_seconds: float) -> bool:
    """Where it does not, the loop could not be closed: a second request is not lost."""
    task = asyncio.create_task(_listen())
    await asyncio.sleep(after_seconds)
    task.cancel()
    done, _still = await asyncio.wait({task}, timeout=1)
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=1)
    return bool(done)


async def _listen() -> None:
    async for _word in async_wakes(settings.REDIS_URL, "dexto:test", every_seconds=2):
        pass
