"""The snoozes of a rule over its runs: silence, what is remembered, what is removed."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.errors import StoreUnavailable
from engine.model.instant import iso
from engine.model.rule import Rule
from engine.ports.store import RuleChange
from engine.service.snoozes import RuleSnoozes, remove_expired
from engine.timing import snooze as snooze_module
from engine.timing.snooze import Snooze, judge_rule

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def snooze(start: datetime = NOON, *, snooze_id: str | None = None, zone: str = "UTC", **rrule: Any) -> dict[str, Any]:
    stored = {"duration": 3_600_000, "rRule": {"dtstart": iso(start), "tzid": zone, **(rrule or {"count": 1})}}
    return stored if snooze_id is None else {"id": snooze_id, **stored}


def rule(*snoozes: dict[str, Any], rule_id: str = "r") -> Rule:
    return Rule(rule_id, "R", ".type", "alerts", "1m", {}, NOON, NOON, snooze_schedule=snoozes)


class ListedChanges:
    """A store that lists the changes of rules, and may not be there."""

    def __init__(self, *, is_broken: bool = False) -> None:
        self.changes: list[RuleChange] = []
        self._is_broken = is_broken

    async def change_rule(self, change: RuleChange) -> bool:
        self.changes.append(change)
        if self._is_broken:
            raise StoreUnavailable("the disk is full")
        return False


def test_a_rule_without_snoozes_is_never_snoozed() -> None:
    snoozes = RuleSnoozes(rule())
    assert (snoozes.verdict_at(NOON).is_snoozed, snoozes.without_expired(NOON)) == (False, None)


def test_verdicts_follow_the_time() -> None:
    daily = RuleSnoozes(rule(snooze(snooze_id="daily", freq=3)))
    found = [daily.verdict_at(NOON + hours * HOUR).is_snoozed for hours in (-1, 0, 0.5, 1, 24, 25)]
    assert found == [False, True, True, False, True, False]
    assert daily.verdict_at(NOON + 24 * HOUR).until == iso(NOON + 25 * HOUR)


def test_nothing_is_judged_anew_while_the_verdict_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[datetime] = []
    verdict = snooze_module.Snooze.verdict

    def noted(self: snooze_module.Snooze, now: datetime) -> snooze_module.SnoozeVerdict:
        judged.append(now)
        return verdict(self, now)

    monkeypatch.setattr(snooze_module.Snooze, "verdict", noted)
    daily = RuleSnoozes(rule(snooze(snooze_id="daily", freq=3)))
    for minute in range(60):
        daily.verdict_at(NOON + minute * timedelta(minutes=1))
        daily.without_expired(NOON + minute * timedelta(minutes=1))
    assert set(judged) == {NOON}


RRULES = st.fixed_dictionaries(
    {"freq": st.sampled_from([2, 3, 4])},
    optional={
        "interval": st.integers(1, 3),
        "count": st.integers(1, 4),
        "byweekday": st.lists(st.sampled_from(["MO", "SA", "SU"]), min_size=1, unique=True),
    },
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(RRULES, st.sampled_from([1, 90, 1500]), st.integers(-400, 400)), min_size=1, max_size=3),
    st.lists(st.integers(-300, 9000), min_size=1, max_size=12),
)
def test_a_remembered_verdict_is_the_one_of_the_instant(
    given_snoozes: list[tuple[dict[str, Any], int, int]], minutes: list[int]
) -> None:
    schedule = [
        {**snooze(NOON + start * MINUTE, snooze_id=f"s{number}", **rrule), "duration": lasts * 60_000}
        for number, (rrule, lasts, start) in enumerate(given_snoozes)
    ]
    remembered = RuleSnoozes(rule(*schedule))
    for at in [NOON + minute * MINUTE for minute in sorted(minutes)]:
        fresh = judge_rule(mute_all=False, snoozes=map(Snooze, schedule), now=at)
        assert remembered.verdict_at(at) == fresh
        over = [each for each in schedule if Snooze(each).is_over(at)]
        kept = remembered.without_expired(at)
        assert ([] if kept is None else [each for each in schedule if each not in kept.snooze_schedule]) == over


async def test_what_is_over_is_removed_and_the_rest_stays() -> None:
    once, daily = snooze(), snooze(snooze_id="daily", freq=3)
    stored, store = rule(once, daily), ListedChanges()
    await remove_expired(store, [(RuleSnoozes(stored), 7, {})], NOON + HOUR / 2)  # type: ignore[arg-type]
    assert store.changes == []
    await remove_expired(store, [(RuleSnoozes(stored), 7, {})], NOON + HOUR)  # type: ignore[arg-type]
    [change] = store.changes
    assert (change.expected_version, change.rule.snooze_schedule) == (7, (daily,))
    assert (change.rule.revision, change.rule.updated_at, change.audit) == (0, NOON, None)


async def test_a_failing_store_is_told_and_keeps_no_other_rule_from_it(caplog: pytest.LogCaptureFixture) -> None:
    store = ListedChanges(is_broken=True)
    expired = [(RuleSnoozes(rule(snooze(), rule_id=rule_id)), 1, {}) for rule_id in ("a", "b")]
    with caplog.at_level(logging.WARNING, "tocsin.rules"):
        await remove_expired(store, expired, NOON + HOUR)  # type: ignore[arg-type]
    assert [change.rule.id for change in store.changes] == ["a", "b"]
    assert "rule [a]: its expired snoozes were not removed yet: the disk is full" in caplog.text


def test_a_snooze_that_cannot_be_evaluated_is_told_once_and_stays(caplog: pytest.LogCaptureFixture) -> None:
    broken = RuleSnoozes(rule(snooze(snooze_id="x", zone="Mars/Base")))
    with caplog.at_level(logging.WARNING, "tocsin.rules"):
        for hours in (-9, 0, 9):
            assert not broken.verdict_at(NOON + hours * HOUR).is_snoozed
            assert broken.without_expired(NOON + hours * HOUR) is None
    assert [record.getMessage() for record in caplog.records] == [
        "rule [r]: its snooze x is never active, since it cannot be evaluated: rRule.tzid: unknown time zone "
        "'Mars/Base': write an IANA name such as Europe/Vienna"
    ]
