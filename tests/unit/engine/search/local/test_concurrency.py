"""Many at once: snapshots, isolation, cancellation."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.ports.search import SearchRequest
from engine.search.local import LocalSearch
from engine.search.local.database import Database, Interrupted
from engine.search.local.fragment import Sql


async def test_every_search_sees_one_snapshot(search: LocalSearch) -> None:
    """Each batch adds three equal documents, new fields, and turns single values into several; hits, totals and
    buckets of one answer always agree."""
    search.add_documents_now("i", [{"n": 0, "t": "x"}] * 3)

    async def append() -> None:
        for batch in range(1, 25):
            value: Any = batch if batch % 3 else [batch, 0]
            await search.add_documents("i", [{"n": value, f"f{batch}": batch, "t": ["x", "y"][: 1 + batch % 2]}] * 3)

    async def look() -> set[int]:
        totals = set()
        aggs = {"t": {"terms": {"field": "t.keyword"}, "aggs": {"h": {"top_hits": {"size": 100}}}},
                "c": {"value_count": {"field": "_missing", "missing": 1}}}  # fmt: skip
        for _ in range(12):
            body = {"size": 1000, "track_total_hits": True, "query": {"match": {"t": "x"}}, "aggs": aggs}
            answer = await search.search(SearchRequest(("i",), body))
            total = answer["hits"]["total"]["value"]
            bucket = answer["aggregations"]["t"]["buckets"][0]
            assert total % 3 == 0
            assert len(answer["hits"]["hits"]) == total
            assert bucket["doc_count"] == bucket["h"]["hits"]["total"]["value"] == total
            assert answer["aggregations"]["c"]["value"] == total
            totals.add(total)
        return totals

    *seen, _ = await asyncio.gather(look(), look(), look(), append())
    assert all(totals <= set(range(3, 76, 3)) for totals in seen)
    final = await search.search(SearchRequest(("i",), {}))
    assert final["hits"]["total"]["value"] == 75


async def test_engines_side_by_side_do_not_disturb_one_another() -> None:
    async def one(number: int) -> list[int]:
        engine = LocalSearch(lambda: datetime(2024, 1, 1, tzinfo=UTC))
        await engine.add_documents("i", [{"n": number}] * number)
        answer = await engine.search(SearchRequest(("i",), {"aggs": {"s": {"sum": {"field": "n"}}}}))
        await engine.close()
        return [answer["hits"]["total"]["value"], answer["aggregations"]["s"]["value"]]

    found = await asyncio.gather(*(one(number) for number in range(1, 20)))
    assert found == [[number, number * number] for number in range(1, 20)]


async def test_an_index_may_be_brought_into_being_by_many_at_once(search: LocalSearch) -> None:
    await asyncio.gather(*(search.add_documents("i", [{"n": number}]) for number in range(8)))
    answer = await search.search(SearchRequest(("i",), {"aggs": {"s": {"sum": {"field": "n"}}}}))
    assert answer["aggregations"]["s"]["value"] == 28


async def test_cancelling_stops_the_running_statement() -> None:
    """A statement that would run for hours ends with the task that waits for it."""
    engine = LocalSearch(lambda: datetime(2024, 1, 1, tzinfo=UTC))
    endless = Sql("SELECT sum(a.range * b.range) FROM range(10000000) AS a, range(10000000) AS b")
    outcome: list[type[BaseException]] = []
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    def work(run: Any) -> None:
        loop.call_soon_threadsafe(started.set)
        try:
            run.execute(endless)
        except Interrupted:
            outcome.append(Interrupted)
            raise

    task = asyncio.ensure_future(engine._call(work))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert outcome == [Interrupted]
    engine.add_documents_now("i", [{"n": 1}])
    assert (await engine.search(SearchRequest(("i",), {})))["hits"]["total"]["value"] == 1
    await engine.close()


async def test_an_engine_with_settings_of_its_own_has_a_database_of_its_own() -> None:
    engine = LocalSearch(lambda: datetime(2024, 1, 1, tzinfo=UTC), threads=1, memory_limit="500MB")
    engine.add_documents_now("i", [{"n": 1}])
    assert (await engine.search(SearchRequest(("i",), {})))["hits"]["total"]["value"] == 1
    await engine.close()


@pytest.mark.parametrize(
    "statement", ["SELECT * FROM read_csv('/etc/passwd')", "INSTALL httpfs", "COPY (SELECT 1) TO '/tmp/x'",
                  "LOAD spatial", "ATTACH '/tmp/x.db'", "SET enable_external_access = true"]
)  # fmt: skip
def test_the_database_reaches_nothing_outside(statement: str) -> None:
    import duckdb

    database = Database()
    with database.open_run() as run, pytest.raises(duckdb.Error):
        run.execute(Sql(statement))
    database.close()
