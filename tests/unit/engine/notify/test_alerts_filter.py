"""Filters of actions: by the alert's document and by the time (actions-scheduling.md 8)."""

from datetime import timedelta

import pytest

from engine.model.alert import LastScheduledActions
from engine.model.document import DocumentingRun
from engine.notify.alerts_filter import compile_dsl
from engine.notify.decide import decide
from engine.notify.dispatch import dispatch
from engine.query.errors import FilterError, KqlError
from engine.query.options import QueryOptions

MONDAY_NOON = {"days": [1], "hours": {"start": "12:00", "end": "13:00"}, "timezone": "UTC"}


def query_of(kql, filters=()):
    """A filter's query as it is stored."""
    return {"kql": kql, "filters": list(filters), "dsl": compile_dsl(kql, list(filters), QueryOptions())}


@pytest.fixture
def documented(alert_of, noon):
    """An alert with the document that a run at noon wrote."""

    def build(alert_id="a", **fields):
        return alert_of(alert_id, fields=fields, documented=DocumentingRun(noon, "run-1"), start=noon)

    return build


@pytest.fixture
def ends(situation_of, action_of, run_once):
    """(alert id, reason) of each alert for one action with the filter."""

    def decide_for(chosen, *alerts, **rest):
        dispatched = run_once(situation_of([action_of(alerts_filter=chosen)], alerts, **rest))
        return sorted((alert_id, entry.reason) for entry in dispatched.ledger for alert_id in entry.alert_ids)

    return decide_for


def test_each_alert_is_judged_by_its_own_document(ends, documented):
    chosen = {"query": query_of("host: web-*")}
    alerts = documented("a", host="web-1"), documented("b", host="db-1"), documented("c")
    assert ends(chosen, *alerts) == [("a", "notified"), ("b", "filterNotMatched"), ("c", "filterNotMatched")]


def test_what_follows_from_the_alert_is_part_of_its_document(ends, documented):
    assert ends({"query": query_of("kibana.alert.instance.id: a")}, documented("a"), documented("b")) == [
        ("a", "notified"),
        ("b", "filterNotMatched"),
    ]


def test_so_is_what_follows_from_the_rule(ends, documented):
    chosen = {"query": query_of("kibana.alert.rule.tags: prod")}
    assert ends(chosen, documented(), rule_fields={"kibana.alert.rule.tags": ["prod"]}) == [("a", "notified")]
    assert ends(chosen, documented(), rule_fields={}) == [("a", "filterNotMatched")]


def test_pills_narrow_and_negate(ends, documented):
    pills = [
        {"meta": {"disabled": True}, "query": {"match_none": {}}},
        {"meta": {"negate": True}, "query": {"match_phrase": {"host": "db-1"}}},
    ]
    chosen = {"query": query_of("", pills)}
    assert ends(chosen, documented("a", host="web-1"), documented("b", host="db-1")) == [
        ("a", "notified"),
        ("b", "filterNotMatched"),
    ]


def test_an_empty_query_lets_everything_through(ends, documented):
    assert ends({"query": query_of("")}, documented()) == [("a", "notified")]


def test_only_the_compiled_query_counts(ends, documented):
    chosen = {"query": {"kql": "host: nobody", "filters": [], "dsl": '{"match_all": {}}'}}
    assert ends(chosen, documented()) == [("a", "notified")]


@pytest.mark.parametrize(
    ("minutes", "reason"), [(-1, "outsideTimeframe"), (0, "notified"), (59, "notified"), (60, "outsideTimeframe")]
)
def test_the_timeframe_is_asked_at_the_instant_of_the_run(ends, documented, noon, minutes, reason):
    at = noon + timedelta(minutes=minutes)
    assert ends({"timeframe": MONDAY_NOON}, documented(), at=at) == [("a", reason)]


def test_query_and_timeframe_must_both_hold(ends, documented, noon):
    chosen = {"query": query_of("host: x"), "timeframe": MONDAY_NOON}
    assert ends(chosen, documented(host="x")) == [("a", "notified")]
    assert ends(chosen, documented(host="y")) == [("a", "filterNotMatched")]
    assert ends(chosen, documented(host="x"), at=noon - timedelta(hours=1)) == [("a", "outsideTimeframe")]


def test_recoveries_are_filtered_too(situation_of, action_of, documented, run_once):
    action = action_of(group="recovered", alerts_filter={"query": query_of("host: x")})
    dispatched = run_once(situation_of([action], recovered=[documented("a", host="x"), documented("b", host="y")]))
    assert [sent.alert_id for sent in dispatched.notifications] == ["a"]


def test_the_facts_say_what_was_asked(situation_of, action_of, documented, noon, run_once):
    wanted = {"query": query_of("host: x", [{"query": {"match_all": {}}}]), "timeframe": MONDAY_NOON}
    situation = situation_of([action_of(alerts_filter=wanted)], [documented("a", host="y")])
    assert run_once(situation).ledger[0].facts == {"kql": "host: x", "filters": 1}
    later = situation_of([action_of(alerts_filter=wanted)], [documented("a", host="x")], at=noon + timedelta(days=1))
    assert run_once(later).ledger[0].facts == {"days": "1", "hours": "12:00-13:00", "timezone": "UTC"}


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (
            {"kql": "", "filters": [], "dsl": '{"script": {"script": "true"}}'},
            "queries of kind [script] cannot be judged on a document by itself",
        ),
        ({"kql": "", "filters": [], "dsl": "{broken"}, ""),
        (
            {"kql": "a: b", "filters": []},
            "the filter was stored without its compiled form: save the rule again",
        ),
    ],
)
def test_an_action_whose_filter_cannot_be_evaluated_is_not_run(
    ends, query, problem, situation_of, action_of, documented, run_once
):
    assert ends({"query": query}, documented()) == [("a", "filterFailed")]
    [error] = run_once(situation_of([action_of(alerts_filter={"query": query})], [documented()])).log_errors
    assert error.startswith(f"action [u1] was not run, since its filter cannot be evaluated: {problem}")


def test_nothing_is_remembered_of_what_a_filter_kept_back(situation_of, action_of, documented, noon):
    alert = documented(host="y")
    action = action_of(notify_when="onActionGroupChange", alerts_filter={"query": query_of("host: x")})
    dispatch(first := situation_of([action], [alert]), decide(first), iter("abc").__next__)
    assert alert.last_scheduled_actions is None
    alert.fields = {"host": "x"}
    dispatch(second := situation_of([action], [alert]), decide(second), iter("abc").__next__)
    assert alert.last_scheduled_actions == LastScheduledActions("default", noon, {})


def test_alert_data_is_seen_by_the_action_that_asks_and_by_no_other(situation_of, action_of, documented, run_once):
    params = {"message": "{{host.name}} {{_id}} {{alert.id}} {{tags}}"}
    alert = documented(**{"host.name": "web-1", "tags": ["of the document"]})
    actions = [
        action_of("u1", use_alert_data_for_template=True, params=params),
        action_of("u2", params=params),
    ]
    sent = run_once(situation_of(actions, [alert])).notifications
    assert [each.params["message"] for each in sent] == ["web-1 uuid-a a prod", "  a prod"]


@pytest.mark.parametrize(
    ("kql", "filters", "error"),
    [
        ("a:(b", [], KqlError),
        ("", [{"query": 5}], FilterError),
        ("", [{"meta": {}, "query": {"term": {"a": 2**70}}}], FilterError),
    ],
)
def test_what_cannot_be_compiled_is_an_error(kql, filters, error):
    with pytest.raises(error):
        compile_dsl(kql, filters, QueryOptions())
