"""The proleptic Gregorian calendar on plain integers: no year is too early or too late."""

from typing import NamedTuple

DAY = 86_400
NANOS = 1_000_000_000
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Civil(NamedTuple):
    """A date and time of day without a zone."""

    year: int
    month: int
    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    nano: int = 0


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01."""
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month, day of a number of days since 1970-01-01."""
    days += 719_468
    era = days // 146_097
    day_of_era = days - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
        return 29
    return _MONTH_LENGTHS[month - 1]


def to_nanos(civil: Civil) -> int:
    """Nanoseconds since the epoch, the civil time read as UTC. Raises ValueError for times that do not exist."""
    year, month, day, hour, minute, second, nano = civil
    if not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
        raise ValueError(f"no such day: {year:04}-{month:02}-{day:02}")
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"no such time of day: {hour:02}:{minute:02}:{second:02}")
    return (days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second) * NANOS + nano


def from_nanos(nanos: int) -> Civil:
    """The UTC civil time of an instant."""
    seconds, nano = divmod(nanos, NANOS)
    days, second_of_day = divmod(seconds, DAY)
    hour, rest = divmod(second_of_day, 3600)
    return Civil(*civil_from_days(days), hour, *divmod(rest, 60), nano)


def add_months(civil: Civil, months: int) -> Civil:
    """The same day of another month, clamped to that month's length."""
    years, month0 = divmod(civil.year * 12 + civil.month - 1 + months, 12)
    return civil._replace(year=years, month=month0 + 1, day=min(civil.day, days_in_month(years, month0 + 1)))


def iso_week(days: int) -> tuple[int, int]:
    """Week-based year and week of a day."""
    thursday = days - (days + 3) % 7 + 3
    year = civil_from_days(thursday)[0]
    return year, (thursday - days_from_civil(year, 1, 1)) // 7 + 1
