"""Access tokens: sealed in the store, gone with their connector (connector-framework.md 8)."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from engine.model.connector import Connector
from engine.model.errors import StoreUnavailable
from engine.ports.store import ConnectorKey
from engine.ports.tokens import AccessToken
from engine.service.access_tokens import SealedTokens
from engine.store.sqlite import SqliteStore, open_store
from engine.vault.vault import AeadVault

END = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOOK = Connector("hook", "Hook", ".webhook")
KEY = ConnectorKey("default", "hook")
TOKEN = AccessToken("Bearer hush-hush", "digest", END)
VAULT = AeadVault(["a key for tests that is long enough"])


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    opened = open_store("sqlite://")
    await opened.open()
    yield opened
    await opened.close()


async def test_a_token_outlives_the_process_and_stands_nowhere_in_plain(store: SqliteStore) -> None:
    await SealedTokens(store, VAULT).save(HOOK, TOKEN)
    assert await SealedTokens(store, VAULT).load(HOOK) == TOKEN
    assert b"hush" not in (await store.access_token(KEY) or b"")
    assert "hush" not in repr(TOKEN)


async def test_each_connector_has_its_own(store: SqliteStore) -> None:
    tokens = SealedTokens(store, VAULT)
    await tokens.save(HOOK, TOKEN)
    assert await tokens.load(Connector("other", "Other", ".webhook")) is None
    assert await tokens.load(Connector("hook", "Hook", ".webhook", space="other")) is None
    await tokens.drop(HOOK)
    assert await tokens.load(HOOK) is None


@pytest.mark.parametrize("kept", [b"nothing sealed", AeadVault(["x" * 32])])
async def test_one_that_cannot_be_read_is_fetched_anew_and_removed(
    store: SqliteStore, kept: bytes | AeadVault, caplog: pytest.LogCaptureFixture
) -> None:
    if isinstance(kept, bytes):
        await store.put_access_token(KEY, ".webhook", kept)
    else:
        await SealedTokens(store, kept).save(HOOK, TOKEN)
    assert await SealedTokens(store, VAULT).load(HOOK) is None
    assert await store.access_token(KEY) is None
    assert "[hook]" in caplog.text


async def test_a_store_that_fails_keeps_nobody_from_sending(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise StoreUnavailable("down")

    monkeypatch.setattr(store, "put_access_token", fail)
    monkeypatch.setattr(store, "access_token", fail)
    tokens = SealedTokens(store, VAULT)
    with caplog.at_level(logging.WARNING):
        await tokens.save(HOOK, TOKEN)
        assert await tokens.load(HOOK) is None
    assert "down" in caplog.text
    assert "hush" not in caplog.text


async def test_without_a_key_it_is_kept_in_memory(store: SqliteStore) -> None:
    tokens = SealedTokens(store, AeadVault())
    await tokens.save(HOOK, TOKEN)
    assert await tokens.load(HOOK) == TOKEN
    assert await store.access_token(KEY) is None
    await tokens.drop(HOOK)
    assert await tokens.load(HOOK) is None
