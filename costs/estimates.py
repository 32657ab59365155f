"""What an agent would cost a month somewhere."""

from __future__ import annotations

from core.targets import PLATFORMS, Platform, Target
from costs.book import PriceBook, published
from costs.models import MODELS
from costs.usage import Estimate, Usage


def estimate(target: Target, platform: Platform, usage: Usage, book: PriceBook | None = None) -> Estimate:
    """By the prices of now, or of another book. Raises ValueError where the one does not run on the other."""
    if platform not in PLATFORMS[target]:
        raise ValueError(f"{target.value} does not run on {platform.value}")
    return MODELS[platform](book or published(), usage)
