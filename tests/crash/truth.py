"""The scripted truth: which conditions hold when, and so what a search over any window has to find.

While a condition is on it has a document every 100 ms; a search counts those in its window, whoever asks, and whenever.
"""

import random
from bisect import bisect_right

STEP_MS = 100
_SHORTEST_MS, _LONGEST_MS = 1_200, 5_000


class Truth:
    """Conditions by name; each goes on and off at instants that follow from the seed, until all are settled."""

    def __init__(self, seed: int, began_ms: int) -> None:
        self._seed, self._began_ms = seed, began_ms
        self._timelines: dict[str, _Timeline] = {}
        self._settled_ms: int | None = None

    def count(self, condition: str, start_ms: int, end_ms: int) -> int:
        """The condition's documents from ``start_ms`` on and before ``end_ms``."""
        timeline = self._timelines.get(condition)
        if timeline is None:
            timeline = _Timeline(random.Random(f"{self._seed} {condition}"), self._began_ms)
            self._timelines[condition] = timeline
        first = -(-start_ms // STEP_MS) * STEP_MS
        return sum(timeline.is_on(self._scripted(at)) for at in range(first, end_ms, STEP_MS))

    def settle(self, at_ms: int) -> None:
        """From then on every condition stays as it is at that instant, which must not have been searched yet."""
        self._settled_ms = at_ms

    def _scripted(self, at_ms: int) -> int:
        return at_ms if self._settled_ms is None else min(at_ms, self._settled_ms)


class _Timeline:
    """The instants at which one condition changes: off at first."""

    def __init__(self, chance: random.Random, began_ms: int) -> None:
        self._chance = chance
        self._changes = [began_ms + chance.randint(0, _LONGEST_MS)]

    def is_on(self, at_ms: int) -> bool:
        while self._changes[-1] <= at_ms:
            self._changes.append(self._changes[-1] + self._chance.randint(_SHORTEST_MS, _LONGEST_MS))
        return bisect_right(self._changes, at_ms) % 2 == 1
