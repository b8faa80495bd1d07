"""Snoozing rules (snooze-and-recurrence.md 4, 5; rest-api.md 4.6); what they come to is held by the behaviour cases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.model.errors import Conflict, InvalidInput, NotFound
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.operations.snoozing import read_snooze

HOUR_MS = 3_600_000
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def rules(world: Any, body: Callable[..., JsonObject], now: Any) -> Any:
    await world.rules.create(body(), at=now, actor="ann", rule_id="r")
    return world.rules


@pytest.fixture
def plain(now: Any) -> JsonObject:
    return {"duration": HOUR_MS, "rRule": {"dtstart": iso(now), "tzid": "UTC", "count": 1}}


@pytest.fixture
def daily(now: Any) -> JsonObject:
    rrule = {"dtstart": iso(now - timedelta(days=2)), "tzid": "Europe/Vienna", "freq": 3, "interval": 1}
    return {"id": "daily", "duration": HOUR_MS, "rRule": rrule}


@pytest.fixture
def custom(now: Any) -> JsonObject:
    return {"start": iso(now), "duration": "90m", "recurring": {"every": "1w", "onWeekDay": ["SU"]}}


async def test_snoozing_is_audited_and_no_new_revision(world: Any, rules: Any, plain: JsonObject, now: Any) -> None:
    stored = await rules.snooze("r", plain, at=now + MINUTE, actor="bob")
    assert (stored.rule.snooze_schedule, stored.rule.mute_all, stored.rule.revision) == ((plain,), False, 0)
    assert (stored.rule.updated_at, stored.rule.updated_by) == (now + MINUTE, "bob")
    assert (await rules.get("r")).rule == stored.rule
    entry = (await world.store.audit("default"))[-1]
    assert (entry.operation, entry.actor, entry.details) == ("snooze", "bob", {"name": "CPU", **plain})


async def test_a_conflict_is_tried_again_and_then_told(world: Any, rules: Any, plain: JsonObject, now: Any) -> None:
    world.interfere(2)
    stored = await rules.snooze("r", plain, at=now, actor=None)
    assert (stored.rule.tags, stored.rule.snooze_schedule, world.pauses) == (("theirs",), (plain,), 2)
    world.interfere(3)
    with pytest.raises(Conflict):
        await rules.unsnooze("r", at=now, actor=None)


async def test_unsnoozing_what_is_not_snoozed_writes_nothing(world: Any, rules: Any, now: Any) -> None:
    before = await rules.get("r")
    assert await rules.unsnooze("r", at=now + MINUTE, actor="bob") == before
    assert await rules.unsnooze("r", ["unknown"], at=now + MINUTE, actor="bob") == before
    muted = await rules.mute_all("r", at=now, actor=None)
    assert await rules.unsnooze("r", [], at=now + MINUTE, actor="bob") == muted, "no ids at all is not an empty list"
    assert await world.audited() == ["create", "mute_all"]


async def test_unsnoozing_ends_what_is_active_and_keeps_what_comes_again(
    rules: Any, plain: JsonObject, daily: JsonObject, now: Any
) -> None:
    await rules.snooze("r", plain, at=now, actor=None)
    await rules.snooze("r", daily, at=now, actor=None)
    stored = await rules.unsnooze("r", at=now, actor=None)
    assert stored.rule.snooze_schedule == ({**daily, "skipRecurrences": [iso(now)]},)
    assert (await rules.unsnooze("r", ["daily"], at=now, actor=None)).rule.snooze_schedule == ()


async def test_without_members_that_are_null(now: Any, daily: JsonObject) -> None:
    given = {**daily, "rRule": {**daily["rRule"], "until": None, "byweekday": None, "count": None}}
    assert read_snooze(given, now) == daily


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": "Über"}, "id"),
        ({"duration": True}, "duration"),
        ({"rRule": {"tzid": "UTC"}}, "rRule.dtstart"),
        ({"rRule": {"dtstart": "2026-03-01", "tzid": "UTC", "until": "2026-02-01"}}, "rRule.until"),
        ({"rRule": {"dtstart": "2026-03-01", "tzid": "UTC", "freq": 3, "interval": 1}, "duration": 10**9}, "duration"),
        ({"until": 5}, "until"),
        ({"rRule": {"dtstart": "2020-03-01", "tzid": "UTC", "freq": 3, "count": 10**6}}, "rRule"),
        ({"rRule": {"dtstart": "1970-01-01", "tzid": "UTC", "freq": 6}}, "rRule.freq"),
        ({"rRule": {"dtstart": "2020-03-01", "tzid": "UTC", "freq": 3, "count": 10**30}}, "rRule.count"),
        ({"rRule": {"dtstart": "9999-12-31T23:59:59Z", "tzid": "Europe/Vienna", "freq": 3}}, "rRule"),
        ({"rRule": {"dtstart": "2020-03-01", "tzid": "UTC", "freq": 1, "bymonthday": [1] * 1001}}, "rRule.bymonthday"),
    ],
)
def test_what_is_wrong_is_named(plain: JsonObject, now: Any, changes: JsonObject, path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_snooze(plain | changes, now)
    assert [problem.path for problem in refused.value.problems] == [path]
    assert all(problem.remedy for problem in refused.value.problems)


async def test_the_public_form_is_answered_as_given_with_an_id(rules: Any, custom: JsonObject, now: Any) -> None:
    answer = await rules.add_snooze_schedule("r", {"schedule": {"custom": custom}}, at=now, actor=None)
    snooze_id = answer["schedule"]["id"]
    assert answer == {"schedule": {"id": snooze_id, "custom": {**custom, "timezone": "UTC"}}}
    rrule = {"dtstart": iso(now), "tzid": "UTC", "freq": 2, "interval": 1, "byweekday": ["SU"]}
    stored = (await rules.get("r")).rule.snooze_schedule
    assert stored == ({"id": snooze_id, "duration": 5_400_000, "rRule": rrule},)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, "schedule"),
        ({"schedule": {}}, "schedule.custom"),
        ({"schedule": {"custom": {"duration": "1h"}}}, "schedule.custom.start"),
    ],
)
async def test_an_incomplete_public_form_is_refused(rules: Any, now: Any, given: JsonObject, path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await rules.add_snooze_schedule("r", given, at=now, actor=None)
    assert refused.value.problems[0].path == path


async def test_a_schedule_that_has_ended_is_refused(rules: Any, custom: JsonObject, now: Any) -> None:
    ended = {**custom, "recurring": {"every": "1w", "end": iso(now)}}
    with pytest.raises(InvalidInput, match=r"schedule\.custom\.recurring\.end: .* is not in the future"):
        await rules.add_snooze_schedule("r", {"schedule": {"custom": ended}}, at=now, actor=None)


async def test_a_schedule_that_is_too_costly_to_evaluate_is_refused(rules: Any, custom: JsonObject, now: Any) -> None:
    endless = {**custom, "recurring": {"every": "1d", "occurrences": 10**6}}
    with pytest.raises(InvalidInput, match=r"schedule\.custom: .*10000"):
        await rules.add_snooze_schedule("r", {"schedule": {"custom": endless}}, at=now, actor=None)


async def test_five_scheduled_snoozes_and_no_more(rules: Any, custom: JsonObject, plain: JsonObject, now: Any) -> None:
    for _ in range(5):
        await rules.add_snooze_schedule("r", {"schedule": {"custom": custom}}, at=now, actor=None)
    await rules.snooze("r", plain, at=now, actor=None)
    with pytest.raises(InvalidInput, match="at most 5 scheduled"):
        await rules.add_snooze_schedule("r", {"schedule": {"custom": custom}}, at=now, actor=None)


async def test_deleting_tells_no_schedules_from_no_such_schedule(rules: Any, daily: JsonObject, now: Any) -> None:
    with pytest.raises(InvalidInput, match="no snooze schedules"):
        await rules.delete_snooze_schedule("r", "daily", at=now, actor=None)
    await rules.snooze("r", daily, at=now, actor=None)
    with pytest.raises(NotFound, match=r"snooze schedule \[other\]"):
        await rules.delete_snooze_schedule("r", "other", at=now, actor=None)
    stored = await rules.delete_snooze_schedule("r", "daily", at=now, actor=None)
    assert stored.rule.snooze_schedule == ()


async def test_an_unknown_rule_is_not_found(rules: Any, plain: JsonObject, now: Any) -> None:
    with pytest.raises(NotFound, match=r"rule \[none\]"):
        await rules.snooze("none", plain, at=now, actor=None)
