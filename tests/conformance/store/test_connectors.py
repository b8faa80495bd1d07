"""Connectors, their tokens and all that is sealed, as every store keeps them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model.connector import Connector
from engine.model.rule import Action
from engine.ports.store import AuditEntry, ConnectorKey, RuleKey, SealedSecret, Store, StoredConnector
from engine.ports.vault import ACCESS_TOKEN, CONNECTOR, SealedRecord

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = ConnectorKey("default", "hook")


def stored(connector_id: str = "hook", version: int = 1, **members: Any) -> StoredConnector:
    plain = Connector(connector_id, "Hook", ".webhook", {"url": "https://h.example/"}, sealed_secrets=b"sealed")
    return StoredConnector(replace(plain, **members), version, NOON, NOON)


def audit(operation: str) -> AuditEntry:
    return AuditEntry(NOON, "ann", operation, "connector", "hook", "default")


def action(connector_id: str) -> Action:
    return Action("uuid", connector_id, ".webhook", "default", {})


@pytest.mark.parametrize(
    "connector",
    [
        stored(),
        stored(version=7, config={"b": None, "a": ["Ä"]}, is_missing_secrets=True, sealed_secrets=None),
        replace(stored(), created_by="ann", updated_by="bob"),
    ],
)
async def test_a_connector_comes_back_as_it_was_stored(store: Store, connector: StoredConnector) -> None:
    assert await store.insert_connector(connector, audit("create"))
    assert await store.connectors("default") == [connector]
    assert [entry.operation for entry in await store.audit("default")] == ["create"]


async def test_ids_are_unique_within_a_space(store: Store) -> None:
    assert await store.insert_connector(stored(), None)
    assert not await store.insert_connector(stored(name="other"), audit("create"))
    assert await store.insert_connector(stored(space="other"), None)
    assert await store.connectors("default") == [stored()]
    assert await store.audit("default") == []


async def test_one_is_found_by_its_id(store: Store) -> None:
    await store.insert_connector(stored("a"), None)
    await store.insert_connector(stored("b"), None)
    assert await store.connectors("default", "b") == [stored("b")]
    assert await store.connectors("default", "c") == []
    assert await store.connectors("other", "b") == []


async def test_a_change_needs_the_version_that_was_read(store: Store) -> None:
    await store.insert_connector(stored(), None)
    assert await store.change_connector(stored(version=2, name="a"), 1, audit("update"))
    assert not await store.change_connector(stored(version=2, name="b"), 1, audit("update"))
    assert not await store.change_connector(stored("unknown", version=2), 1, audit("update"))
    assert [found.connector.name for found in await store.connectors("default")] == ["a"]
    assert [entry.operation for entry in await store.audit("default")] == ["update"]


async def test_a_connector_can_be_removed_once(store: Store) -> None:
    await store.insert_connector(stored(), None)
    assert await store.delete_connector("default", "hook", audit("delete"))
    assert not await store.delete_connector("default", "hook", audit("delete"))
    assert await store.connectors("default") == []


async def test_the_stamp_changes_with_the_connectors(store: Store) -> None:
    stamps = [await store.connectors_stamp()]
    await store.insert_connector(stored(), None)
    stamps.append(await store.connectors_stamp())
    await store.change_connector(stored(version=2), 1, None)
    stamps.append(await store.connectors_stamp())
    secret = SealedSecret(SealedRecord(CONNECTOR, "default", "hook", ".webhook"), b"sealed")
    await store.replace_sealed(secret, b"anew")
    stamps.append(await store.connectors_stamp())
    await store.delete_connector("default", "hook", None)
    stamps.append(await store.connectors_stamp())
    assert len(set(stamps)) == 5
    assert await store.connectors_stamp() == stamps[-1]


async def test_rules_that_name_a_connector_are_known(store: Store, make: Any) -> None:
    await make.stored(id="b", name="one", actions=(action("hook"), action("hook"), action("log")))
    await make.stored(id="a", name="two", actions=(action("hook"),))
    await make.stored(id="a", space="other", actions=(action("hook"),))
    assert await store.connector_references("default") == {"hook": 2, "log": 1}
    assert [found.name for found in await store.rules_with_connector(KEY)] == ["one", "two"]
    assert [found.key for found in await store.rules_with_connector(KEY, limit=1)] == [RuleKey("default", "b")]
    assert await store.rules_with_connector(ConnectorKey("default", "nothing")) == []


async def test_a_token_is_kept_replaced_and_forgotten(store: Store) -> None:
    assert await store.access_token(KEY) is None
    await store.put_access_token(KEY, ".webhook", b"one")
    await store.put_access_token(KEY, ".webhook", b"two")
    assert await store.access_token(KEY) == b"two"
    assert await store.access_token(ConnectorKey("other", "hook")) is None
    await store.put_access_token(KEY, ".webhook", None)
    assert await store.access_token(KEY) is None


async def test_the_token_goes_with_a_change_of_its_connector(store: Store) -> None:
    await store.insert_connector(stored(), None)
    await store.put_access_token(KEY, ".webhook", b"one")
    assert not await store.change_connector(stored(version=9), 8, None)
    assert await store.access_token(KEY) == b"one"
    assert await store.change_connector(stored(version=2), 1, None)
    assert await store.access_token(KEY) is None
    await store.put_access_token(KEY, ".webhook", b"two")
    await store.delete_connector("default", "hook", None)
    assert await store.access_token(KEY) is None


async def test_all_that_is_sealed_can_be_gone_through(store: Store) -> None:
    await store.insert_connector(stored("b", space="a"), None)
    await store.insert_connector(stored("a"), None)
    await store.insert_connector(stored("bare", sealed_secrets=None, is_missing_secrets=True), None)
    await store.put_access_token(ConnectorKey("default", "b"), ".webhook", b"token")
    expected = [
        SealedSecret(SealedRecord(ACCESS_TOKEN, "default", "b", ".webhook"), b"token"),
        SealedSecret(SealedRecord(CONNECTOR, "a", "b", ".webhook"), b"sealed"),
        SealedSecret(SealedRecord(CONNECTOR, "default", "a", ".webhook"), b"sealed"),
    ]
    for step in (1, 2, 10):
        found: list[SealedSecret] = []
        while page := await store.sealed_secrets(found[-1].record if found else None, step):
            assert len(page) <= step
            found += page
        assert found == expected


async def test_what_is_sealed_is_replaced_only_if_it_is_still_the_same(store: Store) -> None:
    await store.insert_connector(stored(), None)
    record = SealedRecord(CONNECTOR, "default", "hook", ".webhook")
    assert await store.replace_sealed(SealedSecret(record, b"sealed"), b"anew", audit("rotate_key"))
    assert not await store.replace_sealed(SealedSecret(record, b"sealed"), b"late", audit("rotate_key"))
    assert [entry.operation for entry in await store.audit("default")] == ["rotate_key"]
    assert not await store.replace_sealed(SealedSecret(replace(record, id="gone"), b"sealed"), b"late")
    assert await store.connectors("default") == [stored(sealed_secrets=b"anew")]
