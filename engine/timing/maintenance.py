"""Maintenance windows in time: their events, and what they are at an instant (snooze-and-recurrence.md 6.2, 6.3).

Events are worked out on demand, near the instant that is asked about, so a window without end needs no upkeep.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.maintenance_window import WindowStatusName
from engine.timing.custom_schedule import StoredSchedule
from engine.timing.recurrence import Recurrence
from engine.timing.remembered import Verdict

_MS = timedelta(milliseconds=1)
_LAST = datetime.max.replace(microsecond=999_000, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """One occurrence of a window: from ``gte``, included, to ``lte``, excluded."""

    gte: datetime
    lte: datetime

    def covers(self, at: datetime) -> bool:
        return self.gte <= at < self.lte

    def as_json(self) -> JsonObject:
        return {"gte": iso(self.gte), "lte": iso(self.lte)}


@dataclass(frozen=True, slots=True)
class WindowStatus:
    """What a window is at an instant, and the event that says so."""

    name: WindowStatusName
    event: Event | None = None


def status_at(now: datetime, *, enabled: bool, expiration: datetime, events: Sequence[Event]) -> WindowStatus:
    """The status at an instant. ``events``: ascending; at least those next to the instant."""
    running = next((event for event in events if event.covers(now)), None)
    upcoming = next((event for event in events if event.gte > now), None)
    reported = running or upcoming or (events[-1] if events else None)
    if not enabled:
        return WindowStatus("disabled", reported)
    if expiration < now:
        return WindowStatus("archived", reported)
    if running is not None:
        return WindowStatus("running", reported)
    return WindowStatus("finished" if upcoming is None else "upcoming", reported)


def is_for_category(category_ids: Collection[str] | None, category: str) -> bool:
    """Whether a window with these categories is for rule types of that one; None: for all, none: for none."""
    return category_ids is None or category in category_ids


class EventCalendar:
    """The events of one schedule. ``finished_at``: what ran then was ended by a user.

    Raises RecurrenceError for a schedule that cannot be evaluated; searches may raise it, too.
    """

    def __init__(self, schedule: StoredSchedule, finished_at: datetime | None = None) -> None:
        self._recurrence = Recurrence.of(schedule.rrule)
        self._duration = schedule.duration * _MS
        self._finished_at = finished_at

    @property
    def ends_by(self) -> datetime | None:
        """When the last event has ended at the latest; None: there is always another."""
        last = self._recurrence.last
        return None if last is None else _plus(last, self._duration)

    def events(self, expiration: datetime) -> Iterator[Event]:
        """All events that begin by ``expiration``, ascending, one after the other."""
        for start in self._recurrence:
            if start > expiration:
                return
            yield self._event(start)

    def around(self, now: datetime, expiration: datetime) -> list[Event]:
        """The events next to an instant that begin by ``expiration``: the last that began, and the next one."""
        begun = self._recurrence.latest(min(now, expiration), self._recurrence.rule.dtstart)
        ahead = self._recurrence.earliest(now + _MS)
        starts = [begun, ahead if ahead is not None and ahead <= expiration else None]
        return [self._event(start) for start in starts if start is not None]

    def running_at(self, now: datetime) -> Verdict[bool]:
        """Whether an event covers the instant, and how long that holds. The last one to begin ends last."""
        begun = self._recurrence.latest(now, _minus(now, self._duration))
        event = None if begun is None else self._event(begun)
        if event is not None and event.covers(now):
            return Verdict(True, event.lte)
        return Verdict(False, self._recurrence.earliest(now + _MS))

    def _event(self, start: datetime) -> Event:
        end = _plus(start, self._duration)
        finished = self._finished_at
        return Event(start, end if finished is None or not start <= finished < end else finished)


def _plus(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return _LAST


def _minus(at: datetime, by: timedelta) -> datetime:
    try:
        return at - by
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
