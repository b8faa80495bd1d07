"""Answers that arrive at the same time are handed out batch by batch, so that no turn of the loop becomes long."""

import asyncio
import gc

from engine.model.jsonvalue import JsonObject
from engine.search.cluster.dispatcher import Dispatcher
from engine.search.cluster.part import Part, Query
from engine.search.cluster.settings import ClusterLimits, ClusterSettings
from engine.service.clocks import ManualClock

SETTINGS = ClusterSettings(hosts=("http://localhost:9200",), limits=ClusterLimits(batch_searches=2))


class Exchanges:
    """Answers single searches at once, and batches when all of them are let go."""

    def __init__(self) -> None:
        self.are_let_go = asyncio.Event()
        self.have_come = asyncio.Semaphore(0)

    async def exchange(
        self, method: str, target: str, body: bytes = b"", *, is_lines: bool = False, is_repeatable: bool = True
    ) -> JsonObject:
        if not is_lines:
            return {"took": 1}
        self.have_come.release()
        await self.are_let_go.wait()
        return {"responses": [{"took": 1} for _ in body.splitlines()[::2]]}


async def test_one_batch_a_turn(clock: ManualClock) -> None:
    connection = Exchanges()
    dispatcher = Dispatcher(connection, SETTINGS, clock)
    queries = [Query("POST", f"/{name}/_search", b"{}", name.encode()) for name in "abcdef"]
    for query in queries:
        await dispatcher.ask(query)
    turn, turns_of = 0, dict.fromkeys(queries, 0)

    async def note_turn(query: Query) -> None:
        await dispatcher.ask(query)
        turns_of[query] = turn

    asking = asyncio.gather(*map(note_turn, queries))
    for _ in range(3):
        await connection.have_come.acquire()
    connection.are_let_go.set()
    while not asking.done():
        turn += 1
        await asyncio.sleep(0)
    await dispatcher.close()
    turns = list(turns_of.values())
    assert turns[::2] == turns[1::2], "a batch is handed out as a whole"
    assert len(set(turns)) == 3


async def test_nothing_of_a_batch_is_left_to_the_garbage_collector(clock: ManualClock) -> None:
    connection = Exchanges()
    connection.are_let_go.set()
    dispatcher = Dispatcher(connection, SETTINGS, clock)
    queries = [Query("POST", f"/{name}/_search", b"{}", name.encode()) for name in "ab"]
    gc.collect()
    gc.disable()
    try:
        for _ in range(2):
            await asyncio.gather(*map(dispatcher.ask, queries))
        await dispatcher.close()
        assert not [found for found in gc.get_objects() if isinstance(found, Part)]
    finally:
        gc.enable()
