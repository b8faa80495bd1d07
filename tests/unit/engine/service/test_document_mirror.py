"""Alert documents in an index: it follows what was committed, and whatever fails there harms no run."""

import asyncio
import logging
from datetime import timedelta

import pytest

from engine.model.errors import SearchError, SearchUnavailable, StoreUnavailable
from engine.service.document_mirror import DocumentMirror
from engine.service.service import Service

PAUSE = timedelta(seconds=2)
STATUS = "kibana.alert.status"
ALERT = "kibana.alert.instance.id"


class IndexSearch:
    """An index in memory. ``failures`` are raised by the next calls; documents of ``unmappable`` alerts are a 400."""

    def __init__(self):
        self.documents, self.calls, self.failures, self.unmappable = {}, [], [], set()
        self.item_status = self.most = self.held = None
        self.has_index, self.was_asked = False, asyncio.Event()

    async def search(self, request):
        raise AssertionError("a mirror searches nothing")

    field_caps = search

    async def ensure_index(self, index, mappings):
        self._fail()
        was_there, self.has_index = self.has_index, True
        return not was_there

    async def bulk(self, request):
        self.calls.append(request)
        self.was_asked.set()
        if self.held is not None:
            await self.held.wait()
        self._fail()
        if self.most is not None and len(request.items) > self.most:
            raise SearchError(413, "too_large", "too much")
        results = [self._put(item) for item in request.items]
        return {
            "took": 1,
            "errors": any("error" in result for result in results),
            "items": [{"index": r} for r in results],
        }

    def _put(self, item):
        assert item.is_replacing
        assert item.id == item.source["kibana.alert.uuid"]
        if item.source[ALERT] in self.unmappable:
            return {"status": 400, "error": {"type": "document_parsing_exception", "reason": "no such number"}}
        if self.item_status is not None:
            return {"status": self.item_status, "error": {"type": "blocked", "reason": "read only"}}
        self.documents[item.id] = item.source
        return {"status": 200, "result": "updated"}

    def _fail(self):
        if self.failures:
            raise self.failures.pop(0)

    def statuses(self):
        return sorted((document[ALERT], document[STATUS]) for document in self.documents.values())

    async def close(self):
        raise AssertionError("the mirror does not own the backend")


class Watched:
    """A world whose alert documents an index follows."""

    def __init__(self, world):
        self.world, self.clock, self.search = world, world.clock, IndexSearch()
        self.restart()

    def restart(self):
        self.mirror = DocumentMirror(store=self.world.store, search=self.search, index="alerts", name="alerts")
        self.service = Service(
            store=self.world.store,
            executor=self.world.executor,
            delivery=None,
            settings=self.world.executor._settings,
            owner="test",
            mirror=self.mirror,
        )

    async def run(self, *alerts, rule="r"):
        """Let the next slot find these alerts; the mirror is not looked at."""
        self.world.rule_type.reports[rule] = list(alerts)
        await self.world.next_minute()

    async def follow(self):
        await self.mirror.follow(self.clock.now())
        return self.search.statuses()


@pytest.fixture
async def watched(world):
    await world.add_rule()
    return Watched(world)


async def test_an_alert_is_written_followed_and_ended(watched):
    await watched.run("a")
    assert await watched.follow() == [("a", "active")]
    [first] = watched.search.documents.values()
    await watched.run("a", "b")
    assert await watched.follow() == [("a", "active"), ("b", "active")]
    assert watched.search.documents[first["kibana.alert.uuid"]]["kibana.alert.duration.us"] == 60_000_000
    await watched.run("b")
    assert await watched.follow() == [("a", "recovered"), ("b", "active")]
    assert len(watched.search.calls[-1].items) == 2
    assert {call.index for call in watched.search.calls} == {"alerts"}


async def test_what_did_not_change_is_not_written(watched):
    await watched.run()
    await watched.follow()
    await watched.run()
    await watched.follow()
    assert watched.search.calls == []


async def test_what_users_untrack_is_written(watched):
    await watched.run("a")
    await watched.follow()
    await watched.world.rules.disable("r", untrack=True, **watched.world.by_user())
    watched.clock.advance(PAUSE)
    assert await watched.follow() == [("a", "untracked")]


async def test_it_goes_on_after_a_restart_where_it_was(watched):
    await watched.run("a", "b")
    await watched.follow()
    await watched.run("a")
    watched.restart()
    calls = len(watched.search.calls)
    assert await watched.follow() == [("a", "active"), ("b", "recovered")]
    assert len(watched.search.calls) == calls + 1
    watched.restart()
    await watched.follow()
    assert len(watched.search.calls) == calls + 1


async def test_an_index_that_was_just_made_gets_everything(watched):
    await watched.run("a")
    await watched.run("b")
    await watched.follow()
    watched.search.documents, watched.search.has_index = {}, False
    watched.restart()
    assert await watched.follow() == [("a", "recovered"), ("b", "active")]


async def test_a_failing_index_is_asked_ever_more_rarely_and_told_of_once(watched, caplog):
    caplog.set_level(logging.INFO, "tocsin.service.documents")
    await watched.run("a")
    rests = []
    for _ in range(9):
        watched.search.failures = [SearchUnavailable("cluster [x] cannot be reached")]
        await watched.follow()
        rests.append((watched.mirror.due - watched.clock.now()).total_seconds())
        watched.clock.set(watched.mirror.due)
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert await watched.follow() == [("a", "active")]
    assert watched.mirror.due is None
    [began, ended] = [record.message for record in caplog.records if record.name == "tocsin.service.documents"]
    assert "cannot be written to index [alerts]" in began
    assert "cluster [x] cannot be reached" in began
    assert "again" in ended


async def test_nothing_is_asked_before_its_time(watched):
    await watched.run("a")
    watched.search.failures = [SearchUnavailable("away")]
    await watched.follow()
    watched.clock.advance(timedelta(seconds=4))
    assert await watched.follow() == []
    assert watched.mirror.due is not None


@pytest.mark.parametrize(
    "failure",
    [SearchError(403, "security_exception", "not allowed"), StoreUnavailable("disk full"), ZeroDivisionError("a bug")],
)
async def test_whatever_fails_is_tried_again(watched, failure):
    watched.search.has_index = True
    await watched.follow()
    await watched.run("a")
    watched.search.failures = [failure]
    assert await watched.follow() == []
    watched.clock.set(watched.mirror.due)
    assert await watched.follow() == [("a", "active")]


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_an_index_is_looked_for_until_there_is_an_answer(watched, status):
    await watched.run("a")
    watched.search.failures = [SearchError(status, "error", "no")]
    assert await watched.follow() == []
    assert not watched.search.has_index
    watched.clock.set(watched.mirror.due)
    assert await watched.follow() == [("a", "active")]
    assert watched.search.has_index


async def test_an_index_that_may_not_be_made_is_written_to_all_the_same(watched):
    await watched.run("a")
    watched.search.failures = [SearchError(403, "security_exception", "not allowed")]
    assert await watched.follow() == [("a", "active")]


@pytest.mark.parametrize("status", [403, 404, 429, 503])
async def test_documents_that_are_refused_for_now_are_written_later(watched, status):
    await watched.run("a")
    watched.search.item_status = status
    await watched.follow()
    assert watched.mirror.due is not None
    watched.search.item_status = None
    watched.clock.set(watched.mirror.due)
    assert await watched.follow() == [("a", "active")]


async def test_a_document_that_cannot_be_mapped_holds_no_other_back(watched, caplog):
    watched.search.unmappable = {"bad"}
    for _ in range(3):
        await watched.run("bad", "good")
        assert await watched.follow() == [("good", "active")]
    assert watched.mirror.due is None
    [told] = [record.message for record in caplog.records if "does not take" in record.message]
    assert "no such number" in told
    for _ in range(10):
        await watched.run("bad", "good")
        await watched.follow()
    [_, later] = [record.message for record in caplog.records if "does not take" in record.message]
    assert "does not take 10 alert documents" in later


async def test_a_bulk_that_is_too_large_is_halved(watched, caplog):
    watched.search.most = 2
    await watched.run(*"abcde")
    assert len(await watched.follow()) == 5
    assert [len(call.items) for call in watched.search.calls] == [5, 2, 3, 1, 2]
    watched.search.most = 0
    await watched.run("a")
    await watched.follow()
    assert watched.mirror.due is None
    assert "does not take 1 alert documents" in caplog.text


async def test_many_documents_go_in_bounded_bulks(watched):
    await watched.run(*map(str, range(450)))
    assert len(await watched.follow()) == 450
    assert max(len(call.items) for call in watched.search.calls) == 200


async def test_one_request_at_a_time(watched):
    await watched.run("a")
    watched.search.held = asyncio.Event()
    first = asyncio.create_task(watched.mirror.follow(watched.clock.now()))
    await watched.search.was_asked.wait()
    await watched.run("b")
    await watched.mirror.follow(watched.clock.now())
    assert len(watched.search.calls) == 1
    watched.search.held.set()
    await first
    assert watched.mirror.due is not None
    watched.clock.set(max(watched.clock.now(), watched.mirror.due))
    assert await watched.follow() == [("a", "recovered"), ("b", "active")]


async def test_a_cancelled_write_is_made_again(watched):
    await watched.run("a")
    watched.search.held = asyncio.Event()
    task = asyncio.create_task(watched.mirror.follow(watched.clock.now()))
    await watched.search.was_asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    watched.search.held.set()
    assert await watched.follow() == [("a", "active")]


async def test_a_clock_that_was_set_back_stops_nothing(watched):
    await watched.run("a")
    await watched.follow()
    await watched.world.rules.disable("r", untrack=True, **watched.world.by_user())
    await watched.mirror.follow(watched.clock.now() - timedelta(hours=1))
    assert watched.search.statuses() == [("a", "untracked")]


async def test_at_the_end_what_is_left_is_written(watched):
    await watched.run("a")
    await watched.follow()
    await watched.run("b")
    await watched.mirror.finish(watched.clock.now())
    assert watched.search.statuses() == [("a", "recovered"), ("b", "active")]


async def test_the_end_waits_for_no_index(watched, caplog):
    await watched.run("a")
    watched.search.held = asyncio.Event()
    await watched.mirror.finish(watched.clock.now(), longest_s=0.01)
    assert "the next start goes on" in caplog.text
    watched.search.held.set()
    watched.restart()
    assert await watched.follow() == [("a", "active")]


async def test_runs_without_end_do_not_put_it_off(watched):
    await watched.run("a")
    began = watched.clock.now()
    for second in range(3):
        due = watched.mirror.expect(began + timedelta(seconds=second))
    assert due == began + PAUSE
    await watched.mirror.follow(due)
    assert watched.search.statuses() == [("a", "active")]


async def test_a_tick_runs_the_rules_and_a_later_one_writes_what_they_found(watched):
    watched.world.rule_type.reports["r"] = ["a"]
    began, due = watched.clock.now(), []
    await watched.service.tick(began, due.append)
    assert watched.search.calls == []
    assert began + PAUSE in due
    assert await watched.service.next_due() == began + PAUSE
    watched.clock.set(began + PAUSE)
    await watched.service.tick(watched.clock.now())
    assert watched.search.statuses() == [("a", "active")]
    assert await watched.service.next_due() == began + timedelta(minutes=1)


async def test_a_failing_index_fails_no_tick(watched):
    watched.world.rule_type.reports["r"] = ["a"]
    watched.search.failures = [SearchUnavailable("away")] * 100
    for _ in range(30):
        await watched.service.tick(watched.clock.now())
        watched.clock.set(await watched.service.next_due(later_than=watched.clock.now()))
    traces = await watched.world.store.traces("default")
    assert {trace.status for trace in traces} == {"active"}
    assert watched.search.statuses() == []
    watched.search.failures = []
    watched.clock.set(watched.mirror.due)
    await watched.service.tick(watched.clock.now())
    assert watched.search.statuses() == [("a", "active")]
