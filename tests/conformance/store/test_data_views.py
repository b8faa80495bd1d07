"""Data views as every store keeps them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model.data_view import DataView
from engine.model.outcome import Schedule
from engine.model.reference import Reference
from engine.ports.store import AuditEntry, ParamsChange, ReferenceSwap, RuleChange, RuleKey, RuleQuery, Store

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


async def test_the_default_view_is_set_kept_and_cleared(store: Store) -> None:
    assert await store.default_data_view("default") is None
    assert await store.put_default_data_view("default", "v", audit("first"), only_if_unset=True)
    assert not await store.put_default_data_view("default", "w", audit("kept"), only_if_unset=True)
    assert not await store.put_default_data_view("default", "v", audit("same"))
    assert (await store.default_data_view("default"), await store.default_data_view("other")) == ("v", None)
    assert await store.put_default_data_view("default", "w", audit("second"))
    assert await store.default_data_view("default") == "w"
    assert await store.put_default_data_view("default", None, audit("cleared"))
    assert await store.default_data_view("default") is None
    assert [entry.operation for entry in await store.audit("default")] == ["first", "second", "cleared"]


async def test_a_view_that_is_removed_is_the_default_no_more(store: Store) -> None:
    for each in (view("v"), view("w", name="Other"), view("v", space="other")):
        await store.insert_data_view(each, None)
        await store.put_default_data_view(each.space, "v", None)
    assert await store.delete_data_view("default", "w", None)
    assert await store.default_data_view("default") == "v"
    assert await store.delete_data_view("default", "v", None)
    assert await store.default_data_view("default") is None
    assert await store.default_data_view("other") == "v"


OLD, NEW = Reference("index-pattern", "v"), Reference("index-pattern", "w")


async def referring(store: Store, make: Any, *rule_ids: str) -> list[ParamsChange]:
    """Rules that refer to the view ``v``, and the change of each that makes it refer to ``w``."""
    changes = []
    for rule_id in rule_ids:
        rule = make.rule(id=rule_id, params={"indexId": "v"}, tags=("t",))
        assert await store.insert_rule(rule, Schedule(None, None), make.status(), None, [OLD])
        changes.append(ParamsChange(rule_id, 1, {"indexId": "w"}, (NEW,), make.at(5), audit(f"swap {rule_id}")))
    return changes


async def users_of(store: Store, reference: Reference) -> list[str]:
    page = await store.find_rules("default", RuleQuery(refers_to=reference, sort="name", limit=None))
    return [stored.rule.id for stored in page.rules]


async def test_references_are_swapped_together(store: Store, make: Any) -> None:
    changes = await referring(store, make, "a", "b", "c")
    await store.insert_data_view(view(), None)
    assert await store.swap_references(ReferenceSwap("default", tuple(changes[:2]))) == 0
    assert (await users_of(store, OLD), await users_of(store, NEW)) == (["c"], ["a", "b"])
    key = RuleKey("default", "a")
    stored = (await store.load_rules([key]))[key]
    expected = make.rule(id="a", params={"indexId": "w"}, tags=("t",), updated_at=make.at(5))
    assert (stored.rule, stored.version) == (expected, 2)
    assert await store.swap_references(ReferenceSwap("default", tuple(changes[:1]))) is None, "it has version 2 now"
    assert [entry.operation for entry in await store.audit("default")] == ["swap a", "swap b"]
    assert await store.data_views("default") == [view()], "nothing was to be removed"


async def test_a_swap_that_comes_too_late_for_one_rule_changes_none(store: Store, make: Any) -> None:
    changes = await referring(store, make, "a", "b")
    await store.insert_data_view(view(), None)
    key = RuleKey("default", "b")
    stored = (await store.load_rules([key]))[key]
    assert await store.change_rule(RuleChange(replace(stored.rule, name="changed"), 1))
    assert await store.swap_references(ReferenceSwap("default", tuple(changes), "v", audit("delete"))) is None
    assert await users_of(store, OLD) == ["b", "a"]
    assert await store.data_views("default") == [view()]
    assert await store.audit("default") == []


async def test_what_no_rule_refers_to_any_more_is_removed_with_the_last_reference(store: Store, make: Any) -> None:
    first, last = await referring(store, make, "a", "b")
    await store.insert_data_view(view(), None)
    await store.put_default_data_view("default", "v", None)
    stamps = [await store.data_views_stamp()]
    assert await store.swap_references(ReferenceSwap("default", (first,), "v", audit("delete"))) == 1
    assert await store.data_views("default") == [view()]
    stamps.append(await store.data_views_stamp())
    assert await store.swap_references(ReferenceSwap("default", (last,), "v", audit("delete"))) == 0
    assert (await store.data_views("default"), await store.default_data_view("default")) == ([], None)
    stamps.append(await store.data_views_stamp())
    assert stamps[0] == stamps[1] != stamps[2]
    assert [entry.operation for entry in await store.audit("default")] == ["swap a", "swap b", "delete"]
    assert await store.swap_references(ReferenceSwap("default", (), "v", audit("delete"))) == 0, "it is gone already"
