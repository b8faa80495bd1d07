"""Which pairs become candidates, and in which order."""

from copy import deepcopy

from engine.model.alert import LastScheduledActions
from engine.model.notification import LedgerEntry
from engine.notify.decide import Decisions, decide


def test_candidates_go_by_action_then_active_before_recovered_alerts(situation_of, action_of, alert_of, pairs):
    actions = [action_of("u2", "recovered"), action_of("u1"), action_of("u3", "other")]
    active = [alert_of("b"), alert_of("a"), alert_of("c", "other")]
    recovered = [alert_of("z"), alert_of("y")]
    decisions = decide(situation_of(actions, active, recovered))
    assert pairs(decisions) == [("u2", "z"), ("u2", "y"), ("u1", "b"), ("u1", "a"), ("u3", "c")]


def test_every_pair_that_was_looked_at_leaves_its_reason(situation_of, action_of, alert_of):
    actions = [action_of("u1"), action_of("u2", "recovered")]
    active = [alert_of("a", "other"), alert_of("b"), alert_of("c", None)]
    situation = situation_of(
        actions,
        active,
        [alert_of("z"), alert_of("y")],
        [alert_of("d", active_count=1)],
        rule={"muted_alert_ids": ("b", "y"), "alert_delay": 2},
    )
    delay = {"matches": 1, "needed": 2}
    assert decide(situation).ledger == (
        LedgerEntry("u1", "groupMismatch", ("a",), {"wanted": "default", "reported": "other"}),
        LedgerEntry("u1", "muted", ("b",), {}),
        LedgerEntry("u1", "nothingReported", ("c",), {}),
        LedgerEntry("u1", "delayed", ("d",), delay),
        LedgerEntry("u2", "groupMismatch", ("a",), {"wanted": "recovered", "reported": "other"}),
        LedgerEntry("u2", "muted", ("b", "y"), {}),
        LedgerEntry("u2", "nothingReported", ("c",), {}),
        LedgerEntry("u2", "delayed", ("d",), delay),
    )


def test_notify_when_and_throttle_play_no_role_for_recoveries(situation_of, action_of, alert_of, noon, pairs):
    last = LastScheduledActions("recovered", noon, {"u1": noon, "u2": noon})
    actions = [
        action_of("u1", "recovered", "onActionGroupChange"),
        action_of("u2", "recovered", "onThrottleInterval", "1h"),
        action_of("u3", "recovered", "onActiveAlert"),
        action_of("u4", "recovered", None),
    ]
    ended = alert_of("a", "recovered", last_scheduled_actions=last)
    decisions = decide(situation_of(actions, recovered=[ended]))
    assert pairs(decisions) == [("u1", "a"), ("u2", "a"), ("u3", "a"), ("u4", "a")]


def test_only_recovery_actions_look_at_recovered_alerts(situation_of, action_of, alert_of):
    decisions = decide(situation_of([action_of("u1"), action_of("u2", "other")], recovered=[alert_of("a")]))
    assert decisions == Decisions()


def test_two_actions_of_a_group_never_suppress_each_other(situation_of, action_of, alert_of, pairs):
    actions = [action_of(uuid, notify_when="onActionGroupChange") for uuid in ("u1", "u2", "u3")]
    assert pairs(decide(situation_of(actions, [alert_of()]))) == [("u1", "a"), ("u2", "a"), ("u3", "a")]


def test_deciding_changes_nothing(situation_of, action_of, alert_of, noon):
    last = LastScheduledActions("other", noon, {"gone": noon})
    situation = situation_of([action_of()], [alert_of(last_scheduled_actions=last)], [alert_of("z")])
    before = deepcopy(situation.transition)
    assert decide(situation) == decide(situation)
    assert situation.transition == before


def test_a_quiet_run_decides_nothing(situation_of, action_of):
    assert decide(situation_of([action_of()])) == Decisions()
