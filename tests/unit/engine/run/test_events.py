"""Event-log records (rule-run.md 11)."""

from datetime import timedelta

import pytest

from engine.model.outcome import Gap
from engine.model.trace import ActionMention, AlertMention, RuleIdentity, RunTrace, UntrackTrace
from engine.run.events import METRICS, expand, expand_all

T0, T1, T2, T9 = (f"2024-01-01T00:00:0{second}.000Z" for second in (0, 1, 2, 9))
RULE = RuleIdentity("rule-1", "ops", "My rule", "test.type", "alerts", "stackAlerts", "management", 4, "basic")
COMMON = {
    "event.provider": "alerting",
    "event.kind": "alert",
    "event.category": ["stackAlerts"],
    "rule.id": "rule-1",
    "rule.name": "My rule",
    "rule.category": "test.type",
    "rule.license": "basic",
    "rule.ruleset": "stackAlerts",
    "kibana.alert.rule.rule_type_id": "test.type",
    "kibana.alert.rule.consumer": "alerts",
    "kibana.alert.rule.revision": 4,
    "kibana.space_ids": ["ops"],
    "kibana.saved_objects": [{"rel": "primary", "type": "alert", "id": "rule-1", "type_id": "test.type"}],
}
OF_RUN = COMMON | {"@timestamp": T1, "kibana.alert.rule.execution.uuid": "e1"}
TASK = {"kibana.task.scheduled": T0, "kibana.task.schedule_delay": 10**9}


@pytest.fixture
def make_trace(midnight):
    def make(**changes):
        fields = {
            "rule": RULE,
            "execution_uuid": "e1",
            "scheduled_at": midnight,
            "started_at": midnight + timedelta(seconds=1),
            "ended_at": midnight + timedelta(seconds=2),
            "status": "ok",
            "outcome": "success",
        }
        return RunTrace(**(fields | changes))

    return make


def without_message(record):
    assert record["message"]
    return {name: value for name, value in record.items() if name != "message"}


def test_a_quiet_run(make_trace):
    start, end = expand(make_trace())
    assert without_message(start) == OF_RUN | TASK | {"event.action": "execute-start", "event.start": T1}
    assert without_message(end) == OF_RUN | TASK | {
        "event.action": "execute",
        "event.start": T1,
        "event.end": T2,
        "event.duration": "1000000000",
        "event.outcome": "success",
        "kibana.alerting.status": "ok",
        "kibana.alerting.outcome": "success",
    } | {f"kibana.alert.rule.execution.metrics.{name}": 0 for name in METRICS}


def test_the_metrics_of_the_specification():
    assert sorted(METRICS) == [
        "alert_counts.active",
        "alert_counts.new",
        "alert_counts.recovered",
        "claim_to_start_duration_ms",
        "es_search_duration_ms",
        "number_of_delayed_alerts",
        "number_of_generated_actions",
        "number_of_searches",
        "number_of_triggered_actions",
        "persist_alerts_duration_ms",
        "prepare_rule_duration_ms",
        "process_alerts_duration_ms",
        "process_rule_duration_ms",
        "rule_type_run_duration_ms",
        "total_run_duration_ms",
        "total_search_duration_ms",
        "trigger_actions_duration_ms",
    ]


def test_numbers_of_the_run_are_written_and_unknown_names_are_not(make_trace):
    end = expand(make_trace(metrics={"alert_counts.new": 3, "number_of_searches": 2, "other": 1}))[-1]
    prefix = "kibana.alert.rule.execution.metrics."
    assert {name for name in end if name.startswith(prefix)} == {prefix + name for name in METRICS}
    assert (end[prefix + "alert_counts.new"], end[prefix + "number_of_searches"]) == (3, 2)


def test_all_events_in_order(make_trace, midnight):
    a, b, c = (AlertMention(name, f"u-{name}", "default", False, midnight, 0) for name in "abc")
    trace = make_trace(
        timed_out_at=midnight + timedelta(seconds=9),
        recovered=(c,),
        new=(b,),
        active=(a, b),
        actions=(ActionMention("n", "act", "con", ".index", "b", "default"),),
        gap=Gap(midnight, midnight + timedelta(minutes=1)),
    )
    assert [(record["event.action"], record.get("kibana.alerting.instance_id")) for record in expand(trace)] == [
        ("execute-start", None),
        ("execute-timeout", None),
        ("recovered-instance", "c"),
        ("new-instance", "b"),
        ("active-instance", "a"),
        ("active-instance", "b"),
        ("execute-action", "b"),
        ("gap", None),
        ("execute", None),
    ]


def test_an_alert_event(make_trace, midnight):
    alert = AlertMention("a", "u1", "high", True, midnight, 61 * 10**9, None, ("w1", "w2"))
    _, record, _ = expand(make_trace(active=(alert,)))
    assert without_message(record) == OF_RUN | {
        "event.action": "active-instance",
        "kibana.alert.uuid": "u1",
        "kibana.alert.flapping": True,
        "kibana.alerting.instance_id": "a",
        "kibana.alerting.action_group_id": "high",
        "event.start": T0,
        "event.duration": "61000000000",
        "kibana.alert.maintenance_window_ids": ["w1", "w2"],
    }


def test_a_recovered_alert_has_an_end(make_trace, midnight):
    alert = AlertMention("a", "u1", "high", False, midnight, 9 * 10**9, midnight + timedelta(seconds=9))
    _, record, _ = expand(make_trace(recovered=(alert,)))
    assert without_message(record) == OF_RUN | {
        "event.action": "recovered-instance",
        "kibana.alert.uuid": "u1",
        "kibana.alert.flapping": False,
        "kibana.alerting.instance_id": "a",
        "kibana.alerting.action_group_id": "high",
        "event.start": T0,
        "event.duration": "9000000000",
        "event.end": T9,
    }


def test_absent_values_have_no_key(make_trace):
    alert = AlertMention("a", "u1", None, False, None, 0)
    trace = make_trace(rule=RuleIdentity("rule-1", "ops"), new=(alert,))
    start, new, end = expand(trace)
    assert without_message(new) == {
        "@timestamp": T1,
        "event.provider": "alerting",
        "event.action": "new-instance",
        "event.kind": "alert",
        "rule.id": "rule-1",
        "kibana.space_ids": ["ops"],
        "kibana.saved_objects": [{"rel": "primary", "type": "alert", "id": "rule-1"}],
        "kibana.alert.rule.execution.uuid": "e1",
        "kibana.alert.uuid": "u1",
        "kibana.alert.flapping": False,
        "kibana.alerting.instance_id": "a",
    }
    assert None not in [*start.values(), *new.values(), *end.values()]


def test_an_action(make_trace):
    action = ActionMention("n", "act", "con", ".index", "a", "high")
    _, record, _ = expand(make_trace(actions=(action,)))
    assert without_message(record) == OF_RUN | {
        "event.action": "execute-action",
        "kibana.alerting.instance_id": "a",
        "kibana.alerting.action_group_id": "high",
        "kibana.saved_objects": [
            *COMMON["kibana.saved_objects"],
            {"type": "action", "id": "con", "type_id": ".index"},
        ],
    }
    assert record["message"] == "action [.index:con] queued for alert [a]"


def test_a_summary_action_has_counts_instead_of_an_alert(make_trace):
    action = ActionMention("n", "act", "con", ".index", summary=(1, 0, 3))
    _, record, _ = expand(make_trace(actions=(action,)))
    assert record["kibana.alerting.summary.new.count"] == 1
    assert record["kibana.alerting.summary.ongoing.count"] == 0
    assert record["kibana.alerting.summary.recovered.count"] == 3
    assert record["message"] == "action [.index:con] queued for a summary of alerts"
    assert "kibana.alerting.instance_id" not in record
    assert "kibana.alerting.action_group_id" not in record


def test_a_gap(make_trace, midnight):
    _, record, _ = expand(make_trace(gap=Gap(midnight, midnight + timedelta(seconds=9))))
    span = {"gte": T0, "lte": T9}
    assert without_message(record) == OF_RUN | {
        "event.action": "gap",
        "kibana.alert.rule.gap": {
            "status": "unfilled",
            "range": span,
            "filled_intervals": [],
            "in_progress_intervals": [],
            "unfilled_intervals": [span],
            "total_gap_duration_ms": 9000,
            "filled_duration_ms": 0,
            "in_progress_duration_ms": 0,
            "unfilled_duration_ms": 9000,
        },
    }


def test_the_length_of_a_gap_is_in_whole_milliseconds(make_trace, midnight):
    _, record, _ = expand(make_trace(gap=Gap(midnight, midnight + timedelta(seconds=9, microseconds=999))))
    gap = record["kibana.alert.rule.gap"]
    assert [repr(gap[name]) for name in ("total_gap_duration_ms", "unfilled_duration_ms")] == ["9000", "9000"]


def test_a_late_trace_adds_alerts_and_actions_but_neither_start_nor_end(make_trace, midnight):
    alerts = [AlertMention(alert_id, f"u-{alert_id}", "default", False, midnight, 0) for alert_id in "abc"]
    trace = make_trace(
        is_late=True,
        timed_out_at=midnight + timedelta(seconds=9),
        recovered=(alerts[0],),
        new=(alerts[1],),
        active=(alerts[2],),
        actions=(ActionMention("n", "act", "con", ".index", "c", "default"),),
        gap=Gap(midnight, midnight + timedelta(seconds=9)),
    )
    assert [(record["event.action"], record["kibana.alerting.instance_id"]) for record in expand(trace)] == [
        ("recovered-instance", "a"),
        ("new-instance", "b"),
        ("active-instance", "c"),
        ("execute-action", "c"),
    ]


def test_what_a_run_published_after_its_time_out_comes_before_its_end(make_trace, midnight):
    alert = AlertMention("a", "u-a", "default", False, midnight, 0)
    timed_out = make_trace(timed_out_at=midnight + timedelta(seconds=9))
    late = make_trace(is_late=True, new=(alert,), active=(alert,))
    other = make_trace(execution_uuid="e-other")
    assert [record["event.action"] for record in expand_all([timed_out, other, late])] == [
        *("execute-start", "execute-timeout", "new-instance", "active-instance", "execute"),
        *("execute-start", "execute"),
    ]
    assert [record["event.action"] for record in expand_all([late, other])] == [
        *("new-instance", "active-instance"),
        *("execute-start", "execute"),
    ]


def test_a_time_out_is_stamped_with_its_own_instant(make_trace, midnight):
    _, record, end = expand(make_trace(timed_out_at=midnight + timedelta(seconds=9)))
    assert without_message(record) == OF_RUN | {"event.action": "execute-timeout", "@timestamp": T9}
    assert end["@timestamp"] == T1


@pytest.mark.parametrize(
    ("outcome", "event_outcome"), [("success", "success"), ("warning", "success"), ("failure", "failure")]
)
def test_outcomes(make_trace, outcome, event_outcome):
    end = expand(make_trace(outcome=outcome))[-1]
    assert (end["kibana.alerting.outcome"], end["event.outcome"]) == (outcome, event_outcome)


def test_reason_error_and_windows_of_the_end(make_trace):
    trace = make_trace(
        outcome="failure", status="error", reason="execute", error_message="boom", maintenance_window_ids=("w",)
    )
    end = expand(trace)[-1]
    assert (end["event.reason"], end["error.message"], end["kibana.alerting.status"]) == ("execute", "boom", "error")
    assert end["kibana.alert.maintenance_window_ids"] == ["w"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "run of rule [My rule] ended"),
        ({"outcome": "warning", "message": "too many"}, "too many"),
        ({"outcome": "failure"}, "run of rule [My rule] failed"),
        ({"rule": RuleIdentity("rule-1", "ops")}, "run of rule [rule-1] ended"),
    ],
)
def test_the_message_of_the_end(make_trace, changes, message):
    assert expand(make_trace(**changes))[-1]["message"] == message


def test_messages_name_rule_and_alert(make_trace, midnight):
    alert = AlertMention("a", "u1", "default", False, midnight, 0)
    trace = make_trace(
        timed_out_at=midnight,
        recovered=(alert,),
        new=(alert,),
        active=(alert,),
        gap=Gap(midnight, midnight + timedelta(seconds=9)),
    )
    assert [record["message"] for record in expand(trace)][:-1] == [
        "run of rule [My rule] started",
        "run of rule [My rule] exceeded its time limit and was cancelled",
        "alert [a] of rule [My rule] recovered",
        "alert [a] of rule [My rule] is new",
        "alert [a] of rule [My rule] is active",
        f"no run of rule [My rule] looked at the time from {T0} to {T9}",
    ]


def test_untracking(midnight):
    alert = AlertMention("a", "u1", "high", False, midnight, 5, None)
    other = AlertMention("b", "u2", None, False, midnight, 5, None)
    first, second = expand(UntrackTrace(RULE, midnight + timedelta(seconds=9), (alert, other)))
    assert without_message(first) == COMMON | {
        "@timestamp": T9,
        "event.action": "untracked-instance",
        "kibana.alert.uuid": "u1",
        "kibana.alert.flapping": False,
        "kibana.alerting.instance_id": "a",
        "kibana.alerting.action_group_id": "high",
        "event.start": T0,
        "event.duration": "5",
    }
    assert first["message"] == "alert [a] of rule [My rule] was untracked"
    assert second["kibana.alerting.instance_id"] == "b"
