"""Data views as every store keeps them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.model.data_view import DataView
from engine.ports.store import AuditEntry, Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def view(view_id: str = "v", **members: object) -> DataView:
    return replace(DataView(view_id, "logs-*", "Logs", created_at=NOON, updated_at=NOON), **members)  # type: ignore[arg-type]


def audit(operation: str) -> AuditEntry:
    return AuditEntry(NOON, "ann", operation, "data_view", "v", "default")


@pytest.mark.parametrize(
    "members",
    [
        {},
        {
            "time_field": "@timestamp",
            "runtime_fields": {"r": {"type": "long", "script": {"source": "emit(1)"}}},
            "source_filters": ({"value": "secret.*", "clientId": 1},),
            "field_formats": {"r": {"id": "bytes"}},
            "field_attrs": {"r": {"customLabel": "Ä", "count": 2}},
            "type": "rollup",
            "type_meta": {"params": {}},
            "allow_no_index": True,
            "allow_hidden": False,
            "version": 7,
            "created_by": "ann",
            "updated_by": "bob",
        },
    ],
)
async def test_a_view_comes_back_as_it_was_stored(store: Store, members: dict[str, object]) -> None:
    assert await store.insert_data_view(view(**members), audit("create"))
    assert await store.data_views("default") == [view(**members)]
    assert [entry.operation for entry in await store.audit("default")] == ["create"]


async def test_ids_are_unique_within_a_space(store: Store) -> None:
    assert await store.insert_data_view(view(), None)
    assert not await store.insert_data_view(view(title="other"), audit("create"))
    assert await store.insert_data_view(view(space="other"), None)
    assert await store.data_views("default") == [view()]
    assert await store.audit("default") == []


async def test_views_are_listed_by_name_then_id(store: Store) -> None:
    for view_id, name in (("3", "a"), ("1", "b"), ("2", "a")):
        await store.insert_data_view(view(view_id, name=name), None)
    assert [found.id for found in await store.data_views("default")] == ["2", "3", "1"]


async def test_a_change_needs_the_version_that_was_read(store: Store) -> None:
    await store.insert_data_view(view(), None)
    assert await store.change_data_view(view(title="a", version=2), 1, audit("update"))
    assert not await store.change_data_view(view(title="b", version=2), 1, audit("update"))
    assert not await store.change_data_view(view("unknown", version=2), 1, audit("update"))
    assert [found.title for found in await store.data_views("default")] == ["a"]
    assert [entry.operation for entry in await store.audit("default")] == ["update"]


async def test_a_view_can_be_removed_once(store: Store) -> None:
    await store.insert_data_view(view(), None)
    assert await store.delete_data_view("default", "v", audit("delete"))
    assert not await store.delete_data_view("default", "v", audit("delete"))
    assert await store.data_views("default") == []


async def test_the_stamp_changes_with_the_views(store: Store) -> None:
    stamps = [await store.data_views_stamp()]
    await store.insert_data_view(view(), None)
    stamps.append(await store.data_views_stamp())
    await store.change_data_view(view(title="a", version=2), 1, None)
    stamps.append(await store.data_views_stamp())
    await store.delete_data_view("default", "v", None)
    stamps.append(await store.data_views_stamp())
    assert len(set(stamps)) == 4
    assert await store.data_views_stamp() == stamps[-1]
