"""Swapping references to data views (data-views.md 7)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject
from engine.model.outcome import ExecutionStatus, RuleStatus, Schedule
from engine.model.rule import Rule
from engine.operations.data_views import DataViewOperations
from engine.operations.reference_swap import ReferenceSwaps
from engine.ports.references import references_of
from engine.ports.registry import Registry
from engine.ports.store import RuleChange, RuleKey, Store
from engine.store.sqlite import open_store
from rule_types.builtin import builtin_rule_types

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
GEO = ".geo-containment"


class Swapping:
    """Views ``v`` and ``w``, and rules that refer to views."""

    def __init__(self, store: Store) -> None:
        self.store, self.registry = store, Registry()
        for rule_type in builtin_rule_types():
            self.registry.add_rule_type(rule_type)
        self.views = DataViewOperations(store, lambda: "new")
        self.swaps = ReferenceSwaps(store, self.registry)

    async def add_rule(self, rule_id: str, *, space: str = "default", kind: str = GEO, **params: Any) -> Rule:
        rule = Rule(rule_id, rule_id, kind, "alerts", "1m", params, NOON, NOON, space, revision=3)
        rule_type = self.registry.rule_type(kind)
        assert rule_type is not None
        pending = RuleStatus(ExecutionStatus("pending", NOON))
        references = references_of(rule_type, params)
        assert await self.store.insert_rule(rule, Schedule(None, None), pending, None, references)
        return rule

    async def rule(self, rule_id: str) -> Rule:
        key = RuleKey("default", rule_id)
        return (await self.store.load_rules([key]))[key].rule

    async def swap(self, **body: Any) -> JsonObject:
        swapped = await self.swaps.swap({"fromId": "v", "toId": "w", **body}, at=LATER, actor="bob")
        return swapped.to_json()

    async def preview(self, **body: Any) -> JsonObject:
        return (await self.swaps.preview({"fromId": "v", "toId": "w", **body})).to_json()

    async def view_ids(self) -> list[str]:
        return [view.id for view in await self.views.find()]


@pytest.fixture
async def swapping() -> AsyncIterator[Swapping]:
    store = open_store("sqlite://")
    await store.open()
    made = Swapping(store)
    for view_id in ("v", "w"):
        await made.views.create({"data_view": {"id": view_id, "title": view_id}}, at=NOON, actor=None)
    yield made
    await store.close()


def result(*rule_ids: str) -> list[JsonObject]:
    return [{"id": rule_id, "type": "alert"} for rule_id in rule_ids]


async def test_every_member_that_names_the_old_view_names_the_new_one(swapping: Swapping) -> None:
    geo = await swapping.add_rule("geo", indexId="v", boundaryIndexId="v", index="v")
    query = await swapping.add_rule("query", kind=".es-query", searchConfiguration={"index": "v", "filter": ["v"]})
    mixed = await swapping.add_rule("mixed", indexId="x", boundaryIndexId="v")
    other = await swapping.add_rule("other", indexId="x", boundaryIndexId="y")
    assert await swapping.swap() == {"result": result("geo", "mixed", "query")}
    changed = {"updated_at": LATER}
    assert await swapping.rule("geo") == replace(
        geo, params={"indexId": "w", "boundaryIndexId": "w", "index": "v"}, **changed
    )
    assert (await swapping.rule("query")).params == {"searchConfiguration": {"index": "w", "filter": ["v"]}}
    assert (await swapping.rule("mixed")).params == {"indexId": "x", "boundaryIndexId": "w"}
    assert await swapping.rule("other") == other
    assert (await swapping.rule("query")).revision == query.revision == mixed.revision
    assert await swapping.swap() == {"result": []}
    assert await swapping.swap(fromId="w", toId="v") == {"result": result("geo", "mixed", "query")}
    audit = [entry for entry in await swapping.store.audit("default") if entry.operation == "swap_references"]
    assert (audit[0].object_kind, audit[0].actor, audit[0].details) == ("rule", "bob", {"from": "v", "to": "w"})


async def test_all_rules_are_found_however_many_and_only_those_of_the_space(swapping: Swapping) -> None:
    for number in range(30):
        await swapping.add_rule(f"r{number:02}", indexId="v")
    await swapping.add_rule("far", space="other", indexId="v")
    assert len((await swapping.swap())["result"]) == 30
    far = RuleKey("other", "far")
    assert (await swapping.store.load_rules([far]))[far].rule.params == {"indexId": "v"}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, ["a", "b"]),
        ({"forType": "alert"}, ["a", "b"]),
        ({"forType": "dashboard"}, []),
        ({"forId": "b"}, ["b"]),
        ({"forId": ["b", "a", "x"]}, ["a", "b"]),
        ({"forId": []}, []),
        ({"forId": "x"}, []),
        ({"fromId": "gone"}, ["c"]),
        ({"delete": True}, ["a", "b"]),
    ],
)
async def test_a_preview_tells_what_a_swap_would_change(swapping: Swapping, body: JsonObject, found: list[str]) -> None:
    for rule_id, view_id in (("a", "v"), ("b", "v"), ("c", "gone")):
        await swapping.add_rule(rule_id, indexId=view_id)
    assert await swapping.preview(**body) == {"result": result(*found)}
    assert await swapping.view_ids() == ["v", "w"]
    assert (await swapping.rule("a")).params == {"indexId": "v"}
    assert (await swapping.swap(**body))["result"] == result(*found)


async def test_the_old_view_is_deleted_with_its_last_reference(swapping: Swapping) -> None:
    for rule_id in ("a", "b", "c"):
        await swapping.add_rule(rule_id, indexId="v")
    first = await swapping.swap(forId="a", delete=True)
    assert first == {"result": result("a"), "deleteStatus": {"remainingRefs": 2, "deletePerformed": False}}
    none = await swapping.swap(forType="dashboard", delete=True)
    assert none["deleteStatus"] == {"remainingRefs": 2, "deletePerformed": False}, "rules count whatever forType says"
    assert await swapping.view_ids() == ["v", "w"]
    last = await swapping.swap(delete=True)
    assert last == {"result": result("b", "c"), "deleteStatus": {"remainingRefs": 0, "deletePerformed": True}}
    assert await swapping.view_ids() == ["w"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"toId": "gone"}, "toId"),
        ({"toId": "w", "fromType": "action"}, "fromType"),
        ({"toId": "v", "delete": True}, "toId"),
        ({}, "toId"),
        ({"toId": "w", "forId": ["x"] * 1001}, "forId"),
        ({"toId": "w", "forId": 1}, "forId"),
        ({"toId": "w", "more": 1}, "more"),
        ({"toId": "w", "delete": "yes"}, "delete"),
    ],
)
async def test_a_wrong_swap_is_refused_by_name(swapping: Swapping, body: JsonObject, path: str) -> None:
    await swapping.add_rule("a", indexId="v")
    with pytest.raises(InvalidInput) as refused:
        await swapping.swaps.swap({"fromId": "v", **body}, at=LATER, actor=None)
    assert refused.value.problems[0].path == path
    assert (await swapping.rule("a")).updated_at == NOON


async def test_a_rule_of_a_type_that_is_gone_stops_the_swap_unless_it_is_left_out(swapping: Swapping) -> None:
    for rule_id in ("a", "b"):
        await swapping.add_rule(rule_id, indexId="v")
    key = RuleKey("default", "b")
    stored = (await swapping.store.load_rules([key]))[key]
    assert await swapping.store.change_rule(RuleChange(replace(stored.rule, rule_type_id=".gone"), 1))
    with pytest.raises(InvalidInput, match=r"rule \[b\] is of the type \[.gone\], which is not installed"):
        await swapping.swap()
    assert (await swapping.rule("a")).params == {"indexId": "v"}
    assert await swapping.swap(forId="a") == {"result": result("a")}


async def test_a_rule_that_was_changed_meanwhile_is_read_again(swapping: Swapping) -> None:
    await swapping.add_rule("a", indexId="v")

    class Intruder:
        tries = 0

        async def swap_references(self, swap: Any) -> Any:
            self.tries += 1
            if self.tries == 1:
                renamed = replace(await swapping.rule("a"), name="renamed")
                assert await swapping.store.change_rule(RuleChange(renamed, 1))
            return await swapping.store.swap_references(swap)

        def __getattr__(self, name: str) -> Any:
            return getattr(swapping.store, name)

    async def at_once() -> None:
        """No pause."""

    other: Any = Intruder()
    swaps = ReferenceSwaps(other, swapping.registry, pause=at_once)
    swapped = await swaps.swap({"fromId": "v", "toId": "w"}, at=LATER, actor=None)
    assert (swapped.rule_ids, other.tries) == (("a",), 2)
    changed = await swapping.rule("a")
    assert (changed.name, changed.params) == ("renamed", {"indexId": "w"})
