"""Whatever a server answers, a run ends well or with a RunError."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model.errors import RunError

GROUPED = {"termField": "host.name", "aggType": "avg", "aggField": "f"}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        5,
        {},
        {"hits": None},
        {"hits": []},
        {"hits": {"total": "many"}},
        {"hits": {"total": True}},
        {"hits": {"total": {"value": "many"}}},
        {"hits": {"total": float("nan")}},
        {"hits": {"total": float("inf")}},
        {"hits": {"total": 10**400}},
        {"hits": {"total": 1, "hits": {}}},
        {"hits": {"total": 1, "hits": ["text"]}},
        {"hits": {"total": 1}, "_shards": 5},
        {"hits": {"total": 1}, "_shards": {"failed": "x"}},
    ],
)
def test_a_malformed_answer_fails_the_run(run, body):
    with pytest.raises(RunError, match="search answered") as caught:
        run(body)
    assert caught.value.reason == "execute"


@pytest.mark.parametrize(
    "aggregations",
    [
        [],
        {"groupAgg": []},
        {"groupAgg": {"buckets": {}}},
        {"groupAgg": {"buckets": ["text"]}},
        {"groupAgg": {"buckets": [{"doc_count": 1}]}},
        {"groupAgg": {"buckets": [{"key": {}, "doc_count": 1}]}},
        {"groupAgg": {"buckets": [{"key": [["a"]], "doc_count": 1}]}},
        {"groupAgg": {"buckets": [{"key": "a", "doc_count": "1"}]}},
        {"groupAgg": {"buckets": [{"key": "a", "metricAgg": {"value": "NaN"}}]}},
        {"groupAgg": {"buckets": [{"key": "a", "metricAgg": {"value": float("nan")}}]}},
        {"groupAgg": {"buckets": [{"key": "a", "topHitsAgg": {"hits": {"hits": [1]}}}]}},
        {"groupAggCount": {"count": "x"}},
    ],
)
def test_malformed_groups_fail_the_run(run, answer, aggregations):
    with pytest.raises(RunError, match="search answered"):
        run(answer(aggregations=aggregations), **GROUPED)


names = st.sampled_from(
    [
        *("hits", "total", "value", "aggregations", "groupAgg", "groupAggCount", "metricAgg", "buckets", "key", "sort"),
        *(
            "doc_count",
            "count",
            "topHitsAgg",
            "_source",
            "_shards",
            "_clusters",
            "failed",
            "failures",
            "details",
            "host",
        ),
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.dictionaries(names, anything), st.booleans())
def test_no_answer_raises_anything_else(run, body, is_grouped):
    with contextlib.suppress(RunError):
        run({"hits": {}} | body, **(GROUPED if is_grouped else {}))
