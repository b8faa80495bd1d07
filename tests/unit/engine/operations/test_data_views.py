"""What a user may do to data views."""

from collections.abc import AsyncIterator
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

    async def at_once() -> None:
        """No pause."""

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
