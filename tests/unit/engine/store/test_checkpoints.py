"""Moving the write-ahead log into the file, aside from commits."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine.store import checkpoints
from engine.store.sqlite import SqliteStore


def log_size(path: Path) -> int:
    return path.with_name(path.name + "-wal").stat().st_size


async def checkpointed(store: SqliteStore) -> None:
    """Let the checkpoint that the last write asked for begin, and wait for its end."""
    checkpointer = store._session._checkpointer
    assert checkpointer is not None
    for _ in range(3):
        await asyncio.sleep(0)
    await checkpointer.wait()
    await asyncio.sleep(0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
async def store(path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(checkpoints, "_PAUSE_S", 0.0)
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


async def test_a_large_log_is_finished_on_the_loop_thread(
    store: SqliteStore, path: Path, least: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_LARGE_LOG_PAGES", 1)
    checkpointer = store._session._checkpointer
    assert checkpointer is not None
    await least.claim(store)
    await checkpointed(store)
    answers = [checkpoints.CheckpointResult(0, 900, 100)]
    whole = checkpointer._checkpoint

    def partly() -> checkpoints.CheckpointResult:
        return answers.pop() if answers else whole()

    monkeypatch.setattr(checkpointer, "_checkpoint", partly)
    await least.claim(store, "other")
    await checkpointed(store)
    before = log_size(path)
    await least.claim(store, "third")
    assert log_size(path) <= before


async def test_a_failed_checkpoint_is_logged(
    store: SqliteStore, least: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> checkpoints.CheckpointResult:
        raise OSError("disk gone")

    monkeypatch.setattr(store._session._checkpointer, "_checkpoint", fail)
    await least.claim(store)
    await checkpointed(store)
    assert "disk gone" in caplog.text
