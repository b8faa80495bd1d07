"""Connector types take part when connectors are saved and deleted (connector-framework.md 14)."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.server_log.connector_type import ServerLog
from engine.model.connector import Connector
from engine.model.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem
from engine.model.settings import EngineSettings
from engine.operations.connectors import ConnectorOperations
from engine.ports.connector import ConnectorSave
from engine.ports.registry import Registry
from engine.service.connector_directory import SpaceConnectors
from engine.service.connectors import PreconfiguredConnectors
from engine.store.sqlite import SqliteStore, open_store
from engine.vault.vault import AeadVault

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOG = {"name": "Log", "connector_type_id": ".server-log"}


class WatchfulLog(ServerLog):
    """Notes what it is told, with whether the connector was stored then; fails when it is told to."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.told: list[tuple[Any, ...]] = []
        self.fails_before = self.fails_after = False

    async def before_save(self, save: ConnectorSave) -> None:
        self.told.append(("before", save.connector.name, save.is_update, await self._names()))
        if self.fails_before:
            raise InvalidInput([Problem("config", "the other side does not know it", "")])

    async def after_save(self, save: ConnectorSave, *, is_saved: bool) -> None:
        self.told.append(("after", save.connector.name, is_saved, await self._names()))
        if self.fails_after:
            raise RuntimeError("hush-hush")

    async def after_delete(self, connector: Connector) -> None:
        self.told.append(("deleted", connector.name, await self._names()))
        if self.fails_after:
            raise RuntimeError("hush-hush")

    async def _names(self) -> list[str]:
        return [stored.connector.name for stored in await self._store.connectors("default")]


class Bench:
    def __init__(self, store: SqliteStore) -> None:
        self.type, registry = WatchfulLog(store), Registry()
        registry.add_connector_type(self.type)
        self.parts: dict[str, Any] = {
            "store": store,
            "registry": registry,
            "directory": SpaceConnectors(store, PreconfiguredConnectors([])),
            "vault": AeadVault(["a key for tests that is long enough"]),
            "new_id": lambda: "new",
        }

    def operations(self, **settings: Any) -> ConnectorOperations:
        return ConnectorOperations(settings=EngineSettings(**settings), **self.parts)

    async def create(self, **settings: Any) -> Connector:
        return await self.operations(**settings).create(LOG, connector_id="log", at=AT, actor=None)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    store = open_store("sqlite://")
    await store.open()
    yield Bench(store)
    await store.close()


async def test_a_type_is_told_before_and_after(bench: Bench) -> None:
    await bench.create()
    await bench.operations().update("log", {"name": "New"}, at=AT, actor=None)
    await bench.operations().delete("log", at=AT, actor=None)
    assert bench.type.told == [
        ("before", "Log", False, []),
        ("after", "Log", True, ["Log"]),
        ("before", "New", True, ["Log"]),
        ("after", "New", True, ["New"]),
        ("deleted", "New", []),
    ]


async def test_what_a_type_raises_before_keeps_the_connector_from_being_stored(bench: Bench) -> None:
    bench.type.fails_before = True
    with pytest.raises(InvalidInput, match="the other side does not know it"):
        await bench.create()
    assert bench.type.told == [("before", "Log", False, [])]
    with pytest.raises(NotFound):
        await bench.operations().get("log")


async def test_a_type_learns_that_saving_failed(bench: Bench) -> None:
    await bench.create()
    with pytest.raises(Conflict):
        await bench.create()
    assert bench.type.told[-1] == ("after", "Log", False, ["Log"])


async def test_what_a_type_raises_afterwards_is_logged_without_its_text(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.type.fails_after = True
    with caplog.at_level(logging.WARNING, "tocsin.connectors"):
        assert (await bench.create()).name == "Log"
        await bench.operations().delete("log", at=AT, actor=None)
    assert [record.getMessage() for record in caplog.records] == [
        "after saving connector [log] its type [.server-log] raised RuntimeError",
        "after deleting connector [log] its type [.server-log] raised RuntimeError",
    ]


async def test_a_disabled_type_is_not_asked(bench: Bench) -> None:
    with pytest.raises(Forbidden):
        await bench.create(enabled_connector_types=(".index",))
    assert bench.type.told == []
