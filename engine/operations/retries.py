"""How often a change is tried that others were faster with (rest-api.md 1.6)."""

import asyncio
import random

MOST_TRIES = 3


async def pause_before_retry() -> None:
    """Wait about 250 ms between two tries of a change (rest-api.md 1.6)."""
    await asyncio.sleep(0.25 + random.random() * 0.1)  # noqa: S311 - spreads retries, no secret
