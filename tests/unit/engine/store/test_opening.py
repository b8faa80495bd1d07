"""Opening a store: where it may be, and what is said when it cannot."""

import contextlib
import os
import sqlite3
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.model.errors import StoreUnavailable
from engine.ports.store import RuleKey, UntrackedDocument
from engine.store.connections import file_of, sqlite_url
from engine.store.sqlite import SqliteStore, open_store


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("sqlite:///state.db", Path("state.db")),
        ("sqlite:////var/lib/tocsin/state.db", Path("/var/lib/tocsin/state.db")),
        (sqlite_url(Path("/a b/ü?#%.db")), Path("/a b/ü?#%.db")),
    ],
)
def test_a_url_names_a_file_or_memory(url: str, path: Path | None) -> None:
    assert file_of(url) == path


@pytest.mark.parametrize("url", ["state.db", "mysql://host/db", "sqlite:///x.db?mode=ro", ""])
def test_another_url_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(StoreUnavailable, match="sqlite:///path/to/file"):
        open_store(url)


def test_a_password_in_a_url_is_not_repeated() -> None:
    with pytest.raises(StoreUnavailable) as refused:
        open_store("mysql://user:hunter2@host/db")
    assert "hunter2" not in str(refused.value)


async def test_what_was_stored_is_there_after_reopening(tmp_path: Path, least: Any) -> None:
    url = sqlite_url(tmp_path / "store.db")
    first = open_store(url)
    await first.open()
    claim = await least.claim(first)
    await first.close()
    second = open_store(url)
    await second.open()
    assert list(await second.load_rules([claim.key])) == [claim.key]
    await second.close()


async def test_a_closed_store_leaves_one_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    await store.close()
    assert names_in(tmp_path) == ["store.db"]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "store.db").stat().st_mode) == 0o600


async def test_stores_in_memory_are_apart(least: Any) -> None:
    one, two = open_store("sqlite://"), open_store("sqlite://")
    await one.open()
    await two.open()
    claim = await least.claim(one)
    assert await two.load_rules([claim.key]) == {}
    await one.close()
    await two.close()


async def test_the_durability_that_was_promised(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    with sqlite3.connect(tmp_path / "store.db") as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
    await store.close()


async def test_a_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"no directory .*missing.*create it"):
        await SqliteStore(tmp_path / "missing" / "store.db").open()


async def test_a_directory_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="is a directory"):
        await SqliteStore(tmp_path).open()


async def test_another_kind_of_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100)
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match=r"letter.txt.*not a database.*another kind of file"):
        await SqliteStore(path).open()
    assert path.read_bytes() == before


async def test_another_program_s_database(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "songs.db") as other:
        other.execute("CREATE TABLE songs (id)")
    other.close()
    with pytest.raises(StoreUnavailable, match=r"songs.db.*name another file"):
        await SqliteStore(tmp_path / "songs.db").open()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is unwritable for root")
async def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch(mode=0o400)
    with pytest.raises(StoreUnavailable, match="writable"):
        await SqliteStore(path).open()


async def test_a_damaged_rule_or_state_is_logged_and_fails_alone(
    tmp_path: Path, least: Any, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    await store.open()
    keys = [(await least.claim(store, rule_id)).key for rule_id in ("good", "bad")]
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE rules SET params = '{' WHERE id = 'bad'")
        other.execute("UPDATE rule_runtime SET state = x'78' WHERE rule_no = (SELECT no FROM rules WHERE id = 'bad')")
    assert list(await store.load_rules(keys)) == keys[:1]
    at = least.start + timedelta(days=1)
    claims = await store.claim_due(at, 10, "node", at + timedelta(hours=1))
    assert {claim.key.id: claim.is_state_readable for claim in claims} == {"good": True, "bad": False}
    assert "default/bad" in caplog.text
    assert "default/good" not in caplog.text
    assert await store.delete_rule(keys[1], [UntrackedDocument("uuid", at)], [], None)
    await store.close()


async def test_a_store_that_is_not_open_says_so() -> None:
    store = open_store("sqlite://")
    with pytest.raises(StoreUnavailable, match="not open"):
        await store.load_rules([RuleKey("default", "rule")])
    await store.open()
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailable, match="not open"):
        await store.audit("default")
