"""What travels together, and what becomes of each search when something goes wrong (DECISIONS 11)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from engine.model.errors import SearchError, SearchUnavailable
from engine.ports.search import FieldCapsRequest
from engine.search.cluster.settings import ClusterLimits

LATER = "2024-05-07T10:01:00.000Z"
LATEST = "2024-05-07T10:02:00.000Z"


@pytest.fixture
async def proven(cluster: Any, connect: Any, ask: Any) -> Any:
    """An adapter on which searches of the indices a to e have been answered once; the record starts afterwards."""

    async def prove(*indices: str, **settings: Any) -> Any:
        search = connect(**settings)
        assert all(isinstance(each, dict) for each in await ask.outcomes(search, *map(ask.request, indices)))
        cluster.requests.clear()
        while not cluster.arrived.empty():
            cluster.arrived.get_nowait()
        return search

    return prove


def indices_of(answers: list[Any]) -> list[str]:
    return [answer["hits"]["index"] for answer in answers]


async def test_unproven_searches_are_sent_alone(cluster: Any, connect: Any, ask: Any) -> None:
    answers = await ask.outcomes(connect(), *map(ask.request, "abc"))
    assert indices_of(answers) == ["a", "b", "c"]
    assert sorted(cluster.sent) == [["a"], ["b"], ["c"]]


async def test_proven_searches_of_one_loop_turn_travel_together_and_each_gets_its_own_answer(
    cluster: Any, proven: Any, ask: Any
) -> None:
    search = await proven(*"abc")
    answers = await ask.outcomes(search, *(ask.request(index, LATER) for index in "abc"))
    assert indices_of(answers) == ["a", "b", "c"]
    assert cluster.sent == [["a", "b", "c"]]


async def test_a_search_with_another_text_has_to_prove_itself(cluster: Any, proven: Any, ask: Any) -> None:
    search = await proven(*"abc")
    changed = ask.request("c", LATER, size=7)
    await ask.outcomes(search, ask.request("a", LATER), ask.request("b", LATER), changed)
    assert sorted(cluster.sent) == [["a", "b"], ["c"]]


async def test_slow_searches_travel_alone(cluster: Any, proven: Any, ask: Any) -> None:
    cluster.took["c"] = 101
    search = await proven(*"abc")
    await ask.outcomes(search, *(ask.request(index, LATER) for index in "abc"))
    assert sorted(cluster.sent) == [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("limits", "batches"),
    [
        (ClusterLimits(batch_searches=2), [["a", "b"], ["c", "d"], ["e"]]),
        (ClusterLimits(batch_cost_ms=100.0), [["a", "b"], ["c", "d"], ["e"]]),
        (ClusterLimits(batch_bytes=500), [["a", "b", "c"], ["d", "e"]]),
        (ClusterLimits(batch_bytes=1), [["a"], ["b"], ["c"], ["d"], ["e"]]),
    ],
)
async def test_batches_are_bounded_in_count_cost_and_bytes(
    cluster: Any, proven: Any, ask: Any, limits: ClusterLimits, batches: list[list[str]]
) -> None:
    cluster.took = dict.fromkeys("abcde", 40)
    search = await proven(*"abcde", limits=limits)
    answers = await ask.outcomes(search, *(ask.request(index, LATER) for index in "abcde"))
    assert indices_of(answers) == list("abcde")
    assert sorted(cluster.sent) == batches


async def test_identical_searches_are_sent_once(cluster: Any, connect: Any, ask: Any) -> None:
    answers = await ask.outcomes(connect(), *(ask.request("a") for _ in range(5)))
    assert indices_of(answers) == ["a"] * 5
    assert cluster.sent == [["a"]]


async def test_an_identical_search_after_the_answer_is_sent_again(cluster: Any, connect: Any, ask: Any) -> None:
    search = connect()
    await ask.outcomes(search, ask.request("a"))
    await ask.outcomes(search, ask.request("a"))
    assert cluster.sent == [["a"], ["a"]]


async def test_what_waits_for_room_makes_the_next_batch_larger(cluster: Any, proven: Any, ask: Any) -> None:
    search = await proven(*"abcd", limits=ClusterLimits(concurrent_batches=1))
    held = cluster.held["a"] = asyncio.Event()
    first = asyncio.create_task(search.search(ask.request("a", LATER)))
    await cluster.arrived.get()
    others = [asyncio.create_task(search.search(ask.request(index, LATER))) for index in "bc"]
    await asyncio.sleep(0)
    others.append(asyncio.create_task(search.search(ask.request("d", LATER))))
    await asyncio.sleep(0)
    held.set()
    await asyncio.gather(first, *others)
    assert cluster.sent == [["a"], ["b", "c", "d"]]


async def test_slow_searches_under_way_hold_no_fast_one_back(cluster: Any, proven: Any, ask: Any) -> None:
    cluster.took["slow"] = 5000
    search = await proven("a", "slow", limits=ClusterLimits(concurrent_slow=1, concurrent_singles=1))
    cluster.held["slow"] = asyncio.Event()
    slow = [asyncio.create_task(search.search(ask.request("slow", end))) for end in (LATER, LATEST)]
    await cluster.arrived.get()
    answers = await ask.outcomes(search, ask.request("a", LATER), ask.request("new", LATER))
    assert indices_of(answers) == ["a", "new"]
    cluster.held["slow"].set()
    assert indices_of(await asyncio.gather(*slow)) == ["slow", "slow"]


async def test_parts_of_a_batch_fail_each_with_its_own_error(cluster: Any, proven: Any, ask: Any) -> None:
    search = await proven(*"abcd")
    cluster.errors = {
        "b": ask.error(404, "index_not_found_exception", "no such index [b]"),
        "c": ask.error(429, "es_rejected_execution_exception", "queue is full"),
    }
    a, b, c, d = await ask.outcomes(search, *(ask.request(index, LATER) for index in "abcd"))
    assert indices_of([a, d]) == ["a", "d"]
    assert (type(b), b.status, b.error_type, b.reason) == (
        SearchError, 404, "index_not_found_exception", "no such index [b]")  # fmt: skip
    assert b.body == cluster.errors["b"]
    assert isinstance(c, SearchUnavailable)
    assert "429 es_rejected_execution_exception: queue is full" in str(c)
    assert len(cluster.sent) == 1


async def test_one_malformed_search_spoils_no_other_and_never_travels_with_others_again(
    cluster: Any, proven: Any, ask: Any, caplog: pytest.LogCaptureFixture
) -> None:
    search = await proven(*"abc")
    cluster.malformed = {"b"}
    a, b, c = await ask.outcomes(search, *(ask.request(index, LATER) for index in "abc"))
    assert indices_of([a, c]) == ["a", "c"]
    assert (b.status, b.error_type, b.reason) == (400, "parsing_exception", "unknown query [nonsense]")
    assert sorted(cluster.sent) == [["a"], ["a", "b", "c"], ["b"], ["c"]]

    cluster.requests.clear()
    cluster.malformed = set()
    for end in (LATEST, "2024-05-07T10:03:00.000Z"):
        await ask.outcomes(search, *(ask.request(index, end) for index in "abc"))
    assert sorted(cluster.sent) == [["a", "c"], ["a", "c"], ["b"], ["b"]]

    await ask.outcomes(search, ask.request("b", size=3))
    cluster.requests.clear()
    await ask.outcomes(search, ask.request("a", LATER), ask.request("b", LATER, size=3))
    assert cluster.sent == [["a", "b"]]
    assert caplog.text == ""


async def test_a_search_that_failed_in_a_batch_has_to_prove_itself_again(cluster: Any, proven: Any, ask: Any) -> None:
    search = await proven(*"abc")
    cluster.errors["c"] = ask.error(500, "exception", "boom")
    await ask.outcomes(search, *(ask.request(index, LATER) for index in "abc"))
    await ask.outcomes(search, *(ask.request(index, LATEST) for index in "abc"))
    assert [cluster.sent[0], *sorted(cluster.sent[1:])] == [["a", "b", "c"], ["a", "b"], ["c"]]


@pytest.mark.parametrize("status", [404, 500])
async def test_one_that_fails_alone_explains_why_its_batch_did_and_joins_others_once_it_is_well(
    cluster: Any, proven: Any, ask: Any, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    async def refuse(_: Any) -> web.Response:
        return web.Response(status=500, text="<html>")

    search = await proven(*"abc")
    cluster.replies["_msearch"], cluster.errors["b"] = refuse, ask.error(status, "exception", "boom")
    await ask.outcomes(search, *(ask.request(index, LATER) for index in "abc"))
    assert caplog.text == ""

    cluster.replies.clear()
    cluster.errors.clear()
    await ask.outcomes(search, *(ask.request(index, LATEST) for index in "abc"))
    cluster.requests.clear()
    await ask.outcomes(search, *(ask.request(index, LATER) for index in "abc"))
    assert cluster.sent == [["a", "b", "c"]]


async def test_a_batch_refused_for_no_fault_of_its_parts_makes_batches_smaller(
    cluster: Any, proven: Any, ask: Any, caplog: pytest.LogCaptureFixture
) -> None:
    search = await proven(*"abcd", limits=ClusterLimits(batch_searches=4))

    async def refuse(_: Any) -> web.Response:
        return web.Response(status=413, text="too large")

    cluster.replies["_msearch"] = refuse
    assert indices_of(await ask.outcomes(search, *(ask.request(index, LATER) for index in "abcd"))) == list("abcd")
    assert "hold 2 searches at most" in caplog.text
    del cluster.replies["_msearch"]
    cluster.requests.clear()
    assert indices_of(await ask.outcomes(search, *(ask.request(index, LATEST) for index in "abcd"))) == list("abcd")
    assert cluster.sent == [["a", "b"], ["c", "d"]]
    cluster.requests.clear()
    await ask.outcomes(search, *(ask.request(index, LATER) for index in "abcd"))
    assert cluster.sent == [["a", "b", "c", "d"]]


@pytest.mark.parametrize("body", ["{}", '{"responses": []}', '{"responses": [{}, null]}', '{"responses": 5}'])
async def test_a_batch_answered_with_something_else_is_sent_singly(
    cluster: Any, proven: Any, ask: Any, body: str
) -> None:
    async def reply(_: Any) -> web.Response:
        return web.Response(text=body)

    search = await proven(*"ab")
    cluster.replies["_msearch"] = reply
    assert indices_of(await ask.outcomes(search, *(ask.request(index, LATER) for index in "ab"))) == ["a", "b"]
    assert sorted(cluster.sent) == [["a"], ["a", "b"], ["b"]]


async def test_a_batch_with_wrong_credentials_is_not_tried_again(cluster: Any, proven: Any, ask: Any) -> None:
    async def reply(_: Any) -> web.Response:
        return web.json_response(ask.error(401, "security_exception", "who are you"), status=401)

    search = await proven(*"ab")
    cluster.replies["_msearch"] = reply
    outcomes = await ask.outcomes(search, *(ask.request(index, LATER) for index in "ab"))
    assert [outcome.status for outcome in outcomes] == [401, 401]
    assert cluster.sent == [["a", "b"]]


async def test_a_batch_that_takes_too_long_is_given_up_and_its_searches_go_alone(
    cluster: Any, proven: Any, ask: Any
) -> None:
    search = await proven(*"abc", batch_s=0.05)
    cluster.held["b"] = asyncio.Event()
    slow = asyncio.create_task(search.search(ask.request("b", LATER)))
    answers = await ask.outcomes(search, ask.request("a", LATER), ask.request("c", LATER))
    assert indices_of(answers) == ["a", "c"]
    cluster.held["b"].set()
    assert indices_of([await slow]) == ["b"]
    assert sorted(sorted(sent) for sent in cluster.sent) == [["a"], ["a", "b", "c"], ["b"], ["c"]]


async def test_a_fast_search_alone_that_takes_too_long_is_sent_again_as_a_slow_one(
    cluster: Any, proven: Any, ask: Any
) -> None:
    search = await proven(*"ab", batch_s=0.05)
    cluster.held["a"] = asyncio.Event()
    waiting = asyncio.create_task(search.search(ask.request("a", LATER)))
    assert [(await cluster.arrived.get()).searches for _ in range(2)] == [["a"], ["a"]]
    cluster.held["a"].set()
    assert indices_of([await waiting]) == ["a"]


async def test_a_search_without_an_answer_in_time_is_an_error_and_counts_as_slow(
    cluster: Any, connect: Any, ask: Any
) -> None:
    search = connect(search_s=0.5, limits=ClusterLimits(concurrent_slow=1, fast_ms=50))
    cluster.held = {index: asyncio.Event() for index in "ab"}
    for outcome in await ask.outcomes(search, *map(ask.request, "ab")):
        assert (outcome.status, outcome.error_type) == (408, "timeout")
    cluster.held["a"].set()
    cluster.requests.clear()
    waiting = [asyncio.create_task(search.search(ask.request(index, LATER))) for index in "ba"]
    while not cluster.sent:
        await asyncio.wait([asyncio.create_task(cluster.arrived.get())])
    assert cluster.sent == [["b"]]
    cluster.held["b"].set()
    assert indices_of(await asyncio.gather(*waiting)) == ["b", "a"]


async def test_a_search_that_was_waited_for_in_vain_counts_as_slow(
    cluster: Any, proven: Any, ask: Any, clock: Any
) -> None:
    search = await proven(*"abc")
    cluster.held["a"] = asyncio.Event()
    task = asyncio.create_task(search.search(ask.request("a", LATER)))
    await cluster.arrived.get()
    clock.advance(timedelta(seconds=1))
    task.cancel()
    await cluster.broken_off.get()
    cluster.held["a"].set()
    cluster.requests.clear()
    for end in (LATER, LATEST):
        await ask.outcomes(search, *(ask.request(index, end) for index in "abc"))
    assert sorted(cluster.sent) == [["a"], ["a"], ["b", "c"], ["b", "c"]]


async def test_what_is_cancelled_while_it_waits_is_left_out_of_the_next_batch(
    cluster: Any, proven: Any, ask: Any
) -> None:
    search = await proven(*"abcd", limits=ClusterLimits(concurrent_batches=1))
    cluster.held["a"] = asyncio.Event()
    tasks = [asyncio.create_task(search.search(ask.request("a", LATER)))]
    await cluster.arrived.get()
    tasks += [asyncio.create_task(search.search(ask.request(index, LATER))) for index in "bcd"]
    await asyncio.sleep(0)
    tasks.pop(2).cancel()
    await asyncio.sleep(0)
    cluster.held["a"].set()
    await asyncio.gather(*tasks)
    assert cluster.sent == [["a"], ["b", "d"]]


async def test_a_cancelled_search_breaks_its_request_off(cluster: Any, connect: Any, ask: Any) -> None:
    cluster.held["a"] = asyncio.Event()
    task = asyncio.create_task(connect().search(ask.request("a")))
    await cluster.arrived.get()
    task.cancel()
    assert (await cluster.broken_off.get()).searches == ["a"]
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelled_search_of_a_batch_leaves_the_others_alone_until_all_are_cancelled(
    cluster: Any, proven: Any, ask: Any
) -> None:
    search = await proven(*"ab")
    cluster.held["a"] = asyncio.Event()
    tasks = [asyncio.create_task(search.search(ask.request(index, LATER))) for index in "ab"]
    await cluster.arrived.get()
    tasks[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    cluster.held["a"].set()
    assert indices_of([await tasks[1]]) == ["b"]

    cluster.held["a"] = asyncio.Event()
    tasks = [asyncio.create_task(search.search(ask.request(index, LATEST))) for index in "ab"]
    await cluster.arrived.get()
    for task in tasks:
        task.cancel()
    assert (await cluster.broken_off.get()).searches == ["a", "b"]


async def test_one_of_two_equal_searches_is_cancelled(cluster: Any, connect: Any, ask: Any) -> None:
    search = connect()
    cluster.held["a"] = asyncio.Event()
    first, second = (asyncio.create_task(search.search(ask.request("a"))) for _ in range(2))
    await cluster.arrived.get()
    first.cancel()
    cluster.held["a"].set()
    assert indices_of([await second]) == ["a"]
    assert cluster.sent == [["a"]]


async def test_what_is_cancelled_before_it_was_sent_is_never_sent_and_can_be_asked_for_again(
    cluster: Any, connect: Any, ask: Any
) -> None:
    search = connect(limits=ClusterLimits(concurrent_singles=1))
    cluster.held["a"] = asyncio.Event()
    first = asyncio.create_task(search.search(ask.request("a")))
    await cluster.arrived.get()
    waiting = [asyncio.create_task(search.search(ask.request(index))) for index in "bc"]
    await asyncio.sleep(0)
    waiting[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting[0]
    again = asyncio.create_task(search.search(ask.request("b")))
    await asyncio.sleep(0)
    cluster.held["a"].set()
    assert indices_of(await asyncio.gather(first, waiting[1], again)) == ["a", "c", "b"]
    assert cluster.sent == [["a"], ["c"], ["b"]]


async def test_closing_ends_what_is_under_way(cluster: Any, connect: Any, ask: Any) -> None:
    search = connect(limits=ClusterLimits(concurrent_singles=1))
    cluster.held["a"] = asyncio.Event()
    tasks = [asyncio.create_task(search.search(ask.request(index))) for index in "ab"]
    await cluster.arrived.get()
    await search.close()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(outcome, SearchUnavailable)
        assert "was closed" in str(outcome)


async def test_equal_field_capabilities_are_asked_for_once(cluster: Any, connect: Any) -> None:
    search = connect()
    wanted = FieldCapsRequest(("logs-*", "x"), ("host", "msg*"), ignore_unavailable=True)
    await asyncio.gather(search.field_caps(wanted), search.field_caps(wanted))
    [seen] = cluster.requests
    assert (seen.method, seen.path) == ("GET", "/logs-*,x/_field_caps")
    assert seen.query == "fields=host,msg*&ignore_unavailable=true&allow_no_indices=true"


async def test_field_capabilities_of_hidden_indices_are_another_question(cluster: Any, connect: Any) -> None:
    search = connect()
    wanted = FieldCapsRequest(("logs-*",))
    await search.field_caps(wanted)
    await search.field_caps(replace(wanted, include_hidden=True))
    assert [seen.query.partition("&allow_no_indices=true")[2] for seen in cluster.requests] == [
        "",
        "&expand_wildcards=open,hidden",
    ]
