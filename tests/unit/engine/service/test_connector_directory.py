"""Connectors of a space: preconfigured ones first, then stored ones, as they are now (connector-framework.md 1)."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.model.connector import Connector
from engine.ports.store import StoredConnector
from engine.service.connector_directory import SpaceConnectors
from engine.service.connectors import PreconfiguredConnectors
from engine.store.sqlite import SqliteStore, open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STORED = StoredConnector(Connector("a", "stored", ".webhook"), 1, NOON, NOON)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    opened = open_store("sqlite://")
    await opened.open()
    yield opened
    await opened.close()


def names(connectors: Mapping[str, Connector]) -> dict[str, str]:
    return {connector_id: connector.name for connector_id, connector in connectors.items()}


async def test_what_is_preconfigured_goes_before_what_is_stored(store: SqliteStore) -> None:
    await store.insert_connector(STORED, None)
    preconfigured = PreconfiguredConnectors([Connector("a", "preconfigured", ".webhook")])
    directory = SpaceConnectors(store, preconfigured)
    assert names(await directory.in_space("default")) == {"a": "preconfigured"}
    assert names(await directory.in_space("other")) == {"a": "preconfigured"}
    preconfigured.add(Connector("b", "added", ".webhook"))
    assert names(await directory.in_space("other")) == {"a": "preconfigured", "b": "added"}


async def test_stored_ones_are_seen_in_their_space_as_they_are_now(store: SqliteStore) -> None:
    directory = SpaceConnectors(store, PreconfiguredConnectors())
    assert names(await directory.in_space("default")) == {}
    await store.insert_connector(STORED, None)
    assert names(await directory.in_space("default")) == {"a": "stored"}
    assert names(await directory.in_space("other")) == {}
    await store.change_connector(replace(STORED, connector=replace(STORED.connector, name="b"), version=2), 1, None)
    assert names(await directory.in_space("default")) == {"a": "b"}
    await store.delete_connector("default", "a", None)
    assert names(await directory.in_space("default")) == {}


async def test_nothing_is_read_again_while_nothing_changes(store: SqliteStore) -> None:
    directory = SpaceConnectors(store, PreconfiguredConnectors())
    assert await directory.in_space("default") is await directory.in_space("default")
