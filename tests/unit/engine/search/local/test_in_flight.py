"""Equal searches under way are made once."""

import asyncio
from typing import Any

import pytest

from engine.model.errors import SearchError
from engine.ports.search import SearchRequest
from engine.search.local import LocalSearch
from engine.search.local.in_flight import SearchesInFlight


class Searching:
    """A search that ends when it is told to; counts how often it was begun and given up."""

    def __init__(self) -> None:
        self.begun = self.given_up = 0
        self.end = asyncio.Event()
        self._has_begun = asyncio.Condition()
        self.error: Exception | None = None

    async def __call__(self) -> dict[str, Any]:
        self.begun += 1
        async with self._has_begun:
            self._has_begun.notify_all()
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.error is not None:
            raise self.error
        return {"answer": self.begun}

    async def all_begun(self, count: int) -> None:
        """Wait for so many searches."""
        async with self._has_begun:
            await self._has_begun.wait_for(lambda: self.begun >= count)


async def begun(searching: Searching, *questions: object) -> tuple[SearchesInFlight, list[asyncio.Task[Any]]]:
    flight = SearchesInFlight()
    tasks = [asyncio.ensure_future(flight.answer(question, searching)) for question in questions]
    await asyncio.wait_for(searching.all_begun(len(set(questions))), 10)
    return flight, tasks


async def test_equal_questions_share_an_answer_and_others_do_not() -> None:
    searching = Searching()
    _, tasks = await begun(searching, "a", "b", "a", "a")
    searching.end.set()
    await asyncio.gather(*tasks)
    assert searching.begun == 2


async def test_a_question_asked_later_is_answered_anew() -> None:
    searching = Searching()
    searching.end.set()
    flight = SearchesInFlight()
    assert await flight.answer("a", searching) == {"answer": 1}
    assert await flight.answer("a", searching) == {"answer": 2}


async def test_all_who_wait_get_the_error() -> None:
    searching = Searching()
    searching.error = SearchError(400, "parsing_exception", "no such query")
    _, tasks = await begun(searching, "a", "a")
    searching.end.set()
    assert await asyncio.gather(*tasks, return_exceptions=True) == [searching.error, searching.error]


async def test_who_gives_up_takes_the_answer_from_nobody_else() -> None:
    searching = Searching()
    _, (first, second) = await begun(searching, "a", "a")
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    searching.end.set()
    assert await second == {"answer": 1}


async def test_a_search_ends_when_the_last_one_gives_up() -> None:
    searching = Searching()
    flight, tasks = await begun(searching, "a", "a")
    for task in tasks:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (searching.begun, searching.given_up) == (1, 1)
    searching.end.set()
    assert await flight.answer("a", searching) == {"answer": 2}


async def test_documents_added_meanwhile_are_in_the_answer(search: LocalSearch) -> None:
    """A search that began before a document came is no answer to who asks after it came."""
    search.add_documents_now("i", [{"n": 1}])
    request = SearchRequest(("i",), {"size": 0})

    async def total() -> int:
        return int((await search.search(request))["hits"]["total"]["value"])

    early = asyncio.ensure_future(total())
    await asyncio.sleep(0)
    search.add_documents_now("i", [{"n": 2}])
    assert await total() == 2
    assert await early in (1, 2)


async def test_requests_that_cannot_be_compared_are_searched_one_by_one(search: LocalSearch) -> None:
    search.add_documents_now("i", [{"n": 1}])
    request = SearchRequest(("i",), {"size": 0, "query": {"term": {"n": 1 << 70}}})
    answers = await asyncio.gather(search.search(request), search.search(request), return_exceptions=True)
    assert [getattr(answer, "status", 200) for answer in answers] in ([200, 200], [400, 400])
