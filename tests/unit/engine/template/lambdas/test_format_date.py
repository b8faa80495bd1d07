"""``FormatDate`` (templates.md 6.3), where the behaviour cases do not look."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.template.lambdas.date_format import format_moment

LONG_AGO = "0987-01-02T03:04:05.006Z"


@pytest.mark.parametrize(
    ("date", "layout", "text"),
    [
        (LONG_AGO, "Y YY YYYY YYYYY YYYYYY y yo yy yyy yyyy", "0987 87 0987 00987 +000987 987 987th 987 987 0987"),
        (LONG_AGO, "M Mo MM MMM MMMM D Do DD", "1 1st 01 Jan January 2 2nd 02"),
        (LONG_AGO, "H HH h hh k kk m mm s ss a A", "3 03 3 03 3 03 4 04 5 05 am AM"),
        (LONG_AGO, "N NN NNN NNNN NNNNN", "AD AD AD Anno Domini AD"),
        (LONG_AGO, "hmm hmmss Hmm Hmmss", "304 30405 304 30405"),
        ("2022-11-29T15:52:44.123987Z", "S SS SSS SSSS SSSSSSSSS", "1 12 123 1230 123000000"),
        ("2022-11-29T00:00", "H h k kk A", "0 12 24 24 AM"),
        ("2022-11-29T12:00", "H h k A a", "12 12 12 PM pm"),
        ("2022-11-29T15:52:44.123Z", "X x", "1669737164 1669737164123"),
        ("1969-12-31T23:59:59.900Z", "x", "-100"),
        ("2022-05-07", "Q Qo DDD DDDo DDDD", "2 2nd 127 127th 127"),
        ("2022-11-27", "d do dd ddd dddd e E", "0 0th Su Sun Sunday 0 7"),
        ("2022-11-28", "d do dd ddd dddd e E", "1 1st Mo Mon Monday 1 1"),
        ("2022-12-31", "w wo ww gg gggg ggggg", "53 53rd 53 22 2022 02022"),
        ("2023-01-01", "w ww gggg W GGGG GG GGGGG", "1 01 2023 52 2022 22 02022"),
        ("2023-12-31", "w gg gggg", "1 24 2024"),
        ("2024-12-28", "w gggg", "52 2024"),
        ("2024-12-31", "w gggg", "1 2025"),
        ("2028-12-30", "w gggg", "53 2028"),
        ("2016-12-31", "w gggg", "53 2016"),
        ("1900-12-31", "w gggg DDD", "1 1901 365"),
        ("2000-12-31", "DDD", "366"),
        ("2022-11-29", r"[YYYY] \MMM \b [b", "YYYY MMM b [b"),
        ("2022-03-04T15:06:07Z", "LT|LTS|L|LL", "3:06 PM|3:06:07 PM|03/04/2022|March 4, 2022"),
        ("2022-03-04T15:06:07Z", "LLL|LLLL", "March 4, 2022 3:06 PM|Friday, March 4, 2022 3:06 PM"),
        ("2022-03-04T15:06:07Z", "l|ll|lll|llll", "3/4/2022|Mar 4, 2022|Mar 4, 2022 3:06 PM|Fri, Mar 4, 2022 3:06 PM"),
        ("2022-03-04T15:06:07Z", r"[L] \LT \l", "L LT l"),
    ],
)
def test_tokens(call, date: str, layout: str, text: str) -> None:
    assert call("FormatDate", f"{date};;{layout}") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (10, "10th"), (11, "11th"), (12, "12th"), (13, "13th"),
     (21, "21st"), (22, "22nd"), (23, "23rd"), (30, "30th"), (31, "31st")],
)  # fmt: skip
def test_ordinals(call, number: int, text: str) -> None:
    assert call("FormatDate", f"2022-01-{number:02};;Do") == text


@given(st.dates(max_value=date(9999, 12, 25)))
def test_weeks_begin_on_sunday_and_the_first_holds_1_january(day: date) -> None:
    saturday = day + timedelta(days=6 - day.isoweekday() % 7)
    week = (saturday - date(saturday.year, 1, 1)).days // 7 + 1
    text = format_moment(datetime(day.year, day.month, day.day, tzinfo=UTC), "gggg w")
    assert text == f"{saturday.year:04} {week}"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("", "15:00 UTC +00:00 +0000"),
        ("Europe/Vienna", "16:00 CET +01:00 +0100"),
        ("America/New_York", "10:00 EST -05:00 -0500"),
        ("Asia/Kathmandu", "20:45 +0545 +05:45 +0545"),
        ("America/St_Johns", "11:30 NST -03:30 -0330"),
    ],
)
def test_zones(call, zone: str, text: str) -> None:
    assert call("FormatDate", f"2022-11-29T15:00Z; {zone} ; HH:mm z Z ZZ") == text


@pytest.mark.parametrize(
    ("date", "read_as"),
    [
        ("2022", "2022-01-01T00:00:00.000"),
        ("2022-11", "2022-11-01T00:00:00.000"),
        ("2022-11-29T15", "2022-11-29T15:00:00.000"),
        ("2022-11-29 15:52", "2022-11-29T15:52:00.000"),
        ("2022-11-29T15:52:44,5", "2022-11-29T15:52:44.500"),
        ("2022-11-29T15:52:44.1239Z", "2022-11-29T15:52:44.123"),
        ("2022-11-29T24:00:00.000Z", "2022-11-30T00:00:00.000"),
        ("2022-11-29T15:52 +02", "2022-11-29T13:52:00.000"),
        ("2022-11-29T15:52-0230", "2022-11-29T18:22:00.000"),
        ("2022-11-29T15:52+05:59", "2022-11-29T09:53:00.000"),
        ("Tue, 29 Nov 2022 15:52:44 GMT", "2022-11-29T15:52:44.000"),
        ("Tue 29 Nov 2022 15:52 Z", "2022-11-29T15:52:00.000"),
        ("1 Feb 22 15:52 EST", "2022-02-01T20:52:00.000"),
        ("1 Feb 49 00:00 UT", "2049-02-01T00:00:00.000"),
        ("1 Feb 50 00:00 -0100", "1950-02-01T01:00:00.000"),
        ("1 Feb 122 00:00 PDT", "2022-02-01T07:00:00.000"),
    ],
)
def test_dates(call, date: str, read_as: str) -> None:
    assert call("FormatDate", f"{date};;YYYY-MM-DD[T]HH:mm:ss.SSS") == read_as


_NO_DATE, _NEITHER = "there is no such date", "the date is neither ISO 8601 nor RFC 2822"
_ZONE = "unknown time zone: write an IANA name, with its capitals, such as Europe/Vienna"
_BEYOND = "the date is beyond the years 1 to 9999"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no date given"),
        (" ; UTC", "no date given"),
        ("2022-13-01", _NO_DATE),
        ("2022-02-30", _NO_DATE),
        ("2022-11-29T25:00", _NO_DATE),
        ("2022-11-29T15:60", _NO_DATE),
        ("2022-11-29T24:00:01", _NO_DATE),
        ("2022-11-29T24:01", _NO_DATE),
        ("2022-11-29T24:00:00.001", _NO_DATE),
        ("2022-11-29T15:00+01:60", _NO_DATE),
        ("2022-11-29T15:00+24:00", _NO_DATE),
        ("0000-01-01", _NO_DATE),
        ("1669737164000", _NEITHER),
        ("20221129T155244Z", _NEITHER),
        ("2022-W48-2", _NEITHER),
        ("29 nov 2022 15:52 Z", _NEITHER),
        ("Mon, 29 Nov 2022 15:52:44 GMT", "the date is on another day of the week"),
        ("2022-11-29; europe/vienna", _ZONE),
        ("2022-11-29; +01:00", _ZONE),
        ("2022-11-29; Z", _ZONE),
        ("0001-01-01T00:00Z; America/New_York", _BEYOND),
        ("9999-12-31T24:00Z", _BEYOND),
        ("2022" + " " * 996 + "x", "the text is longer than 1000 characters"),
    ],
)
def test_what_is_no_date_is_told(refusal, text: str, reason: str) -> None:
    assert refusal("FormatDate", text) == reason


def test_a_thousand_characters_are_allowed(call) -> None:
    assert call("FormatDate", "2022;;[" + "x" * 992 + "]") == "x" * 992


def test_the_default_layout_and_what_is_dropped(call) -> None:
    assert call("FormatDate", "2022-11-29T15:52:44;;;dropped") == "2022-11-29 03:52pm"
