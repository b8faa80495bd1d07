"""The search server: what the cluster adapter asks of one, answered from the scripted truth and the window asked for.

It remembers every search with its window, and until when it was under way.
"""

import asyncio
import json
import random
import time
from dataclasses import dataclass

from aiohttp import web

from engine.model.instant import parse_iso, to_ms
from engine.model.jsonvalue import JsonObject, JsonValue
from tests.crash.happenings import Happenings
from tests.crash.history import Search
from tests.crash.rules import RULES_BY_ID, TestedRule
from tests.crash.truth import Truth


@dataclass(slots=True)
class _Asked:
    """A search under way: ``until`` is set once it is over."""

    rule: str
    window_start: int
    window_end: int
    is_end_included: bool
    asked: float
    until: float | None = None
    is_answered: bool = False


class ScriptedCluster:
    """Speaks ``GET /``, ``_search`` and ``_msearch``. Mostly quick; now and then an answer takes up to 1.5 s."""

    def __init__(self, truth: Truth, chance: random.Random) -> None:
        self._truth, self._chance = truth, chance
        self._asked: list[_Asked] = []
        self.answering = Happenings()
        self.app = web.Application(client_max_size=64 * 1024 * 1024)
        self.app.add_routes(
            [
                web.get("/", self._introduce),
                web.post("/_msearch", self._search_many),
                web.post("/{index}/_search", self._search_one),
            ]
        )

    def cut_off(self) -> None:
        """Whoever asks at the moment is dead: nothing is under way any more."""
        for asked in self._asked:
            if asked.until is None:
                asked.until = time.monotonic()

    def searches(self) -> list[Search]:
        """All searches, in the order they came."""
        ended = [(asked, time.monotonic() if asked.until is None else asked.until) for asked in self._asked]
        return [Search(at.rule, at.window_end, at.asked, until, at.is_answered) for at, until in ended]

    def has_answered_all_since(self, at_ms: int) -> bool:
        """Whether every rule has been told of a window that begins at that instant or later."""
        told = {asked.rule for asked in self._asked if asked.is_answered and asked.window_start >= at_ms}
        return told >= RULES_BY_ID.keys()

    async def _introduce(self, _: web.Request) -> web.Response:
        return web.json_response({"version": {"number": "8.19.0"}, "tagline": "You Know, for Search"})

    async def _search_one(self, request: web.Request) -> web.Response:
        (answer,) = await self._answer([(request.match_info["index"], await request.json())])
        return web.json_response(answer)

    async def _search_many(self, request: web.Request) -> web.Response:
        lines = [json.loads(line) for line in (await request.read()).splitlines()]
        parts = [(header["index"][0], body) for header, body in zip(lines[::2], lines[1::2], strict=True)]
        answers = await self._answer(parts)
        return web.json_response({"took": 3, "responses": [{**answer, "status": 200} for answer in answers]})

    async def _answer(self, parts: list[tuple[str, JsonObject]]) -> list[JsonObject]:
        begun = [_asked(index, body) for index, body in parts]
        self._asked += begun
        await asyncio.sleep(self._delay_s())
        for asked in begun:
            if asked.until is None:
                asked.until, asked.is_answered = time.monotonic(), True
        self.answering.happen()
        return [self._found(RULES_BY_ID[asked.rule], asked) for asked in begun]

    def _delay_s(self) -> float:
        drawn = self._chance.random()
        if drawn < 0.03:
            return self._chance.uniform(0.5, 1.5)
        return self._chance.uniform(0.05, 0.3) if drawn < 0.15 else self._chance.uniform(0, 0.02)

    def _found(self, rule: TestedRule, asked: _Asked) -> JsonObject:
        end = asked.window_end + asked.is_end_included
        counts = {alert: self._truth.count(rule.condition(alert), asked.window_start, end) for alert in rule.alerts}
        total = sum(counts.values())
        met = {alert: count for alert, count in counts.items() if count > rule.threshold}
        aggregations: JsonObject
        if rule.is_grouped:
            buckets = [{"key": alert, "doc_count": count, "dateAgg": _ranges(count)} for alert, count in met.items()]
            aggregations = {"groupAgg": {"buckets": buckets}, "groupAggCount": {"count": len(buckets)}}
        else:
            aggregations = {"dateAgg": _ranges(total)}
        return {
            "took": 3,
            "timed_out": False,
            "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
            "hits": {"total": {"value": total, "relation": "eq"}, "max_score": None, "hits": []},
            "aggregations": aggregations,
        }


def _ranges(count: int) -> JsonObject:
    return {"buckets": [{"doc_count": count}]}


def _asked(index: str, body: JsonObject) -> _Asked:
    bounds = _find_range(body["query"])
    start, end = (to_ms(parse_iso(bounds[name])) for name in ("gte", "lte" if "lte" in bounds else "lt"))
    return _Asked(index, start, end, "lte" in bounds, time.monotonic())


def _find_range(query: JsonValue) -> JsonObject:
    """The bounds of ``@timestamp`` somewhere in a query."""
    if isinstance(query, dict) and "range" in query:
        bounds: JsonObject = query["range"]["@timestamp"]
        return bounds
    parts = query.values() if isinstance(query, dict) else query if isinstance(query, list) else ()
    return next(filter(None, map(_find_range, parts)), {})
