"""Whoever changed something is answered once the log was brought to the disk after that, and not before."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.model.errors import StoreUnavailable
from engine.ports.store import RuleChange, RuleKey
from engine.store import log_sync
from engine.store.sqlite import SqliteStore


class Disk:
    """A disk that syncs one log after another, each as soon as it may. ``synced``: what the log held each time."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._is_free, self.began = threading.Event(), threading.Semaphore(0)
        self.synced: list[bytes] = []
        self.error: OSError | None = None

    def sync(self, file: int) -> None:
        log = self._log.read_bytes()
        self.began.release()
        assert self._is_free.wait(30)
        if self.error is not None:
            raise self.error
        self.synced.append(log)

    def free(self) -> None:
        self._is_free.set()

    async def wait_until_busy(self) -> None:
        await asyncio.to_thread(self.began.acquire)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(tmp_path / "store.db-wal")
    monkeypatch.setattr(log_sync, "_sync_file", disk.sync)
    return disk


@pytest.fixture
async def store(tmp_path: Path, disk: Disk) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    yield store
    disk.free()
    await store.close()


def insert(store: SqliteStore, least: Any, rule_id: str) -> "asyncio.Task[bool]":
    return asyncio.create_task(store.insert_rule(least.rule(rule_id), least.schedule, least.status, None))


async def test_a_change_is_done_when_the_log_that_holds_it_is_synced(
    store: SqliteStore, disk: Disk, least: Any
) -> None:
    inserting = insert(store, least, "first-rule")
    await disk.wait_until_busy()
    assert not inserting.done()
    disk.free()
    assert await inserting
    assert b"first-rule" in disk.synced[-1]


async def test_changes_made_during_a_sync_share_the_next_one(store: SqliteStore, disk: Disk, least: Any) -> None:
    first = insert(store, least, "first-rule")
    await disk.wait_until_busy()
    others = [insert(store, least, f"other-rule-{number}") for number in range(5)]
    disk.free()
    assert await asyncio.gather(first, *others) == [True] * 6
    assert len(disk.synced) == 2
    assert all(f"other-rule-{number}".encode() in disk.synced[1] for number in range(5))


async def test_others_see_a_change_before_it_is_synced(store: SqliteStore, disk: Disk, least: Any) -> None:
    """Otherwise two changes of one rule would be in each other's way for as long as the disk takes."""
    key = RuleKey("default", "first-rule")
    inserting = insert(store, least, key.id)
    await disk.wait_until_busy()
    stored = (await store.load_rules([key]))[key]
    changing = asyncio.create_task(store.change_rule(RuleChange(stored.rule, stored.version)))
    disk.free()
    assert await inserting
    assert await changing


async def test_who_does_not_wait_any_more_leaves_the_others_their_sync(
    store: SqliteStore, disk: Disk, least: Any
) -> None:
    first, second = insert(store, least, "first-rule"), insert(store, least, "second-rule")
    await disk.wait_until_busy()
    first.cancel()
    disk.free()
    assert await second
    assert b"second-rule" in disk.synced[-1]


async def test_a_disk_that_fails_is_told_of(store: SqliteStore, disk: Disk, least: Any) -> None:
    disk.error = OSError(5, "Input/output error")
    disk.free()
    with pytest.raises(StoreUnavailable, match="could not be brought to the disk: Input/output error"):
        await insert(store, least, "first-rule")
    disk.error = None
    assert await insert(store, least, "second-rule")
