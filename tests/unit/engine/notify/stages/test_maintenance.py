"""Alerts in a maintenance window."""

from engine.notify.reasons import Reason
from engine.notify.stages.maintenance import judge


def test_an_alert_without_windows_goes_on(situation_of, action_of, alert_of):
    alert = alert_of()
    situation = situation_of([action_of()], [alert])
    assert judge(situation, situation.actions[0], alert) is None


def test_one_window_is_enough_and_all_are_named(situation_of, action_of, alert_of):
    alert = alert_of(maintenance_window_ids=("w1", "w2"), maintenance_window_names=("Patch day", "Move"))
    situation = situation_of([action_of()], [alert])
    facts = (("window_ids", ("w1", "w2")), ("window_names", ("Patch day", "Move")))
    assert judge(situation, situation.actions[0], alert) == Reason("maintenanceWindow", facts)


def test_the_ids_decide_not_the_names(situation_of, action_of, alert_of):
    alert = alert_of(maintenance_window_names=("Patch day",))
    situation = situation_of([action_of()], [alert])
    assert judge(situation, situation.actions[0], alert) is None


def test_a_recovery_in_a_window_is_kept_back_too(situation_of, action_of, alert_of, run_once):
    ended = alert_of(maintenance_window_ids=("w1",))
    dispatched = run_once(situation_of([action_of(group="recovered")], recovered=[ended]))
    assert dispatched.notifications == []
    assert [entry.reason for entry in dispatched.ledger] == ["maintenanceWindow"]
