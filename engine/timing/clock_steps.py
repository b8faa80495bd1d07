"""Local date-times of hourly, minutely and secondly rules with by-parts.

A library would step from the rule's start, or second by second; here each day near the time of interest is looked at
by itself, so that the age of a rule does not count.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from engine.timing.rrule import HOURLY, MINUTELY, RecurrenceError, RRule

_MOST_CHECKS = 100_000
"""Times of day that one search may look at."""


def clock_times(rule: RRule, first: datetime, last: datetime) -> Iterator[datetime]:
    """The local times of the rule from ``first`` to ``last``, without fractions of a second, ascending.

    Raises RecurrenceError where too few of very many times match, and for positions (``bysetpos``).
    """
    if rule.positions:
        raise RecurrenceError("rRule.bysetpos is not supported with hourly and shorter frequencies: name the times")
    origin = _origin(rule)
    first = max(first, origin)
    checks = 0
    for day in _days(rule, first.date(), last.date()):
        midnight = datetime.combine(day, time())
        for seconds in _times_of_day(rule, int((midnight - origin).total_seconds())):
            checks += 1
            if checks > _MOST_CHECKS:
                raise RecurrenceError("the rule matches too seldom to be searched: use a longer frequency")
            if seconds is not None and first <= (at := midnight + timedelta(seconds=seconds)) <= last:
                yield at


def _origin(rule: RRule) -> datetime:
    """The start, cut to the unit in which the rule steps."""
    start = rule.local_start.replace(microsecond=0)
    if rule.freq == HOURLY:
        return start.replace(minute=0, second=0)
    return start.replace(second=0) if rule.freq == MINUTELY else start


def _days(rule: RRule, first: date, last: date) -> Iterator[date]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if _matches(rule, day):
            yield day


def _matches(rule: RRule, day: date) -> bool:
    return (
        (not rule.months or day.month in rule.months)
        and (not rule.month_days or day.day in rule.month_days)
        and (not rule.weekdays or any(day.weekday() == weekday.day for weekday in rule.weekdays))
        and (not rule.year_days or day.timetuple().tm_yday in rule.year_days)
        and (not rule.week_numbers or day.isocalendar().week in rule.week_numbers)
    )


def _times_of_day(rule: RRule, since_origin: int) -> Iterator[int | None]:
    """Seconds after midnight, ascending; None for each step looked at in vain. ``since_origin``: of the midnight."""
    unit = {HOURLY: 3600, MINUTELY: 60}.get(rule.freq or 0, 1)

    def is_step(seconds: int) -> bool:
        return (since_origin + seconds) // unit % rule.interval == 0

    for hour in rule.hours:
        if unit == 3600 and not is_step(hour * 3600):
            yield None
            continue
        for minute in rule.minutes:
            if unit == 60 and not is_step(hour * 3600 + minute * 60):
                yield None
                continue
            for second in rule.seconds:
                seconds = hour * 3600 + minute * 60 + second
                yield seconds if unit > 1 or is_step(seconds) else None
