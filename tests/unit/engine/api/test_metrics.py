"""Figures for Prometheus: they follow what the service does."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from engine.api.metrics import Metrics
from engine.service.pulse import Pulse
from tocsin.http_api import ApiContext, build_api

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


async def test_nothing_has_happened_at_first(watched: Any) -> None:
    shown = await figures(watched)
    assert shown["tocsin_build_info", "0.1.0"] == 1
    for name in ("tocsin_outbox_depth", "tocsin_outbox_oldest_age_seconds", "tocsin_outbox_dead"):
        assert shown[name,] == 0
    assert not [name for name, *_ in shown if name.startswith("tocsin_rules")]


async def test_runs_alerts_and_deliveries_are_counted(watched: Any) -> None:
    engine = watched.engine
    await engine.add_documents(
        "metrics",
        [{"@timestamp": (engine.clock.now() - timedelta(seconds=10)).isoformat(), "host": "web"}],
        {"properties": {"host": {"type": "text", "fields": {"keyword": {"type": "keyword"}}}}},
    )
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


async def test_spaces_have_no_figures_of_their_own(watched: Any) -> None:
    assert (await watched("GET", "/s/default/metrics")).status == 404
