"""Letters of date patterns, written and read (embedded-search.md 2.3), and the calendar beneath them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.timing.dates import date_format, parse_zone
from engine.timing.dates.civil import Civil, add_months, days_from_civil, from_nanos, iso_week, to_nanos
from engine.timing.dates.zone import parse_offset

ISO = date_format("strict_date_optional_time")
SUNDAY = "2024-12-29T15:04:05.060708Z"


def written(pattern: str, instant: str, zone: str = "Z") -> str:
    return date_format(pattern).write(ISO.parse(instant), parse_zone(zone))


@pytest.mark.parametrize(
    ("pattern", "instant", "text"),
    [
        ("y yy yyyy yyyyy", SUNDAY, "2024 24 2024 02024"),
        ("M MM MMM MMMM", "2024-02-01", "2 02 Feb February"),
        ("L LL LLL LLLL", "2024-09-01", "9 09 Sep September"),
        ("d dd D DDD", "2024-02-01", "1 01 32 032"),
        ("E EEE EEEE e", SUNDAY, "Sun Sun Sunday 7"),
        ("E EEEE e", "2024-12-30", "Mon Monday 1"),
        ("E EEEE e", "1969-12-27", "Sat Saturday 6"),
        ("YYYY-'W'ww", SUNDAY, "2024-W52"),
        ("YYYY-'W'ww", "2024-12-30", "2025-W01"),
        ("YYYY-'W'ww", "2021-01-03", "2020-W53"),
        ("H HH k kk h K a", SUNDAY, "15 15 15 15 3 3 PM"),
        ("H HH k kk h K a", "2024-05-07T00:30", "0 00 24 24 12 0 AM"),
        ("H k h K a", "2024-05-07T12:30", "12 12 12 0 PM"),
        ("m mm s ss", SUNDAY, "4 04 5 05"),
        ("S SSS SSSSSS SSSSSSSSS SSSSSSSSSSS", SUNDAY, "0 060 060708 060708000 06070800000"),
        ("H 'o''clock'", SUNDAY, "15 o'clock"),
        ("''H'' '' ''''-[X]", SUNDAY, "'15' ' '-Z"),
    ],
)
def test_what_each_letter_writes(pattern: str, instant: str, text: str) -> None:
    assert written(pattern, instant) == text


@pytest.mark.parametrize("month", range(1, 13))
def test_quarters(month: int) -> None:
    quarter = "111222333444"[month - 1]
    assert written("Q QQ q", f"2024-{month:02}-01") == f"{quarter} 0{quarter} {quarter}"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Z", "Z Z Z +00 +0000 +00:00 +0000 GMT Z GMT Z"),
        ("+02:00", "+02 +0200 +02:00 +02 +0200 +02:00 +0200 GMT+02:00 +02:00 GMT+02:00 +02:00"),
        ("-03:30", "-0330 -0330 -03:30 -0330 -0330 -03:30 -0330 GMT-03:30 -03:30 GMT-03:30 -03:30"),
        ("Asia/Kolkata", "+0530 +0530 +05:30 +0530 +0530 +05:30 +0530 GMT+05:30 +05:30 GMT+05:30 Asia/Kolkata"),
    ],
)
def test_zones_in_every_form(zone: str, text: str) -> None:
    assert written("X XX XXX x xx xxx Z ZZZZ ZZZZZ O VV", SUNDAY, zone) == text


@pytest.mark.parametrize(
    ("year", "text"), [(12_345, "12345 45 +12345"), (9_999, "9999 99 9999"), (0, "0 00 0000"), (-5, "-5 95 -0005")]
)
def test_years_beyond_four_digits(year: int, text: str) -> None:
    assert date_format("y yy yyyy").write(to_nanos(Civil(year, 1, 1))) == text


@pytest.mark.parametrize(
    ("pattern", "text", "instant"),
    [
        ("yyyy", "2024", "2024-01-01"),
        ("y-M-d", "2024-2-3", "2024-02-03"),
        ("yyyy", "+12024", "+12024-01-01"),
        ("yyyyy", "02024", "2024-01-01"),
        ("YYYY", "2024", "2024-01-01"),
        ("YYYY-'W'ww", "2025-W01", "2024-12-30"),
        ("YYYY-'W'ww-e", "2020-W53-7", "2021-01-03"),
        ("yyyy-D", "2024-60", "2024-02-29"),
        ("yyyy-'Q'Q", "2024-Q3", "2024-07-01"),
        ("d MMM yyyy", "3 sep 2024", "2024-09-03"),
        ("d MMMM yyyy", "3 DECEMBER 2024", "2024-12-03"),
        ("EEEE, d MMM yyyy", "tuesday, 7 May 2024", "2024-05-07"),
        ("yyyy-MM-dd kk:mm", "2024-05-07 24:30", "2024-05-07T00:30"),
        ("yyyy-MM-dd kk:mm", "2024-05-07 13:30", "2024-05-07T13:30"),
        ("yyyy-MM-dd h a", "2024-05-07 12 am", "2024-05-07T00:00"),
        ("yyyy-MM-dd h a", "2024-05-07 12 PM", "2024-05-07T12:00"),
        ("yyyy-MM-dd K a", "2024-05-07 11 PM", "2024-05-07T23:00"),
        ("yyyy-MM-dd K a", "2024-05-07 0 AM", "2024-05-07T00:00"),
        ("yyyy yyyy", "2024 1999", "2024-01-01"),
        ("yyyy 'o''clock'", "2024 o'clock", "2024-01-01"),
        ("yyyy-MM-dd HH:mm X", "2024-05-07 10:00 Z", "2024-05-07T10:00"),
        ("yyyy-MM-dd HH:mm x", "2024-05-07 10:00 +0230", "2024-05-07T07:30"),
        ("yyyy-MM-dd HH:mm O", "2024-05-07 10:00 -01", "2024-05-07T11:00"),
        ("yyyy-MM-dd HH:mm z", "2024-05-07 10:00 Asia/Tokyo", "2024-05-07T01:00"),
        ("yyyy-MM-dd HH:mm:ss.SS", "2024-05-07 10:00:00.25", "2024-05-07T10:00:00.25"),
    ],
)
def test_what_each_letter_reads(pattern: str, text: str, instant: str) -> None:
    assert date_format(pattern).parse(text) == date_format("date_optional_time").parse(instant)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy", "24"),
        ("yy", "2024"),
        ("MM", "5"),
        ("d", "123"),
        ("DDDD", "128"),
        ("EEE", "Tuesday"),
        ("MMMM", "Sep"),
        ("SSS", "12"),
        ("a", "XM"),
        ("yyyy-MM-dd X", "2024-05-07 Europe/Berlin"),
    ],
)
def test_what_does_not_fit_its_letter_is_no_date(pattern: str, text: str) -> None:
    with pytest.raises(ValueError, match="failed to parse date field"):
        date_format(pattern).parse(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *((name, 0) for name in ("Z", "z", "UTC", "GMT", "UT", "+00:00")),
        ("+02", 7200), ("-0330", -12_600), ("+5:45", 20_700), ("GMT-1", -3600), ("UTC+01:00:30", 3630),
        ("+18:59", 68_340), ("+19:00", None), ("+01:60", None), ("+01:00:60", None), ("2", None), ("CET", None),
    ],
)  # fmt: skip
def test_offsets(text: str, seconds: int | None) -> None:
    assert parse_offset(text) == seconds


@given(st.dates(), st.integers(0, 86_399_999_999))
def test_the_calendar_is_that_of_python(day: date, micros: int) -> None:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(microseconds=micros)
    days = day.toordinal() - date(1970, 1, 1).toordinal()
    civil = Civil(*day.timetuple()[:3], at.hour, at.minute, at.second, at.microsecond * 1000)
    assert days_from_civil(*day.timetuple()[:3]) == days
    assert iso_week(days) == day.isocalendar()[:2]
    assert from_nanos(to_nanos(civil)) == civil
    assert to_nanos(civil) == (days * 86_400_000_000 + micros) * 1000


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ((2024, 1, 31), 1, (2024, 2, 29)),
        ((2023, 1, 31), 1, (2023, 2, 28)),
        ((2024, 12, 31), 1, (2025, 1, 31)),
        ((2024, 1, 31), -1, (2023, 12, 31)),
        ((2024, 5, 31), -24, (2022, 5, 31)),
        ((1900, 1, 30), 1, (1900, 2, 28)),
        ((2000, 1, 30), 1, (2000, 2, 29)),
        ((2024, 3, 31), 8, (2024, 11, 30)),
    ],
)
def test_months_are_clamped_to_their_length(
    start: tuple[int, int, int], months: int, end: tuple[int, int, int]
) -> None:
    assert add_months(Civil(*start, 1, 2, 3, 4), months) == Civil(*end, 1, 2, 3, 4)


@pytest.mark.parametrize(
    "wrong",
    [(2024, 0, 1), (2024, 13, 1), (2024, 1, 0), (2024, 2, 30), (2023, 2, 29), (2024, 4, 31),
     (2024, 1, 1, 24), (2024, 1, 1, 0, 60), (2024, 1, 1, 0, 0, 60)],
)  # fmt: skip
def test_times_that_do_not_exist_are_refused(wrong: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no such"):
        to_nanos(Civil(*wrong))
