"""From the answer to alerts: rows, conditions, contexts, documents, recoveries."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model.errors import RunError, SearchError, SearchUnavailable

METRIC = {"aggType": "avg", "aggField": "cpu"}


def date_agg(count=0, **members):
    return {"buckets": [{"key": "k", "doc_count": count} | members]}


def bucket(key, count=1, **members):
    return {"key": key, "doc_count": count, "dateAgg": date_agg(count, **members)}


def groups(*buckets, surviving=None):
    count = len(buckets) if surviving is None else surviving
    return {"groupAgg": {"buckets": list(buckets)}, "groupAggCount": {"count": count}}


def test_the_whole_report_of_an_ungrouped_alert(run, answer):
    run.query_delay = timedelta(seconds=9)
    run.rule_url = "https://tocsin.example/rule/1"
    (report,) = run(answer(aggregations={"dateAgg": date_agg(11)}), threshold=[10]).reports
    assert (report.id, report.group, report.state) == ("all documents", "threshold met", {})
    assert report.context == {
        "group": "all documents",
        "date": "2024-05-06T07:08:00.010Z",
        "value": 11,
        "conditions": "count is greater than 10",
        "title": "rule 'web': group all documents met the threshold",
        "message": "rule 'web' is active for group all documents:\n\n- value: 11\n"
        "- conditions: count is greater than 10 over 5m\n- timestamp: 2024-05-06T07:08:00.010Z",
        "link": "https://tocsin.example/rule/1",
    }
    assert report.payload == {
        "kibana.alert.url": "https://tocsin.example/rule/1",
        "kibana.alert.reason": report.context["message"],
        "kibana.alert.title": report.context["title"],
        "kibana.alert.evaluation.conditions": "count is greater than 10",
        "kibana.alert.evaluation.value": "11",
        "kibana.alert.evaluation.threshold": 10,
    }


def test_a_grouped_alert_says_its_group(run, answer):
    aggregations = groups(bucket("a", 5, metricAgg={"value": 90.5}))
    (report,) = run(answer(aggregations=aggregations), termField="host.name", threshold=[80], **METRIC).reports
    assert (report.id, report.context["group"], report.context["value"]) == ("a", "a", 90.5)
    assert report.context["conditions"] == "avg(cpu) is greater than 80"
    assert report.context["grouping"] == {"host": {"name": "a"}}
    assert report.payload["kibana.alert.grouping"] == {"host": {"name": "a"}}


def test_conditions_show_the_field_even_with_count(run, answer):
    (report,) = run(answer(aggregations={"dateAgg": date_agg(5)}), aggField="cpu", threshold=[1, 9]).reports
    assert report.context["conditions"] == "count(cpu) is greater than 1 and 9"
    assert report.payload["kibana.alert.evaluation.threshold"] is None


@pytest.mark.parametrize(
    ("comparator", "thresholds", "count", "is_met"),
    [
        (">", [10], 10, False),
        ("<", [1], 0, True),
        (">=", [10], 10, True),
        ("between", [5, 10], 5, True),
        ("between", [5, 10], 10, True),
        ("between", [5, 10], 11, False),
        ("notBetween", [5, 10], 5, False),
        ("notBetween", [5, 10], 4, True),
    ],
)
def test_an_ungrouped_count_is_compared_also_when_0(run, answer, comparator, thresholds, count, is_met):
    aggregations = {"dateAgg": date_agg(count)}
    done = run(answer(aggregations=aggregations), thresholdComparator=comparator, threshold=thresholds)
    assert done.ids == (["all documents"] if is_met else [])


@pytest.mark.parametrize(
    "aggregations",
    [
        None,
        {},
        {"dateAgg": {"buckets": []}},
        {"dateAgg": date_agg(0, metricAgg={"value": None})},
        {"dateAgg": date_agg(0)},
    ],
)
def test_without_a_value_there_is_no_row_and_nothing_is_remembered(run, answer, aggregations):
    done = run(answer(aggregations=aggregations), thresholdComparator="<", threshold=[5], **METRIC)
    assert done.ids == []
    assert done.recovery("all documents").context["value"] == "unknown"


def test_a_sum_over_no_values_is_0_and_is_compared(run, answer):
    aggregations = {"dateAgg": date_agg(0, metricAgg={"value": 0})}
    done = run(answer(aggregations=aggregations), aggType="sum", aggField="f", thresholdComparator="<=", threshold=[0])
    assert done.ids == ["all documents"]


def test_groups_are_met_by_construction_and_those_without_value_are_skipped(run, answer):
    aggregations = groups(
        bucket("a", metricAgg={"value": 2}), bucket("b", metricAgg={"value": None}), bucket("c", metricAgg={"value": 1})
    )
    done = run(answer(aggregations=aggregations), termField="f", threshold=[5], **METRIC)
    assert done.ids == ["a", "c"]


def test_the_alert_limit_counts_rows_before_those_without_value_are_skipped(run, answer):
    aggregations = groups(
        bucket("a", metricAgg={"value": None}), bucket("b", metricAgg={"value": 1}), bucket("c", metricAgg={"value": 1})
    )
    done = run(answer(aggregations=aggregations), termField="f", alert_limit=2, **METRIC)
    assert done.ids == ["b"]
    assert done.collected.is_limit_reached


@pytest.mark.parametrize(
    ("key", "alert_id", "grouping"),
    [
        (404, "404", {"code": 404}),
        (1.5, "1.5", {"code": 1.5}),
        (1, "1", {"code": 1}),
        (0, "0", None),
        ("a,b", "a,b", {"code": "a,b"}),
    ],
)
def test_group_keys(run, answer, key, alert_id, grouping):
    (report,) = run(answer(aggregations=groups(bucket(key))), termField="code").reports
    assert (report.id, report.context.get("grouping")) == (alert_id, grouping)


def test_a_missing_index_is_an_answer_without_rows(run):
    done = run({"error": {"type": "index_not_found_exception", "reason": "no such index"}}, status=404)
    assert done.ids == []
    assert done.evaluation.warnings == []
    assert not done.collected.is_limit_reached


@pytest.mark.parametrize(("status", "error"), [(400, SearchError), (500, SearchError), (503, SearchUnavailable)])
def test_any_other_error_of_the_search_is_an_error_of_the_run(run, status, error):
    with pytest.raises(error):
        run({"error": {"type": "search_phase_execution_exception", "reason": "broken"}}, status=status)


def test_an_ungrouped_recovery_knows_its_value(run, answer):
    recovery = run(answer(aggregations={"dateAgg": date_agg(7)}), threshold=[10]).recovery("all documents")
    assert recovery.context == {
        "group": "all documents",
        "date": "2024-05-06T07:08:09.010Z",
        "value": 7,
        "conditions": "count is not greater than 10",
        "title": "rule 'web': group all documents recovered",
        "message": "rule 'web' recovered for group all documents:\n\n- value: 7\n"
        "- conditions: count is not greater than 10 over 5m\n- timestamp: 2024-05-06T07:08:09.010Z",
        "link": "",
    }
    assert recovery.payload["kibana.alert.evaluation.value"] == "7"
    assert recovery.payload["kibana.alert.reason"] == recovery.context["message"]


def test_a_grouped_recovery_does_not_and_keeps_its_stored_grouping(run, answer):
    done = run(answer(aggregations=groups()), termField="host.name")
    recovery = done.recovery("b", {"kibana.alert.grouping": {"host": {"name": "b"}}})
    assert (recovery.context["group"], recovery.context["value"]) == ("b", "unknown")
    assert recovery.context["grouping"] == {"host": {"name": "b"}}
    assert recovery.payload["kibana.alert.evaluation.value"] == "unknown"
    assert "grouping" not in done.recovery("b").context


def test_a_recovered_value_of_0_is_a_value(run, answer):
    recovery = run(answer(aggregations={"dateAgg": date_agg(0)})).recovery("all documents")
    assert (recovery.context["value"], recovery.payload["kibana.alert.evaluation.value"]) == (0, "0")


@pytest.mark.parametrize("is_held", [False, True])
def test_partial_answers_are_warned_about_and_hold_recoveries_if_the_operator_says_so(run, answer, is_held):
    run.no_recovery_on_partial_results = is_held
    done = run(answer(aggregations={"dateAgg": date_agg(5)}, _clusters={"skipped": 1}, timed_out=True))
    assert done.ids == ["all documents"]
    assert len(done.evaluation.warnings) == 2
    assert done.evaluation.outcome_message == done.evaluation.warnings[-1]
    assert done.evaluation.hold_recoveries is is_held


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {"aggregations": []},
        {"aggregations": {"dateAgg": 5}},
        {"aggregations": {"dateAgg": {"buckets": {}}}},
        {"aggregations": {"dateAgg": {"buckets": ["text"]}}},
        {"aggregations": {"dateAgg": date_agg("5")}},
        {"aggregations": {"dateAgg": date_agg(float("nan"))}},
        {"aggregations": {"dateAgg": date_agg(10**400)}},
        {"timed_out": False, "_shards": {"failed": "x"}},
    ],
)
def test_a_malformed_answer_fails_the_run(run, body):
    with pytest.raises(RunError, match="search answered") as caught:
        run(body)
    assert caught.value.reason == "execute"


@pytest.mark.parametrize(
    "buckets", [{}, ["text"], [{"doc_count": 1, "dateAgg": date_agg(1)}], [bucket({})], [bucket(None)]]
)
def test_malformed_groups_fail_the_run(run, answer, buckets):
    with pytest.raises(RunError, match="search answered"):
        run(answer(aggregations={"groupAgg": {"buckets": buckets}}), termField="f")


names = st.sampled_from(
    [
        *("aggregations", "dateAgg", "groupAgg", "groupAggCount", "metricAgg", "buckets", "key", "doc_count", "value"),
        *("count", "_shards", "_clusters", "failed", "skipped", "failures", "details"),
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=15,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.dictionaries(names, anything), st.booleans())
def test_no_answer_raises_anything_but_a_run_error(run, body, is_grouped):
    with contextlib.suppress(RunError):
        run(body, **METRIC, **({"termField": "f"} if is_grouped else {}))
