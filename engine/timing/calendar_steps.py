"""Local date-times of yearly to daily rules, year by year from python-dateutil.

The library's own searches begin at the rule's start and go on to the year 9999 where nothing matches. So it is asked
for one year at a time, as a yearly rule whose by-parts say which days; which periods the interval reaches, and which
positions in a period count, is decided here.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import groupby

from dateutil import rrule as library

from engine.timing.rrule import MONTHLY, WEEKLY, YEARLY, RRule, Weekday

_WEEKDAYS = (library.MO, library.TU, library.WE, library.TH, library.FR, library.SA, library.SU)
_BEYOND_CALENDAR = 10_000
"""As an interval in years: nothing follows the first one."""
_LONGEST_SPLIT_PERIOD = timedelta(days=7)
"""A week may belong to two years."""


def calendar_times(rule: RRule, first: datetime, last: datetime) -> Iterator[datetime]:
    """The local times of the rule from ``first`` to ``last``, without fractions of a second, ascending."""
    origin = _period(rule, rule.local_start.date())
    first = max(first, rule.local_start.replace(microsecond=0))
    years = range((first - _LONGEST_SPLIT_PERIOD).year, (last + _LONGEST_SPLIT_PERIOD).year + 1)
    for period, group in groupby(_all_times(rule, years), lambda at: _period(rule, at.date())):
        if (period - origin) % rule.interval == 0:
            times = list(group)
            chosen = _at_positions(times, rule.positions) if rule.positions else times
            yield from (at for at in chosen if first <= at <= last)


def _all_times(rule: RRule, years: range) -> Iterator[datetime]:
    """The times of every period, also of those that the interval leaves out."""
    start = rule.local_start.year
    for year in years:
        if rule.freq == YEARLY and (year - start) % rule.interval:
            continue
        plain = tuple(weekday for weekday in rule.weekdays if weekday.nth is None)
        ordinal = tuple(weekday for weekday in rule.weekdays if weekday.nth is not None)
        if plain and ordinal:
            # Each keeps its own meaning (2.4); the library takes only days that are both.
            merged = merge(_times_of(rule, year, plain), _times_of(rule, year, ordinal))
            yield from (at for at, _ in groupby(merged))
        else:
            yield from _times_of(rule, year, rule.weekdays)


def _times_of(rule: RRule, year: int, weekdays: Iterable[Weekday]) -> Iterable[datetime]:
    times: Iterable[datetime] = library.rrule(
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
        byhour=rule.hours,
        byminute=rule.minutes,
        bysecond=rule.seconds,
    )
    return times


def _period(rule: RRule, day: date) -> int:
    """The number of the year, month, week or day that a day belongs to."""
    if rule.freq == YEARLY:
        return day.year
    if rule.freq == MONTHLY:
        return day.year * 12 + day.month
    return (day.toordinal() - 1 - rule.week_start) // 7 if rule.freq == WEEKLY else day.toordinal()


def _at_positions(times: list[datetime], positions: tuple[int, ...]) -> list[datetime]:
    """Those at the positions, counted from 1, or from the end if negative."""
    numbers = {position - 1 if position > 0 else len(times) + position for position in positions}
    return [at for number, at in enumerate(times) if number in numbers]
