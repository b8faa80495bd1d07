"""Muting rules and alerts (rest-api.md 4.3, 4.4)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.model.alert import Alert
from engine.model.errors import InvalidInput, NotFound
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import AlertSnooze, MuteCondition
from engine.operations.muting import MuteEnd, muted_all, read_mute_body

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def rules(world: Any, body: Callable[..., JsonObject], now: Any) -> Any:
    await world.rules.create(body(), at=now, actor="ann", rule_id="r")
    await world.run("r", Alert("seen", "u", "high", now, visible=True))
    return world.rules


async def test_muting_all_empties_single_mutes(rules: Any, now: Any) -> None:
    await rules.mute_alert("r", "seen", at=now, actor=None)
    stored = await rules.mute_all("r", at=now + MINUTE, actor="bob")
    assert (stored.rule.mute_all, stored.rule.muted_alert_ids, stored.rule.revision) == (True, (), 0)
    assert (stored.rule.updated_at, stored.rule.updated_by) == (now + MINUTE, "bob")
    assert not (await rules.unmute_all("r", at=now, actor=None)).rule.mute_all


async def test_muting_all_keeps_scheduled_snoozes_only(rules: Any, now: Any) -> None:
    rule = (await rules.get("r")).rule
    snoozed = replace(rule, snooze_schedule=({"id": "s", "duration": 1}, {"duration": -1}, {"id": None}))
    for is_muted in (True, False):
        assert muted_all(snoozed, is_muted=is_muted, at=now, actor=None).snooze_schedule == (
            {"id": "s", "duration": 1},
        )


async def test_an_alert_is_muted_once_and_unmuted(rules: Any, now: Any) -> None:
    await rules.mute_alert("r", "seen", at=now + MINUTE, actor="bob")
    again = await rules.mute_alert("r", "seen", at=now + 2 * MINUTE, actor="eve")
    assert (again.rule.muted_alert_ids, again.rule.updated_by, again.rule.revision) == (("seen",), "bob", 0)
    assert (await rules.unmute_alert("r", "seen", at=now, actor=None)).rule.muted_alert_ids == ()


async def test_an_alert_the_rule_never_had_is_not_found_unless_asked_for(rules: Any, now: Any) -> None:
    with pytest.raises(NotFound, match=r"alert \[host a/b\]"):
        await rules.mute_alert("r", "host a/b", at=now, actor=None)
    stored = await rules.mute_alert("r", "host a/b", at=now, actor=None, validate_existence=False)
    assert stored.rule.muted_alert_ids == ("host a/b",)


async def test_single_mutes_are_moot_while_all_are_muted(rules: Any, now: Any) -> None:
    muted = await rules.mute_all("r", at=now, actor=None)
    assert await rules.mute_alert("r", "x", at=now, actor=None, validate_existence=False) == muted
    assert await rules.unmute_alert("r", "x", at=now, actor=None) == muted


async def test_unmuting_an_unknown_alert_is_no_error(rules: Any, now: Any) -> None:
    before = await rules.get("r")
    assert await rules.unmute_alert("r", "zzz", at=now, actor=None) == before


@pytest.mark.parametrize("body", [None, {}])
def test_no_body_mutes_without_end(body: JsonValue) -> None:
    assert read_mute_body(body) is None


def test_a_mute_may_end_by_itself(now: Any) -> None:
    assert read_mute_body({"expires_at": "2026-03-01T13:00:00+01:00"}) == MuteEnd(now)
    changes = {"conditions": [{"type": "field_change", "field": "a"}, {"type": "severity_change"}]}
    conditions = (MuteCondition("field_change", "a"), MuteCondition("severity_change"))
    assert read_mute_body(changes) == MuteEnd(None, conditions)
    assert read_mute_body({**changes, "condition_operator": "all"}) == MuteEnd(None, conditions, needs_all=True)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"conditions": []}, ""),
        ({"condition_operator": "any"}, ""),
        ({"expires_at": "not-a-date"}, "expires_at"),
        ({"expires_at": None}, "expires_at"),
        ({"conditions": [{"type": "field_change"}]}, "conditions.0.field"),
        ({"conditions": [{"type": "severity_equals"}]}, "conditions.0.value"),
        ({"conditions": [{"type": "severity_change", "field": "x"}]}, "conditions.0.field"),
        ({"conditions": [{"type": "other"}]}, "conditions.0.type"),
        ({"until": "tomorrow"}, "until"),
    ],
)
def test_a_wrong_mute_is_refused(body: JsonObject, path: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_mute_body(body)
    assert [problem.path for problem in refusal.value.problems] == [path]


async def test_a_mute_with_an_end_counts_until_then(rules: Any, now: Any) -> None:
    end = now + 2 * MINUTE
    muted = await rules.mute_alert("r", "seen", at=now, actor="bob", expires_at=end)
    assert muted.rule.muted_alert_ids == ()
    assert muted.rule.alert_snoozes == (AlertSnooze("seen", end, now, "bob"),)
    assert muted.rule.muted_ids(now + MINUTE) == {"seen"}
    assert muted.rule.muted_ids(end) == frozenset()
    assert await rules.get("r") == muted


async def test_the_last_mute_of_an_alert_counts_unless_it_is_muted_for_good(rules: Any, now: Any) -> None:
    await rules.mute_alert("r", "seen", at=now, actor=None, expires_at=now + MINUTE)
    longer = await rules.mute_alert("r", "seen", at=now, actor=None, expires_at=now + 3 * MINUTE)
    assert [snooze.expires_at for snooze in longer.rule.alert_snoozes] == [now + 3 * MINUTE]
    for_good = await rules.mute_alert("r", "seen", at=now, actor=None)
    assert (for_good.rule.muted_alert_ids, for_good.rule.alert_snoozes) == (("seen",), ())
    assert await rules.mute_alert("r", "seen", at=now, actor=None, expires_at=now + MINUTE) == for_good


async def test_unmuting_ends_a_mute_early_and_ended_ones_are_not_kept(rules: Any, now: Any) -> None:
    await rules.mute_alert("r", "seen", at=now, actor=None, expires_at=now + MINUTE)
    assert (await rules.unmute_alert("r", "seen", at=now, actor=None)).rule.alert_snoozes == ()
    await rules.mute_alert("r", "seen", at=now, actor=None, expires_at=now + MINUTE)
    later = await rules.mute_alert(
        "r", "b", at=now + MINUTE, actor=None, expires_at=now + 2 * MINUTE, validate_existence=False
    )
    assert [snooze.alert_id for snooze in later.rule.alert_snoozes] == ["b"]
    assert (await rules.mute_all("r", at=now, actor=None)).rule.alert_snoozes == ()
