"""Executions of connectors as every store keeps them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.model.connector_trace import ConnectorTrace, ExecutingRule, UsedKey
from engine.model.settings import RetentionSettings
from engine.ports.store import Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def trace(minute: int = 0, **members: Any) -> ConnectorTrace:
    at = NOON + timedelta(minutes=minute)
    plain = ConnectorTrace(f"uuid-{minute}", "default", "hook", "Hook", ".webhook", "http_request", at, at, True)
    return replace(plain, **members)


async def found(store: Store, *spaces: str, **query: Any) -> list[str]:
    return [each.execution_uuid for each in await store.executions(spaces or ("default",), **query)]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {
            "source": "saved_object",
            "ended_at": NOON + timedelta(milliseconds=7),
            "is_ok": False,
            "error_message": "m: ä",
            "has_timed_out": True,
            "is_space_agnostic": True,
            "request_body_bytes": 12,
            "user": "ann",
            "rule": ExecutingRule("r", ".es-query", "alerts", "run"),
            "scheduled_at": NOON,
        },
        {"user": "ann", "api_key": UsedKey("k1", "ci")},
    ],
)
async def test_a_trace_comes_back_as_it_was_stored(store: Store, members: dict[str, Any]) -> None:
    await store.put_executions([trace(**members)])
    assert await store.executions(["default"]) == [trace(**members)]


async def test_the_newest_of_a_space_a_connector_and_a_time_are_found(store: Store) -> None:
    await store.put_executions([trace(1), trace(2, connector_id="log"), trace(3), trace(4, space="other")])
    assert await found(store) == ["uuid-1", "uuid-2", "uuid-3"]
    assert await found(store, "default", "other") == ["uuid-1", "uuid-2", "uuid-3", "uuid-4"]
    assert await found(store, limit=2) == ["uuid-2", "uuid-3"]
    assert await found(store, connector_id="hook") == ["uuid-1", "uuid-3"]
    assert await found(store, since=NOON + timedelta(minutes=2)) == ["uuid-2", "uuid-3"]
    assert await found(store, until=NOON + timedelta(minutes=2)) == ["uuid-1", "uuid-2"]


async def test_they_are_kept_as_long_as_events(store: Store) -> None:
    await store.put_executions([trace(0), trace(60)])
    retention = RetentionSettings(events_days=1)
    assert await store.apply_retention(NOON + timedelta(days=1, minutes=30), retention) == 1
    assert await found(store) == ["uuid-60"]


async def test_an_attempt_is_stored_with_its_report(store: Store, make: Any) -> None:
    key = await make.stored()
    await make.queued(key, make.notification(key), make.notification(key))
    first, second = await make.sending()
    reports = [make.report(first, "delivered", trace=trace(1)), make.report(second, "dead", trace=trace(2))]
    outdated = make.report(replace(second, fence=0), "delivered", trace=trace(3))
    await store.finish_notifications([outdated, *reports])
    assert await found(store) == ["uuid-1", "uuid-2"]
