"""A store's file that goes away while it is open."""

import asyncio
import logging
from pathlib import Path

import pytest

from tocsin.store_watch import OpenFile, watch_store_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "tocsin.db"
    file.write_text("store")
    return file


def remove(file: Path) -> None:
    file.unlink()


def replace(file: Path) -> None:
    other = file.with_suffix(".new")
    other.write_text("store")
    other.replace(file)


@pytest.mark.parametrize("change", [remove, replace])
def test_it_is_not_in_place_when_removed_or_replaced(file: Path, change) -> None:
    opened = OpenFile(file)
    change(file)
    assert not opened.is_in_place()


def test_it_may_grow_and_come_back(file: Path) -> None:
    opened, away = OpenFile(file), file.with_suffix(".away")
    file.write_text("more than before")
    assert opened.is_in_place()
    file.rename(away)
    assert not opened.is_in_place()
    away.rename(file)
    assert opened.is_in_place()


async def test_a_file_that_is_gone_is_told_again_and_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.put_nowait(record.getMessage())

    monkeypatch.setattr(logging.getLogger("tocsin.daemon"), "handlers", [Handler()])
    watching = asyncio.create_task(watch_store_file(file, 0.001))
    await asyncio.sleep(0)  # it knows the file now
    remove(file)
    for _ in range(3):
        assert f"the store {file} was removed or replaced" in await asyncio.wait_for(told.get(), 30)
    watching.cancel()
