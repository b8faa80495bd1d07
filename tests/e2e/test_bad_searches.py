"""Rules whose searches fail in every way, among fifty good ones: the real service and cluster adapter, over HTTP.

Time is a manual clock's, so that a slot is an instant and nothing depends on how fast the machine is.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from engine.model.jsonvalue import JsonObject
from engine.search.cluster.search import ClusterSearch
from engine.search.cluster.settings import ClusterSettings, ClusterTimeouts
from engine.service.clocks import SystemClock
from engine.service.runs import RunReport
from tocsin import AsyncEngine, ManualClock

START = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GOOD = [f"good-{number:02}" for number in range(50)]
BAD = ["malformed", "hanging", "missing", "busy", "garbled", "partial"]
REMOVED = "removed.field"


def _error(status: int, kind: str, reason: str) -> JsonObject:
    cause = {"type": kind, "reason": reason}
    return {"error": {**cause, "root_cause": [cause]}, "status": status}


PARSING = _error(400, "parsing_exception", f"unknown field [{REMOVED}]")
BY_INDEX = {
    "missing": _error(404, "index_not_found_exception", "no such index [missing]"),
    "busy": _error(429, "es_rejected_execution_exception", "queue is full"),
}
FAILED_SHARD = {"reason": {"type": "node_disconnected", "reason": "node n1 is gone"}}

# Rule id -> status, reason, text of a run whose search fails.
OUTCOMES = {
    "malformed": ("error", "execute", f"[400] parsing_exception: unknown field [{REMOVED}]"),
    "hanging": (
        "error",
        "timeout",
        "The run of rule [hanging] exceeded its time limit of 0:05:00 and was cancelled.",
    ),
    "missing": ("error", "execute", "[404] index_not_found_exception: no such index [missing]"),
    "busy": (
        "error",
        "execute",
        "cluster [default] answered 429 es_rejected_execution_exception: queue is full",
    ),
    "garbled": (
        "error",
        "execute",
        "[200] malformed_answer: the answer is no JSON object but begins '<html>Service portal</html>'",
    ),
    "partial": ("warning", "ruleExecution", "node n1 is gone"),
    # Its specification takes a missing index for an empty one.
    "count-missing": ("ok", None, ""),
}


@dataclass
class Cluster:
    """Finds one document for every search; while ``is_bad``, indices named like a fault have it.

    ``/hook`` receives what rules send. ``sent`` is what travelled together, by index.
    """

    url: str = ""
    is_bad: bool = False
    sent: list[list[str]] = field(default_factory=list)
    is_hanging: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    told: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.path == "/hook":
            self.told.put_nowait(body.decode())
            return web.Response()
        is_batch = request.path == "/_msearch"
        indices = (
            [orjson.loads(line)["index"][0] for line in body.splitlines()[::2]]
            if is_batch
            else [request.path.split("/")[1]]
        )
        self.sent.append(indices)
        if self.is_bad and REMOVED.encode() in body:
            return web.json_response(PARSING, status=400)
        if self.is_bad and "garbled" in indices:
            return web.Response(text="<html>Service portal</html>", content_type="text/html")
        if self.is_bad and "hanging" in indices:
            self.is_hanging.set()
            await self.is_over.wait()
        answers = [self._answer(index) for index in indices]
        if is_batch:
            return web.json_response({"took": 1, "responses": answers})
        return web.json_response(answers[0], status=answers[0].get("status", 200))

    def _answer(self, index: str) -> JsonObject:
        if self.is_bad and index in BY_INDEX:
            return BY_INDEX[index]
        shards: JsonObject = {"total": 5, "successful": 5, "skipped": 0, "failed": 0}
        if self.is_bad and index == "partial":
            shards |= {"successful": 4, "failed": 1, "failures": [FAILED_SHARD]}
        found = {"total": {"value": 1, "relation": "eq"}, "max_score": None, "hits": []}
        counted = {"dateAgg": {"buckets": [{"doc_count": 1}]}}
        return {"took": 1, "timed_out": False, "_shards": shards, "hits": found, "aggregations": counted}

    def together(self) -> set[str]:
        """What has travelled in batches since the last call."""
        batches, self.sent = [each for each in self.sent if len(each) > 1], []
        return {index for batch in batches for index in batch}


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    cluster, app = Cluster(), web.Application()
    app.router.add_route("*", "/{path:.*}", cluster.respond)
    server = TestServer(app)
    await server.start_server()
    cluster.url = f"http://127.0.0.1:{server.port}"
    yield cluster
    cluster.is_over.set()
    await server.close()


@asynccontextmanager
async def _engine(cluster: Cluster, batch_s: float = 60.0) -> AsyncIterator[AsyncEngine]:
    """A rule over each index; those that are good tell the hook each time."""
    timeouts = ClusterTimeouts(batch_s=batch_s)
    settings = ClusterSettings(hosts=(cluster.url,), product="elasticsearch", timeouts=timeouts)
    search = ClusterSearch(settings, SystemClock())
    async with AsyncEngine(clock=ManualClock(START), search=search) as engine:
        engine.add_connector("hook", ".webhook", config={"url": f"{cluster.url}/hook", "hasAuth": False})
        for index in [*GOOD, *BAD]:
            await engine.add_rule(_rule(index, REMOVED if index == "malformed" else "host"), index)
        await engine.add_rule(_count_rule("missing"), "count-missing")
        yield engine


@pytest.fixture
async def engine(cluster: Cluster) -> AsyncIterator[AsyncEngine]:
    async with _engine(cluster) as engine:
        yield engine


def _rule(index: str, field_name: str) -> JsonObject:
    query = {"query": {"term": {field_name: "a"}}}
    tell = {
        "id": "hook",
        "group": "query matched",
        "frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": None},
        "params": {"body": "{{rule.name}}"},
    }
    return {
        "name": index,
        "rule_type_id": ".es-query",
        "consumer": "alerts",
        "schedule": {"interval": "1m"},
        "params": {
            "searchType": "esQuery",
            "index": [index],
            "timeField": "@timestamp",
            "timeWindowSize": 5,
            "timeWindowUnit": "m",
            "size": 10,
            "esQuery": orjson.dumps(query).decode(),
            "threshold": [0],
            "thresholdComparator": ">",
        },
        "actions": [tell] if index in GOOD else [],
    }


def _count_rule(index: str) -> JsonObject:
    params = {
        "index": [index],
        "timeField": "@timestamp",
        "timeWindowSize": 5,
        "timeWindowUnit": "m",
        "threshold": [0],
        "thresholdComparator": ">",
    }
    return _rule(index, "host") | {"rule_type_id": ".index-threshold", "params": params}


def _statuses(runs: list[RunReport]) -> dict[str, tuple[str, str | None, str]]:
    """Rule id -> status, reason, text."""
    found = {}
    for run in runs:
        status = run.record.status.execution_status
        reason = status.error or status.warning
        found[run.claim.key.id] = (
            status.status,
            None if reason is None else reason.reason,
            "" if reason is None else reason.message,
        )
    return found


async def _told(cluster: Cluster) -> list[str]:
    """The good rules' next messages, in order of their names."""
    return sorted([await asyncio.wait_for(cluster.told.get(), 60) for _ in GOOD])


async def _one_minute(engine: AsyncEngine, cluster: Cluster) -> dict[str, tuple[str, str | None, str]]:
    clock = engine.clock
    assert isinstance(clock, ManualClock)
    clock.advance(MINUTE)
    statuses = _statuses(await engine.run_due())
    assert await _told(cluster) == GOOD
    return statuses


async def test_each_bad_search_harms_only_its_own_rule(engine: AsyncEngine, cluster: Cluster) -> None:
    clock = engine.clock
    assert isinstance(clock, ManualClock)

    # Everything is well: each search proves itself alone, then all travel together.
    first = _statuses(await engine.run_due())
    assert {status for status, _, _ in first.values()} == {"active"}
    assert await _told(cluster) == GOOD
    assert cluster.together() == set()
    await _one_minute(engine, cluster)
    assert cluster.together() == {*GOOD, *BAD}

    # Six of them turn bad in the batch that all travel in.
    cluster.is_bad = True
    clock.advance(MINUTE)
    slot = clock.now()
    running = asyncio.create_task(engine.run_due())
    assert await _told(cluster) == GOOD, "the good ones have run and told"
    await asyncio.wait_for(cluster.is_hanging.wait(), 60)
    assert not running.done(), "while one still hangs"
    assert cluster.together() == {*GOOD, *BAD}
    clock.advance(5 * MINUTE)
    runs = await running
    assert {run.claim.planned for run in runs} == {run.record.trace.started_at for run in runs} == {slot}
    assert Counter(run.claim.key.id for run in runs) == Counter([*GOOD, *BAD, "count-missing"])
    assert {run.record.trace.ended_at for run in runs if run.claim.key.id != "hanging"} == {slot}
    statuses = _statuses(runs)
    assert {statuses.pop(index)[0] for index in GOOD} == {"active"}
    assert statuses == OUTCOMES

    # From now on the malformed one travels alone, also when the others are well again.
    cluster.is_bad = False
    for _ in range(3):
        assert {status for status, _, _ in (await _one_minute(engine, cluster)).values()} == {"active"}
    # How long the one that hung counts as slow depends on the machine.
    assert cluster.together() - {"hanging"} == {*GOOD, *BAD} - {"malformed", "hanging"}


async def test_a_search_that_made_a_batch_fail_joins_others_again_when_its_rule_was_changed(
    engine: AsyncEngine, cluster: Cluster
) -> None:
    await engine.run_due()
    assert await _told(cluster) == GOOD
    await _one_minute(engine, cluster)
    assert "malformed" in cluster.together()
    cluster.is_bad = True
    for bad in ("hanging", "missing", "busy", "garbled", "partial", "count-missing"):
        await engine.disable_rule(bad)
    at_fault = await _one_minute(engine, cluster)
    assert at_fault.pop("malformed")[0] == "error"
    assert {status for status, _, _ in at_fault.values()} == {"active"}
    cluster.together()

    # From the second tick on it fails alone: no batch is refused any more.
    for _ in range(2):
        assert (await _one_minute(engine, cluster))["malformed"][0] == "error"
        assert ["malformed"] in cluster.sent
    assert cluster.together() == set(GOOD)

    body = _rule("malformed", "host")
    changed = await engine.update_rule("malformed", {name: body[name] for name in ("name", "schedule", "params")})
    assert changed["revision"] == 1
    assert (await _one_minute(engine, cluster))["malformed"][0] == "active"
    assert cluster.together() == set(GOOD), "the new search has to prove itself"
    await _one_minute(engine, cluster)
    assert cluster.together() == {*GOOD, "malformed"}


@pytest.mark.parametrize("bad", ["hanging", "missing", "busy", "garbled", "partial"])
async def test_one_bad_search_in_a_batch_with_good_ones(cluster: Cluster, bad: str) -> None:
    async with _engine(cluster, batch_s=1.0 if bad == "hanging" else 60.0) as engine:
        clock = engine.clock
        assert isinstance(clock, ManualClock)
        for other in {*BAD, "count-missing"} - {bad}:
            await engine.disable_rule(other)
        await engine.run_due()
        assert await _told(cluster) == GOOD
        cluster.is_bad = True
        clock.advance(MINUTE)
        running = asyncio.create_task(engine.run_due())
        assert await _told(cluster) == GOOD
        assert cluster.together() == {*GOOD, bad}
        if bad == "hanging":
            await asyncio.wait_for(cluster.is_hanging.wait(), 60)
            clock.advance(5 * MINUTE)
        statuses = _statuses(await running)
        assert statuses.pop(bad) == OUTCOMES[bad]
        assert {status for status, _, _ in statuses.values()} == {"active"}
