"""The embedded search engine: 1,000,000 log documents from a file, and a rule-shaped search through the port."""

import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from engine.model.instant import iso
from engine.ports.search import SearchRequest
from engine.search.local.engine import LocalSearch

DOCUMENTS = 1_000_000
_START = datetime(2026, 1, 1, tzinfo=UTC)
_REPEATS = 10


async def measure() -> dict[str, str]:
    """Wall-clock seconds to load, and milliseconds of one search with its full answer (median of ten)."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "logs.ndjson"
        _write(file)
        search = LocalSearch(lambda: _START + timedelta(days=1))
        began = time.perf_counter()
        search.add_files("logs", [str(file)])
        [report] = await search.refresh()
        loaded_s = time.perf_counter() - began
        assert report.loaded == DOCUMENTS
        times = []
        for repeat in range(_REPEATS):
            began = time.perf_counter()
            answer = await search.search(_request(repeat))
            times.append(time.perf_counter() - began)
            assert answer["aggregations"]["groupAgg"]["buckets"]
        await search.close()
    return {
        "documents loaded": f"{DOCUMENTS} in {loaded_s:.1f} s",
        "first search (makes the columns)": f"{times[0] * 1e3:.0f} ms",
        "search, median": f"{sorted(times[1:])[len(times) // 2 - 1] * 1e3:.0f} ms (aim < 100)",
    }


def _write(file: Path) -> None:
    chance = random.Random(7)
    step = timedelta(days=1) / DOCUMENTS
    with file.open("wb") as out:
        for number in range(DOCUMENTS):
            document = {
                "@timestamp": iso(_START + step * number),
                "host": {"name": f"host-{chance.randrange(200):03}"},
                "status": chance.choice((200, 200, 200, 404, 500)),
                "response_ms": round(chance.lognormvariate(4, 1), 1),
                "message": "GET /index.html answered in time by the usual worker",
            }
            out.write(orjson.dumps(document) + b"\n")


def _request(minute: int) -> SearchRequest:
    """As an `.index-threshold` rule sends it: average by host over an hour."""
    end = _START + timedelta(hours=12, minutes=minute)
    window = {"gte": iso(end - timedelta(hours=1)), "lt": iso(end), "format": "strict_date_time"}
    metric = {"avg": {"field": "response_ms"}}
    ranges = [{"from": window["gte"], "to": window["lt"]}]
    date_agg = {"field": "@timestamp", "format": "strict_date_time", "ranges": ranges}
    selector = {"buckets_path": {"compareValue": "sortValueAgg"}, "script": "params.compareValue > 50L"}
    return SearchRequest(
        index=("logs",),
        body={
            "size": 0,
            "query": {"bool": {"filter": [{"range": {"@timestamp": window}}]}},
            "aggs": {
                "groupAgg": {
                    "terms": {"field": "host.name.keyword", "size": 100, "order": {"sortValueAgg": "desc"}},
                    "aggs": {
                        "dateAgg": {"date_range": date_agg, "aggs": {"metricAgg": metric}},
                        "sortValueAgg": metric,
                        "conditionSelector": {"bucket_selector": selector},
                    },
                },
                "groupAggCount": {"stats_bucket": {"buckets_path": "groupAgg._count"}},
            },
        },
        ignore_unavailable=True,
    )
