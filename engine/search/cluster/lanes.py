"""Where requests wait: fast searches, which travel together, unproven ones and slow ones, each sent alone.

Each lane has its own bound of exchanges under way, so that slow searches never take the place of others. What waits
longer than a loop turn, because the bound is reached, makes the next batch larger.
"""

from collections import deque
from dataclasses import dataclass, field

from engine.search.cluster.part import Part
from engine.search.cluster.settings import ClusterLimits


@dataclass(slots=True)
class Lane:
    """``bound``: exchanges under way at the same time."""

    bound: int
    waiting: deque[Part] = field(default_factory=deque)
    under_way: int = 0

    @property
    def has_work(self) -> bool:
        """Something waits that may start. Parts that nobody wants any more are dropped on the way."""
        while self.waiting and not self.waiting[0].is_wanted:
            self.waiting.popleft()
        return bool(self.waiting) and self.under_way < self.bound

    def take_batch(self, limits: ClusterLimits, most: int) -> list[Part]:
        """The next parts in their order, within the bounds of one batch; at least one."""
        taken: list[Part] = []
        size, cost = 0, 0.0
        while self.waiting and len(taken) < most:
            part = self.waiting[0]
            if part.is_wanted:
                size += part.query.line_bytes
                cost += part.cost_ms or 0.0
                if taken and (size > limits.batch_bytes or cost > limits.batch_cost_ms):
                    break
                taken.append(part)
            self.waiting.popleft()
        return taken

    def empty(self) -> list[Part]:
        """Everything that waits."""
        parts = list(self.waiting)
        self.waiting.clear()
        return parts
