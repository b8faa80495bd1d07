"""Several processes on one file: nothing is lost, nothing half written, and the loop never waits for a lock."""

import asyncio
import contextlib
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.model.errors import StoreLocked, StoreUnavailable
from engine.ports.store import CommitOutcome, RuleKey
from engine.store.connections import sqlite_url
from engine.store.sqlite import SqliteStore, open_store

DYING = """
import asyncio, os, signal, sys
from sqlalchemy import Engine, event
sys.path.insert(0, sys.argv[3])
from conftest import Least
from engine.store.sqlite import open_store

async def main():
    store = open_store(sys.argv[1])
    await store.open()
    least = Least()
    claims = [await least.claim(store, f"rule-{number}") for number in range(3)]
    records = [least.record(c, state=c.state, notifications=[least.notification(c.key.id, c.key.id)]) for c in claims]

    @event.listens_for(Engine, "after_cursor_execute")
    def die(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

    @event.listens_for(Engine, "commit")
    def die_before_commit(connection):
        if sys.argv[2] == "COMMIT":
            os.kill(os.getpid(), signal.SIGKILL)

    await store.commit_runs(records)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""

WRITING = """
import asyncio, sys
sys.path.insert(0, sys.argv[3])
from conftest import Least
from engine.store.sqlite import open_store

async def main():
    store = open_store(sys.argv[1])
    await store.open()
    for number in range(20):
        await Least().claim(store, f"{sys.argv[2]}-{number}")
    await store.close()

asyncio.run(main())
"""


def command(program: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", program, *map(str, arguments), str(Path(__file__).parent)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize(
    ("dies_after", "left"),
    [
        ("UPDATE rule_runtime", 0),
        ("INSERT INTO events", 0),
        ("INSERT INTO outbox", 0),
        ("COMMIT", 0),
        ("never within the commit", 3),
    ],
)
async def test_a_process_killed_in_a_commit_leaves_all_or_nothing(tmp_path: Path, dies_after: str, left: int) -> None:
    url = sqlite_url(tmp_path / "store.db")
    dying = await asyncio.create_subprocess_exec(*command(DYING, url, dies_after))
    assert await dying.wait() == -9
    store = open_store(url)
    await store.open()
    assert len(await store.traces("default")) == left
    assert len(await store.notifications("default")) == left
    keys = [RuleKey("default", f"rule-{number}") for number in range(3)]
    versions = [(await store.load_state(key)).version for key in keys]  # type: ignore[union-attr]
    assert versions == [2 if left else 1] * 3
    stored = await store.load_rules(keys)
    assert [stored[key].status.running for key in keys] == [not left] * 3
    await store.close()


async def test_two_processes_write_at_once(tmp_path: Path, least: Any) -> None:
    url = sqlite_url(tmp_path / "store.db")
    store = open_store(url)
    await store.open()
    other = await asyncio.create_subprocess_exec(*command(WRITING, url, "theirs"))
    number = 0
    while other.returncode is None or number < 20:
        await least.claim(store, f"ours-{number}")
        number += 1
        await asyncio.sleep(0)
    assert other.returncode == 0
    keys = [RuleKey("default", f"{who}-{n}") for who, many in (("ours", number), ("theirs", 20)) for n in range(many)]
    assert len(await store.load_rules(keys)) == number + 20
    await store.close()


class TestBusy:
    """Another connection holds the write lock."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> Any:
        store = SqliteStore(tmp_path / "store.db")
        await store.open()
        yield store
        await store.close()

    @pytest.fixture
    def other(self, store: SqliteStore, tmp_path: Path) -> Any:
        connection = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
        yield connection
        connection.close()

    async def test_the_loop_goes_on_until_the_lock_is_free(
        self, store: SqliteStore, other: sqlite3.Connection, least: Any
    ) -> None:
        claim = await least.claim(store)
        other.execute("BEGIN IMMEDIATE")
        committing = asyncio.create_task(store.commit_runs([least.record(claim)]))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not committing.done()
        assert await store.traces("default") == []
        other.execute("COMMIT")
        assert await committing == [CommitOutcome.COMMITTED]

    async def test_opening_waits_too(self, store: SqliteStore, other: sqlite3.Connection, tmp_path: Path) -> None:
        second = SqliteStore(tmp_path / "store.db")
        other.execute("BEGIN IMMEDIATE")
        opening = asyncio.create_task(second.open())
        for _ in range(20):
            await asyncio.sleep(0)
        assert not opening.done()
        other.execute("ROLLBACK")
        await opening
        assert await second.audit("default") == []
        await second.close()

    async def test_patience_ends(
        self, store: SqliteStore, other: sqlite3.Connection, least: Any, tmp_path: Path
    ) -> None:
        claim = await least.claim(store)
        impatient = SqliteStore(tmp_path / "store.db", patience_s=0.01)
        await impatient.open()
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked, match=r"locked.*another process"):
            await impatient.commit_runs([least.record(claim)])
        other.execute("ROLLBACK")
        assert await impatient.commit_runs([least.record(claim)]) == [CommitOutcome.COMMITTED]
        await impatient.close()

    async def test_others_changes_move_the_change_counter(
        self, store: SqliteStore, other: sqlite3.Connection, least: Any
    ) -> None:
        before = await store.change_counter()
        await least.claim(store)
        assert await store.change_counter() == before
        other.execute("UPDATE rules SET name = 'other'")
        assert await store.change_counter() != before

    async def test_a_change_counter_that_cannot_be_read_is_a_store_that_fails(self, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path / "other.db")
        await store.open()
        writer = store._session._writer
        assert writer is not None
        driver = writer.connection.dbapi_connection
        assert driver is not None
        driver.close()
        with pytest.raises(StoreUnavailable, match="the database failed"):
            await store.change_counter()
        with contextlib.suppress(sqlite3.Error):  # its connection is gone already
            await store.close()
