"""How often somebody may try something, counted in Valkey for all processes together."""

from __future__ import annotations

from functools import lru_cache

import redis
import structlog
from limits import RateLimitItem, parse
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

log = structlog.get_logger(__name__)


class Limit:
    """Such as `Limit("sign-in", "10/minute")`. While the counter is down everything is let through, and it is said."""

    def __init__(self, name: str, rule: str) -> None:
        self._name = name
        self._rule: RateLimitItem = parse(rule)

    def hit(self, url: str, *who: str) -> bool:
        """Counts one try; False when it is one too many."""
        try:
            return _limiter(url).hit(self._rule, self._name, *who)
        except redis.RedisError as error:
            log.warning("tries are not counted", limit=self._name, error=str(error))
            return True


@lru_cache(maxsize=4)
def _limiter(url: str) -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(RedisStorage(url, socket_timeout=1, socket_connect_timeout=1))
