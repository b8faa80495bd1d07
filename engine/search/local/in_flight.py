"""Searches under way, each made once however many ask for it.

Rules that are due together often ask the same of the same index; they differ in what they make of the answer.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject


@dataclass(slots=True)
class _Search:
    """A search and how many wait for it."""

    task: asyncio.Task[JsonObject]
    waiting: int = 0


class SearchesInFlight:
    """Equal questions that wait at the same time, on the same event loop, are answered together."""

    def __init__(self) -> None:
        self._searches: dict[Hashable, _Search] = {}

    async def answer(
        self, question: Hashable, search: Callable[[], Coroutine[object, object, JsonObject]]
    ) -> JsonObject:
        """The answer of the search, which nobody may change. Raises what the search raises.

        Who is cancelled stops waiting; the last one's cancelling ends the search, and waits until it has ended.
        """
        loop = asyncio.get_running_loop()
        key = loop, question
        shared = self._searches.get(key)
        if shared is None:
            shared = self._searches[key] = _Search(loop.create_task(search()))
            shared.task.add_done_callback(lambda _: self._searches.pop(key, None))
        shared.waiting += 1
        try:
            return await asyncio.shield(shared.task)
        except asyncio.CancelledError:
            if shared.waiting == 1:
                self._searches.pop(key, None)
                shared.task.cancel()
                await asyncio.wait([shared.task])
            raise
        finally:
            shared.waiting -= 1
