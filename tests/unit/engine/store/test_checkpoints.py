"""Moving the write-ahead log into the file, aside from commits."""

import asyncio
import contextlib
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from engine.store import checkpoints
from engine.store.sqlite import SqliteStore


def log_size(path: Path) -> int:
    return path.with_name(path.name + "-wal").stat().st_size


def rules_in_file_alone(path: Path) -> set[str]:
    """What the file holds without its log."""
    alone = path.with_name("alone.db")
    shutil.copy(path, alone)
    with contextlib.closing(sqlite3.connect(alone)) as connection:
        try:
            return {rule_id for (rule_id,) in connection.execute("SELECT id FROM rules")}
        except sqlite3.OperationalError:
            return set()


async def checkpointed(store: SqliteStore) -> None:
    """Let the checkpoint that the last write asked for begin now, and wait for its end."""
    checkpointer = store._session._checkpointer
    assert checkpointer is not None
    assert checkpointer._timer is not None
    checkpointer._timer.cancel()
    checkpointer._start()
    await checkpointer.wait()
    await asyncio.sleep(0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
async def store(path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(checkpoints, "_PAUSE_S", 3600.0)
    store = SqliteStore(path)
    await store.open()
    yield store
    await store.close()


async def test_the_log_does_not_grow_for_ever(store: SqliteStore, path: Path, least: Any) -> None:
    sizes = []
    for number in range(20):
        await least.claim(store, f"rule-{number}")
        await checkpointed(store)
        sizes.append(log_size(path))
    assert max(sizes[5:]) == sizes[5]


async def test_what_was_written_is_moved_into_the_file(store: SqliteStore, path: Path, least: Any) -> None:
    await least.claim(store)
    assert "rule" not in rules_in_file_alone(path)
    await checkpointed(store)
    assert "rule" in rules_in_file_alone(path)


@pytest.mark.parametrize("moved", [100, checkpoints._LARGE_LOG_PAGES + 1], ids=["held up by a reader", "grown since"])
async def test_a_large_log_is_finished_on_the_loop_thread(
    store: SqliteStore, path: Path, least: Any, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    checkpointer = store._session._checkpointer
    assert checkpointer is not None
    whole = checkpointer._checkpoint
    incomplete = [checkpoints.CheckpointResult(0, checkpoints._LARGE_LOG_PAGES + 1, moved)]
    monkeypatch.setattr(checkpointer, "_checkpoint", lambda: incomplete.pop() if incomplete else whole())
    await least.claim(store)
    await checkpointed(store)
    assert "rule" in rules_in_file_alone(path)


async def test_a_failed_checkpoint_is_logged(
    store: SqliteStore, least: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> checkpoints.CheckpointResult:
        raise OSError("disk gone")

    monkeypatch.setattr(store._session._checkpointer, "_checkpoint", fail)
    await least.claim(store)
    await checkpointed(store)
    assert "disk gone" in caplog.text
