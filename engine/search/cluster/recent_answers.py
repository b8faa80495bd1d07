"""Answers that are good for some seconds: every run asks what an index says of its fields (data-views.md 4)."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from engine.model.jsonvalue import JsonObject

_GOOD_FOR_S = 5.0
_MOST_KEPT = 500


class RecentAnswers:
    """The latest answer to each question, for 5 seconds of the given monotonic clock. Failures are asked for anew."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._kept: OrderedDict[str, tuple[float, JsonObject]] = OrderedDict()

    async def get(self, question: str, ask: Callable[[], Awaitable[JsonObject]]) -> JsonObject:
        """The answer, asked for if none is good any more. Raises whatever asking raises."""
        known = self._kept.get(question)
        if known is not None and self._monotonic() < known[0]:
            return known[1]
        answer = await ask()
        self._kept[question] = self._monotonic() + _GOOD_FOR_S, answer
        self._kept.move_to_end(question)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return answer
