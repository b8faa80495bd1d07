"""What a user may do to runtime fields, and which fields a view has (data-views.md 4, 5)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput, NotFound, SearchUnavailable
from engine.model.jsonvalue import JsonObject
from engine.operations.data_views import DataViewOperations
from engine.operations.field_lists import FieldLists
from engine.operations.runtime_fields import RuntimeFields
from engine.search.local.engine import LocalSearch
from engine.search.recording import CannedAnswer, RecordingSearch
from engine.store.sqlite import open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = {"type": "long", "script": {"source": "emit(1)"}}


class Watch:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Views:
    """A view ``v`` of the index ``logs`` with the mapped field ``host``."""

    def __init__(self, views: DataViewOperations) -> None:
        search = LocalSearch(lambda: NOON)
        search.create_index("logs", {"properties": {"host": {"type": "keyword"}, "o": {"properties": {}}}})
        search.create_index(".hidden", {"properties": {"h": {"type": "ip"}}})
        self.search, self.watch, self.views = search, Watch(), views
        self.lists = FieldLists(search, self.watch)
        self.fields = RuntimeFields(views, self.lists)

    async def create(self, name: str, definition: JsonObject) -> DataView:
        body = {"name": name, "runtimeField": definition}
        return await self.fields.create("v", body, at=NOON, actor="ann")

    async def put(self, name: str, definition: JsonObject) -> DataView:
        return await self.fields.put("v", {"name": name, "runtimeField": definition}, at=NOON, actor="ann")

    async def update(self, name: str, changes: JsonObject) -> DataView:
        return await self.fields.update("v", name, {"runtimeField": changes}, at=NOON, actor="ann")

    async def delete(self, name: str) -> DataView:
        return await self.fields.delete("v", name, at=NOON, actor="ann")


@pytest.fixture
async def views() -> AsyncIterator[Views]:
    store = open_store("sqlite://")
    await store.open()
    operations = DataViewOperations(store, lambda: "new")
    await operations.create({"data_view": {"id": "v", "title": "logs"}}, at=NOON, actor=None)
    made = Views(operations)
    yield made
    await made.search.close()
    await store.close()


async def test_a_runtime_field_is_created_with_what_people_see_of_it(views: Views) -> None:
    made = await views.create("hour", HOUR | {"customLabel": "Hour", "format": {"id": "number"}, "popularity": 2})
    assert (made.runtime_fields, made.version) == ({"hour": HOUR}, 2)
    assert made.field_attrs == {"hour": {"customLabel": "Hour", "count": 2}}
    assert made.field_formats == {"hour": {"id": "number"}}
    assert await views.fields.get("v", "hour") == made


@pytest.mark.parametrize("name", ["hour", "host", "host.x", "hour.x", "c", "c.sub", "c.other"])
async def test_a_name_is_taken_by_fields_of_all_kinds_and_those_below_them(views: Views, name: str) -> None:
    await views.create("hour", HOUR)
    before = await views.create("c", {"type": "composite", "fields": {"sub": {"type": "ip"}}})
    with pytest.raises(InvalidInput, match=r"^name: is taken: data view \[v\] has a field "):
        await views.create(name, HOUR)
    assert await views.views.get("v") == before


async def test_put_creates_a_field_or_defines_it_anew(views: Views) -> None:
    await views.put("hour", HOUR | {"customLabel": "Hour"})
    again = await views.put("hour", {"type": "keyword"})
    assert (again.runtime_fields, again.field_attrs) == ({"hour": {"type": "keyword"}}, {})
    with pytest.raises(InvalidInput, match="is a field of the indices"):
        await views.put("host", HOUR)


async def test_a_partial_update_replaces_what_it_gives(views: Views) -> None:
    await views.create("hour", HOUR | {"customLabel": "Hour"})
    changed = await views.update("hour", {"script": {"source": "emit(2)"}, "popularity": 1})
    assert changed.runtime_fields == {"hour": {"type": "long", "script": {"source": "emit(2)"}}}
    assert changed.field_attrs == {"hour": {"customLabel": "Hour", "count": 1}}
    assert await views.update("hour", {}) == changed


async def test_fields_of_a_composite_one_are_replaced_whole(views: Views) -> None:
    subs = {"a": {"type": "ip", "customLabel": "A"}, "b": {"type": "long", "customLabel": "B"}}
    await views.create("c", {"type": "composite", "script": {"source": "s"}, "fields": subs})
    changed = await views.update("c", {"fields": {"b": {"type": "double"}}})
    assert changed.runtime_fields["c"] == {
        "type": "composite",
        "script": {"source": "s"},
        "fields": {"b": {"type": "double"}},
    }
    assert changed.field_attrs == {"c.b": {"customLabel": "B"}}
    assert (await views.update("c", {"type": "long"})).runtime_fields["c"] == {
        "type": "long",
        "script": {"source": "s"},
    }


async def test_a_deleted_field_leaves_nothing(views: Views) -> None:
    await views.create("hour", HOUR | {"customLabel": "Hour", "format": {"id": "number"}})
    left = await views.delete("hour")
    assert (left.runtime_fields, left.field_attrs, left.field_formats) == ({}, {}, {})


async def test_what_is_no_runtime_field(views: Views) -> None:
    for operation in (views.fields.get("v", "x"), views.update("x", {}), views.delete("x"), views.update("host", {})):
        with pytest.raises(NotFound, match=r"runtime field \[(x|host)\] of data view \[index-pattern/v\]"):
            await operation
    with pytest.raises(InvalidInput, match="is a field of the indices"):
        await views.delete("host")
    with pytest.raises(NotFound, match="index-pattern/w"):
        await views.fields.get("w", "hour")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"runtimeField": HOUR}, "name"),
        ({"name": "", "runtimeField": HOUR}, "name"),
        ({"name": "n" * 1001, "runtimeField": HOUR}, "name"),
        ({"name": "n", "runtimeField": {}}, "runtimeField.type"),
        ({"name": "n", "runtimeField": {"type": "text"}}, "runtimeField.type"),
        ({"name": "n", "runtimeField": HOUR | {"more": 1}}, "runtimeField.more"),
        ({"name": "n", "runtimeField": HOUR, "more": 1}, "more"),
    ],
)
async def test_a_wrong_definition_is_refused_by_name(views: Views, body: dict[str, Any], path: str) -> None:
    for operation in (views.fields.create, views.fields.put):
        with pytest.raises(InvalidInput) as refused:
            await operation("v", body, at=NOON, actor=None)
        assert refused.value.problems[0].path == path


async def test_a_name_in_a_partial_update_is_refused(views: Views) -> None:
    await views.create("hour", HOUR)
    with pytest.raises(InvalidInput) as refused:
        await views.fields.update("v", "hour", {"name": "x", "runtimeField": {}}, at=NOON, actor=None)
    assert refused.value.problems[0].path == "name"


async def test_the_list_has_the_fields_of_the_indices_and_the_views_own(views: Views) -> None:
    made = await views.create("hour", HOUR)
    listing = await views.lists.of(made)
    assert listing.warning is None
    assert {name for name in listing.fields if not name.startswith("_")} == {"host", "hour"}


async def test_what_the_indices_have_is_asked_again_after_five_seconds(views: Views) -> None:
    view = await views.views.get("v")
    await views.lists.of(view)
    views.search.create_index("logs2", {"properties": {"new": {"type": "ip"}}})
    both = DataView("v", "logs*", "Logs")
    assert "new" in (await views.lists.of(both)).fields
    views.search.create_index("logs3", {"properties": {"newer": {"type": "ip"}}})
    views.watch.seconds += 4.9
    assert "newer" not in (await views.lists.of(both)).fields
    views.watch.seconds += 0.2
    assert "newer" in (await views.lists.of(both)).fields


@pytest.mark.parametrize(("allow_hidden", "is_listed"), [(True, True), (False, False), (None, False)])
async def test_hidden_indices_count_where_a_view_says_so(
    views: Views, allow_hidden: bool | None, is_listed: bool
) -> None:
    view = DataView("v", "*", "All", allow_hidden=allow_hidden)
    assert ("h" in (await views.lists.of(view)).fields) is is_listed


async def test_without_an_index_only_runtime_fields_are_listed(views: Views) -> None:
    view = DataView("v", "nothing-*", "Nothing", runtime_fields={"hour": HOUR})
    listing = await views.lists.of(view)
    assert (list(listing.fields), listing.warning) == (
        ["hour"],
        "no index matches the title of the data view: only its runtime fields are listed",
    )
    expected = DataView("v", "nothing-*", "Nothing", allow_no_index=True)
    assert (await views.lists.of(expected)).warning is None, "the view says that it may be so"


async def test_a_title_longer_than_any_address_is_not_asked_for(views: Views) -> None:
    title = "*a" * 400_000 + "b"
    listing = await views.lists.of(DataView("v", title, "Long", runtime_fields={"hour": HOUR}))
    assert (list(listing.fields), listing.warning) == (
        ["hour"],
        "the title has more than 4000 characters: only runtime fields are listed",
    )


async def test_a_backend_that_does_not_answer_is_told_of_and_asked_again() -> None:
    refused = CannedAnswer({"error": {"type": "t", "reason": "r"}}, 400)
    found = CannedAnswer({"indices": ["logs"], "fields": {"a": {"ip": {"type": "ip"}}}})
    lists = FieldLists(RecordingSearch(field_caps=[CannedAnswer({}, 503), refused, found]), Watch())
    view = DataView("v", "logs", "Logs", runtime_fields={"hour": HOUR})
    for _ in range(2):
        listing = await lists.of(view)
        assert (list(listing.fields), listing.warning) == (
            ["hour"],
            "the search backend could not tell the fields: only runtime fields are listed",
        )
    assert "a" in (await lists.of(view)).fields


async def test_a_runtime_field_can_be_made_while_the_backend_is_away(views: Views) -> None:
    class Away:
        async def field_caps(self, request: Any) -> Any:
            raise SearchUnavailable("away")

    away: Any = Away()
    fields = RuntimeFields(views.views, FieldLists(away, Watch()))
    made = await fields.create("v", {"name": "hour", "runtimeField": HOUR}, at=NOON, actor=None)
    assert made.runtime_fields == {"hour": HOUR}
