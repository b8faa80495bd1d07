"""What a user may do to data views."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.model.errors import InvalidInput, NotFound
from engine.model.outcome import ExecutionStatus, RuleStatus, Schedule
from engine.model.reference import Reference
from engine.model.rule import Rule
from engine.operations.data_views import DataViewOperations
from engine.ports.store import Store
from engine.query.data_view_spec import spec_of
from engine.service.data_views import DataViewDirectory
from engine.store.sqlite import open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = open_store("sqlite://")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def views(store: Store) -> DataViewOperations:
    ids = iter("abcdefgh")
    return DataViewOperations(store, lambda: next(ids), pause=at_once)


async def create(views: DataViewOperations, spec: dict[str, Any], **more: Any) -> Any:
    return await views.create({"data_view": spec, **more}, at=NOON, actor="ann")


async def update(views: DataViewOperations, view_id: str, changes: dict[str, Any]) -> Any:
    return await views.update(view_id, {"data_view": changes}, at=LATER, actor="bob")


async def test_a_view_takes_its_name_from_its_title(views: DataViewOperations, store: Store) -> None:
    made = await create(views, {"title": "logs-*", "name": ""})
    assert (made.id, made.name, made.created_by, made.created_at) == ("a", "logs-*", "ann", NOON)
    assert await views.get("a") == made
    assert [(entry.operation, entry.actor, entry.object_id) for entry in await store.audit("default")] == [
        ("create", "ann", "a")
    ]


async def test_names_are_taken_once_and_titles_as_often_as_one_likes(views: DataViewOperations) -> None:
    await create(views, {"title": "logs-*", "name": "Logs", "id": "1"})
    await create(views, {"title": "logs-*", "name": "Others", "id": "2"})
    for spec in ({"title": "x", "name": "Logs"}, {"title": "x", "id": "2"}):
        with pytest.raises(InvalidInput, match="exists already"):
            await create(views, spec)
    await create(views, {"title": "x", "name": "Logs", "id": "3"}, override=True)
    assert [view.id for view in await views.find()] == ["3", "2"]
    await create(views, {"title": "y", "name": "Z", "id": "2"}, override=True)
    assert [(view.id, view.title) for view in await views.find()] == [("3", "x"), ("2", "y")]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "data_view"),
        ({"data_view": {}}, "data_view.title"),
        ({"data_view": {"title": "a", "rogue": 1}}, "data_view.rogue"),
        ({"data_view": {"title": "a", "allowNoIndex": "yes"}}, "data_view.allowNoIndex"),
        ({"data_view": {"title": "a"}, "override": 1}, "override"),
        ({"data_view": {"title": "a"}, "rogue": 1}, "rogue"),
        ({"data_view": {"title": "a", "sourceFilters": ["x"]}}, "data_view.sourceFilters.0"),
        ({"data_view": {"title": "a", "runtimeFieldMap": {"r": {}}}}, "data_view.runtimeFieldMap.r.type"),
        (
            {"data_view": {"title": "a", "runtimeFieldMap": {"r": {"type": "composite", "fields": {"s": {}}}}}},
            "data_view.runtimeFieldMap.r.fields.s.type",
        ),
        (
            {"data_view": {"title": "a", "fieldAttrs": {"f": {"customDescription": "x" * 301}}}},
            "data_view.fieldAttrs.f.customDescription",
        ),
    ],
)
async def test_a_wrong_body_is_refused_by_name(views: DataViewOperations, body: Any, path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await views.create(body, at=NOON, actor=None)
    assert [problem.path for problem in refused.value.problems] == [path]
    assert await views.find() == []


async def test_what_people_see_of_runtime_fields_is_kept_apart(views: DataViewOperations) -> None:
    runtime = {
        "r": {"type": "long", "script": {"source": "emit(1)"}, "format": {"id": "bytes"}, "popularity": 3},
        "c": {"type": "composite", "fields": {"s": {"type": "ip", "customLabel": "S"}}},
    }
    made = await create(views, {"title": "a", "runtimeFieldMap": runtime})
    assert made.runtime_fields == {
        "r": {"type": "long", "script": {"source": "emit(1)"}},
        "c": {"type": "composite", "fields": {"s": {"type": "ip"}}},
    }
    assert made.runtime_types == {"r": "long", "c.s": "ip"}
    assert made.field_formats == {"r": {"id": "bytes"}}
    assert made.field_attrs == {"r": {"count": 3}, "c.s": {"customLabel": "S"}}
    assert spec_of(made)["runtimeFieldMap"] == made.runtime_fields


async def test_a_view_that_is_overwritten_gets_a_new_version_and_stays_the_default(
    views: DataViewOperations, store: Store
) -> None:
    await create(views, {"id": "v", "title": "a", "timeFieldName": "t"})
    await views.set_default({"data_view_id": "v"}, at=NOON, actor=None)
    made = await create(views, {"id": "v", "title": "b"}, override=True)
    assert (made.title, made.time_field, made.version) == ("b", None, 2)
    assert await views.default_id() == "v"
    assert [entry.operation for entry in await store.audit("default")] == ["create", "set_default", "update"]


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"fieldFormats": {"f": {"ide": 1}}}, "data_view.fieldFormats.f.ide"),
        ({"fieldAttrs": {"f": {"label": "x"}}}, "data_view.fieldAttrs.f.label"),
        ({"fieldAttrs": {"f": {"count": "3"}}}, "data_view.fieldAttrs.f.count"),
        ({"sourceFilters": [{"value": "a", "clientId": True}]}, "data_view.sourceFilters.0.clientId"),
        ({"runtimeFieldMap": {"r": {"type": "long", "popularity": -1}}}, "data_view.runtimeFieldMap.r.popularity"),
        ({"runtimeFieldMap": {"r": {"type": "long", "fields": {}}}}, "data_view.runtimeFieldMap.r"),
        ({"runtimeFieldMap": {"r": {"type": "composite", "format": {}}}}, "data_view.runtimeFieldMap.r"),
        ({"runtimeFieldMap": {"r": {"type": "long", "script": {"lang": "p"}}}}, "data_view.runtimeFieldMap.r.script"),
        ({"fields": {"f": 1}}, "data_view.fields.f"),
        ({"timeFieldName": None}, "data_view.timeFieldName"),
    ],
)
async def test_what_is_within_a_spec_is_judged(views: DataViewOperations, spec: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create(views, {"title": "a", **spec})
    assert refused.value.problems[0].path.startswith(path)


async def test_an_answer_can_be_posted_again(views: DataViewOperations) -> None:
    spec = {"title": "a", "runtimeFieldMap": {"r": {"type": "long"}}, "sourceFilters": [{"value": "s"}]}
    made = await create(views, spec)
    sent = spec_of(made) | {"name": "copy", "id": "w", "fields": {"r": {"name": "r", "type": "number", "other": 1}}}
    assert await create(views, sent) == replace(made, id="w", name="copy")


async def test_an_update_changes_what_is_given_and_replaces_maps_whole(views: DataViewOperations) -> None:
    runtime = {"r": {"type": "long"}, "s": {"type": "ip"}}
    await create(views, {"title": "a", "timeFieldName": "t", "runtimeFieldMap": runtime, "id": "v"})
    changed = await update(views, "v", {"runtimeFieldMap": {"r": {"type": "ip"}}, "allowNoIndex": True})
    assert (changed.runtime_fields, changed.time_field) == ({"r": {"type": "ip"}}, "t")
    assert (changed.allow_no_index, changed.version) == (True, 2)
    assert (changed.created_by, changed.updated_by, changed.updated_at) == ("ann", "bob", LATER)
    assert (await update(views, "v", {"timeFieldName": ""})).time_field is None
    assert await views.get("v") == await update(views, "v", {"title": "a"}), "no difference, no new version"


@pytest.mark.parametrize("member", ["id", "version", "fieldAttrs", "namespaces", "allowHidden", "rogue"])
async def test_what_an_update_may_not_change(views: DataViewOperations, member: str) -> None:
    await create(views, {"title": "a", "id": "v"})
    with pytest.raises(InvalidInput) as refused:
        await update(views, "v", {member: "x"})
    assert refused.value.problems[0].path == f"data_view.{member}"


class Intruder:
    """Changes a view while an operation on it waits for its next try."""

    def __init__(self, store: Store, **changes: Any) -> None:
        self._store, self._changes = store, changes
        self.tries = 0

    async def data_views(self, space: str) -> Any:
        found = await self._store.data_views(space)
        self.tries += 1
        if self.tries == 1:
            changed = replace(found[0], version=found[0].version + 1, **self._changes)
            assert await self._store.change_data_view(changed, found[0].version, None)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def at_once() -> None:
    """No pause."""


async def test_two_updates_at_once_both_count_if_they_change_different_members(
    views: DataViewOperations, store: Store
) -> None:
    await create(views, {"title": "a", "id": "v"})
    other: Any = Intruder(store, time_field="t")
    changed = await update(DataViewOperations(other, lambda: "x", pause=at_once), "v", {"title": "b"})
    assert (changed.title, changed.time_field, changed.version) == ("b", "t", 3)


async def test_of_two_updates_of_one_member_the_later_is_refused(views: DataViewOperations, store: Store) -> None:
    await create(views, {"title": "a", "id": "v"})
    other: Any = Intruder(store, title="c")
    with pytest.raises(InvalidInput, match="changed by others"):
        await update(DataViewOperations(other, lambda: "x", pause=at_once), "v", {"title": "b", "timeFieldName": "t"})
    kept = await views.get("v")
    assert (kept.title, kept.time_field) == ("c", None)


async def test_labels_of_two_fields_set_at_once_are_both_kept(views: DataViewOperations, store: Store) -> None:
    await create(views, {"title": "a", "id": "v"})
    other: Any = Intruder(store, field_attrs={"f": {"customLabel": "F"}})
    operations = DataViewOperations(other, lambda: "x", pause=at_once)
    changed = await operations.describe_fields("v", {"fields": {"g": {"count": 1}}}, at=NOON, actor=None)
    assert changed.field_attrs == {"f": {"customLabel": "F"}, "g": {"count": 1}}


async def test_the_default_is_set_once_and_then_by_force(views: DataViewOperations) -> None:
    async def put(**body: Any) -> str | None:
        await views.set_default(body, at=NOON, actor=None)
        return await views.default_id()

    assert await views.default_id() is None
    assert await put(data_view_id="unknown") == "unknown", "it need not exist"
    assert await put(data_view_id="v") == "unknown"
    assert await put(data_view_id=None) == "unknown"
    assert await put(data_view_id="v", force=True) == "v"
    assert await views.default_id(space="other") is None
    assert await put(force=True) is None


@pytest.mark.parametrize("body", [{"data_view_id": ""}, {"data_view_id": "x" * 1001}, {"data_view_id": 1}, {"id": "v"}])
async def test_a_wrong_default_is_refused(views: DataViewOperations, body: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        await views.set_default(body, at=NOON, actor=None)


async def test_a_default_that_is_deleted_is_none(views: DataViewOperations) -> None:
    await create(views, {"title": "a", "id": "v"})
    await views.set_default({"data_view_id": "v"}, at=NOON, actor=None)
    await views.delete("v", at=NOON, actor=None)
    assert await views.default_id() is None


async def describe(views: DataViewOperations, fields: dict[str, Any]) -> Any:
    return await views.describe_fields("v", {"fields": fields}, at=LATER, actor="bob")


async def test_fields_are_described_one_property_at_a_time(views: DataViewOperations) -> None:
    await create(views, {"title": "a", "id": "v"})
    first = await describe(views, {"f": {"customLabel": "F", "count": 2}, "g": {"format": {"id": "bytes"}}})
    assert (first.field_attrs, first.field_formats) == ({"f": {"customLabel": "F", "count": 2}}, {"g": {"id": "bytes"}})
    second = await describe(views, {"f": {"customLabel": None, "customDescription": "D"}, "g": {"format": None}})
    assert second.field_attrs == {"f": {"count": 2, "customDescription": "D"}}
    assert (second.field_formats, second.version) == ({}, 3)
    assert await describe(views, {"f": {"customLabel": None}}) == second, "no difference, no new version"
    assert (await describe(views, {"f": {"count": None, "customDescription": None}})).field_attrs == {}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({}, "fields"),
        ({"f": {}, "g": {}}, "fields"),
        ({"": {"count": 1}}, "fields."),
        ({"f" * 1001: {"count": 1}}, "fields." + "f" * 1001),
        ({"f": {"customLabel": ""}}, "fields.f.customLabel"),
        ({"f": {"customDescription": "x" * 301}}, "fields.f.customDescription"),
        ({"f": {"count": "1"}}, "fields.f.count"),
        ({"f": {"format": {"more": 1}}}, "fields.f.format.more"),
        ({"f": {"label": "x"}}, "fields.f.label"),
    ],
)
async def test_a_wrong_description_is_refused_by_name(
    views: DataViewOperations, fields: dict[str, Any], path: str
) -> None:
    made = await create(views, {"title": "a", "id": "v"})
    with pytest.raises(InvalidInput) as refused:
        await describe(views, fields)
    assert refused.value.problems[0].path == path
    assert await views.get("v") == made


async def test_an_unknown_view_is_not_found(views: DataViewOperations) -> None:
    for operation in (views.get("x"), update(views, "x", {}), views.delete("x", at=NOON, actor=None)):
        with pytest.raises(NotFound, match="index-pattern/x"):
            await operation


async def test_applying_a_spec_creates_then_updates_then_leaves_it(views: DataViewOperations) -> None:
    async def apply(title: str) -> str:
        return await views.apply({"title": title, "id": "v"}, view_id="v", at=NOON, actor="files")

    assert [await apply("a"), await apply("a"), await apply("b")] == ["created", "unchanged", "updated"]
    assert (await views.get("v")).title == "b"


async def test_runs_see_each_change_at_once(views: DataViewOperations, store: Store) -> None:
    directory = DataViewDirectory(store)
    assert await directory.find("default", "v") is None
    await create(views, {"title": "a", "id": "v"})
    found = await directory.find("default", "v")
    assert found is not None
    assert found.title == "a"
    assert await directory.find("default", "v") is found
    await update(views, "v", {"title": "b"})
    changed = await directory.find("default", "v")
    assert changed is not None
    assert changed.title == "b"
    assert await directory.find("other", "v") is None
    await views.delete("v", at=NOON, actor=None)
    assert await directory.find("default", "v") is None


def rule_of(rule_id: str, space: str = "default") -> Rule:
    return Rule(rule_id, f"Rule {rule_id}", ".t", "alerts", "1m", {}, created_at=NOON, updated_at=NOON, space=space)


@pytest.fixture
async def referring(store: Store) -> None:
    """Rules ``r0`` to ``r21`` use the data view ``v``, as does one of another space."""
    used = (Reference("index-pattern", "v"),)
    pending = RuleStatus(ExecutionStatus("pending", NOON))
    for rule in (*(rule_of(f"r{number:02}") for number in range(22)), rule_of("far", "other")):
        await store.insert_rule(rule, Schedule(None, None), pending, None, used)


@pytest.mark.usefixtures("referring")
async def test_rules_that_lose_their_data_view_are_named(
    views: DataViewOperations, caplog: pytest.LogCaptureFixture
) -> None:
    await create(views, {"id": "v", "title": "logs"})
    await create(views, {"id": "v", "title": "logs"}, override=True)
    assert caplog.messages == [], "the id is there as before"
    await create(views, {"id": "w", "title": "logs"}, override=True)
    await create(views, {"id": "v", "title": "others"})
    await views.delete("w", at=LATER, actor=None)
    assert len(caplog.messages) == 1, "nobody uses the data view [w]"
    await views.delete("v", at=LATER, actor=None)
    assert len(caplog.messages) == 2
    for message in caplog.messages:
        assert message.startswith("data view [v] is gone and these rules use it: Rule r00 [r00], Rule r01 [r01], ")
        assert "Rule r19 [r19], 2 more. Their runs fail" in message
        assert "far" not in message
