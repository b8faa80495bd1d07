"""Maintenance windows as every store keeps them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.model.maintenance_window import MaintenanceWindow
from engine.ports.store import AuditEntry, Store, StoredWindow

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RRULE = {"dtstart": "2026-03-01T12:00:00.000Z", "tzid": "Europe/Vienna", "freq": 2, "interval": 1, "byweekday": ["MO"]}


def window(window_id: str = "w", **members: object) -> MaintenanceWindow:
    plain = MaintenanceWindow(window_id, "Patch day", 3_600_000, RRULE, NOON + 365 * 24 * HOUR, NOON, NOON)
    return replace(plain, **members)  # type: ignore[arg-type]


def audit(operation: str) -> AuditEntry:
    return AuditEntry(NOON, "ann", operation, "maintenance_window", "w", "default")


@pytest.mark.parametrize(
    "members",
    [
        {},
        {
            "enabled": False,
            "is_archived": True,
            "finished_at": NOON + HOUR,
            "ends_by": NOON + 2 * HOUR,
            "kql": 'kibana.alert.rule.name: "Ä"',
            "category_ids": ("management",),
            "created_by": "ann",
            "updated_by": "bob",
        },
        {"category_ids": ()},
    ],
)
async def test_a_window_comes_back_as_it_was_stored(store: Store, members: dict[str, object]) -> None:
    assert await store.insert_window(window(**members), audit("create"))
    assert await store.windows("default") == [StoredWindow(window(**members), 1)]
    assert [entry.operation for entry in await store.audit("default")] == ["create"]


async def test_ids_are_unique_within_a_space(store: Store) -> None:
    assert await store.insert_window(window(), None)
    assert not await store.insert_window(window(title="Other"), audit("create"))
    assert await store.insert_window(window(space="ops"), None)
    assert [stored.window.title for stored in await store.windows("default")] == ["Patch day"]
    assert await store.audit("default") == []


async def test_a_change_needs_the_version_it_was_made_from(store: Store) -> None:
    await store.insert_window(window(), None)
    assert await store.change_window(window(title="First"), 1, audit("update"))
    assert not await store.change_window(window(title="Second"), 1, audit("update"))
    assert not await store.change_window(window("unknown"), 1, None)
    assert await store.windows("default") == [StoredWindow(window(title="First"), 2)]
    assert len(await store.audit("default")) == 1


async def test_a_deleted_window_is_gone(store: Store) -> None:
    await store.insert_window(window(), None)
    assert await store.delete_window("default", "w", audit("delete"))
    assert not await store.delete_window("default", "w", audit("delete"))
    assert await store.windows("default") == []
    assert len(await store.audit("default")) == 1


async def test_runs_are_told_only_of_windows_that_may_run_yet(store: Store) -> None:
    await store.insert_window(window("endless"), None)
    await store.insert_window(window("to come", created_at=NOON - HOUR, ends_by=NOON + HOUR), None)
    await store.insert_window(window("over", ends_by=NOON), None)
    await store.insert_window(window("off", enabled=False), None)
    await store.insert_window(window("archived", is_archived=True), None)
    assert [stored.window.id for stored in await store.windows("default", may_run_at=NOON)] == ["to come", "endless"]
    assert len(await store.windows("default")) == 5
