"""One run of .es-query with an ES|QL query."""

import json
from typing import Any

import pytest

from engine.model.errors import RunError, SearchError
from rule_types.es_query.esql_results import EsqlRows, id_columns, read_rows
from rule_types.es_query.result_rows import ROW_FIELDS, RowBudget
from rule_types.es_query.rule_type import EsQueryRuleType

ESQL = {
    "searchType": "esqlQuery",
    "esqlQuery": {"esql": "FROM logs METADATA _id | KEEP host, code // all"},
    "timeField": "@timestamp",
    "size": 0,
    "timeWindowSize": 5,
    "timeWindowUnit": "m",
    "thresholdComparator": ">",
    "threshold": [0],
}
START, END = "2024-05-06T07:03:09.010Z", "2024-05-06T07:08:09.010Z"


def answered(rows, columns=("host", "code"), **more):
    return {"columns": [{"name": name, "type": "keyword"} for name in columns], "values": rows} | more


@pytest.fixture
def run(make_runner: Any) -> Any:
    """``run(answer, **params)`` evaluates once at the end of the window above."""
    return make_runner(EsQueryRuleType(), ESQL)


def test_the_request(run):
    (request,) = run(answered([]), alert_limit=7).esql_requests
    assert request.index == ("logs",)
    assert request.body == {
        "query": "FROM logs METADATA _id | KEEP host, code // all\n| LIMIT 7",
        "filter": {
            "bool": {
                "filter": [{"range": {"@timestamp": {"lte": END, "gt": START, "format": "strict_date_optional_time"}}}]
            }
        },
    }


@pytest.mark.parametrize("name", ["?_tstart", "?_tend", "?_TEND"])
def test_both_times_are_given_where_one_is_used(run, name):
    (request,) = run(answered([]), esqlQuery={"esql": f"FROM a | WHERE t > {name}"}).esql_requests
    assert request.body["params"] == [{"_tstart": START}, {"_tend": END}]


def test_all_rows_together_are_one_alert(run):
    seen = run(answered([["a", 5], ["b", None]]))
    assert seen.ids == ["query matched"]
    (report,) = seen.reports
    hits = [
        {"_id": "esql_query_document", "_index": "", "_source": {"host": "a", "code": "5"}},
        {"_id": "esql_query_document", "_index": "", "_source": {"host": "b", "code": None}},
    ]
    assert (report.context["value"], report.context["hits"]) == (2, hits)
    assert "grouping" not in report.context
    assert report.payload["kibana.alert.evaluation.threshold"] == 0
    assert report.payload["kibana.alert.evaluation.value"] == "2"
    assert report.state == {"dateStart": START, "dateEnd": END}


def test_no_row_is_no_alert_and_lets_alerts_recover_with_zero(run):
    seen = run(answered([]))
    assert seen.ids == []
    context = seen.recovery("query matched").context
    assert (context["value"], context["observedValue"], context["hits"]) == (0, 0, [])
    assert context["conditions"] == "query did not match documents"


def test_alerts_by_row_bear_their_columns(run):
    seen = run(
        answered([["a", 5], ["b", None], [None, None], ["a", 5]]), groupBy="row", esqlQuery={"esql": "FROM logs"}
    )
    assert seen.ids == ["a,5", "b"]
    assert [report.context["value"] for report in seen.reports] == [2, 1]
    assert seen.reports[1].context["grouping"] == {"host": "b"}
    assert seen.evaluation.warnings
    assert "a,5" in seen.evaluation.warnings[0]
    assert seen.reports[0].context["conditions"] == 'query matched documents for group "a,5"'


@pytest.mark.parametrize(
    ("query", "columns", "names"),
    [
        ("FROM a | STATS c = COUNT(*) BY host, zone", ("c", "zone", "host"), ("host", "zone")),
        ("FROM a METADATA _id | STATS c = COUNT(*) BY host | DROP host", ("c",), ("c",)),
        ("FROM a METADATA _id", ("host", "_id"), ("_id",)),
        ("TS a METADATA _id", ("host", "_id"), ("_id",)),
        ("FROM a", ("host", "_id"), ("host", "_id")),
        ("FROM a | STATS c BY x | RENAME x AS y", ("c", "y"), ("y",)),
    ],
)
def test_the_columns_of_an_id(query, columns, names):
    from engine.query.esql import EsqlText

    assert id_columns(EsqlText(query), columns) == names


def test_values_become_text():
    row = [0, False, ["x", None, 1.0], "", None, 2.0, [], 1e21, {"a": 1}, [""]]
    texts = ["0", "false", "x,,1", None, None, "2", None, "1e+21", '{"a": 1}', None]
    found = read_rows(answered([row], columns="abcdefghij"), 1000)
    assert found == EsqlRows(tuple("abcdefghij"), [dict(zip("abcdefghij", texts, strict=True))])


@pytest.mark.parametrize("group_by", ["all", "top"])
def test_a_leftover_term_field_does_not_group(run, group_by):
    assert run(answered([]), groupBy=group_by, termField="host").ids == []


def test_the_limit_is_reached_when_as_many_rows_came_as_were_asked_for(run):
    rows = [["a", 1], ["b", 1]]
    assert run(answered(rows), groupBy="row", alert_limit=2).collected.is_limit_reached
    assert not run(answered(rows), groupBy="row", alert_limit=3).collected.is_limit_reached
    assert run(answered([*rows, ["c", 1]]), groupBy="row", alert_limit=2).ids == ["a,1", "b,1"]


def test_partial_answers_are_told_with_all_failures(run):
    assert len(run(answered([], is_partial=True)).evaluation.warnings) == 1
    details = {"one": {"failures": [{"reason": "r1"}]}, "two": {"failures": [{"reason": "r2"}]}, "three": {}}
    (text,) = run(answered([], is_partial=True, _clusters={"details": details})).evaluation.warnings
    assert json.loads(text[text.index("[") :]) == [{"reason": "r1"}, {"reason": "r2"}]


def test_what_the_user_asked_wrong_is_the_users_fault(run):
    error = {"type": "verification_exception", "reason": "Unknown column [x]"}
    with pytest.raises(RunError, match="Unknown column") as failed:
        run({"error": error}, status=400)
    assert failed.value.user_caused
    with pytest.raises(SearchError):
        run({"error": {"type": "circuit_breaking_exception", "reason": "too much"}}, status=500)


COLUMNS = [{"name": "host", "type": "keyword"}]


@pytest.mark.parametrize(
    "answer",
    [
        *(answered(values) for values in ([["a"]], ["a"], [[1, 2, 3]], "text", 5, {})),
        *(
            {"columns": columns, "values": [["a"]]}
            for columns in (None, [], [None], ["host"], [{}], [{"name": None}], 5)
        ),
        {"values": []},
        {"columns": COLUMNS},
        {"columns": COLUMNS, "values": None},
        {},
        [],
        None,
        "text",
        {"columns": COLUMNS, "values": [["a"]], "is_partial": True, "_clusters": 5},
    ],
)
@pytest.mark.parametrize("group_by", ["all", "row"])
def test_a_malformed_answer_fails_the_run(run, answer, group_by):
    with pytest.raises(RunError, match="answered with") as failed:
        run(answer, groupBy=group_by)
    assert not failed.value.user_caused


@pytest.mark.parametrize("group_by", ["all", "row"])
def test_a_million_values_cost_no_more_than_was_asked_for(run, group_by):
    seen = run(answered([["a", 1]] * 500_000), groupBy=group_by, alert_limit=3)
    assert seen.reports[0].context["value"] == {"all": 3, "row": 30}[group_by]
    wide = answered([list(range(1_000_000))], columns=[f"c{number}" for number in range(1_000_000)])
    assert len(run(wide, groupBy=group_by).ids) == 1


def test_the_state_is_carried_over(run):
    state = {"latestTimestamp": "2024-05-06T07:00:00.000Z"}
    seen = run(answered([["a", 1]]), state=state)
    assert seen.evaluation.state == state
    assert seen.reports[0].state["latestTimestamp"] == state["latestTimestamp"]


def test_rows_are_stored_on_demand(run):
    (report,) = run(answered([["a", 1], ["b", 2]]), includeEsqlResults=True).reports
    rows = [{"host": "a", "code": "1"}, {"host": "b", "code": "2"}]
    assert [report.payload[name] for name in ROW_FIELDS] == [rows, 2, 2, False]
    assert not set(ROW_FIELDS) & set(run(answered([["a", 1]])).reports[0].payload)


def spent(budget: RowBudget, *rows: dict[str, Any]) -> list[Any]:
    return list(budget.spend([{"_source": row} for row in rows]).values())


def test_the_budget_counts_rows_over_all_alerts():
    budget = RowBudget(rows=3)
    a = {"a": "1"}
    assert spent(budget, a, a) == [[a, a], 2, 2, False]
    assert spent(budget, a, a) == [[a], 2, 1, True]
    assert spent(budget, a) == [[], 1, 0, True]


def test_the_budget_counts_bytes_with_brackets_and_commas():
    a = {"a": "ä"}  # {"a":"ä"} has 10 bytes in UTF-8
    assert spent(RowBudget(size=12), a)[2:] == [1, False]
    assert spent(RowBudget(size=11), a)[2:] == [0, True]
    assert spent(RowBudget(size=23), a, a)[2:] == [2, False]
    assert spent(RowBudget(size=22), a, a)[2:] == [1, True]
    budget = RowBudget(size=23)
    assert spent(budget, a)[2:] == [1, False]
    assert spent(budget, a)[2:] == [0, True], "the brackets of the second alert leave 9 bytes"
