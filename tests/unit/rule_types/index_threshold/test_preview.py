"""What a rule would have seen over a stretch of time."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.errors import InvalidInput, RunError, SearchError
from engine.model.instant import from_ms, iso, parse_iso, to_ms
from engine.search.recording import CannedAnswer, RecordingSearch
from rule_types.index_threshold.preview import MAX_RANGES, date_ranges, preview

NOW = parse_iso("2000-01-01T00:00:00.000Z")
MIDNIGHT = "2000-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("inputs", "ranges"),
    [
        ({}, [("1999-12-31T23:55:00.000Z", MIDNIGHT)]),
        ({"date_end": "1999-06-01"}, [("1999-05-31T23:55:00.000Z", "1999-06-01T00:00:00.000Z")]),
        ({"date_start": "1999-12-31T00:00:00Z"}, [("1999-12-31T23:55:00.000Z", MIDNIGHT)]),
        ({"interval": "1m"}, [("1999-12-31T23:55:00.000Z", MIDNIGHT)]),
        (
            {"date_start": "1999-12-31T23:58:00Z", "interval": "1m"},
            [
                ("1999-12-31T23:53:00.000Z", "1999-12-31T23:58:00.000Z"),
                ("1999-12-31T23:54:00.000Z", "1999-12-31T23:59:00.000Z"),
                ("1999-12-31T23:55:00.000Z", MIDNIGHT),
            ],
        ),
        (
            {"date_start": "1999-12-31T23:59:30Z", "interval": "1m"},
            [
                ("1999-12-31T23:54:00.000Z", "1999-12-31T23:59:00.000Z"),
                ("1999-12-31T23:55:00.000Z", MIDNIGHT),
            ],
        ),
        ({"date_start": "1999-12-31T23:59:30.001Z", "interval": "1m"}, [("1999-12-31T23:55:00.000Z", MIDNIGHT)]),
    ],
)
def test_windows_are_listed_oldest_first(inputs, ranges):
    assert date_ranges(window="5m", now=NOW, **inputs) == ranges


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"date_end": "woopsie", "date_start": "woopsie"}, "dateEnd"),
        ({"date_start": "woopsie"}, "dateStart"),
        ({"date_start": "2000-01-01T00:00:00.001Z"}, "dateStart"),
        ({"interval": "0s"}, "interval"),
        ({"interval": "01m"}, "interval"),
        ({"window": "woopsie"}, "window"),
        ({"window": "5"}, "window"),
        ({"date_end": "0001-01-01T00:00:00Z"}, "window"),
    ],
)
def test_what_cannot_be_read_is_named(inputs, field):
    with pytest.raises(InvalidInput) as caught:
        date_ranges(**{"window": "5m", "now": NOW} | inputs)
    assert [problem.path for problem in caught.value.problems] == [field]


def test_a_thousand_windows_are_allowed_and_one_more_says_both_numbers():
    start = iso(from_ms(to_ms(NOW) - 999 * 1000))
    assert len(date_ranges(window="5m", now=NOW, date_start=start, interval="1s")) == MAX_RANGES
    start = iso(from_ms(to_ms(NOW) - 1000 * 1000))
    with pytest.raises(InvalidInput, match=r"1001 .* 1000") as caught:
        date_ranges(window="5m", now=NOW, date_start=start, interval="1s")
    assert caught.value.problems[0].path == "intervals"


@given(st.integers(0, 10**8), st.integers(1, 10**6))
def test_the_newest_window_ends_at_the_end_and_neighbours_are_an_interval_apart(span_ms, interval_s):
    if span_ms / (interval_s * 1000) > 998:
        return
    start = iso(from_ms(to_ms(NOW) - span_ms))
    ends = [
        to_ms(parse_iso(end))
        for _, end in date_ranges(window="1m", now=NOW, date_start=start, interval=f"{interval_s}s")
    ]
    assert ends[-1] == to_ms(NOW)
    assert {later - earlier for earlier, later in pairwise(ends)} <= {interval_s * 1000}
    assert len(ends) == 1 + int(span_ms / (interval_s * 1000) + 0.5)


def ask(params, answer, status=200, **inputs):
    search = RecordingSearch([CannedAnswer(answer, status)])
    result = asyncio.run(preview(params, search, now=NOW, **inputs))
    return result, search.requests[0].body


def range_bucket(end, count, **members):
    return {"key": "k", "to": float(to_ms(parse_iso(end))), "doc_count": count} | members


TWO = {"date_start": "1999-12-31T23:59:00Z", "interval": "1m"}
RANGES = [
    {"from": "1999-12-31T23:54:00.000Z", "to": "1999-12-31T23:59:00.000Z"},
    {"from": "1999-12-31T23:55:00.000Z", "to": MIDNIGHT},
]


def test_an_ungrouped_count(params):
    buckets = [range_bucket("1999-12-31T23:59:00Z", 0), range_bucket(MIDNIGHT, 7)]
    result, body = ask(params, {"aggregations": {"dateAgg": {"buckets": buckets}}}, **TWO)
    metrics = [["1999-12-31T23:59:00.000Z", 0], [MIDNIGHT, 7]]
    assert result == {"results": [{"group": "all documents", "metrics": metrics}], "truncated": False}
    window = {"gte": "1999-12-31T23:54:00.000Z", "lt": MIDNIGHT, "format": "strict_date_time"}
    assert body["query"] == {"bool": {"filter": [{"range": {"@timestamp": window}}]}}
    assert body["aggs"] == {
        "dateAgg": {"date_range": {"field": "@timestamp", "format": "strict_date_time", "ranges": RANGES}}
    }


def test_groups_with_a_metric_are_not_filtered_by_the_condition(params):
    grouped = params | {"termField": "host", "aggType": "min", "aggField": "cpu"}
    buckets = [range_bucket("1999-12-31T23:59:00Z", 0, metricAgg={"value": None})]
    answer = {"aggregations": {"groupAgg": {"buckets": [{"key": 5, "dateAgg": {"buckets": buckets}}]}}}
    result, body = ask(grouped, answer, **TWO)
    assert result["results"] == [{"group": "5", "metrics": [["1999-12-31T23:59:00.000Z", None]]}]
    metric = {"min": {"field": "cpu"}}
    date_range = {"field": "@timestamp", "format": "strict_date_time", "ranges": RANGES}
    assert body["aggs"] == {
        "groupAgg": {
            "terms": {"field": "host", "size": 100, "order": {"sortValueAgg": "asc"}},
            "aggs": {"dateAgg": {"date_range": date_range, "aggs": {"metricAgg": metric}}, "sortValueAgg": metric},
        }
    }
    assert ask(grouped | {"termSize": 1000}, answer)[1]["aggs"]["groupAgg"]["terms"]["size"] == 1000


@pytest.mark.parametrize(("answer", "status"), [({}, 200), ({"error": "no such index"}, 404)])
def test_nothing_found_is_no_result(params, answer, status):
    assert ask(params, answer, status)[0] == {"results": [], "truncated": False}


def test_errors(params):
    with pytest.raises(SearchError):
        ask(params, {"error": "broken"}, 500)
    with pytest.raises(InvalidInput, match="filterKuery"):
        ask(params | {"filterKuery": "a: (b"}, {})
    for end in (None, 1e30):
        with pytest.raises(RunError):
            ask(params, {"aggregations": {"dateAgg": {"buckets": [{"to": end, "doc_count": 1}]}}})
