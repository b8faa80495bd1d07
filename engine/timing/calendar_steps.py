"""Local date-times of yearly to daily rules, year by year from python-dateutil.

The library's own searches begin at the rule's start and go on to the year 9999 where nothing matches. So it is asked
for the days of one year at a time, as a yearly rule whose by-parts say which; their times, which periods the interval
reaches, and which positions in a period count, are worked out here, for the time of interest alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import groupby

from dateutil import rrule as library

from engine.timing.rrule import MONTHLY, WEEKLY, YEARLY, RecurrenceError, RRule, Weekday

_WEEKDAYS = (library.MO, library.TU, library.WE, library.TH, library.FR, library.SA, library.SU)
_BEYOND_CALENDAR = 10_000
"""As an interval in years: nothing follows the first one."""
_LONGEST_SPLIT_PERIOD = timedelta(days=7)
"""A week may belong to two years."""
_MOST_TIMES = 400_000
"""Local times that one search may make."""


def calendar_times(rule: RRule, first: datetime, last: datetime) -> Iterator[datetime]:
    """The local times of the rule from ``first`` to ``last``, without fractions of a second, ascending.

    Raises RecurrenceError where there are too many.
    """
    origin = _period(rule, rule.local_start)
    first = max(first, rule.local_start.replace(microsecond=0))
    first_day = first.replace(hour=0, minute=0, second=0)
    years = range((first - _LONGEST_SPLIT_PERIOD).year, (last + _LONGEST_SPLIT_PERIOD).year + 1)
    times = _times_of_day(rule)
    made = 0
    for period, group in groupby(_all_days(rule, years), lambda day: _period(rule, day)):
        if (period - origin) % rule.interval:
            continue
        for day, chosen in _chosen(list(group), times, rule.positions):
            if day < first_day or day > last:
                continue
            made += len(chosen)
            if made > _MOST_TIMES:
                raise RecurrenceError("the rule happens too often to be searched: name fewer times of day")
            yield from (at for time in chosen if first <= (at := day + time) <= last)


def _times_of_day(rule: RRule) -> list[timedelta]:
    return [
        timedelta(hours=hour, minutes=minute, seconds=second)
        for hour in rule.hours
        for minute in rule.minutes
        for second in rule.seconds
    ]


def _chosen(
    days: Sequence[datetime], times: Sequence[timedelta], positions: tuple[int, ...]
) -> Iterator[tuple[datetime, Sequence[timedelta]]]:
    """Of all times in a period those at the positions, counted from 1, or from the end if negative; without any all."""
    if not positions:
        yield from ((day, times) for day in days)
        return
    count = len(days) * len(times)
    numbers = {position - 1 if position > 0 else count + position for position in positions}
    for number in sorted(numbers):
        if 0 <= number < count:
            yield days[number // len(times)], (times[number % len(times)],)


def _all_days(rule: RRule, years: range) -> Iterator[datetime]:
    """The midnights of the rule's days in every period, also in those that the interval leaves out."""
    start = rule.local_start.year
    for year in years:
        if rule.freq == YEARLY and (year - start) % rule.interval:
            continue
        plain = tuple(weekday for weekday in rule.weekdays if weekday.nth is None)
        ordinal = tuple(weekday for weekday in rule.weekdays if weekday.nth is not None)
        if plain and ordinal:
            # Each keeps its own meaning (2.4); the library takes only days that are both.
            merged = merge(_days_of(rule, year, plain), _days_of(rule, year, ordinal))
            yield from (day for day, _ in groupby(merged))
        else:
            yield from _days_of(rule, year, rule.weekdays)


def _days_of(rule: RRule, year: int, weekdays: Iterable[Weekday]) -> Iterable[datetime]:
    days: Iterable[datetime] = library.rrule(
        library.YEARLY,
        dtstart=datetime(year, 1, 1),  # noqa: DTZ001 - a local time
        interval=_BEYOND_CALENDAR,
        wkst=rule.week_start,
        byweekday=[_WEEKDAYS[day] if nth is None else _WEEKDAYS[day](nth) for day, nth in weekdays] or None,
        bymonthday=rule.month_days or None,
        # With months, ordinals of weekdays count within each month.
        bymonth=rule.months or (None if rule.freq == YEARLY else range(1, 13)),
        byyearday=rule.year_days or None,
        byweekno=rule.week_numbers or None,
        byhour=0,
        byminute=0,
        bysecond=0,
    )
    return days


def _period(rule: RRule, day: date) -> int:
    """The number of the year, month, week or day that a day belongs to."""
    if rule.freq == YEARLY:
        return day.year
    if rule.freq == MONTHLY:
        return day.year * 12 + day.month
    return (day.toordinal() - 1 - rule.week_start) // 7 if rule.freq == WEEKLY else day.toordinal()
