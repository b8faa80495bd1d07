"""Maintenance windows: what users may do to them, and what they are shown."""

from datetime import timedelta
from typing import Any

import pytest

from engine.model.errors import Conflict, InvalidInput, NotFound
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.operations.window_form import window_to_json
from engine.operations.windows import MaintenanceWindows, WindowQuery
from engine.ports.store import StoredWindow

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def windows(world: Any) -> MaintenanceWindows:
    return MaintenanceWindows(world.store, world._new_id, pause=world._pause)


@pytest.fixture
def daily(now: Any) -> JsonObject:
    """From now on, an hour a day."""
    custom = {"start": iso(now), "duration": "60m", "timezone": "UTC", "recurring": {"every": "1d"}}
    return {"title": "Nightly backup", "schedule": {"custom": custom}}


def shown(window: Any, at: Any, *names: str) -> list[object]:
    whole = window_to_json(window, at)
    return [whole.get(name) for name in names]


async def test_a_window_is_shown_as_it_was_given(windows: MaintenanceWindows, daily: JsonObject, now: Any) -> None:
    scope = {"alerting": {"query": {"kql": "kibana.alert.rule.tags: db"}}}
    given = {**daily, "enabled": False, "scope": scope, "category_ids": ["management"]}
    created = await windows.create(given, at=now, actor="ann")
    assert await windows.get(created.id) == created
    assert window_to_json(created, now) == {
        **given,
        "id": "uuid-1",
        "status": "disabled",
        "created_by": "ann",
        "created_at": iso(now),
        "updated_by": "ann",
        "updated_at": iso(now),
    }


async def test_a_plain_window_shows_nothing_it_was_not_given(
    windows: MaintenanceWindows, daily: JsonObject, now: Any
) -> None:
    whole = window_to_json(await windows.create(daily, at=now, actor=None), now)
    assert not {"scope", "category_ids"} & whole.keys()
    assert (whole["enabled"], whole["status"]) == (True, "running")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"title": None}, "title"),
        ({"enabled": None}, "enabled"),
        ({"schedule": {}}, "schedule.custom"),
        ({"scope": {"alerting": {"query": {}}}}, "scope.alerting.query.kql"),
        ({"scope": {"alerting": {"query": {"kql": "a: ("}}}}, "scope.alerting.query.kql"),
        ({"category_ids": ["weather"]}, "category_ids.0"),
        ({"duration": 5}, "duration"),
    ],
)
async def test_what_is_wrong_is_named(
    windows: MaintenanceWindows, daily: JsonObject, now: Any, changes: JsonObject, path: str
) -> None:
    for work in (windows.create(daily | changes, at=now, actor=None), windows.update("w", changes, at=now, actor=None)):
        with pytest.raises(InvalidInput) as refused:
            await work
        assert [problem.path for problem in refused.value.problems] == [path]


@pytest.mark.parametrize(
    ("recurring", "message"),
    [({"every": "1d", "end": "2026-02-28T00:00:00.000Z"}, "not in the future"), ({"occurrences": 10**6}, "10000"),
     ({"every": "1M", "onMonthDay": [1] * 1001}, "too long")],
)  # fmt: skip
async def test_schedules_that_are_over_or_too_costly_are_refused(
    windows: MaintenanceWindows, daily: JsonObject, now: Any, recurring: JsonObject, message: str
) -> None:
    daily["schedule"]["custom"]["recurring"] = recurring
    with pytest.raises(InvalidInput, match=rf"schedule\.custom.*{message}"):
        await windows.create(daily, at=now, actor=None)


async def test_only_given_members_change(windows: MaintenanceWindows, daily: JsonObject, now: Any) -> None:
    scope = {"alerting": {"query": {"kql": "a: b"}}}
    created = await windows.create({**daily, "scope": scope}, at=now, actor="ann", window_id="w")
    changed = await windows.update("w", {"title": "Other"}, at=now + HOUR, actor="bob")
    assert (changed.title, changed.kql, changed.rrule) == ("Other", "a: b", created.rrule)
    assert (changed.updated_by, changed.updated_at, changed.created_by) == ("bob", now + HOUR, "ann")
    assert (await windows.update("w", {"scope": None}, at=now, actor=None)).kql is None
    assert (await windows.update("w", {"enabled": False}, at=now, actor=None)).enabled is False


async def test_another_schedule_begins_anew(windows: MaintenanceWindows, daily: JsonObject, now: Any) -> None:
    await windows.create(daily, at=now, actor=None, window_id="w")
    finished = await windows.finish("w", at=now + HOUR / 2, actor=None)
    assert shown(finished, now + HOUR / 2, "status") == ["upcoming"]
    same = await windows.update("w", {"schedule": daily["schedule"]}, at=now + HOUR / 2, actor=None)
    assert same == finished
    longer = {"custom": {**daily["schedule"]["custom"], "duration": "2h"}}
    changed = await windows.update("w", {"schedule": longer}, at=now + HOUR / 2, actor=None)
    assert shown(changed, now + HOUR / 2, "status") == ["running"]
    assert changed.expiration_date == (now + HOUR / 2).replace(year=now.year + 1)


async def test_finishing_ends_what_runs_and_nothing_later(
    windows: MaintenanceWindows, daily: JsonObject, now: Any
) -> None:
    await windows.create(daily, at=now, actor=None, window_id="w")
    with pytest.raises(InvalidInput, match="not running"):
        await windows.finish("w", at=now + 2 * HOUR, actor=None)
    finished = await windows.finish("w", at=now + HOUR / 2, actor=None)
    found = [shown(finished, at, "status") for at in (now + HOUR / 4, now + HOUR / 2, now + DAY)]
    assert found == [["running"], ["upcoming"], ["running"]]


async def test_an_archived_window_stays_so_until_it_is_taken_out(
    windows: MaintenanceWindows, daily: JsonObject, now: Any
) -> None:
    await windows.create(daily, at=now, actor=None, window_id="w")
    archived = await windows.archive("w", at=now + HOUR / 4, actor=None)
    assert [shown(archived, now + hours * HOUR, "status") for hours in (0.5, 24.5, 9000)] == [["archived"]] * 3
    back = await windows.unarchive("w", at=now + HOUR / 2, actor=None)
    assert shown(back, now + HOUR / 2, "status") == ["running"]


async def test_what_recurs_without_end_never_expires_and_what_is_over_does(
    windows: MaintenanceWindows, daily: JsonObject, now: Any
) -> None:
    endless = await windows.create(daily, at=now, actor=None)
    daily["schedule"]["custom"]["recurring"] = {"every": "1d", "occurrences": 2}
    counted = await windows.create(daily, at=now, actor=None)
    years_later = now + 2000 * DAY
    assert shown(endless, years_later, "status") == ["running"]
    assert [shown(counted, at, "status") for at in (now + 2 * DAY, years_later)] == [["finished"], ["archived"]]
    assert (endless.ends_by, counted.ends_by) == (None, now + DAY + HOUR)


async def test_finding_by_title_author_and_status(windows: MaintenanceWindows, daily: JsonObject, now: Any) -> None:
    for number in range(3):
        at, actor = now + number * timedelta(minutes=1), f"user {number % 2}"
        await windows.create({**daily, "title": f"Window {number}"}, at=at, actor=actor, window_id=f"w{number}")
    await windows.update("w2", {"enabled": False}, at=now, actor=None)

    async def found(**query: Any) -> list[str]:
        return [window.id for window in (await windows.find(WindowQuery(**query), at=now)).windows]

    assert await found() == ["w0", "w1", "w2"]
    assert await found(title="WINDOW 1") == ["w1"]
    assert await found(created_by="user 0") == ["w0", "w2"]
    assert await found(statuses=["disabled", "archived"]) == ["w2"]
    assert await found(page=2, per_page=2) == ["w2"]
    assert (await windows.find(WindowQuery(per_page=1), at=now)).total == 3
    with pytest.raises(InvalidInput, match="per_page: 101 is out of range"):
        await found(per_page=101)


async def test_every_change_is_audited(world: Any, windows: MaintenanceWindows, daily: JsonObject, now: Any) -> None:
    await windows.create(daily, at=now, actor="ann", window_id="w")
    for change in (windows.finish, windows.archive, windows.unarchive):
        await change("w", at=now, actor="bob")
    await windows.update("w", {"title": "T"}, at=now, actor="bob")
    await windows.delete("w", at=now, actor="bob")
    assert await world.audited() == ["create", "finish", "archive", "unarchive", "update", "delete"]
    [*_, last] = await world.store.audit("default")
    assert (last.actor, last.object_kind, last.object_id, last.details["title"]) == (
        "bob",
        "maintenance_window",
        "w",
        "T",
    )


async def test_unknown_and_taken_ids(windows: MaintenanceWindows, daily: JsonObject, now: Any) -> None:
    await windows.create(daily, at=now, actor=None, window_id="w")
    with pytest.raises(Conflict, match=r"\[w\] exists already"):
        await windows.create(daily, at=now, actor=None, window_id="w")
    for work in (windows.get("x"), windows.delete("x", at=now, actor=None), windows.archive("x", at=now, actor=None)):
        with pytest.raises(NotFound, match=r"maintenance window \[x\]"):
            await work


async def test_a_conflict_is_tried_again_and_then_told(
    world: Any, windows: MaintenanceWindows, daily: JsonObject, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await windows.create(daily, at=now, actor=None, window_id="w")
    read = world.store.windows

    async def read_too_early(space: str) -> list[StoredWindow]:
        return [StoredWindow(stored.window, stored.version - 1) for stored in await read(space)]

    monkeypatch.setattr(world.store, "windows", read_too_early)
    with pytest.raises(Conflict):
        await windows.update("w", {"title": "T"}, at=now, actor=None)
    assert world.pauses == 2


async def test_a_file_is_the_whole_definition(windows: MaintenanceWindows, daily: JsonObject, now: Any) -> None:
    async def apply(body: JsonObject) -> str:
        return await windows.apply(body, window_id="w", at=now, actor="files")

    scope = {"alerting": {"query": {"kql": "a: b"}}}
    assert [await apply({**daily, "scope": scope}), await apply({**daily, "scope": scope})] == ["created", "unchanged"]
    assert [await apply(daily), (await windows.get("w")).kql] == ["updated", None]
    assert await apply(window_to_json(await windows.get("w"), now)) == "unchanged"


async def test_a_file_may_hold_a_window_that_is_over(windows: MaintenanceWindows, daily: JsonObject, now: Any) -> None:
    daily["schedule"]["custom"]["recurring"]["end"] = iso(now - DAY)
    assert await windows.apply(daily, window_id="w", at=now, actor=None) == "created"
    assert shown(await windows.get("w"), now, "status") == ["finished"]
