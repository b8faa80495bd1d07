"""A day of some forty rules on simulated time, across a clock change: what people hear, and why they hear no more.

`scripted_day.yml` tells what happens and what should come of it; it explains itself. Everything else is real: the
engine over a store in a file, stopped and started again in the middle, the embedded search over files, and receivers
that take messages over HTTP.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from ruamel.yaml import YAML

from engine.model.instant import iso, parse_iso
from engine.model.notification import LedgerEntry
from engine.model.settings import AttemptSettings, EngineSettings
from engine.model.trace import RunTrace
from tocsin import AsyncEngine, ManualClock

SCRIPT = Path(__file__).with_name("scripted_day.yml")
DAYS = {"Fr": 23, "Sa": 24, "Su": 25}
SLOT, MINUTE = timedelta(minutes=30), timedelta(minutes=1)
CONNECTORS = {"ops": ".webhook", "pager": ".webhook", "old": ".webhook", "chat": ".slack"}
TYPES = {
    "threshold": (".index-threshold", "threshold met", "recovered"),
    "query": (".es-query", "query matched", "recovered"),
    "view": (".es-query", "query matched", "recovered"),
    "geo": (".geo-containment", "Tracked entity contained", "notGeoContained"),
}
"""Rule type, its group of active alerts and the one of recovered alerts."""
COUNT = {"aggType": "count", "threshold": [0], "thresholdComparator": ">", "timeWindowUnit": "m"}
GEO = YAML(typ="safe").load("""
    {geoField: place, entity: truck, dateField: "@timestamp", boundaryType: entireIndex,
     boundaryIndexTitle: boundaries, boundaryIndexId: boundaries, boundaryGeoField: shape, boundaryNameField: name}
""")
FOUND = {"@timestamp": {"type": "date"}, "host": {"type": "keyword"}}
SEEN = {"@timestamp": {"type": "date"}, "truck": {"type": "keyword"}, "place": {"type": "geo_point"}}
BOUNDARY = {"name": {"type": "keyword"}, "shape": {"type": "geo_shape"}}
BOUNDARIES = {"Depot": "0 0, 9 0, 9 9, 0 9, 0 0", "Harbour": "20 20, 29 20, 29 29, 20 29, 20 20"}
PLACES = {"Depot": "POINT (5 5)", "Harbour": "POINT (25 25)", "road": "POINT (15 15)"}
FIXED = ("rule_type_id", "consumer")  # an update of a rule must not name them
SUMMARY = "{{alerts.new.count}} new, {{alerts.ongoing.count}} ongoing, {{alerts.recovered.count}} recovered"

Script = dict[str, Any]


# Times: `Sa 12:30` stands for an instant, `Sa 12:30 - 14:00` for a span


def instant(text: str, day: str = "") -> datetime:
    *named, time = text.split()
    hour, minute = map(int, time.split(":"))
    return datetime(2026, 10, DAYS[named[0] if named else day], hour, minute, tzinfo=UTC)


def span(text: str) -> tuple[datetime, datetime]:
    begin, _, end = text.partition(" - ")
    return instant(begin), instant(end or begin, begin[:2])


def said(at: datetime) -> str:
    return f"{at:%a}"[:2] + f" {at:%H:%M}"


def said_span(begin: datetime, end: datetime) -> str:
    if begin == end:
        return said(begin)
    return f"{said(begin)} - {said(end) if begin.date() != end.date() else f'{end:%H:%M}'}"


# Rules and documents, from what the script says of them


def rule_body(rule_id: str, told: Script) -> Script:
    rule_type_id, group, recovery_group = TYPES[told.get("type", "threshold")]
    whole_rule = told.get("whole_rule", {})
    actions = [action_body(action, group, not whole_rule) for action in told.get("actions", [{"to": "ops"}])]
    for connector in told.get("recovered", ["ops"]):
        action = {"to": connector, "name": f"{connector} recovered", "text": "{{alert.id}} recovered"}
        actions.append(action_body(action, recovery_group, not whole_rule))
    body = {
        "name": rule_id,
        "rule_type_id": rule_type_id,
        "consumer": "alerts",
        "schedule": {"interval": told.get("interval", "30m")},
        "tags": told.get("tags", []),
        "params": params(rule_id, told) | told.get("params", {}),
        "actions": actions,
        **whole_rule,
    }
    return body | {name: told[name] for name in ("alert_delay", "flapping") if name in told}


def action_body(told: Script, group: str, is_own_master: bool) -> Script:
    is_summary = told.get("summary", False)
    text = told.get("text", SUMMARY if is_summary else "{{alert.id}} is active")
    text = "{{rule.id}}|{{date}}|" + text
    body: Script = {
        "uuid": told.get("name", "summary" if is_summary else told["to"]),
        "id": told["to"],
        "group": told.get("group", group),
        "params": {"message": text} if CONNECTORS[told["to"]] == ".slack" else {"body": text},
    }
    if is_own_master:
        when = told.get("when", "change")
        named = {"change": "onActionGroupChange", "every run": "onActiveAlert"}.get(when, "onThrottleInterval")
        throttle = when if named == "onThrottleInterval" else None
        body["frequency"] = {"summary": is_summary, "notify_when": named, "throttle": throttle}
    return body | ({"alerts_filter": told["filter"]} if "filter" in told else {})


def params(rule_id: str, told: Script) -> Script:
    kind = told.get("type", "threshold")
    if kind == "geo":
        return GEO | {"index": rule_id, "indexId": rule_id}
    common = COUNT | {"timeWindowSize": told.get("window", 30)}
    if told.get("is_grouped", True):
        common |= {"groupBy": "top", "termField": "host", "termSize": 10}
    if kind == "threshold":
        return common | {"index": [rule_id], "timeField": "@timestamp", "filterKuery": "host: *"}
    if kind == "query":
        query = json.dumps({"query": {"exists": {"field": "host"}}})
        return common | {"size": 10, "index": [rule_id], "timeField": "@timestamp", "esQuery": query}
    view = {"title": rule_id, "timeFieldName": "@timestamp"}
    configuration = {"index": view, "query": {"query": "host: *", "language": "kuery"}, "filter": []}
    return common | {"searchType": "searchSource", "size": 10, "searchConfiguration": configuration}


def documents(told: Script) -> Iterator[dict[str, str]]:
    for host, spans in told.get("found", {}).items():
        for begin, end in map(span, spans.split(", ")):
            for number in range((end - begin) // SLOT + 1):
                yield {"@timestamp": iso(begin + number * SLOT - MINUTE), "host": host}
    for truck, places in told.get("seen", {}).items():
        for at, place in places.items():
            yield {"@timestamp": iso(instant(at) - MINUTE), "truck": truck, "place": PLACES[place]}


def snooze_body(told: Script, now: datetime) -> Script:
    begin = instant(told["begins"]) if "begins" in told else now
    recurs = {"freq": 3} if told.get("recurs") == "daily" else {"count": 1}
    number, unit = int(told["lasts"][:-1]), told["lasts"][-1]
    lasts = timedelta(**{{"h": "hours", "m": "minutes"}[unit]: number})
    return {
        **({"id": told["id"]} if "id" in told else {}),
        "duration": lasts // timedelta(milliseconds=1),
        "rRule": {"dtstart": iso(begin), "tzid": "Europe/Vienna", **recurs},
    }


# The world: receivers, and the engine with its files


@dataclass
class Receivers:
    """One server for all connectors; keeps (connector, rule, instant of the run, text, instant of arrival)."""

    clock: ManualClock
    down: tuple[datetime, datetime]
    url: str = ""
    taken: list[tuple[str, str, datetime, str, datetime]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        connector, text, now = request.path.strip("/"), await request.text(), self.clock.now()
        if connector == "pager" and self.down[0] <= now < self.down[1]:
            return web.Response(status=503)
        if CONNECTORS[connector] == ".slack":
            text = json.loads(text)["text"]
        else:
            self.keys.append(request.headers["X-Tocsin-Notification-Id"])
        rule_id, at, message = text.split("|")
        self.taken.append((connector, rule_id, parse_iso(at), message, now))
        return web.Response(text="ok")


@dataclass
class Day:
    """The day of the script, played by an engine that is opened twice over one store."""

    script: Script
    folder: Path
    receivers: Receivers

    @asynccontextmanager
    async def engine(self, connectors: Iterable[str]) -> AsyncIterator[AsyncEngine]:
        settings, store = EngineSettings(attempts=AttemptSettings(max_attempts=10)), self.folder / "store.db"
        async with AsyncEngine(clock=self.receivers.clock, settings=settings, store=f"sqlite:///{store}") as engine:
            for name in connectors:
                url = f"{self.receivers.url}/{name}"
                if CONNECTORS[name] == ".slack":
                    engine.add_connector(name, ".slack", secrets={"webhookUrl": url})
                else:
                    engine.add_connector(name, ".webhook", config={"url": url, "hasAuth": False})
            for rule_id, told in self.script["rules"].items():
                mapping = SEEN if told.get("type") == "geo" else FOUND
                engine.add_files(rule_id, [f"{self.folder}/{rule_id}.ndjson"], mapping={"properties": mapping})
            engine.add_files("boundaries", [f"{self.folder}/boundaries.ndjson"], mapping={"properties": BOUNDARY})
            yield engine

    def write_files(self) -> None:
        for rule_id, told in self.script["rules"].items():
            self._write(rule_id, documents(told))
        self._write("boundaries", ({"name": at, "shape": f"POLYGON (({ring}))"} for at, ring in BOUNDARIES.items()))

    def _write(self, index: str, lines: Iterable[Mapping[str, str]]) -> None:
        (self.folder / f"{index}.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))

    async def begin(self, engine: AsyncEngine) -> None:
        for window_id, window in self.script["maintenance_windows"].items():
            await engine.add_maintenance_window(window, window_id)
        for rule_id, told in self.script["rules"].items():
            await engine.add_rule(rule_body(rule_id, told), rule_id)

    async def play(self, engine: AsyncEngine, end: datetime) -> None:
        """Let time pass until then, and users do what the script says."""
        now = engine.clock.now()
        deeds = [
            (instant(at), rule_id, deed)
            for rule_id, told in self.script["rules"].items()
            for at, deed in told.get("user", {}).items()
        ]
        for at, rule_id, deed in sorted(deeds, key=lambda each: each[:2]):
            if now <= at < end:
                await engine.advance(at - engine.clock.now())
                await self._do(engine, rule_id, deed)
        await engine.advance(end - engine.clock.now())

    async def _do(self, engine: AsyncEngine, rule_id: str, deed: Script) -> None:
        [(name, given)] = deed.items()
        match name:
            case "snooze":
                await engine.snooze(rule_id, snooze_body(given, engine.clock.now()))
            case "unsnooze":
                await engine.unsnooze(rule_id)
            case "mute":
                await engine.mute(rule_id, None if given == "all" else given)
            case "unmute":
                await engine.unmute(rule_id, None if given == "all" else given)
            case "disable":
                await engine.disable_rule(rule_id, untrack=given == "untrack")
            case "enable":
                await engine.enable_rule(rule_id)
            case "untrack":
                await engine.untrack(rule_id, given)
            case "delete":
                await engine.delete_rule(rule_id)
            case "change":
                self.script["rules"][rule_id] |= given
                body = rule_body(rule_id, self.script["rules"][rule_id])
                await engine.update_rule(rule_id, {k: v for k, v in body.items() if k not in FIXED})
            case _:
                raise AssertionError(f"nobody knows how to {name} a rule")


# What came of it, in the words of the script


async def timeline(engine: AsyncEngine, receivers: Receivers, rule_id: str) -> list[str]:
    """The messages and reasons of a rule; what is the same from run to run stands once, with its span."""
    traces = await engine.parts.store.traces("default", rule_id=rule_id, limit=1000)
    runs = sorted(trace.started_at for trace in traces if isinstance(trace, RunTrace))
    numbers = {at: number for number, at in enumerate(runs)}
    lines: defaultdict[str, list[int]] = defaultdict(list)
    for connector, told_rule, at, text, arrived in receivers.taken:
        if told_rule == rule_id:
            lines[f"-> {connector}: {text}{' (late)' if arrived > at else ''}"].append(numbers[at])
    for ledger in await engine.parts.store.ledger("default", rule_id=rule_id, limit=1000):
        for line in reasons(ledger.entries):
            lines[line].append(numbers[ledger.at])
    spans = [
        (runs[begin], runs[end], line) for line, found in lines.items() for begin, end in _stretches(sorted(found))
    ]
    spans.sort(key=lambda each: (each[0], each[2].startswith("--"), each[2]))
    return [f"{said_span(begin, end):17} {line}" for begin, end, line in spans]


def reasons(entries: Iterable[LedgerEntry]) -> Iterator[str]:
    """The reasons of one run. An action is named where the actions differ about an alert."""
    by_alert: defaultdict[str | None, dict[str | None, str]] = defaultdict(dict)
    for entry in entries:
        if entry.reason == "groupMismatch":
            continue
        text = "" if entry.reason == "notified" else entry.reason + said_facts(entry.facts)
        for alert_id in entry.alert_ids or (None,):
            by_alert[alert_id][entry.action_uuid] = text
    for alert_id, by_action in by_alert.items():
        if alert_id is None:
            yield from (f"-- {action or 'all'}: {text}" for action, text in by_action.items() if text)
        elif len(set(by_action.values())) == 1:
            yield from (f"-- {alert_id}: {text}" for text in set(by_action.values()) if text)
        else:
            yield from (f"-- {action}, {alert_id}: {text}" for action, text in by_action.items() if text)


def said_facts(facts: Script) -> str:
    told = [f"until {said(parse_iso(facts['until']))}"] if "until" in facts else []
    told += [f"{facts['matches']} of {facts['needed']}"] if "needed" in facts else []
    told += [str(facts["misses"])] if "misses" in facts else []
    told += [*facts.get("window_names", ()), *facts.get("snoozes", ())]
    return f" ({', '.join(told)})" if told else ""


def _stretches(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """First and last of each stretch of numbers that follow each other."""
    begin = previous = numbers[0]
    for number in numbers[1:]:
        assert number != previous, "told twice in one run"
        if number != previous + 1:
            yield begin, previous
            begin = number
        previous = number
    yield begin, previous


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[Day]:
    script = YAML(typ="safe").load(SCRIPT)
    receivers = Receivers(ManualClock(instant(script["begin"])), span(script["pager_is_down"]))
    app = web.Application()
    app.router.add_post("/{connector}", receivers.receive)
    server = TestServer(app)
    await server.start_server()
    receivers.url = f"http://127.0.0.1:{server.port}"
    yield Day(script, tmp_path, receivers)
    await server.close()


async def test_people_hear_what_they_should_and_why_no_more(day: Day) -> None:
    script, clock = day.script, day.receivers.clock
    expected = {rule_id: told["expected"].splitlines() for rule_id, told in script["rules"].items()}
    stopped, started = span(script["engine_is_down"])
    day.write_files()
    async with day.engine(CONNECTORS) as engine:
        await day.begin(engine)
        await day.play(engine, stopped)
    clock.set(started)
    async with day.engine(name for name in CONNECTORS if name != script["removed_connector"]) as engine:
        await day.play(engine, instant(script["end"]))
        told = {rule_id: await timeline(engine, day.receivers, rule_id) for rule_id in expected}
        assert not (found := differences(expected, told)), found
        await check_deliveries(engine, day.receivers)
        await check_runs(engine, (stopped, started))
        assert await snoozes(engine, "snoozed-once") == [], "what is over is removed"
        [skipping] = await snoozes(engine, "snoozed-daily-and-skipped")
        assert skipping["skipRecurrences"] == ["2026-10-24T08:30:00.000Z"]
        assert (await engine.rule("edited"))["revision"] == 3
        kept, untracked = [await alert_ends(engine, f"disabled-{how}") for how in ("for-two-hours", "and-untracked")]
        assert kept == [("web-1", "recovered"), ("web-2", "recovered")]
        assert untracked == [("web-1", "recovered"), ("web-1", "untracked"), ("web-2", "untracked")]


def differences(expected: Mapping[str, list[str]], told: Mapping[str, list[str]]) -> str:
    """What is expected and did not happen, with ``-``; what happened and is not expected, with ``+``."""
    lines = [[f"{rule_id}: {line}" for rule_id, lines in each.items() for line in lines] for each in (expected, told)]
    return "\n".join(unified_diff(*lines, "expected", "told", n=0, lineterm=""))


async def check_deliveries(engine: AsyncEngine, receivers: Receivers) -> None:
    """Every message arrived once, those that the pager missed soon after it was back and in order."""
    sent = await engine.notifications()
    assert {each.state for each in sent} == {"delivered"}
    assert len(sent) == len(receivers.taken)
    assert len(receivers.keys) == len(set(receivers.keys))
    late = [(connector, text, arrived) for connector, _, at, text, arrived in receivers.taken if arrived > at]
    assert {connector for connector, *_ in late} == {"pager"}
    assert all(receivers.down[1] <= arrived <= receivers.down[1] + timedelta(hours=1) for *_, arrived in late)
    assert [text for _, text, _ in late if "web-2" in text] == ["web-2 is active", "web-2 recovered"]


async def check_runs(engine: AsyncEngine, stop: tuple[datetime, datetime]) -> None:
    """No run failed, and the time that nobody looked at is recorded: it lasted longer than a rule looks back."""
    traces = [
        trace for trace in await engine.parts.store.traces("default", limit=10_000) if isinstance(trace, RunTrace)
    ]
    odd = [(trace.rule.name, said(trace.started_at), trace.outcome) for trace in traces if trace.outcome != "success"]
    assert sorted(odd) == [
        ("to-a-connector-that-is-removed", "Sa 22:40", "warning"),
        ("to-a-connector-that-is-removed", "Sa 23:00", "warning"),
    ]
    gaps = {(trace.rule.name, trace.gap.start, trace.gap.end) for trace in traces if trace.gap is not None}
    assert ("restarted", stop[0] - 10 * MINUTE, stop[0]) in gaps
    assert {start for _, start, _ in gaps} == {stop[0] - 10 * MINUTE}


async def alert_ends(engine: AsyncEngine, rule_id: str) -> list[tuple[str, str]]:
    return sorted((alert.id, alert.status) for alert in await engine.alerts(rule_id))


async def snoozes(engine: AsyncEngine, rule_id: str) -> list[Script]:
    return list((await engine.parts.rules.get(rule_id)).rule.snooze_schedule)
