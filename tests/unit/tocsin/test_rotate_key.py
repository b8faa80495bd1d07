"""``tocsin rotate-key``: what it says, and with which exit code it ends."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.model.connector import Connector
from engine.model.errors import InvalidInput, StoreUnavailable
from engine.operations.connector_secrets import open_secrets, seal_secrets
from engine.ports.store import StoredConnector
from engine.store.connections import sqlite_url
from engine.store.sqlite import open_store
from engine.vault.vault import AeadVault
from tocsin.cli.options import OutputFormat
from tocsin.cli.rotation_result import rotate_store

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD, NEW, LOST = (f"the {name} key, which is long enough for it" for name in ("old", "new", "lost"))
Keep = Callable[..., Awaitable[None]]


@pytest.fixture
def keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keep:
    """Stores a connector sealed by that key, in the store of a tocsin.yml that names the new key and the old one."""
    monkeypatch.delenv("TOCSIN_ENCRYPTION_KEY", raising=False)
    (tmp_path / "new").write_text(NEW)
    (tmp_path / "old").write_text(OLD)
    (tmp_path / "tocsin.yml").write_text("encryption: {key_file: new, older_key_files: [old]}\n")

    async def store_one(key: str, connector_id: str) -> None:
        connector = Connector(connector_id, "Hook", ".webhook", secrets={"password": "hush-hush"})
        store = open_store(sqlite_url(tmp_path / "tocsin.db"))
        await store.open()
        sealed = StoredConnector(seal_secrets(connector, AeadVault([key])), 1, AT, AT)
        assert await store.insert_connector(sealed, None)
        await store.close()

    return store_one


async def test_old_secrets_are_sealed_by_the_new_key(
    tmp_path: Path, keep: Keep, capsys: pytest.CaptureFixture[str]
) -> None:
    await keep(OLD, "a")
    await keep(NEW, "b")
    assert await rotate_store(tmp_path / "tocsin.yml", None, OutputFormat.TABLE) == 0
    assert capsys.readouterr() == ("1 secrets sealed by the present key, 1 were already\n", "")
    store = open_store(sqlite_url(tmp_path / "tocsin.db"))
    await store.open()
    for stored in await store.connectors("default"):
        assert open_secrets(stored.connector, AeadVault([NEW])).secrets == {"password": "hush-hush"}
    await store.close()


@pytest.mark.parametrize("output", OutputFormat)
async def test_what_no_key_opens_is_named(
    tmp_path: Path, keep: Keep, capsys: pytest.CaptureFixture[str], output: OutputFormat
) -> None:
    await keep(LOST, "gone")
    assert await rotate_store(tmp_path / "tocsin.yml", None, output) == 1
    told = capsys.readouterr()
    if output is OutputFormat.JSON:
        shown = json.loads(told.out)
        assert (shown["sealed_anew"], [each["id"] for each in shown["unreadable"]]) == (0, ["gone"])
    else:
        assert "connector [gone]" in told.err
        assert "in space default" in told.err


async def test_without_a_key_or_a_store_nothing_is_done(tmp_path: Path, keep: Keep) -> None:
    with pytest.raises(StoreUnavailable):
        await rotate_store(tmp_path / "tocsin.yml", None, OutputFormat.TABLE)
    await keep(OLD, "a")
    (tmp_path / "tocsin.yml").write_text("{}")
    with pytest.raises(InvalidInput, match="no encryption key"):
        await rotate_store(tmp_path / "tocsin.yml", None, OutputFormat.TABLE)
    (tmp_path / "tocsin.yml").write_text("encryption: {key_file: nowhere}")
    with pytest.raises(SystemExit):
        await rotate_store(tmp_path / "tocsin.yml", None, OutputFormat.TABLE)
