"""Instants as users write them for PagerDuty (connectors-core.md 7)."""

import pytest

from connectors.pagerduty.timestamp import read_timestamp
from engine.model.instant import iso


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2011-05-06T17:00Z", "2011-05-06T17:00:00.000Z"),
        ("  2022-11-29T15:52:44Z ", "2022-11-29T15:52:44.000Z"),
        ("2022-11-29T15:52:44.1239+01:00", "2022-11-29T14:52:44.123Z"),
        ("2011-05-06T17:00-07", "2011-05-07T00:00:00.000Z"),
        ("2011-05-06 17:00", "2011-05-06T17:00:00.000Z"),
        ("2011-05-06", "2011-05-06T00:00:00.000Z"),
        ("20130208T080910", "2013-02-08T08:09:10.000Z"),
        ("2013-W06-5", "2013-02-08T00:00:00.000Z"),
        ("1669737164123", "2022-11-29T15:52:44.123Z"),
        ("2011", "1970-01-01T00:00:02.011Z"),
        ("0", "1970-01-01T00:00:00.000Z"),
        ("-1", "1969-12-31T23:59:59.999Z"),
        ("Mon, 20 Nov 1995 19:12:08 -0500", "1995-11-21T00:12:08.000Z"),
        ("20 Nov 95 19:12 EST", "1995-11-21T00:12:00.000Z"),
    ],
)
def test_what_is_read(text: str, instant: str) -> None:
    at = read_timestamp(text)
    assert at is not None
    assert iso(at) == instant


@pytest.mark.parametrize("text", ["", "  \t"])
def test_blank_is_none(text: str) -> None:
    assert read_timestamp(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("1963-09-55 90:23:45", "soon", "2022-02-30", "007", "+5", "1.5", "99999999999999999", "2011-05-06x17:00"),
        *("Tue, 20 Nov 1995 19:12:08 -0500", "20 Nov 1995", "2011-05-06T17:00 Berlin", "2011-5-6", "٢٠١١"),
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no instant"):
        read_timestamp(text)
