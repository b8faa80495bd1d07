"""What only a real node shows: refused batches, failing shards, the limit of new scripts, searches without end."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from engine.model.errors import SearchError
from engine.ports.search import SearchRequest
from engine.search.cluster.search import ClusterSearch
from engine.search.cluster.settings import ClusterSettings, ClusterTimeouts
from engine.service.clocks import SystemClock
from tests.servers.opensearch.node import request as ask
from tocsin import AsyncEngine, ManualClock

pytestmark = pytest.mark.opensearch

HOSTS = 100
START = "2026-03-02T12:05:00.000Z"
NEWEST = "2026-03-02T12:04:00.000Z"
WINDOW = {"timeField": "@timestamp", "timeWindowSize": 5, "timeWindowUnit": "m"}
FAILING_FOR_ONE = "if (doc['host'].value == 'h0') { throw new IllegalArgumentException('not h0') } return true"
LONG = "int n = 0; for (int i = 0; i < 999000; i++) { n += i % 7 } return n >= 0"


@pytest.fixture(scope="module")
def url(opensearch: str) -> Iterator[str]:
    """The node with an index of two shards: host ``h0`` has one document, ``h1`` two, and so on."""
    kinds = {"@timestamp": {"type": "date"}, "host": {"type": "keyword"}, "rack": {"type": "keyword"}}
    settings = {"number_of_shards": 2, "number_of_replicas": 0}
    ask("PUT", f"{opensearch}/machines", {"settings": settings, "mappings": {"properties": kinds}})
    documents = [
        {"@timestamp": NEWEST, "host": f"h{number}", "rack": f"r{number % 2}"}
        for number in range(HOSTS)
        for _ in range(number + 1)
    ]
    lines = b"".join(b'{"index":{}}\n%b\n' % orjson.dumps(document) for document in documents)
    assert ask("POST", f"{opensearch}/machines/_bulk?refresh=true", lines)["errors"] is False
    yield opensearch
    ask("DELETE", f"{opensearch}/machines")


@pytest.fixture
async def search(url: str) -> AsyncIterator[ClusterSearch]:
    opened = ClusterSearch(ClusterSettings((url,)), SystemClock())
    yield opened
    await opened.close()


def sized(name: str, host: str = "h3", index: str = "machines") -> SearchRequest:
    """A search that counts a host's documents. Its name looks like an instant: all have one shape to the adapter."""
    aggregations = {f"2026-03-02T{name}": {"value_count": {"field": "host"}}}
    body = {"size": 0, "track_total_hits": True, "query": {"term": {"host": host}}, "aggs": aggregations}
    return SearchRequest((index,), body, allow_no_indices=False)


async def test_one_malformed_part_makes_a_batch_a_400_for_all(url: str) -> None:
    """What the adapter has to live with (DECISIONS 11); a missing index is its part's own affair."""
    requests = [sized(str(number)) for number in range(73)]
    good = [*requests, sized("x", index="gone")]
    answer = ask("POST", f"{url}/_msearch", _lines(good))
    assert [part["status"] for part in answer["responses"]] == 73 * [200] + [404]
    with pytest.raises(AssertionError, match=": 400 "):
        ask("POST", f"{url}/_msearch", _lines([*good, sized("[")]))


def _lines(requests: list[SearchRequest]) -> bytes:
    return b"".join(orjson.dumps({"index": each.index}) + b"\n" + orjson.dumps(each.body) + b"\n" for each in requests)


async def test_a_malformed_search_in_a_batch_harms_no_other(search: ClusterSearch) -> None:
    """Its shape has proven itself before: it travels with the others, which the server refuses with it."""
    names = [f"h{number}" for number in range(73)]
    await asyncio.gather(*(search.search(sized("known", host)) for host in [*names, "bad"]))
    asked = [*(sized("again", host) for host in names), sized("[", "bad"), sized("again", index="gone")]
    answers = await asyncio.gather(*map(search.search, asked), return_exceptions=True)
    totals = [answer["hits"]["total"]["value"] for answer in answers if not isinstance(answer, BaseException)]
    assert totals == [number + 1 for number in range(73)]
    malformed, missing = answers[73:]
    assert isinstance(malformed, SearchError)
    assert isinstance(missing, SearchError)
    assert (malformed.status, missing.status) == (400, 404)
    assert "aggregation name" in malformed.reason
    assert missing.error_type == "index_not_found_exception"


@asynccontextmanager
async def serving(url: str, timeouts: ClusterTimeouts, rules: dict[str, dict[str, Any]]) -> AsyncIterator[AsyncEngine]:
    search = ClusterSearch(ClusterSettings((url,), timeouts=timeouts), SystemClock())
    async with AsyncEngine(clock=ManualClock(START), search=search, send=False) as engine:
        for rule_id, rule in rules.items():
            body = {"name": rule_id, "consumer": "alerts", "schedule": {"interval": "1m"}, "actions": [], **rule}
            await engine.add_rule(body, rule_id)
        yield engine


def by_query(query: dict[str, Any], **params: Any) -> dict[str, Any]:
    shared = {"searchType": "esQuery", "index": ["machines"], "size": 3, "threshold": [0], "thresholdComparator": ">"}
    return {
        "rule_type_id": ".es-query",
        "params": {**WINDOW, **shared, "esQuery": json.dumps({"query": query}), **params},
    }


async def test_more_thresholds_than_the_server_compiles_scripts(url: str) -> None:
    """Only 75 new scripts are compiled in five minutes: thresholds are parameters of one."""
    rules: dict[str, dict[str, Any]] = {}
    expected: dict[str, int] = {}
    for number in range(100):
        threshold = 90 + (number / 10 if number % 10 else number // 10)
        condition = {"groupBy": "top", "termSize": 1000, "thresholdComparator": ">", "threshold": [threshold]}
        counted = {"index": "machines", "termField": "host", **condition, **WINDOW}
        rules[f"count {threshold}"] = {"rule_type_id": ".index-threshold", "params": counted}
        rules[f"query {threshold}"] = by_query({"match_all": {}}, termField=["host", "rack"], **condition)
        hosts_above = sum(documents > threshold for documents in range(1, HOSTS + 1))
        expected |= {f"count {threshold}": hosts_above, f"query {threshold}": hosts_above}
    async with serving(url, ClusterTimeouts(), rules) as engine:
        for runs in (await engine.run_due(), await engine.advance("1m")):
            found = {run.claim.key.id: len(run.transition.active) for run in runs if run.transition is not None}
            assert found == expected


async def test_a_failing_shard_is_a_warning_with_its_reason_and_the_rest_counts(url: str) -> None:
    rules = {"partly": by_query({"script": {"script": FAILING_FOR_ONE}}), "well": by_query({"match_all": {}})}
    async with serving(url, ClusterTimeouts(), rules) as engine:
        runs = {run.claim.key.id: run.record.trace for run in await engine.run_due()}
    assert (runs["well"].status, runs["well"].outcome) == ("active", "success")
    partly = runs["partly"]
    assert (partly.status, partly.outcome, partly.message) == ("warning", "warning", "runtime error")
    assert [mention.id for mention in partly.active] == ["query matched"]


@pytest.fixture
def laborious(url: str) -> Iterator[dict[str, Any]]:
    """A search that keeps two processors busy for ten seconds and more, in steps that can be broken off: shards."""
    settings = {"number_of_shards": 20, "number_of_replicas": 0}
    kinds = {"@timestamp": {"type": "date"}}
    ask("PUT", f"{url}/laborious", {"settings": settings, "mappings": {"properties": kinds}})
    line = b'{"index":{}}\n%b\n' % orjson.dumps({"@timestamp": NEWEST})
    assert ask("POST", f"{url}/laborious/_bulk?refresh=true", 60 * line)["errors"] is False
    scripts = [{"script": {"script": {"source": LONG, "params": {"n": number}}}} for number in range(100)]
    yield by_query({"bool": {"filter": scripts}}, index=["laborious"])
    ask("DELETE", f"{url}/laborious")


async def test_a_search_that_takes_too_long_fails_its_run_alone(url: str, laborious: dict[str, Any]) -> None:
    rules = {"slow": laborious, "well": by_query({"match_all": {}})}
    async with serving(url, ClusterTimeouts(search_s=3.0), rules) as engine:
        traces = {run.claim.key.id: run.record.trace for run in await engine.run_due()}
    assert (traces["well"].status, traces["well"].reason) == ("active", None)
    assert (traces["slow"].status, traces["slow"].reason) == ("error", "execute")
    assert "gave no answer within 3 s" in str(traces["slow"].error_message)
