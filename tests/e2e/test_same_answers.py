"""One executor for all uses: sixty processes with a state file, the library, and the service tell the same story."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

import orjson
import pytest

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.ports.store import RuleKey, Store
from engine.service.runs import RunReport
from engine.store.connections import sqlite_url
from engine.store.sqlite import open_store
from tocsin import AsyncEngine, ManualClock
from tocsin.files.rules import load_rules
from tocsin.one_shot import OneShotResult, result_as_json

pytestmark = pytest.mark.slow

START = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
MINUTES = 60

RULES = """\
- id: by-host
  name: Errors by host
  rule_type_id: .index-threshold
  consumer: stackAlerts
  schedule: {interval: 1m}
  flapping: {look_back_window: 8, status_change_threshold: 3}
  params: {index: [web], timeField: "@timestamp", groupBy: top, termField: host.keyword, termSize: 5,
           timeWindowSize: 2, timeWindowUnit: m, threshold: [3], thresholdComparator: ">"}
  actions:
    - {uuid: on-change, id: log, group: threshold met, frequency: {summary: false, notify_when: onActionGroupChange},
       params: {message: "{{alert.id}} {{context.value}} {{alert.flapping}}"}}
    - {uuid: throttled, id: log, group: threshold met,
       frequency: {summary: false, notify_when: onThrottleInterval, throttle: 5m}, params: {message: "{{date}}"}}
    - {uuid: over, id: log, group: recovered, frequency: {summary: false, notify_when: onActionGroupChange},
       params: {message: "{{alert.id}} over"}}
- id: all
  name: All errors
  rule_type_id: .es-query
  consumer: stackAlerts
  schedule: {interval: 1m}
  alert_delay: {active: 2}
  params: {searchType: esQuery, index: [web], timeField: "@timestamp", timeWindowSize: 3, timeWindowUnit: m, size: 5,
           esQuery: '{"query": {"match_all": {}}}', threshold: [4], thresholdComparator: ">="}
  actions:
    - {uuid: each-run, id: log, group: query matched, frequency: {summary: false, notify_when: onActiveAlert},
       params: {message: "{{context.value}} {{alert.consecutiveMatches}} {{context.hits.length}}"}}
"""
RULE_IDS = ("by-host", "all")
SETTINGS = "connectors: {log: {name: log, connector_type_id: .server-log}}\n"


def _documents() -> list[dict[str, str]]:
    """Bursts that come and go at different paces, so that alerts appear, flap, are delayed and recover."""
    documents = []
    for minute in range(-3, MINUTES):
        for host, is_bursting in (("a", minute % 6 < 3), ("b", minute % 4 < 2 and minute < 40), ("c", minute > 50)):
            for number in range(4 if is_bursting else 0):
                at = START + timedelta(minutes=minute, seconds=number * 7 + 1)
                documents.append({"@timestamp": iso(at), "host": host})
    return documents


async def test_sixty_processes_the_library_and_a_service_that_is_restarted_agree(tocsin, tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "tocsin.yml").write_text(SETTINGS)
    (tmp_path / "web.ndjson").write_bytes(b"\n".join(orjson.dumps(document) for document in _documents()) + b"\n")
    by_library, by_service = await _library(tmp_path), await _service(tmp_path)
    assert _renamed(by_service) == _renamed(by_library)
    by_processes = await _processes(tocsin, tmp_path)
    assert _renamed(by_processes) == _renamed(by_library)

    results = by_library[0]
    assert len(results) == 2 * MINUTES
    assert _seen(results, "alerts", "status") == {"new", "ongoing", "delayed", "held", "recovered"}
    assert _seen(results, "alerts", "flapping") == {True, False}
    assert _seen(results, "decisions", "reason") >= {"notified", "delayed", "throttled", "actionGroupHasNotChanged"}


Story: TypeAlias = tuple[list[JsonObject], JsonObject]
"""What each run came to, and what the store holds at the end."""


async def _processes(tocsin: Callable[..., "CompletedProcess[str]"], folder: Path) -> Story:
    results: list[JsonObject] = []
    for minute in range(MINUTES):
        at = iso(START + timedelta(minutes=minute))
        done = tocsin("run", "rules.yml", "--at", at, "--state", "state.db", "--data", "web=web.ndjson", "-o", "json")
        assert done.returncode == 0, done.stderr
        results += json.loads(done.stdout)["rules"]
    store = open_store(sqlite_url(folder / "state.db"))
    await store.open()
    kept = await _kept(store)
    await store.close()
    return results, kept


@asynccontextmanager
async def _engine(folder: Path, store: str, at: datetime) -> AsyncIterator[AsyncEngine]:
    async with AsyncEngine(clock=ManualClock(at), store=store, send=False) as engine:
        engine.add_files("web", [str(folder / "web.ndjson")])
        engine.add_connector("log", ".server-log")
        yield engine


async def _library(folder: Path) -> Story:
    """As a test would do it: everything in memory, the clock set to each minute."""
    results = []
    async with _engine(folder, "sqlite://", START) as engine:
        await _add_rules(engine, folder)
        for minute in range(MINUTES):
            engine.clock.set(START + timedelta(minutes=minute))
            results += await _told(engine, await engine.run_due())
        return results, await _kept(engine.parts.store)


async def _service(folder: Path) -> Story:
    """As the daemon does it: ticks when something is due, and twice everything is closed and opened again."""
    results, at = [], START
    for life in range(3):
        async with _engine(folder, sqlite_url(folder / "service.db"), at) as engine:
            if life == 0:
                await _add_rules(engine, folder)
            for _ in range(MINUTES // 3):
                due = await engine.parts.service.next_due()
                assert due is not None
                engine.clock.set(due)
                results += await _told(engine, (await engine.parts.service.tick(due)).runs)
            at = engine.clock.now()
            kept = await _kept(engine.parts.store)
    return results, kept


async def _add_rules(engine: AsyncEngine, folder: Path) -> None:
    for definition in load_rules([folder / "rules.yml"]).rules:
        await engine.add_rule(definition.body, definition.id)


async def _told(engine: AsyncEngine, runs: list[RunReport]) -> list[JsonObject]:
    """What the command would print of runs that came due together."""
    told = []
    for run in sorted(runs, key=lambda run: RULE_IDS.index(run.claim.key.id)):
        stored = await engine.parts.rules.get(run.claim.key.id)
        told.append(json.loads(json.dumps(result_as_json(OneShotResult(stored.rule, run)))))
    return told


async def _kept(store: Store) -> JsonObject:
    """Documents, messages, decisions and run states as they are stored, each rule's in their order."""
    kept: JsonObject = {}
    for rule_id in RULE_IDS:
        state = await store.load_state(RuleKey("default", rule_id))
        assert state is not None
        kept[rule_id] = {
            "documents": await store.documents("default", rule_id=rule_id),
            "messages": [asdict(each) for each in await store.notifications("default", rule_id=rule_id)],
            "decisions": [asdict(each) for each in await store.ledger("default", rule_id=rule_id)],
            "state": asdict(state),
        }
    return kept


def _renamed(story: Story) -> object:
    """The story with uuids replaced by the order in which they appear (DECISIONS 23)."""
    names: dict[str, str] = {}
    text = json.dumps(story, default=str)
    uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    return json.loads(uuid.sub(lambda match: names.setdefault(match[0], f"uuid-{len(names)}"), text))


def _seen(results: list[JsonObject], member: str, name: str) -> set[object]:
    return {each[name] for result in results for each in result[member]}
