"""Rotating the encryption key: everything readable is sealed anew, and nothing that changes meanwhile is lost."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model.connector import Connector
from engine.operations.connector_secrets import open_secrets, seal_secrets
from engine.operations.key_rotation import Rotated, rotate
from engine.ports.store import ConnectorKey, SealedSecret, StoredConnector
from engine.ports.tokens import AccessToken
from engine.service.access_tokens import SealedTokens
from engine.store.sqlite import SqliteStore, open_store
from engine.vault.vault import AeadVault

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD, NEW = "the old key, which is long enough for it", "the new key, which is long enough for it"
BEFORE, AFTER = AeadVault([OLD]), AeadVault([NEW, OLD])
HOOK = Connector("hook", "Hook", ".webhook", secrets={"password": "hush-hush"})
TOKEN = AccessToken("Bearer t", "digest", AT)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    opened = open_store("sqlite://")
    await opened.open()
    yield opened
    await opened.close()


async def add(store: SqliteStore, vault: AeadVault, connector_id: str = "hook", space: str = "default") -> None:
    sealed = seal_secrets(replace(HOOK, id=connector_id, space=space), vault)
    assert await store.insert_connector(StoredConnector(sealed, 1, AT, AT), None)


async def test_everything_is_sealed_by_the_new_key_alone(store: SqliteStore) -> None:
    for number in range(230):
        await add(store, BEFORE, f"c{number}", "default" if number % 2 else "other")
    await add(store, AFTER)
    await SealedTokens(store, BEFORE).save(HOOK, TOKEN)
    assert await rotate(store, AFTER, at=AT, actor="ann") == Rotated(sealed_anew=231, were_current=1)
    assert await rotate(store, AFTER, at=AT, actor="ann") == Rotated(were_current=232)
    only_new = AeadVault([NEW])
    for space in ("default", "other"):
        for stored in await store.connectors(space):
            assert open_secrets(stored.connector, only_new).secrets == {"password": "hush-hush"}
            assert stored.version == 1
    assert await SealedTokens(store, only_new).load(HOOK) == TOKEN
    entries = await store.audit("default")
    assert {(entry.operation, entry.actor) for entry in entries} == {("rotate_key", "ann")}
    assert len(entries) == 116


async def test_what_no_key_opens_is_told_and_left(store: SqliteStore) -> None:
    await add(store, AeadVault(["a key that nobody has any more, alas"]), "lost")
    await add(store, BEFORE)
    told = await rotate(store, AFTER, at=AT, actor=None)
    assert (told.sealed_anew, [record.id for record, _ in told.unreadable]) == (1, ["lost"])
    assert "another encryption key" in told.unreadable[0][1]


async def test_a_change_in_between_keeps_its_value_and_is_sealed_anew(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that has not read the new key yet seals by the old one."""
    await add(store, BEFORE)
    replace_sealed, others = store.replace_sealed, 1

    async def change_first(secret: SealedSecret, sealed: bytes, audit: Any = None) -> bool:
        nonlocal others
        if others:
            others -= 1
            changed = seal_secrets(replace(HOOK, secrets={"password": "changed"}), BEFORE)
            assert await store.change_connector(StoredConnector(changed, 2, AT, AT), 1, None)
        return await replace_sealed(secret, sealed, audit)

    monkeypatch.setattr(store, "replace_sealed", change_first)
    assert await rotate(store, AFTER, at=AT, actor=None) == Rotated(sealed_anew=1)
    [stored] = await store.connectors("default")
    assert open_secrets(stored.connector, AeadVault([NEW])).secrets == {"password": "changed"}


async def test_one_that_is_changed_again_and_again_is_counted(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(store, BEFORE)

    async def never(*_: object) -> bool:
        return False

    monkeypatch.setattr(store, "replace_sealed", never)
    assert await rotate(store, AFTER, at=AT, actor=None) == Rotated(left=1)
    assert await store.access_token(ConnectorKey("default", "hook")) is None
