"""Snoozes at instants, where the behaviour cases do not look."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.instant import iso, parse_iso
from engine.timing.snooze import FOREVER, Snooze, judge_rule

HOUR = 3_600_000


def snooze(dtstart: str = "2024-05-01T10:00:00.000Z", duration: object = HOUR, **more: Any) -> Snooze:
    rule = {"dtstart": dtstart, "tzid": "UTC", **{name: more.pop(name) for name in list(more) if name in RULE_MEMBERS}}
    return Snooze({"duration": duration, "rRule": rule, **more})


RULE_MEMBERS = {
    "freq",
    "interval",
    "byweekday",
    "until",
    "count",
    "tzid",
    "bymonth",
    "bymonthday",
    "byhour",
    "bysecond",
}


@pytest.mark.parametrize(
    ("now", "is_active"),
    [("09:59:59.999", False), ("10:00:00.000", True), ("10:59:59.999", True), ("11:00:00.000", False)],
)
def test_the_start_is_included_and_the_end_is_not(now: str, is_active: bool) -> None:
    verdict = snooze().verdict(parse_iso(f"2024-05-01T{now}Z"))
    assert verdict.is_active is is_active
    assert verdict.end_text == ("2024-05-01T11:00:00.000Z" if is_active else None)


def test_the_first_window_counts_whatever_the_rule_says() -> None:
    thursday = snooze(freq=2, byweekday=["TH"], until="2024-01-01T00:00:00Z")
    assert thursday.verdict(parse_iso("2024-05-01T10:30:00Z")).is_active
    assert not thursday.verdict(parse_iso("2024-05-02T10:30:00Z")).is_active


@pytest.mark.parametrize("text", ["2024-05-02T10:00:00Z", "2024-05-02T12:00:00+02:00"])
def test_skipped_occurrences_are_compared_as_instants(text: str) -> None:
    daily = snooze(freq=3, skipRecurrences=[text])
    assert not daily.verdict(parse_iso("2024-05-02T10:30:00Z")).is_active
    assert daily.verdict(parse_iso("2024-05-03T10:30:00Z")).is_active
    assert not daily.is_over(parse_iso("2024-05-02T10:30:00Z"))


@pytest.mark.parametrize(
    ("stored", "named"),
    [
        ({"duration": HOUR, "rRule": {"dtstart": "2024-05-01T10:00:00Z", "tzid": "Mars/Base"}}, "tzid"),
        ({"duration": "1h", "rRule": {"dtstart": "2024-05-01T10:00:00Z", "tzid": "UTC"}}, "duration is neither"),
        ({"duration": -2}, "duration is neither milliseconds nor -1"),
        ({"duration": True}, "duration is neither"),
        ({"duration": HOUR}, "dtstart"),
        ({"duration": HOUR, "rRule": []}, "dtstart"),
        ({"duration": HOUR, "skipRecurrences": [5]}, "skipRecurrences holds what is no ISO 8601 date"),
        ({"duration": HOUR, "skipRecurrences": ["noon"]}, "skipRecurrences holds"),
    ],
)
def test_what_cannot_be_evaluated_is_neither_active_nor_over(stored: dict[str, Any], named: str) -> None:
    now = parse_iso("2024-05-01T10:30:00Z")
    broken = Snooze(stored)
    assert (broken.problem or "").removeprefix("rRule.").startswith(named)
    assert not broken.verdict(now).is_active
    assert not broken.is_over(now)
    assert broken.changes_after(now) is None


def test_a_rule_too_costly_to_search_is_given_up_once_and_for_all() -> None:
    costly = snooze("1970-01-01T00:00:00Z", freq=6, interval=60, bymonth=[2], bymonthday=[30])
    now = parse_iso("2024-05-01T10:30:00Z")
    assert not costly.is_over(now) or costly.problem is None
    started = time.process_time()
    for _ in range(100):
        costly.verdict(now)
    assert time.process_time() - started < 60


@pytest.mark.parametrize("ask", [Snooze.is_over, Snooze.changes_after])
def test_a_rule_that_was_given_up_says_why(ask: Callable[[Snooze, datetime], object]) -> None:
    seldom = snooze("1970-01-01T00:00:00Z", freq=6, interval=60, bysecond=[1])
    assert not ask(seldom, parse_iso("2024-05-01T10:30:00Z"))
    assert seldom.problem == "the rule matches too seldom to be searched: use a longer frequency"


def test_an_indefinite_snooze_never_ends() -> None:
    indefinite = Snooze({"duration": -1, "rRule": {}})
    now = parse_iso("2024-05-01T10:30:00Z")
    assert indefinite.verdict(now).end_text == FOREVER
    assert not indefinite.is_over(now)
    assert indefinite.changes_after(now) is None


def test_an_end_beyond_the_calendar_is_told_as_never() -> None:
    assert snooze(duration=10**18).verdict(parse_iso("2024-05-01T10:30:00Z")).end_text == FOREVER


def test_what_a_rule_is_told_of_its_snoozes() -> None:
    now = parse_iso("2024-05-01T10:30:00Z")
    snoozes = [snooze(id="a"), snooze(duration=3 * HOUR), snooze(id="b", duration=2 * HOUR),
               snooze("2024-06-01T00:00:00Z", id="later")]  # fmt: skip
    judged = judge_rule(mute_all=False, snoozes=snoozes, now=now)
    assert (judged.is_snoozed, judged.until, judged.active_ids) == (True, "2024-05-01T13:00:00.000Z", ("b", "a"))
    muted = judge_rule(mute_all=True, snoozes=[], now=now)
    assert (muted.is_snoozed, muted.until, muted.active_ids) == (True, None, ())
    forever = judge_rule(mute_all=False, snoozes=[*snoozes, Snooze({"id": "c", "duration": -1})], now=now)
    assert (forever.until, forever.active_ids) == (FOREVER, ("c", "b", "a"))


@pytest.mark.parametrize(
    ("members", "is_recurring"),
    [
        ({}, False),
        ({"freq": 0}, True),
        ({"freq": 3, "count": 1}, False),
        ({"freq": 3, "count": 2}, True),
        ({"count": 2}, False),
        ({"interval": 1}, False),
    ],
)
def test_which_ones_come_again(members: dict[str, Any], is_recurring: bool) -> None:
    assert snooze(**members).is_recurring is is_recurring


@given(
    st.sampled_from(
        [{}, {"freq": 3}, {"freq": 2, "byweekday": ["MO", "WE"]}, {"freq": 3, "count": 4}, {"freq": 4, "interval": 7}]
    ),
    st.integers(0, 3 * 24 * 60),
    st.integers(-60, 20 * 24 * 60),
    st.integers(0, 48 * 60),
)
def test_a_verdict_holds_until_it_is_said_to_change(
    members: dict[str, Any], duration_min: int, after_min: int, ahead_min: int
) -> None:
    each = snooze(duration=duration_min * 60_000, **members)
    now = datetime(2024, 5, 1, 10, tzinfo=UTC) + timedelta(minutes=after_min)
    verdict, change = each.verdict(now), each.changes_after(now)
    later = now + timedelta(minutes=ahead_min)
    if change is None or later < change:
        assert each.verdict(later) == verdict, (iso(now), iso(later))
    if each.is_over(now):
        assert not each.verdict(later).is_active


def test_at_its_start_a_verdict_holds_until_the_end() -> None:
    assert snooze().changes_after(parse_iso("2024-05-01T10:00:00Z")) == parse_iso("2024-05-01T11:00:00Z")


def test_a_verdict_changes_at_a_start_that_the_rule_does_not_lead_to() -> None:
    thursday = snooze(freq=2, byweekday=["TH"])
    assert thursday.changes_after(parse_iso("2024-04-30T00:00:00Z")) == parse_iso("2024-05-01T10:00:00Z")
    assert thursday.changes_after(parse_iso("2024-05-01T12:00:00Z")) == parse_iso("2024-05-02T10:00:00Z")
