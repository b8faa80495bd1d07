"""Maintenance windows as the older API writes and shows them, with the schedule in its stored form (rest-api.md 8)."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from engine.model.errors import InvalidInput, Problem
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.maintenance_window import MaintenanceWindow
from engine.operations.snoozing import RRuleBody, check_pause, check_rrule
from engine.operations.validation import parse_model
from engine.operations.values import NotNull, Strict, Told, as_whole_number
from engine.operations.window_form import Category, check_kql, events_near, status_of
from engine.timing.custom_schedule import StoredSchedule

_LONGEST_MS = 36_500 * 86_400_000

Duration = Annotated[int, BeforeValidator(as_whole_number), Field(ge=1, le=_LONGEST_MS)]
"""Milliseconds; nothing lasts for ever here: that is what disabling rules is for."""


class ScopedQueryBody(Strict):
    """For which alerts a window is. What Kibana generates from the text (``dsl``) is taken and not looked at."""

    kql: str
    filters: Annotated[list[JsonObject], Field(max_length=100), Told({"maxItems": 0})] = Field(default_factory=list)
    dsl: str | None = None


class StoredWindowBody(Strict):
    """A new window. Null categories and an absent or null query mean every category, all alerts."""

    title: str
    enabled: bool = True
    duration: Duration
    r_rule: RRuleBody
    category_ids: list[Category] | None = None
    scoped_query: ScopedQueryBody | None = None


class StoredWindowChanges(Strict):
    """Members to be changed; those left out stay, as do a duration without a rule, and a rule without a duration."""

    title: Annotated[str | None, NotNull] = None
    enabled: Annotated[bool | None, NotNull] = None
    duration: Annotated[Duration | None, NotNull] = None
    r_rule: Annotated[RRuleBody | None, NotNull] = None
    category_ids: list[Category] | None = None
    scoped_query: ScopedQueryBody | None = None


def parse_stored_window(body: JsonValue, at: datetime) -> StoredWindowBody:
    """The body of a new window. Raises InvalidInput."""
    parsed = parse_model(StoredWindowBody, body)
    _check_schedule(parsed.r_rule, parsed.duration, at)
    _check_query(parsed.scoped_query)
    return parsed


def parse_stored_changes(body: JsonValue) -> StoredWindowChanges:
    """The body of a change; `changed_schedule` judges the schedule. Raises InvalidInput."""
    parsed = parse_model(StoredWindowChanges, body)
    _check_query(parsed.scoped_query)
    return parsed


def changed_schedule(window: MaintenanceWindow, changes: StoredWindowChanges, at: datetime) -> StoredSchedule | None:
    """The schedule that a change leads to; None: it stays. Raises InvalidInput."""
    if changes.duration is None and changes.r_rule is None:
        return None
    duration = window.duration_ms if changes.duration is None else changes.duration
    if changes.r_rule is None:
        check_pause(window.rrule.get("freq"), window.rrule.get("interval"), duration)
        return StoredSchedule(duration, window.rrule)
    _check_schedule(changes.r_rule, duration, at)
    return schedule_of_body(duration, changes.r_rule)


def schedule_of_body(duration_ms: int, rrule: RRuleBody) -> StoredSchedule:
    """The schedule as windows store it, without members that are null."""
    return StoredSchedule(duration_ms, rrule.model_dump(exclude_none=True))


def with_members(window: MaintenanceWindow, changes: StoredWindowChanges) -> MaintenanceWindow:
    """The window with everything that is given but the schedule."""
    given = changes.model_fields_set
    if changes.title is not None:
        window = replace(window, title=changes.title)
    if changes.enabled is not None:
        window = replace(window, enabled=changes.enabled)
    if "category_ids" in given:
        ids = changes.category_ids
        window = replace(window, category_ids=None if ids is None else tuple(ids))
    if "scoped_query" in given:
        query = changes.scoped_query
        window = replace(window, kql=None if query is None else query.kql)
    return window


def stored_window_to_json(window: MaintenanceWindow, at: datetime) -> JsonObject:
    """The window as answers of the older API show it at an instant; ``events``: the last that began, and the next."""
    status = status_of(window, at)
    return {
        "id": window.id,
        "title": window.title,
        "enabled": window.enabled,
        "status": status.name,
        "duration": window.duration_ms,
        "r_rule": window.rrule,
        "expiration_date": iso(window.expiration_date),
        "events": [event.as_json() for event in events_near(window, at)],
        "event_start_time": None if status.event is None else iso(status.event.gte),
        "event_end_time": None if status.event is None else iso(status.event.lte),
        "category_ids": None if window.category_ids is None else list(window.category_ids),
        "scoped_query": None if window.kql is None else {"kql": window.kql, "filters": []},
        "created_by": window.created_by,
        "created_at": iso(window.created_at),
        "updated_by": window.updated_by,
        "updated_at": iso(window.updated_at),
    }


def _check_schedule(rrule: RRuleBody, duration_ms: int, at: datetime) -> None:
    try:
        check_rrule(rrule, duration_ms, at)
    except InvalidInput as error:
        renamed = {"rRule.until": "r_rule.until"}
        problems = [replace(each, path=renamed.get(each.path, each.path)) for each in error.problems]
        raise InvalidInput(problems) from None


def _check_query(query: ScopedQueryBody | None) -> None:
    if query is None:
        return
    if query.filters:
        remedy = "write them into kql, or leave them out"
        raise InvalidInput([Problem("scoped_query.filters", "filters of windows are not supported", remedy)])
    check_kql(query.kql, "scoped_query.kql")
