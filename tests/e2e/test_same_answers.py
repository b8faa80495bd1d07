"""One executor for all uses: sixty processes with a state file, and the library, tell the same story."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from engine.model.instant import iso
from tocsin import AsyncEngine, ManualClock
from tocsin.files.rules import load_rules

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


async def test_sixty_processes_and_the_library_agree(tocsin, tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "tocsin.yml").write_text(SETTINGS)
    (tmp_path / "web.ndjson").write_bytes(b"\n".join(orjson.dumps(document) for document in _documents()) + b"\n")
    by_processes = []
    for minute in range(MINUTES):
        at = iso(START + timedelta(minutes=minute))
        done = tocsin("run", "rules.yml", "--at", at, "--state", "state.db", "--data", "web=web.ndjson", "-o", "json")
        assert done.returncode == 0, done.stderr
        by_processes += json.loads(done.stdout)["rules"]
    by_library = await _library(tmp_path)
    first, second = _renamed(by_processes), _renamed(by_library)
    assert len(first) == len(second) == 2 * MINUTES
    for one, other in zip(first, second, strict=True):
        assert one == other
    assert _seen(by_library, "alerts", "status") == {"new", "ongoing", "delayed", "held", "recovered"}
    assert _seen(by_library, "alerts", "flapping") == {True, False}
    assert _seen(by_library, "decisions", "reason") >= {"notified", "delayed", "throttled", "actionGroupHasNotChanged"}


async def _library(folder: Path) -> list[dict[str, object]]:
    from tocsin.one_shot import OneShotResult, result_as_json

    results = []
    clock = ManualClock(START)
    async with AsyncEngine(clock=clock, send=False) as engine:
        engine.add_files("web", [str(folder / "web.ndjson")])
        engine.add_connector("log", ".server-log")
        for definition in load_rules([folder / "rules.yml"]).rules:
            await engine.add_rule(definition.body, definition.id)
        for minute in range(MINUTES):
            clock.set(START + timedelta(minutes=minute))
            runs = {run.claim.key.id: run for run in await engine.run_due()}
            for rule_id in ("by-host", "all"):
                stored = await engine.parts.rules.get(rule_id)
                results.append(json.loads(json.dumps(result_as_json(OneShotResult(stored.rule, runs[rule_id])))))
    return results


def _renamed(results: list[dict[str, object]]) -> list[object]:
    """The results with uuids replaced by the order in which they appear (DECISIONS 23)."""
    names: dict[str, str] = {}
    text = json.dumps(results)
    uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    return list(json.loads(uuid.sub(lambda match: names.setdefault(match[0], f"uuid-{len(names)}"), text)))


def _seen(results: list[dict[str, object]], member: str, name: str) -> set[object]:
    return {each[name] for result in results for each in result[member]}  # type: ignore[attr-defined]
