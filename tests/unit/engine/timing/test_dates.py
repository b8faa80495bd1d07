"""Date formats and date math against the tables of embedded-search.md 2.3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.timing.dates import date_format, parse_zone, resolve_date

ISO = date_format("strict_date_optional_time||epoch_millis")
NOW = ISO.parse("2024-05-08T12:34:56.789Z")


def shown(nanos: int) -> str:
    return ISO.write(nanos)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "2024-01-01T00:00:00.000Z", "2024-01-01T23:59:59.999Z"),
        ("2024-05", "2024-05-01T00:00:00.000Z", "2024-05-01T23:59:59.999Z"),
        ("2024-05-07", "2024-05-07T00:00:00.000Z", "2024-05-07T23:59:59.999Z"),
        ("2024-05-07T10", "2024-05-07T10:00:00.000Z", "2024-05-07T10:59:59.999Z"),
        ("2024-05-07T10:20", "2024-05-07T10:20:00.000Z", "2024-05-07T10:20:59.999Z"),
        ("2024-05-07T10:20:30", "2024-05-07T10:20:30.000Z", "2024-05-07T10:20:30.999Z"),
        ("2024-05-07T10:20:30,5", "2024-05-07T10:20:30.500Z", "2024-05-07T10:20:30.500Z"),
        ("2024-05-07T10:20:30.123456789+0230", "2024-05-07T07:50:30.123Z", "2024-05-07T07:50:30.123Z"),
        ("1715076000123", "2024-05-07T10:00:00.123Z", "2024-05-07T10:00:00.123Z"),
        ("-1", "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
    ],
)
def test_an_incomplete_date_means_its_start_or_its_end(text: str, start: str, end: str) -> None:
    assert shown(ISO.parse(text)) == start
    assert shown(ISO.parse(text, round_up=True)) == end


@pytest.mark.parametrize("text", ["", "2024-5-7", "2024-02-30", "2024-13-01", "10:00", "2024-05-07 10:00", "24", "x",
                                  "2024-05-07T25:00", "2024-05-07T10:00:00.", "+2024"])  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="failed to parse date"):
        date_format("strict_date_optional_time").parse(text)


@pytest.mark.parametrize(
    ("form", "text", "iso"),
    [
        ("epoch_second", "1000.5", "1970-01-01T00:16:40.500Z"),
        ("epoch_millis", "315561600000000", "+11969-10-01T08:00:00.000Z"),
        ("strict_date_time", "2024-05-07T10:20:30.123Z", "2024-05-07T10:20:30.123Z"),
        ("strict_date_time_no_millis", "2024-05-07T10:20:30Z", "2024-05-07T10:20:30.000Z"),
        ("strict_date", "2024-05-07", "2024-05-07T00:00:00.000Z"),
        ("basic_date", "20240507", "2024-05-07T00:00:00.000Z"),
        ("basic_date_time", "20240507T102030.123Z", "2024-05-07T10:20:30.123Z"),
        ("strict_date_hour_minute_second", "2024-05-07T10:20:30", "2024-05-07T10:20:30.000Z"),
        ("year_month_day", "2024-5-7", "2024-05-07T00:00:00.000Z"),
        ("yyyy/MM/dd HH:mm:ss", "2024/05/07 10:20:30", "2024-05-07T10:20:30.000Z"),
        ("dd MMM uuuu", "07 May 2024", "2024-05-07T00:00:00.000Z"),
        ("EEE, d MMMM yyyy h:mm a", "Tue, 7 May 2024 1:05 PM", "2024-05-07T13:05:00.000Z"),
        ("yyyy-MM-dd['T'HH:mm]", "2024-05-07", "2024-05-07T00:00:00.000Z"),
        ("yyyy-MM-dd HH:mm:ss.SSSSSS", "2024-05-07 10:20:30.123456", "2024-05-07T10:20:30.123Z"),
        ("yyyy-DDD", "2024-128", "2024-05-07T00:00:00.000Z"),
        ("YYYY-'W'ww-e", "2024-W19-2", "2024-05-07T00:00:00.000Z"),
        ("yyyy-MM-dd HH:mm XXX", "2024-05-07 10:20 +02:00", "2024-05-07T08:20:00.000Z"),
        ("yyyy-MM-dd HH:mm VV", "2024-05-07 10:20 Europe/Berlin", "2024-05-07T08:20:00.000Z"),
        ("dd.MM.yy||epoch_millis", "07.05.24", "2024-05-07T00:00:00.000Z"),
    ],
)
def test_named_formats_and_patterns(form: str, text: str, iso: str) -> None:
    assert shown(date_format(form).parse(text)) == iso
    zone = parse_zone("Europe/Berlin") if "VV" in form else parse_zone("+02:00") if "XXX" in form else parse_zone("Z")
    if "[" not in form:
        assert date_format(form).write(date_format(form).parse(text), zone) == text.replace("2024-5-7", "2024-05-07")


@pytest.mark.parametrize("form", ["nonsense", "yyyy-bb", "yyyy'T", "", "strict_date||", "C"])
def test_unknown_formats_are_refused(form: str) -> None:
    with pytest.raises(ValueError, match="format"):
        date_format(form)


@pytest.mark.parametrize(
    ("math", "start", "end"),
    [
        ("now", "2024-05-08T12:34:56.789Z", "2024-05-08T12:34:56.789Z"),
        ("now-1d/d", "2024-05-07T00:00:00.000Z", "2024-05-07T23:59:59.999Z"),
        ("now/w", "2024-05-06T00:00:00.000Z", "2024-05-12T23:59:59.999Z"),
        ("now+h/h", "2024-05-08T13:00:00.000Z", "2024-05-08T13:59:59.999Z"),
        ("now-2H", "2024-05-08T10:34:56.789Z", "2024-05-08T10:34:56.789Z"),
        ("now/y", "2024-01-01T00:00:00.000Z", "2024-12-31T23:59:59.999Z"),
        ("2024-05-07||/M", "2024-05-01T00:00:00.000Z", "2024-05-31T23:59:59.999Z"),
        ("2024-01-31||+1M", "2024-02-29T00:00:00.000Z", "2024-02-29T00:00:00.000Z"),
        ("2024-02-29||-1y", "2023-02-28T00:00:00.000Z", "2023-02-28T00:00:00.000Z"),
        ("2024-05-08||-14h", "2024-05-07T10:00:00.000Z", "2024-05-07T10:00:00.000Z"),
        ("2024-05||", "2024-05-01T00:00:00.000Z", "2024-05-01T00:00:00.000Z"),
        ("2024-05-07", "2024-05-07T00:00:00.000Z", "2024-05-07T23:59:59.999Z"),
        ("now-999999999s", "1992-08-30T10:48:17.789Z", "1992-08-30T10:48:17.789Z"),
        ("now+1w-2d", "2024-05-13T12:34:56.789Z", "2024-05-13T12:34:56.789Z"),
        ("now-90m/m", "2024-05-08T11:04:00.000Z", "2024-05-08T11:04:59.999Z"),
        ("now/s", "2024-05-08T12:34:56.000Z", "2024-05-08T12:34:56.999Z"),
        ("now/M", "2024-05-01T00:00:00.000Z", "2024-05-31T23:59:59.999Z"),
    ],
)
def test_date_math(math: str, start: str, end: str) -> None:
    assert shown(resolve_date(math, ISO, now=NOW)) == start
    assert shown(resolve_date(math, ISO, now=NOW, round_up=True)) == end


@pytest.mark.parametrize(
    "math", ["now+1", "now 1d", "now+1q", "now-1d /d", "||+1d", "now+99999999999d", "now+1234567890s"]
)
def test_what_is_no_date_math_is_refused(math: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - two different texts
        resolve_date(math, ISO, now=NOW)


def test_a_zone_holds_for_dates_without_offset_and_for_rounding_never_for_now() -> None:
    new_york = parse_zone("America/New_York")
    assert shown(resolve_date("2024-05-07", ISO, now=NOW, zone=new_york)) == "2024-05-07T04:00:00.000Z"
    assert shown(resolve_date("2024-05-07T00:00Z", ISO, now=NOW, zone=new_york)) == "2024-05-07T00:00:00.000Z"
    assert shown(resolve_date("now", ISO, now=NOW, zone=new_york)) == "2024-05-08T12:34:56.789Z"
    assert shown(resolve_date("now/d", ISO, now=NOW, zone=new_york)) == "2024-05-08T04:00:00.000Z"
    # The day on which clocks go forward is 23 hours long.
    assert shown(resolve_date("2024-03-10||+1d", ISO, now=NOW, zone=new_york)) == "2024-03-11T04:00:00.000Z"


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_stored_instant_can_be_written_and_read_again(ms: int) -> None:
    for form in ("epoch_millis", "epoch_second"):
        compiled = date_format(form)
        assert compiled.parse(compiled.write(ms * 1_000_000)) == ms * 1_000_000


@given(st.datetimes(), st.sampled_from(["UTC", "+05:30", "America/New_York", "Australia/Lord_Howe"]))
def test_iso_texts_in_any_zone_are_read_back(moment: object, zone_name: str) -> None:
    zone = parse_zone(zone_name)
    text = str(moment).replace(" ", "T")
    instant = ISO.parse(text) // 1_000_000 * 1_000_000
    if 0 < instant // (365 * 86_400 * 10**9) < 8000:
        assert ISO.parse(ISO.write(instant, zone)) == instant
