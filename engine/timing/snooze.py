"""Whether a snooze is active, until when, and whether it is over (snooze-and-recurrence.md 3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model.instant import iso, parse_iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.timing.recurrence import Recurrence
from engine.timing.rrule import RecurrenceError

FOREVER = "+275760-09-13T00:00:00.000Z"
"""The end of what never ends: JavaScript's last date, later than any that Python can hold."""
_INDEFINITE = -1
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class SnoozeVerdict:
    """Whether a snooze is active at an instant. ``end`` None while active: never. ``occurrence``: its start."""

    is_active: bool
    end: datetime | None = None
    occurrence: datetime | None = None

    @property
    def end_text(self) -> str | None:
        """The end as it is told; None if the snooze is not active."""
        if not self.is_active:
            return None
        return FOREVER if self.end is None else iso(self.end)


_INACTIVE = SnoozeVerdict(is_active=False)


class Snooze:
    """One entry of ``snooze_schedule``, read once. ``id`` None: a plain snooze ("snooze now").

    ``problem`` tells why it cannot be evaluated: it is never active then, and never over.
    """

    def __init__(self, stored: JsonObject) -> None:
        self.id: str | None = stored.get("id")
        self.problem: str | None = None
        self._recurrence: Recurrence | None = None
        self._duration_ms: float = 0
        self._skipped: frozenset[datetime] = frozenset()
        self._has_frequency = False
        try:
            self._duration_ms = _duration(stored.get("duration"))
            self._skipped = frozenset(_skipped(stored.get("skipRecurrences")))
            if not self.is_indefinite:
                rrule = stored.get("rRule") or {}
                self._recurrence = Recurrence.of(rrule)
                self._has_frequency = rrule.get("freq") is not None
        except RecurrenceError as error:
            self.problem = str(error)

    @property
    def is_indefinite(self) -> bool:
        return self._duration_ms == _INDEFINITE

    @property
    def is_recurring(self) -> bool:
        """Whether skipping an occurrence makes sense: its rule states a frequency, and more than one occurrence (4)."""
        return self._recurrence is not None and self._has_frequency and self._recurrence.rule.count != 1

    def verdict(self, now: datetime) -> SnoozeVerdict:
        """Whether it is active now. Starts are included, ends are not."""
        if self.is_indefinite and self.problem is None:
            return SnoozeVerdict(is_active=True)
        if self._recurrence is None:
            return _INACTIVE
        start = self._recurrence.rule.dtstart
        if start not in self._skipped and self._covers(start, now):
            return self._active_from(start)
        try:
            latest = self._recurrence.latest(now, self._earliest_cover(now))
        except RecurrenceError as error:
            self._give_up(error)
            return _INACTIVE
        if latest is None or latest in self._skipped or not self._covers(latest, now):
            return _INACTIVE
        return self._active_from(latest)

    def is_over(self, now: datetime) -> bool:
        """Whether it is not active and never will be; unknown counts as no."""
        if self._recurrence is None or self.verdict(now).is_active:
            return False
        try:
            return self._recurrence.earliest(now) is None
        except RecurrenceError as error:
            self._give_up(error)
            return False

    def changes_after(self, now: datetime) -> datetime | None:
        """The instant up to which the verdict of ``now`` holds at least; None: for as long as anybody looks ahead."""
        if self._recurrence is None:
            return None
        try:
            ahead = self._recurrence.earliest(now + _MS)
        except RecurrenceError as error:
            self._give_up(error)
            return None
        # The first window counts even where the rule does not lead to its start (3.1).
        start = self._recurrence.rule.dtstart
        first = start if start > now else None
        return min((at for at in (self.verdict(now).end, first, ahead) if at is not None), default=None)

    def _give_up(self, error: RecurrenceError) -> None:
        """What took too long once is not tried again."""
        self.problem, self._recurrence = str(error), None

    def _covers(self, start: datetime, now: datetime) -> bool:
        return start <= now and (now - start) / _MS < self._duration_ms

    def _active_from(self, start: datetime) -> SnoozeVerdict:
        try:
            end = start + timedelta(milliseconds=self._duration_ms)
        except OverflowError:
            end = None
        return SnoozeVerdict(is_active=True, end=end, occurrence=start)

    def _earliest_cover(self, now: datetime) -> datetime:
        """No occurrence before that one can reach to ``now``."""
        try:
            return now - timedelta(milliseconds=self._duration_ms)
        except OverflowError:
            return datetime.min.replace(tzinfo=now.tzinfo)


@dataclass(frozen=True, slots=True)
class RuleSnooze:
    """What a rule's snoozes come to (3.3). ``until``: the latest end. ``active_ids``: scheduled ones, latest first."""

    is_snoozed: bool
    until: str | None
    active_ids: tuple[str, ...]


def judge_rule(*, mute_all: bool, snoozes: Iterable[Snooze], now: datetime) -> RuleSnooze:
    """Whether a rule is snoozed now, and until when."""
    active = [(snooze, verdict) for snooze in snoozes if (verdict := snooze.verdict(now)).is_active]
    # A sign in front: what never ends is later than what does.
    active.sort(key=lambda found: (found[1].end is None, found[1].end or now), reverse=True)
    return RuleSnooze(
        is_snoozed=mute_all or bool(active),
        until=active[0][1].end_text if active else None,
        active_ids=tuple(snooze.id for snooze, _ in active if snooze.id is not None),
    )


def _duration(value: JsonValue) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or (value < 0 and value != _INDEFINITE):
        raise RecurrenceError("duration is neither milliseconds nor -1")
    return value


def _skipped(values: JsonValue) -> Iterable[datetime]:
    for value in values or ():
        try:
            yield parse_iso(value)
        except (TypeError, ValueError):
            raise RecurrenceError("skipRecurrences holds what is no ISO 8601 date") from None
