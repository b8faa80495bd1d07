"""Figures for Prometheus: they follow what the service does."""

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from engine.api.metrics import Metrics, routes
from engine.model.errors import StoreUnavailable
from engine.ports.store import Standing
from engine.service.pulse import Pulse
from tocsin.http_api import ApiContext, build_api

AT = datetime(2026, 3, 1, tzinfo=UTC)
ACTION = {
    "id": "log",
    "group": "threshold met",
    "params": {"message": "m"},
    "frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": None},
}


@pytest.fixture
def watched(served: Any) -> Any:
    """The API with observers that watch its engine."""
    parts, pulse, metrics = served.engine.parts, Pulse(), Metrics()
    parts.observers.add(pulse)
    parts.observers.add(metrics)
    served.app = build_api(parts, ApiContext(pulse=pulse, metrics=metrics))
    return served


async def figures(served: Any) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    answered = await served("GET", "/metrics")
    assert answered.status == 200
    assert answered.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answered.content.decode())
    return {(each.name, *sorted(each.labels.values())): each.value for family in families for each in family.samples}


async def add_host(engine: Any) -> None:
    """One document, on which the rules are active."""
    await engine.add_documents(
        "metrics",
        [{"@timestamp": (engine.clock.now() - timedelta(seconds=10)).isoformat(), "host": "web"}],
        {"properties": {"host": {"type": "text", "fields": {"keyword": {"type": "keyword"}}}}},
    )


async def test_nothing_has_happened_at_first(watched: Any) -> None:
    shown = await figures(watched)
    assert shown["tocsin_build_info", "0.1.0"] == 1
    for name in ("tocsin_outbox_depth", "tocsin_outbox_oldest_age_seconds", "tocsin_outbox_dead"):
        assert shown[name,] == 0
    assert not [name for name, *_ in shown if name.startswith("tocsin_rules")]


async def test_runs_alerts_and_deliveries_are_counted(watched: Any) -> None:
    engine = watched.engine
    await add_host(engine)
    await watched.create("r", actions=[ACTION])
    await watched.create("off", enabled=False)
    await engine.advance("1m")
    shown = await figures(watched)
    assert shown["tocsin_rules", "active"] == 1
    assert shown["tocsin_rules", "disabled"] == 1
    assert shown["tocsin_alerts", "active"] == 1
    runs = shown["tocsin_rule_runs_total", ".index-threshold", "success"]
    assert runs == 2
    assert shown["tocsin_rule_schedule_lag_seconds_count",] == runs
    assert shown["tocsin_rule_run_duration_seconds_count", ".index-threshold"] == runs
    assert shown["tocsin_actions_total", ".server-log", "delivered"] == runs
    assert shown["tocsin_action_attempts_total", "delivered"] == runs
    assert shown["tocsin_notification_latency_seconds_count",] == runs


async def test_slots_that_went_by_are_counted(watched: Any) -> None:
    await watched.create("r")
    watched.engine.clock.set(watched.engine.clock.now() + timedelta(minutes=5))
    await watched.engine.run_due()
    shown = await figures(watched)
    assert shown["tocsin_rule_runs_missed_total",] == 5
    assert shown["tocsin_rule_schedule_lag_seconds_sum",] == 300


async def test_searches_are_counted_by_where_they_went(watched: Any) -> None:
    await add_host(watched.engine)
    await watched.create("r")
    await watched.engine.advance("1m")
    shown = await figures(watched)
    searches = shown["tocsin_searches_total", "embedded", "success"]
    assert searches == 2
    assert shown["tocsin_search_duration_seconds_count", "embedded"] == searches


async def test_decisions_not_to_notify_are_counted_by_reason(watched: Any) -> None:
    engine = watched.engine
    await add_host(engine)
    await watched.create("r", actions=[ACTION])
    await watched("POST", "/api/alerting/rule/r/_mute_all")
    await engine.advance("1m")
    shown = await figures(watched)
    assert shown["tocsin_actions_suppressed_total", "ruleMuted"] == 2
    assert ("tocsin_actions_suppressed_total", "notified") not in shown


async def test_requests_are_counted_by_method_and_status(watched: Any) -> None:
    await watched("GET", "/api/alerting/rule/none")
    await watched("INVENTED", "/api/alerting/rule/none")
    shown = await figures(watched)
    assert shown["tocsin_http_requests_total", "404", "GET"] == 1
    assert shown["tocsin_http_requests_total", "404", "other"] == 1
    assert shown["tocsin_http_request_duration_seconds_count",] == 2


async def test_a_rule_that_nobody_runs_is_told_of(watched: Any) -> None:
    await watched.create("r")
    assert (await figures(watched))["tocsin_scheduler_overdue_seconds",] == 0
    watched.engine.clock.set(watched.engine.clock.now() + timedelta(minutes=5))
    assert (await figures(watched))["tocsin_scheduler_overdue_seconds",] == 300


class FailingStore:
    async def standing(self) -> None:
        raise StoreUnavailable("the disk is full")


async def test_while_the_store_fails_the_other_figures_are_told(client: Any) -> None:
    metrics, pulse = Metrics(), Pulse()
    metrics.look_at_store(Standing(rules={"ok": 3}, queued=2), None, AT)
    shown = await figures(client(routes(metrics, pulse, FailingStore())))
    assert shown["tocsin_store_up",] == 0
    assert shown["tocsin_scheduler_tick_age_seconds",] >= 0
    assert math.isnan(shown["tocsin_outbox_depth",])
    assert ("tocsin_rules", "ok") not in shown


async def test_the_page_names_every_figure_and_no_other(watched: Any) -> None:
    page = (Path(__file__).parents[4] / "docs" / "http-api.md").read_text(encoding="utf-8")
    told = set(re.findall(r"\btocsin_[a-z_]+", page))
    families = text_string_to_metric_families((await watched("GET", "/metrics")).content.decode())
    shown = {f"{each.name}_total" if each.type == "counter" else each.name for each in families}
    assert told == {name for name in shown if name.startswith("tocsin_") and not name.endswith("_created")}


async def test_spaces_have_no_figures_of_their_own(watched: Any) -> None:
    assert (await watched("GET", "/s/default/metrics")).status == 404
