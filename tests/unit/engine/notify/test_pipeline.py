"""The order of the gates and stages, and that each of them is needed: without it something is sent that must not be."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from engine.model.alert import LastScheduledActions
from engine.notify import pipeline
from engine.notify.decide import decide
from engine.notify.gates import cancelled_run, muted_rule, snoozed_rule
from engine.notify.stages import (
    delayed,
    documents,
    filter_query,
    group,
    maintenance,
    muted,
    notify_when,
    pending_recovery,
    reported,
    throttle,
    timeframe,
)
from engine.timing.snooze import RuleSnooze

GATES = [
    (muted_rule, "ruleMuted", {"rule": {"mute_all": True}}),
    (snoozed_rule, "ruleSnoozed", {"snooze": RuleSnooze(True, None, ())}),
    (cancelled_run, "runCancelled", {"is_cancelled": True}),
]
ORDER = [
    (maintenance, "maintenanceWindow"),
    (muted, "muted"),
    (delayed, "delayed"),
    (pending_recovery, "pendingRecovery"),
    (documents, "noAlertDocuments"),
    (filter_query, "filterNotMatched"),
    (timeframe, "outsideTimeframe"),
    (reported, "unknownGroup"),
    (group, "groupMismatch"),
    (notify_when, "actionGroupHasNotChanged"),
    (throttle, "throttled"),
]


@pytest.fixture
def kept_back_by(situation_of, action_of, alert_of, rule_type, noon):
    """A situation whose one pair is kept back by exactly the named reasons."""

    def build(*codes):
        last = LastScheduledActions("default", noon, {"u1": noon}) if {"throttled", *codes} - {"unknownGroup"} else None
        if "actionGroupHasNotChanged" in codes:
            way = {"notify_when": "onActionGroupChange"}
        elif "throttled" in codes:
            way = {"notify_when": "onThrottleInterval", "throttle": "1h"}
        else:
            way = {"notify_when": "onActiveAlert"}
        alert = alert_of(
            "a",
            "weird" if "unknownGroup" in codes else "default",
            last_scheduled_actions=last,
            maintenance_window_ids=("w1",) if "maintenanceWindow" in codes else (),
            pending_recovered_count=1 if "pendingRecovery" in codes else 0,
        )
        wanted = {"groupMismatch": "other", "unknownGroup": "weird"}
        action_group = next((wanted[code] for code in codes if code in wanted), "default")
        data = {"use_alert_data_for_template": True} if "noAlertDocuments" in codes else {}
        which = "delayed" if "delayed" in codes else "active"
        return situation_of(
            [action_of("u1", action_group, **way, **data, alerts_filter=filter_of(codes))],
            **{which: [alert]},
            rule={"muted_alert_ids": ("a",) if "muted" in codes else ()},
            at=noon + timedelta(minutes=1),
            rule_type=SimpleNamespace(**vars(rule_type), keeps_documents=not data),
        )

    return build


def filter_of(codes):
    """A filter that keeps an alert back for the reasons among the codes that are its own."""
    chosen = {}
    if "filterNotMatched" in codes:
        chosen["query"] = {"kql": "a: b", "filters": [], "dsl": '{"term": {"a": "b"}}'}
    if "outsideTimeframe" in codes:
        chosen["timeframe"] = {"days": [], "hours": {"start": "00:00", "end": "01:00"}, "timezone": "UTC"}
    return chosen or None


def without(monkeypatch, judge):
    for name in ("GATES", "STAGES_FOR_ALL", "STAGES_FOR_ACTIVE"):
        monkeypatch.setattr(pipeline, name, tuple(each for each in getattr(pipeline, name) if each != judge))


def sent_and_reasons(dispatched):
    sent = [(each.id, each.action_uuid, each.alert_id) for each in dispatched.notifications]
    return sent, [(entry.reason, entry.alert_ids) for entry in dispatched.ledger]


SENT = ([("n1", "u1", "a")], [("notified", ("a",))])


def test_the_order_is_that_of_the_specification():
    assert list(pipeline.GATES) == [gate.judge for gate, _, _ in GATES]
    stages = [*pipeline.STAGES_FOR_ALL, *pipeline.STAGES_FOR_ACTIVE]
    assert stages == [stage.judge for stage, _ in ORDER]


@pytest.mark.parametrize(("stage", "code"), ORDER, ids=[code for _, code in ORDER])
def test_each_stage_alone_keeps_a_notification_back(kept_back_by, run_once, monkeypatch, stage, code):
    assert sent_and_reasons(run_once(kept_back_by(code))) == ([], [(code, ("a",))])
    without(monkeypatch, stage.judge)
    assert sent_and_reasons(run_once(kept_back_by(code))) == SENT


@pytest.mark.parametrize(
    ("stage", "code", "kept_back"),
    [
        (maintenance, "maintenanceWindow", {"maintenance_window_ids": ("w1",)}),
        (muted, "muted", {"alert_id": "silent"}),
        (pending_recovery, "pendingRecovery", {"pending_recovered_count": 1}),
    ],
)
def test_stages_for_all_keep_recoveries_back_too(
    situation_of, action_of, alert_of, run_once, monkeypatch, stage, code, kept_back
):
    alert = alert_of(**kept_back)
    situation = situation_of([action_of("u1", "recovered")], recovered=[alert], rule={"muted_alert_ids": ("silent",)})
    assert sent_and_reasons(run_once(situation)) == ([], [(code, (alert.id,))])
    without(monkeypatch, stage.judge)
    assert sent_and_reasons(run_once(situation)) == ([("n1", "u1", alert.id)], [("notified", (alert.id,))])


@pytest.mark.parametrize(("gate", "code", "closing"), GATES, ids=[code for _, code, _ in GATES])
def test_each_gate_alone_keeps_the_whole_run_back(
    situation_of, action_of, alert_of, run_once, monkeypatch, gate, code, closing
):
    assert sent_and_reasons(run_once(situation_of([action_of()], [alert_of()], **closing))) == ([], [(code, ())])
    without(monkeypatch, gate.judge)
    assert sent_and_reasons(run_once(situation_of([action_of()], [alert_of()], **closing))) == SENT


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("maintenanceWindow", "muted"),
        ("muted", "delayed"),
        ("delayed", "pendingRecovery"),
        ("pendingRecovery", "noAlertDocuments"),
        ("noAlertDocuments", "filterNotMatched"),
        ("pendingRecovery", "filterNotMatched"),
        ("filterNotMatched", "outsideTimeframe"),
        ("outsideTimeframe", "unknownGroup"),
        ("pendingRecovery", "unknownGroup"),
        ("pendingRecovery", "groupMismatch"),
        ("groupMismatch", "actionGroupHasNotChanged"),
        ("groupMismatch", "throttled"),
    ],
)
def test_of_two_reasons_the_earlier_one_is_told(kept_back_by, first, second):
    assert [entry.reason for entry in decide(kept_back_by(first, second)).ledger] == [first]


def test_an_alert_that_nothing_keeps_back_fires(kept_back_by, pairs):
    assert pairs(decide(kept_back_by())) == [("u1", "a")]
