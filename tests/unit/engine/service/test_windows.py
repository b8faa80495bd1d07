"""Maintenance windows as runs see them: when they run, for whom, and how seldom they are read."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.model.maintenance_window import MaintenanceWindow
from engine.ports.store import StoredWindow
from engine.service.windows import WindowDirectory, running_windows
from engine.store.connections import sqlite_url
from engine.store.sqlite import SqliteStore, open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAILY = {"dtstart": "2026-03-01T12:00:00.000Z", "tzid": "UTC", "freq": 3, "interval": 1}


def window(window_id: str = "w", **members: object) -> MaintenanceWindow:
    plain = MaintenanceWindow(window_id, window_id.title(), 3_600_000, DAILY, NOON + 365 * 24 * HOUR, NOON, NOON)
    return replace(plain, **members)  # type: ignore[arg-type]


class CountingStore(SqliteStore):
    """Counts how often the windows are read."""

    reads = 0

    async def windows(self, space: str, *, may_run_at: datetime | None = None) -> list[StoredWindow]:
        self.reads += 1
        return await super().windows(space, may_run_at=may_run_at)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[CountingStore]:
    opened = CountingStore(tmp_path / "store.db")
    await opened.open()
    yield opened
    await opened.close()


async def running(store: SqliteStore, at: datetime = NOON, category: str = "management") -> list[str] | None:
    found = running_windows(await WindowDirectory(store).load("default", at), at, category)
    return None if found is None else [each.id for each in found]


async def test_a_window_runs_from_its_start_to_before_its_end(store: CountingStore) -> None:
    await store.insert_window(window(), None)
    found = [await running(store, NOON + minutes * timedelta(minutes=1)) for minutes in (-1, 0, 59, 60, 24 * 60)]
    assert found == [[], ["w"], ["w"], [], ["w"]]


async def test_a_finished_event_does_not_run_on(store: CountingStore) -> None:
    await store.insert_window(window(finished_at=NOON + HOUR / 2), None)
    assert [await running(store, NOON + hours * HOUR) for hours in (0.4, 0.5, 24)] == [["w"], [], ["w"]]


async def test_categories_and_spaces_say_for_whom(store: CountingStore) -> None:
    await store.insert_window(window("mine", category_ids=("management",)), None)
    await store.insert_window(window("theirs", category_ids=("observability",)), None)
    await store.insert_window(window("nobody", category_ids=()), None)
    await store.insert_window(window("elsewhere", space="ops"), None)
    assert await running(store) == ["mine"]


async def test_a_scope_judges_documents(store: CountingStore) -> None:
    await store.insert_window(window(kql='kibana.alert.rule.tags: "db*" or kibana.alert.rule.name: Disk*'), None)
    windows = await WindowDirectory(store).load("default", NOON)
    [found] = running_windows(windows, NOON, "management") or []
    assert found.matches is not None
    assert found.matches({"kibana.alert.rule.name": "Disk full"})
    assert not found.matches({"kibana.alert.rule.name": "CPU", "kibana.alert.rule.tags": ["web"]})


async def test_windows_are_read_again_only_when_somebody_changed_one(store: CountingStore, tmp_path: Path) -> None:
    directory, other = WindowDirectory(store), open_store(sqlite_url(tmp_path / "store.db"))
    await other.open()

    async def load(at: datetime = NOON) -> int:
        return len(await directory.load("default", at) or ())

    assert [await load(), await load(NOON + HOUR), store.reads] == [0, 0, 1]
    await store.insert_window(window("here"), None)
    assert [await load(), await load(), store.reads] == [1, 1, 2]
    await other.insert_window(window("there"), None)
    assert [await load(), await load(), store.reads] == [2, 2, 3]
    await other.close()


async def test_a_clock_that_goes_back_is_told_of_windows_that_were_over_before(store: CountingStore) -> None:
    await store.insert_window(window(ends_by=NOON + HOUR), None)
    directory = WindowDirectory(store)
    assert [len(await directory.load("default", at) or ()) for at in (NOON + 2 * HOUR, NOON)] == [0, 1]


async def test_a_window_made_anew_under_its_id_counts_as_it_is_now(store: CountingStore) -> None:
    directory = WindowDirectory(store)
    await store.insert_window(window(), None)
    assert len(running_windows(await directory.load("default", NOON), NOON, "management") or ()) == 1
    await store.delete_window("default", "w", None)
    await store.insert_window(window(category_ids=()), None)
    assert running_windows(await directory.load("default", NOON), NOON, "management") == []


@pytest.mark.parametrize(
    "broken",
    [{"kql": "a: ("}, {"rrule": {**DAILY, "tzid": "Mars/Base"}}, {"rrule": {**DAILY, "count": 10**6}}],
    ids=["scope", "zone", "count"],
)
async def test_one_that_cannot_be_evaluated_is_told_once_and_left_out(
    store: CountingStore, broken: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    await store.insert_window(window("broken", **broken), None)
    await store.insert_window(window("sound"), None)
    directory = WindowDirectory(store)
    with caplog.at_level(logging.ERROR, "tocsin.rules"):
        for hours in (0, 0.5, 24):
            at = NOON + hours * HOUR
            found = running_windows(await directory.load("default", at), at, "management") or []
            assert [each.id for each in found] == ["sound"]
    assert len(caplog.records) == 1
    assert "maintenance window [broken] silences nothing" in caplog.text


async def test_windows_that_cannot_be_read_are_not_the_same_as_none(
    store: CountingStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(space: str, *, may_run_at: datetime | None = None) -> list[StoredWindow]:
        raise ValueError("damaged")

    monkeypatch.setattr(store, "windows", fail)
    assert await running(store) is None
    assert "cannot be read; rules run without: damaged" in caplog.text
