"""When a recurrence rule happens (snooze-and-recurrence.md 2): searches near an instant, however old the rule is.

Local date-times come from python-dateutil, begun at the period next to the instant searched for; instants are made
of them here, where clock changes and the deviations of the specification are.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice

from engine.timing.calendar_steps import calendar_times
from engine.timing.clock_steps import clock_times
from engine.timing.rrule import DAILY, RecurrenceError, RRule, read_rrule

HORIZON = timedelta(days=12 * 366)
"""How far ahead an occurrence is looked for (2.7)."""
_MOST_COUNTED = 10_000
_LONGEST_SHIFT = timedelta(hours=25)
"""A zone once left out a whole day; what is due in it is moved by that."""
_PERIODS = (
    timedelta(days=366),
    timedelta(days=31),
    timedelta(days=7),
    timedelta(days=1),
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(seconds=1),
)
_MANY_A_DAY = 24
_MOST_STEPS = 1_000_000
# A week is looked at around an instant, and a zone may lie a day from universal time.
_FIRST = datetime(1, 1, 10, tzinfo=UTC)
_LAST = datetime(9999, 12, 20, tzinfo=UTC)
_LONGEST_SPAN = timedelta(days=40 * 366)


class Recurrence:
    """The occurrences of one rule, ascending and unique. All instants are UTC."""

    def __init__(self, rule: RRule) -> None:
        self.rule = rule

    @classmethod
    def of(cls, stored: dict[str, object]) -> "Recurrence":
        """Raises RecurrenceError."""
        return cls(read_rrule(stored))

    def between(self, first: datetime, last: datetime) -> list[datetime]:
        """The occurrences from ``first`` to ``last``, both included."""
        first = max(first, self.rule.dtstart)
        last = last if self._end is None else min(last, self._end)
        return self._generate(first, last) if first <= last else []

    def latest(self, at: datetime, not_before: datetime) -> datetime | None:
        """The last occurrence from ``not_before`` up to ``at``, both included."""
        not_before = max(not_before, self.rule.dtstart)
        at = at if self._end is None else min(at, self._end)
        span = self._first_span
        while at >= not_before:
            if found := self.between(max(not_before, _moved(at, -span)), at):
                return found[-1]
            at, span = _moved(at, -span), min(span * 4, _LONGEST_SPAN)
            if at == _FIRST:
                break
        return None

    def earliest(self, at: datetime) -> datetime | None:
        """The first occurrence at or after ``at``; None if there is none within 12 years."""
        at = max(at, self.rule.dtstart)
        horizon = _moved(at, HORIZON)
        span = self._first_span
        while at <= horizon and (self._end is None or at <= self._end):
            until = min(horizon, _moved(at, span))
            if found := self.between(at, until):
                return found[0]
            at, span = until + timedelta(milliseconds=1), min(span * 4, _LONGEST_SPAN)
        return None

    def __iter__(self) -> Iterator[datetime]:
        """All occurrences from the first one on; ends where none follows within 12 years."""
        at, span = self.earliest(self.rule.dtstart), self._first_span
        while at is not None:
            until = _moved(at, span)
            yield from self.between(at, until)
            at, span = self.earliest(until + timedelta(milliseconds=1)), min(span * 2, self._first_span * 1000)

    @cached_property
    def _first_span(self) -> timedelta:
        """A few periods: a search seldom needs more. A day, of rules with many times in it."""
        freq = self.rule.freq or 0
        if freq <= DAILY and len(self.rule.hours) * len(self.rule.minutes) * len(self.rule.seconds) > _MANY_A_DAY:
            return _PERIODS[DAILY]
        return min(_PERIODS[freq] * min(self.rule.interval, 20_000) * 4, _LONGEST_SPAN)

    @property
    def last(self) -> datetime | None:
        """An instant after which nothing happens; None: the rule has no end."""
        return self.rule.dtstart if self.rule.freq is None else self._end

    @cached_property
    def _end(self) -> datetime | None:
        """The instant after which there is no occurrence: ``until``, or that of the last one counted."""
        rule = self.rule
        if rule.count is None or rule.freq is None:
            return rule.until
        last = self._last_counted(rule.count)
        return last if rule.until is None else min(rule.until, last)

    def _last_counted(self, count: int) -> datetime:
        """The ``count``-th occurrence."""
        if self.rule.is_elapsed:
            return _moved(self.rule.dtstart, _times(count - 1, self._step))
        if count > _MOST_COUNTED:
            raise RecurrenceError(f"rRule.count is beyond {_MOST_COUNTED}: give the end as until")
        counted = list(islice(Recurrence(replace(self.rule, until=None, count=None)), count))
        # Fewer where the series ends by itself; none at all: it has ended before it began.
        return counted[-1] if counted else _moved(self.rule.dtstart, timedelta(milliseconds=-1))

    @property
    def _step(self) -> timedelta:
        return _times(self.rule.interval, _PERIODS[self.rule.freq or 0])

    def _generate(self, first: datetime, last: datetime) -> list[datetime]:
        rule = self.rule
        if rule.freq is None:
            return [rule.dtstart] if first == rule.dtstart else []
        if rule.is_elapsed:
            return _stepped(rule.dtstart, self._step, first, last)
        times = calendar_times if rule.freq <= DAILY else clock_times
        margin = self._margin(first, last)
        # Local times have no fraction of a second: the start's is added when they are made instants.
        begin = self._local(_moved(first, -margin)).replace(microsecond=0)
        local = times(rule, begin, self._local(_moved(last, margin)))
        return sorted({at for each in local if first <= (at := self._instant(each)) <= last})

    def _margin(self, first: datetime, last: datetime) -> timedelta:
        """How far local times to look at reach beyond two instants: not at all where no clock is changed nearby."""
        if last - first > _LONGEST_SHIFT:
            return _LONGEST_SHIFT
        around = (_moved(first, -_LONGEST_SHIFT), first, last, _moved(last, _LONGEST_SHIFT))
        offsets = {at.astimezone(self.rule.zone).utcoffset() for at in around}
        return timedelta() if len(offsets) == 1 else _LONGEST_SHIFT

    def _local(self, at: datetime) -> datetime:
        return _clamped(at).astimezone(self.rule.zone).replace(tzinfo=None)

    def _instant(self, local: datetime) -> datetime:
        """A local time without a fraction as an instant (2.6): shifted where it is left out, the first where it comes
        twice, but the start is where it is."""
        start = self.rule.local_start
        local = local.replace(microsecond=start.microsecond)
        if local == start:
            return self.rule.dtstart
        return local.replace(tzinfo=self.rule.zone).astimezone(UTC)


def _stepped(start: datetime, step: timedelta, first: datetime, last: datetime) -> list[datetime]:
    """``start`` plus whole steps, between two instants, the first of which is not before ``start``."""
    numbers = range(-((start - first) // step), (last - start) // step + 1)
    if len(numbers) > _MOST_STEPS:
        raise RecurrenceError("the rule happens too often in that time: use a longer interval")
    return [start + number * step for number in numbers]


def _times(number: int, length: timedelta) -> timedelta:
    """A multiple of a length; what no calendar holds is as long as can be."""
    try:
        return number * length
    except OverflowError:
        return timedelta.max


def _moved(at: datetime, by: timedelta) -> datetime:
    """The instant moved, at most to the ends of the calendar."""
    try:
        return _clamped(at + by)
    except OverflowError:
        return _LAST if by > timedelta() else _FIRST


def _clamped(at: datetime) -> datetime:
    return min(max(at, _FIRST), _LAST)
