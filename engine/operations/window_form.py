"""Maintenance windows as users write them and as responses show them (rest-api.md 6, snooze-and-recurrence.md 6)."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, TypeAlias

from engine.model.errors import InvalidInput, Problem
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.maintenance_window import MaintenanceWindow
from engine.operations.schedule_form import ScheduleBody
from engine.operations.validation import parse_model
from engine.operations.values import NotNull, Strict
from engine.query.alert_scope import compile_scope
from engine.query.errors import KqlError, UnsupportedQuery
from engine.timing.custom_schedule import StoredSchedule, to_custom
from engine.timing.maintenance import Event, EventCalendar, WindowStatus, status_at
from engine.timing.rrule import RecurrenceError

Category: TypeAlias = Literal["management", "observability", "securitySolution"]

_MS: Final = timedelta(milliseconds=1)
_RESPONSE_ONLY: Final = frozenset({"id", "status", "created_by", "created_at", "updated_by", "updated_at"})


class QueryBody(Strict):
    """KQL on the documents of alerts."""

    kql: str


class AlertingBody(Strict):
    """Which alerts a window is for."""

    query: QueryBody


class ScopeBody(Strict):
    """What a window is for."""

    alerting: AlertingBody


class WindowBody(Strict):
    """A maintenance window. ``category_ids`` belongs to the older form; null and absent mean every category."""

    title: str
    enabled: bool = True
    schedule: ScheduleBody
    scope: Annotated[ScopeBody | None, NotNull] = None
    category_ids: list[Category] | None = None


class WindowChanges(Strict):
    """Members to be changed; those left out stay."""

    title: Annotated[str | None, NotNull] = None
    enabled: Annotated[bool | None, NotNull] = None
    schedule: Annotated[ScheduleBody | None, NotNull] = None
    scope: ScopeBody | None = None
    category_ids: list[Category] | None = None


def parse_window(body: JsonValue) -> WindowBody:
    """The body of a new window. Raises InvalidInput, also for KQL that no alert can be judged by."""
    parsed = parse_model(WindowBody, body)
    check_scope(parsed.scope)
    return parsed


def parse_definition(body: JsonValue) -> WindowBody:
    """A window of a file, which may be one that a response showed (DECISIONS 1). Raises InvalidInput."""
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in _RESPONSE_ONLY}
    return parse_window(body)


def parse_changes(body: JsonValue) -> WindowChanges:
    """The body of a change. Raises InvalidInput."""
    parsed = parse_model(WindowChanges, body)
    check_scope(parsed.scope)
    return parsed


def check_scope(scope: ScopeBody | None) -> None:
    """Raises InvalidInput for KQL that is wrong, or that only a search engine can evaluate."""
    if scope is not None:
        check_kql(scope.alerting.query.kql, "scope.alerting.query.kql")


def check_kql(kql: str, path: str) -> None:
    """The same for the text alone, which stands at that path."""
    try:
        compile_scope(kql)
    except (KqlError, UnsupportedQuery) as error:
        problem = Problem(path, str(error), "see docs/silence.md for what a scope may ask")
        raise InvalidInput([problem]) from None


def window_to_json(window: MaintenanceWindow, at: datetime) -> JsonObject:
    """The window as responses show it at an instant."""
    shown: JsonObject = {
        "id": window.id,
        "title": window.title,
        "enabled": window.enabled,
        "status": status_of(window, at).name,
        "schedule": {"custom": to_custom(schedule_of(window))},
    }
    if window.kql is not None:
        shown["scope"] = {"alerting": {"query": {"kql": window.kql}}}
    if window.category_ids is not None:
        shown["category_ids"] = list(window.category_ids)
    return shown | {
        "created_by": window.created_by,
        "created_at": iso(window.created_at),
        "updated_by": window.updated_by,
        "updated_at": iso(window.updated_at),
    }


def status_of(window: MaintenanceWindow, at: datetime) -> WindowStatus:
    """The window's status at an instant, and the event that says so (6.3).

    The horizon of a window that is not archived moves along, so what recurs without end never expires.
    """
    events = events_near(window, at)
    if window.is_archived:
        # From its own instant on: the answer to archiving a window shows that.
        return status_at(at, enabled=window.enabled, expiration=at - _MS, events=events)
    is_going_on = any(event.lte > at for event in events)
    expiration = max(window.expiration_date, at) if is_going_on else window.expiration_date
    return status_at(at, enabled=window.enabled, expiration=expiration, events=events)


def events_near(window: MaintenanceWindow, at: datetime) -> list[Event]:
    """The last event that began by an instant, and the next one; none of a schedule that cannot be evaluated."""
    try:
        return calendar_of(window).around(at, horizon_of(window, at))
    except RecurrenceError:
        return []


def horizon_of(window: MaintenanceWindow, at: datetime) -> datetime:
    """Up to when events are told of."""
    return window.expiration_date if window.is_archived else max(window.expiration_date, year_after(at))


def year_after(at: datetime) -> datetime:
    """The same day of the next year; the last of February for a leap day."""
    try:
        return at.replace(year=at.year + 1)
    except ValueError:
        return at.replace(year=at.year + 1, day=28)


def schedule_of(window: MaintenanceWindow) -> StoredSchedule:
    return StoredSchedule(window.duration_ms, window.rrule)


def calendar_of(window: MaintenanceWindow) -> EventCalendar:
    """The window's events. Raises RecurrenceError for a schedule that cannot be evaluated."""
    return EventCalendar(schedule_of(window), window.finished_at)
