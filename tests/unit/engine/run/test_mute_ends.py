"""Mutes of single alerts end by what happens to the alert."""

from datetime import UTC, datetime

import pytest

from engine.model.alert import Alert
from engine.model.jsonvalue import JsonObject
from engine.model.rule import AlertSnooze, MuteCondition, Rule
from engine.run.mute_ends import ended_mutes, settle_mutes, without_mutes

AT = datetime(2026, 3, 1, tzinfo=UTC)
SEVERITY = "kibana.alert.severity"
CHANGE = MuteCondition("severity_change")
CRITICAL = MuteCondition("severity_equals", value="critical")
FIELD = MuteCondition("field_change", field="host")


def rule(*conditions: MuteCondition, needs_all: bool = False, baseline: JsonObject | None = None) -> Rule:
    mute = AlertSnooze("a", None, AT, None, conditions, needs_all, baseline)
    other = AlertSnooze("b", AT, AT)
    return Rule("r", "R", "t", "alerts", "1m", {}, AT, AT, alert_snoozes=(mute, other))


def alert(**fields: str) -> Alert:
    return Alert("a", "uuid", fields={name.replace("severity", SEVERITY): value for name, value in fields.items()})


@pytest.mark.parametrize(
    ("conditions", "before", "now", "is_ended"),
    [
        ((CHANGE,), {"severity": "low"}, {"severity": "low"}, False),
        ((CHANGE,), {"severity": "low"}, {"severity": "high"}, True),
        ((CHANGE,), {}, {"severity": "high"}, True),
        ((CHANGE,), {"severity": "low"}, None, False),
        ((CHANGE,), None, {"severity": "high"}, False),
        ((CRITICAL,), None, {"severity": "critical"}, True),
        ((CRITICAL,), {"severity": "critical"}, {"severity": "low"}, True),
        ((CRITICAL,), {"severity": "low"}, {"severity": "high"}, False),
        ((FIELD,), {"host": "x"}, {"host": "y"}, True),
        ((FIELD,), {"host": "x"}, {"host": "x", "severity": "low"}, False),
        ((FIELD,), {"host": "x"}, {}, True),
        ((FIELD, CRITICAL), {"host": "x"}, {"host": "y"}, True),
        ((), {"host": "x"}, {"host": "y"}, False),
    ],
)
def test_when_a_mute_ends(
    conditions: tuple[MuteCondition, ...], before: dict[str, str] | None, now: dict[str, str] | None, is_ended: bool
) -> None:
    known = {} if before is None else {"a": alert(**before)}
    found = () if now is None else (alert(**now),)
    assert ended_mutes(rule(*conditions), known, found) == ({"a"} if is_ended else set())


def test_all_conditions_must_be_met_in_one_run_where_that_is_asked_for() -> None:
    muted = rule(FIELD, CRITICAL, needs_all=True)
    known = {"a": alert(host="x", severity="low")}
    assert not ended_mutes(muted, known, [alert(host="y", severity="low")])
    assert not ended_mutes(muted, known, [alert(host="x", severity="critical")])
    assert ended_mutes(muted, known, [alert(host="y", severity="critical")]) == {"a"}


def test_what_was_noted_counts_and_not_what_the_run_before_saw() -> None:
    muted = rule(FIELD, baseline={"host": "x"})
    assert ended_mutes(muted, {"a": alert(host="y")}, [alert(host="y")]) == {"a"}
    assert ended_mutes(muted, {"a": alert(host="y")}, [alert(host="x")]) == {"a"}


def test_before_a_run_fields_are_noted_and_ended_mutes_go() -> None:
    noted = settle_mutes(rule(FIELD, CHANGE), {"a": alert(host="x")})
    assert noted is not None
    assert noted.alert_snoozes[0].baseline == {"host": "x"}
    assert settle_mutes(noted, {"a": alert(host="x")}) is None
    ended = settle_mutes(noted, {"a": alert(host="y")})
    assert ended is not None
    assert [snooze.alert_id for snooze in ended.alert_snoozes] == ["b"]


def test_a_mute_of_an_alert_that_was_never_seen_waits_for_it() -> None:
    assert settle_mutes(rule(FIELD), {}) is None


def test_mutes_that_end_at_a_time_alone_are_left_alone() -> None:
    plain = without_mutes(rule(FIELD), {"a"})
    assert settle_mutes(plain, {"b": Alert("b", "uuid", fields={"host": "x"})}) is None
    assert without_mutes(plain, ()) is plain
