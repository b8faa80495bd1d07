"""From the answer to alerts: results, conditions, contexts, documents, warnings."""

from datetime import timedelta

import pytest

from engine.model.errors import InvalidInput, SearchError, SearchUnavailable

HIT = {"_index": "logs", "_id": "1", "_score": None, "_source": {"msg": "a"}, "sort": ["2024-05-06T07:07:00.000Z"]}


def groups(*buckets, surviving=None):
    count = len(buckets) if surviving is None else surviving
    return {"groupAgg": {"buckets": list(buckets)}, "groupAggCount": {"count": count}}


def bucket(key, count=1, **members):
    return {"key": key, "doc_count": count} | members


@pytest.mark.parametrize(
    ("total", "value"),
    [({"value": 491, "relation": "eq"}, 491), (491, 491), ({"value": 5.0}, 5), ({"relation": "eq"}, 0)],
)
def test_the_count_is_the_total_of_hits_in_either_form(run, answer, total, value):
    done = run(answer(total=total), thresholdComparator=">=", threshold=[0])
    assert done.reports[0].context["value"] == value


def test_a_missing_total_is_0(run, answer):
    assert run(answer() | {"hits": {}}, thresholdComparator="<", threshold=[1]).ids == ["query matched"]


@pytest.mark.parametrize(
    ("comparator", "thresholds", "total", "is_met"),
    [
        (">=", [200], 200, True),
        ("<=", [200], 200, True),
        (">", [200], 200, False),
        ("<", [1], 0, True),
        ("between", [200, 500], 200, True),
        ("between", [200, 500], 500, True),
        ("between", [200, 500], 501, False),
        ("notBetween", [200, 500], 200, False),
        ("notBetween", [200, 500], 500, False),
        ("notBetween", [200, 500], 501, True),
    ],
)
def test_an_ungrouped_count_is_compared(run, answer, comparator, thresholds, total, is_met):
    done = run(answer(total=total), thresholdComparator=comparator, threshold=thresholds)
    assert done.ids == (["query matched"] if is_met else [])
    assert not done.collected.is_limit_reached


@pytest.mark.parametrize(
    ("aggregations", "value"),
    [
        ({"metricAgg": {"value": 3.5}}, 3.5),
        ({"metricAgg": {"value": None}}, 0),
        ({"metricAgg": {}}, 0),
        ({}, 0),
        (None, 0),
    ],
)
def test_a_metric_without_value_counts_as_0(run, answer, aggregations, value):
    done = run(
        answer(total=9, aggregations=aggregations),
        aggType="avg",
        aggField="cpu",
        thresholdComparator="<",
        threshold=[5],
    )
    assert done.reports[0].context["value"] == value


def test_the_whole_report_of_an_ungrouped_alert(run, answer):
    run.rule_url = "https://tocsin.example/rule/1"
    report = run(answer([HIT], total=491), threshold=[200]).reports[0]
    assert (report.id, report.group) == ("query matched", "query matched")
    assert report.context == {
        "title": "rule 'web' matched its query",
        "message": "rule 'web' is active: 491 in the last 5m of index logs is greater than 200",
        "conditions": "number of matching documents is greater than 200",
        "date": "2024-05-06T07:08:09.010Z",
        "value": 491,
        "hits": [HIT],
        "link": "https://tocsin.example/rule/1",
        "sourceFields": {},
    }
    assert report.payload == {
        "kibana.alert.url": "https://tocsin.example/rule/1",
        "kibana.alert.reason": report.context["message"],
        "kibana.alert.title": report.context["title"],
        "kibana.alert.evaluation.conditions": report.context["conditions"],
        "kibana.alert.evaluation.value": "491",
        "kibana.alert.evaluation.threshold": 200,
    }


def test_the_whole_report_of_a_grouped_alert(run, answer):
    aggregations = groups(bucket("host-1", 5, topHitsAgg={"hits": {"hits": [HIT]}}, metricAgg={"value": 90.5}))
    done = run(
        answer(aggregations=aggregations),
        termField="host.name",
        aggType="avg",
        aggField="cpu",
        threshold=[80],
        index=["a", "b"],
    )
    (report,) = done.reports
    assert report.id == "host-1"
    assert report.context == {
        "title": "rule 'web' matched its query for group host-1",
        "message": "rule 'web' is active for group \"host-1\": 90.5 in the last 5m of indices a, b is greater than 80",
        "conditions": 'avg(cpu) of matching documents for group "host-1" is greater than 80',
        "date": "2024-05-06T07:08:09.010Z",
        "value": 90.5,
        "hits": [HIT],
        "link": "",
        "sourceFields": {},
        "grouping": {"host": {"name": "host-1"}},
    }
    assert report.payload["kibana.alert.grouping"] == {"host": {"name": "host-1"}}
    assert report.payload["host.name"] == "host-1"
    assert report.payload["kibana.alert.evaluation.value"] == "90.5"


def test_a_date_is_that_of_the_run_not_of_the_window(run, answer):
    run.query_delay = timedelta(seconds=30)
    report = run(answer(total=1)).reports[0]
    assert report.context["date"] == "2024-05-06T07:08:09.010Z"
    assert report.state["dateEnd"] == "2024-05-06T07:07:39.010Z"


def test_two_thresholds_leave_the_documents_threshold_null(run, answer):
    assert run(answer(total=5), threshold=[1, 9]).reports[0].payload["kibana.alert.evaluation.threshold"] is None


def test_groups_are_met_by_construction_and_keep_the_answers_order(run, answer):
    done = run(answer(aggregations=groups(bucket("b", 1), bucket("a", 9))), termField="f", threshold=[5])
    assert done.ids == ["b", "a"]


@pytest.mark.parametrize(
    ("field", "key", "alert_id", "grouping"),
    [
        ("status", 200, "200", {"status": 200}),
        ("status", 404.5, "404.5", {"status": 404.5}),
        ("status", 200.0, "200", {"status": 200.0}),
        ("ok", 1, "1", {"ok": 1}),
        ("ok", 0, "0", None),
        ("at", 1714978989010, "1714978989010", {"at": 1714978989010}),
        ("name", "a,b", "a,b", {"name": "a,b"}),
        ("name", "", "", None),
        (["a.b", "a.c"], ["x", 2], "x,2", {"a": {"b": "x", "c": 2}}),
        (["a", "b", "c", "d"], ["x", None, True, 1.5], "x,,true,1.5", {"a": "x", "b": None, "c": True, "d": 1.5}),
    ],
)
def test_group_keys(run, answer, field, key, alert_id, grouping):
    aggregations = groups(bucket(key, 3, key_as_string="something else"))
    (report,) = run(answer(aggregations=aggregations), termField=field).reports
    assert report.id == alert_id
    assert report.context.get("grouping") == grouping
    assert ("grouping" in report.context) is (grouping is not None)
    assert ("kibana.alert.grouping" in report.payload) is (grouping is not None)


def test_grouping_fields_on_the_document_are_ecs_keywords_with_text(run, answer):
    keys = ["a", "b", "c", "d"]
    fields = ["host.name", "host.type", "client.user.roles", "no.ecs"]
    (report,) = run(answer(aggregations=groups(bucket(keys))), termField=fields).reports
    copied = {name: value for name, value in report.payload.items() if not name.startswith("kibana.")}
    assert copied == {"host.name": "a", "host.type": "b", "client.user.roles": ["c"]}
    (report,) = run(answer(aggregations=groups(bucket(8080))), termField="client.port").reports
    assert "client.port" not in report.payload


def test_source_fields_overwrite_grouping_fields(run, answer):
    hits = [{"_source": {"host": {"name": name}}} for name in ("a", "A")]
    aggregations = groups(bucket("a", topHitsAgg={"hits": {"hits": hits}}))
    (report,) = run(answer(aggregations=aggregations), termField="host.name").reports
    assert report.context["sourceFields"] == {"host.name": ["a", "A"]}
    assert report.payload["host.name"] == ["a", "A"]


def test_at_most_the_alert_limit_of_groups_is_reported(run, answer):
    aggregations = groups(*(bucket(f"g{number}") for number in range(4)), surviving=4)
    done = run(answer(aggregations=aggregations), termField="f", alert_limit=3)
    assert done.ids == ["g0", "g1", "g2"]
    assert done.collected.is_limit_reached


def test_exactly_the_alert_limit_does_not_reach_it(run, answer):
    aggregations = groups(*(bucket(f"g{number}") for number in range(3)))
    done = run(answer(aggregations=aggregations), termField="f", alert_limit=3)
    assert len(done.ids) == 3
    assert not done.collected.is_limit_reached


def test_no_aggregations_at_all_are_no_groups(run, answer):
    assert run(answer(), termField="f").ids == []


def test_groups_with_one_alert_id_are_reported_once_with_a_warning(run, answer):
    aggregations = groups(bucket(["a,b", "c"], 5), bucket(["a", "b,c"], 3))
    done = run(answer(aggregations=aggregations), termField=["x", "y"])
    assert [(report.id, report.context["value"]) for report in done.reports] == [("a,b,c", 5)]
    assert "a,b,c" in done.evaluation.outcome_message


@pytest.mark.parametrize("is_held", [False, True])
def test_partial_answers_are_warned_about_evaluated_and_hold_recoveries_if_the_operator_says_so(run, answer, is_held):
    run.no_recovery_on_partial_results = is_held
    shards = {"failed": 1, "failures": [{"reason": {"reason": "node is gone"}}]}
    done = run(answer([HIT], _shards=shards, timed_out=True))
    assert done.ids == ["query matched"]
    assert done.evaluation.warnings[0] == "node is gone"
    assert done.evaluation.outcome_message == done.evaluation.warnings[1]
    assert done.evaluation.hold_recoveries is is_held


def test_a_complete_answer_holds_nothing(run, answer):
    run.no_recovery_on_partial_results = True
    done = run(answer([HIT]))
    assert not done.evaluation.hold_recoveries
    assert done.evaluation.outcome_message is None


@pytest.mark.parametrize(
    ("status", "error"), [(400, SearchError), (404, SearchError), (500, SearchError), (503, SearchUnavailable)]
)
def test_an_error_of_the_search_is_an_error_of_the_run(run, status, error):
    with pytest.raises(error):
        run({"error": {"type": "parsing_exception", "reason": "unknown query [foo]"}}, status=status)


@pytest.mark.parametrize("members", [{"thresholdComparator": "=="}, {"esQuery": "{"}, {"size": 1.5}])
def test_bad_stored_params_do_not_compile(run, answer, members):
    with pytest.raises(InvalidInput):
        run(answer(), **members)


def test_the_evaluator_says_which_window_it_looks_at(run):
    evaluator = run.rule_type.compile(run.params | {"timeWindowSize": 2, "timeWindowUnit": "d"})
    assert evaluator.window.days == 2
    assert evaluator.is_window_delayed
