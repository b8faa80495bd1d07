"""Cases of ``recurrence.json``: occurrences, snoozes and what changes them, public schedules, maintenance windows."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from engine.model.errors import InvalidInput
from engine.model.instant import iso, parse_iso
from engine.model.rule import Rule
from engine.operations.schedule_form import ScheduleBody, check_future
from engine.operations.snoozing import bulk_snoozed, read_snooze, snoozed, unsnoozed
from engine.operations.validation import parse_model
from engine.timing.custom_schedule import StoredSchedule, duration_text, to_stored
from engine.timing.maintenance import Event, EventCalendar, is_for_category, status_at
from engine.timing.recurrence import Recurrence
from engine.timing.snooze import Snooze, judge_rule
from tests.cases.matching import assert_equal, assert_subset, require_known

Case = dict[str, Any]
T = TypeVar("T")

_REFUSED = ("error", "valid", "status", "rejected")
"""How an expectation may say that an operation is refused."""


def run_case(case: Case) -> None:
    shape = _SHAPES.get(case["area"])
    assert shape is not None, f"unknown area {case['area']!r}"
    shape(case["given"], case["expect"])


def _occurrences(given: Case, expect: Case) -> None:
    require_known(given, ("rRule", "limit"), "given")
    require_known(expect, ("occurrences", "complete"), "expect")
    found = list(islice(Recurrence.of(given["rRule"]), given["limit"] + 1))
    assert_equal([iso(at) for at in found[: given["limit"]]], expect["occurrences"], "occurrences")
    if "complete" in expect:
        assert_equal(len(found) < given["limit"], expect["complete"], "complete")


def _active(given: Case, expect: Case) -> None:
    require_known(given, ("snooze", "now"), "given")
    require_known(expect, ("active", "endsAt", "expired", "occurrence"), "expect")
    snooze, now = Snooze(given["snooze"]), parse_iso(given["now"])
    verdict = snooze.verdict(now)
    found = {
        "active": verdict.is_active,
        "endsAt": verdict.end_text,
        "expired": snooze.is_over(now),
        "occurrence": None if verdict.occurrence is None else iso(verdict.occurrence),
    }
    assert_subset(found, expect, "expect")


def _rule_level(given: Case, expect: Case) -> None:
    require_known(given, ("rule", "now"), "given")
    require_known(given["rule"], ("mute_all", "snooze_schedule"), "given.rule")
    require_known(expect, ("is_snoozed", "is_snoozed_until", "active_snoozes"), "expect")
    rule = given["rule"]
    snoozes = map(Snooze, rule.get("snooze_schedule") or ())
    verdict = judge_rule(mute_all=rule.get("mute_all", False), snoozes=snoozes, now=parse_iso(given["now"]))
    found = {
        "is_snoozed": verdict.is_snoozed,
        "is_snoozed_until": verdict.until,
        "active_snoozes": list(verdict.active_ids),
    }
    assert_subset(found, expect, "expect")


def _operations(given: Case, expect: Case) -> None:
    require_known(given, ("rule", "operation", "now"), "given")
    require_known(given["rule"], ("mute_all", "snooze_schedule"), "given.rule")
    require_known(expect, ("rule", *_REFUSED), "expect")
    after = _outcome(lambda: _operate(_rule(given["rule"]), given["operation"], parse_iso(given["now"])))
    if isinstance(after, InvalidInput):
        assert _is_refused(expect), f"refused: {after}"
        assert_equal(after.http_status, expect.get("status", after.http_status), "status")
        return
    assert not _is_refused(expect), "must be refused"
    found = {"mute_all": after.mute_all, "snooze_schedule": list(after.snooze_schedule)}
    require_known(expect["rule"], found, "expect.rule")
    for name, wanted in expect["rule"].items():
        assert_equal(found[name], wanted, name)


def _operate(rule: Rule, operation: Case, now: datetime) -> Rule:
    ((name, argument),) = operation.items()
    if name == "unsnooze":
        require_known(argument, ("ids", "schedule_ids", "scheduleIds"), "operation.unsnooze")
        ids = next(iter(argument.values()), None)
        return unsnoozed(rule, ids, now)
    assert name in ("snooze", "bulk_snooze"), f"unknown operation {name!r}"
    change = snoozed if name == "snooze" else bulk_snoozed
    return change(rule, read_snooze(argument, now))


def _is_refused(expect: Case) -> bool:
    return bool(expect.get("error") or expect.get("rejected") or expect.get("valid") is False or "status" in expect)


def _rule(given: Case) -> Rule:
    epoch = datetime(2020, 1, 1, tzinfo=UTC)
    return Rule(
        *("id", "name", "type", "consumer", "1m", {}, epoch, epoch),
        mute_all=given.get("mute_all", False),
        snooze_schedule=tuple(given.get("snooze_schedule") or ()),
    )


def _snooze_validation(given: Case, expect: Case) -> None:
    require_known(given, ("snooze", "now"), "given")
    now = parse_iso(given["now"])
    _validate(lambda: read_snooze(given["snooze"], now), expect)


def _schedule_validation(given: Case, expect: Case) -> None:
    require_known(given, ("schedule", "now"), "given")
    now = parse_iso(given["now"])
    _validate(lambda: check_future(parse_model(ScheduleBody, {"custom": given["schedule"]}), now), expect)


def _validate(read: Callable[[], object], expect: Case) -> None:
    require_known(expect, ("valid",), "expect")
    found = _outcome(read)
    assert_equal(not isinstance(found, InvalidInput), expect["valid"], f"valid ({found})")


def _outcome(work: Callable[[], T]) -> T | InvalidInput:
    try:
        return work()
    except InvalidInput as error:
        return error


def _to_rrule(given: Case, expect: Case) -> None:
    require_known(given, ("schedule",), "given")
    require_known(expect, ("duration", "rRule"), "expect")
    stored = to_stored(parse_model(ScheduleBody, {"custom": given["schedule"]}).custom.given())
    if "duration" in expect:
        assert_equal(stored.duration, expect["duration"], "duration")
    if "rRule" in expect:
        wanted = {name: value for name, value in expect["rRule"].items() if value is not None}
        assert_equal(stored.rrule, wanted, "rRule")


def _duration_text(given: Case, expect: Case) -> None:
    require_known(given, ("duration_ms",), "given")
    assert_equal({"duration": duration_text(given["duration_ms"])}, expect, "expect")


def _window_events(given: Case, expect: Case) -> None:
    require_known(given, ("schedule", "expiration_date"), "given")
    require_known(expect, ("count", "first_start", "last_start", "events"), "expect")
    events = list(EventCalendar(_stored(given["schedule"])).events(parse_iso(given["expiration_date"])))
    found = {
        "count": len(events),
        "first_start": iso(events[0].gte) if events else None,
        "last_start": iso(events[-1].gte) if events else None,
        "events": [event.as_json() for event in events],
    }
    assert_subset(found, expect, "expect")


def _stored(schedule: Case) -> StoredSchedule:
    return to_stored(parse_model(ScheduleBody, {"custom": schedule}).custom.given())


def _window_status(given: Case, expect: Case) -> None:
    require_known(given, ("now", "enabled", "expiration_date", "events"), "given")
    require_known(expect, ("status", "event_start", "event_end"), "expect")
    status = status_at(
        parse_iso(given["now"]),
        enabled=given.get("enabled", True),
        expiration=parse_iso(given["expiration_date"]),
        events=[Event(parse_iso(event["gte"]), parse_iso(event["lte"])) for event in given["events"]],
    )
    event = status.event
    found = {
        "status": status.name,
        "event_start": None if event is None else iso(event.gte),
        "event_end": None if event is None else iso(event.lte),
    }
    assert_subset(found, expect, "expect")


def _window_category(given: Case, expect: Case) -> None:
    require_known(given, ("category_ids", "rule_category"), "given")
    found = {"applies": is_for_category(given.get("category_ids"), given["rule_category"])}
    assert_equal(found, expect, "expect")


_SHAPES: dict[str, Callable[[Case, Case], None]] = {
    "recurrence.occurrences": _occurrences,
    "snooze.active": _active,
    "snooze.rule_level": _rule_level,
    "snooze.operations": _operations,
    "snooze.validation": _snooze_validation,
    "schedule.validation": _schedule_validation,
    "schedule.to_rrule": _to_rrule,
    "schedule.duration_text": _duration_text,
    "maintenance_window.events": _window_events,
    "maintenance_window.status": _window_status,
    "maintenance_window.category": _window_category,
}
