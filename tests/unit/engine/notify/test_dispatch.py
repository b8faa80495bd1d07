"""What is queued, and what is remembered of it."""

from datetime import timedelta

import pytest

from engine.model.alert import LastScheduledActions
from engine.model.notification import LedgerEntry, Notification
from engine.model.trace import ActionMention
from engine.notify.decide import ConnectorAvailability, decide
from engine.notify.dispatch import Dispatched, dispatch

HOUR = timedelta(hours=1)


def test_a_run_as_a_whole(situation_of, action_of, alert_of, noon, run_once):
    actions = [
        action_of("u1", connector_id="c1", connector_type_id=".webhook", params={"body": "{{alert.id}} is up"}),
        action_of("u2", "recovered", connector_id="c2", params={"message": "{{alert.id}} {{alert.actionGroupName}}"}),
    ]
    situation = situation_of(actions, [alert_of("a"), alert_of("b")], [alert_of("z")], rule={"muted_alert_ids": ("b",)})
    common = {
        "space": "ops",
        "rule_id": "rule-1",
        "rule_type_id": "generic",
        "execution_uuid": "run-1",
        "consumer": "alerts",
        "created_at": noon,
        "dry": False,
    }
    assert run_once(situation) == Dispatched(
        notifications=[
            Notification(
                id="n1",
                action_uuid="u1",
                connector_id="c1",
                connector_type_id=".webhook",
                group="default",
                alert_id="a",
                alert_uuid="uuid-a",
                params={"body": "a is up"},
                **common,
            ),
            Notification(
                id="n2",
                action_uuid="u2",
                connector_id="c2",
                connector_type_id=".server-log",
                group="recovered",
                alert_id="z",
                alert_uuid="uuid-z",
                params={"message": "z Recovered"},
                **common,
            ),
        ],
        mentions=[
            ActionMention("n1", "u1", "c1", ".webhook", "a", "default", None),
            ActionMention("n2", "u2", "c2", ".server-log", "z", "recovered", None),
        ],
        ledger=[
            LedgerEntry("u1", "muted", ("b",), {}),
            LedgerEntry("u2", "groupMismatch", ("a",), {"wanted": "recovered", "reported": "default"}),
            LedgerEntry("u2", "muted", ("b",), {}),
            LedgerEntry("u1", "notified", ("a",), {}),
            LedgerEntry("u2", "notified", ("z",), {}),
        ],
        generated=2,
        triggered=2,
    )


def test_a_dry_run_marks_its_notifications_and_remembers_all_the_same(
    situation_of, action_of, alert_of, noon, run_once
):
    alert = alert_of()
    dispatched = run_once(situation_of([action_of()], [alert], is_dry=True))
    assert [notification.dry for notification in dispatched.notifications] == [True]
    assert alert.last_scheduled_actions == LastScheduledActions("default", noon, {})


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        pytest.param({}, None, ("default", {}), id="an ordinary action remembers the group"),
        pytest.param({"interval": "1h"}, None, ("default", {"u1": 0}), id="an interval action stamps its uuid too"),
        pytest.param({"interval": "1h"}, ("other", {}), ("default", {"u1": 0}), id="a change of group"),
        pytest.param(
            {"interval": "1h"}, ("default", {"u1": 60, "u2": 30}), ("default", {"u1": 0, "u2": 30}), id="others stay"
        ),
        pytest.param({}, ("default", {"u2": 30}), ("default", {"u2": 30}), id="ordinary ones leave others' clocks"),
        pytest.param({"group": "recovered"}, ("other", {"u2": 30}), ("other", {"u2": 30}), id="recovery: nothing"),
    ],
)
def test_what_an_accepted_action_leaves_behind(
    situation_of, action_of, alert_of, noon, run_once, action, before, after
):
    def remembered(state, date):
        group, minutes = state
        stamps = {uuid: noon - timedelta(minutes=ago) for uuid, ago in minutes.items()}
        return LastScheduledActions(group, date, stamps)

    is_recovery = action.get("group") == "recovered"
    earlier = noon - HOUR
    alert = alert_of(last_scheduled_actions=None if before is None else remembered(before, earlier))
    frequency = {"notify_when": "onThrottleInterval", "throttle": "1h"} if "interval" in action else {}
    actions = [
        action_of("u1", action.get("group", "default"), **frequency),
        action_of("u2", "other", "onThrottleInterval", "2h"),
    ]
    way = {"recovered": [alert]} if is_recovery else {"active": [alert]}
    assert run_once(situation_of(actions, **way)).triggered == 1
    assert alert.last_scheduled_actions == remembered(after, earlier if is_recovery else noon)


def test_an_unthrottled_interval_moves_the_alerts_clock_but_keeps_no_own(
    situation_of, action_of, alert_of, noon, run_once
):
    alert = alert_of()
    run_once(
        situation_of(
            [action_of(notify_when=None)], [alert], rule={"notify_when": "onThrottleInterval", "throttle": "1h"}
        )
    )
    assert alert.last_scheduled_actions == LastScheduledActions("default", noon, {})


def test_the_state_that_the_run_started_from_is_left_alone(situation_of, action_of, alert_of, noon, run_once):
    old = LastScheduledActions("default", noon - HOUR, {"u1": noon - HOUR})
    alert = alert_of(last_scheduled_actions=old)
    run_once(situation_of([action_of(notify_when="onThrottleInterval", throttle="1h")], [alert]))
    assert old == LastScheduledActions("default", noon - HOUR, {"u1": noon - HOUR})
    assert alert.last_scheduled_actions == LastScheduledActions("default", noon, {"u1": noon})


def test_clocks_of_actions_that_are_gone_are_dropped(situation_of, action_of, alert_of, noon, run_once):
    stale = LastScheduledActions("default", noon, {"u1": noon, "a1b2c3-hash": noon, "u9": noon})
    quiet = LastScheduledActions("default", noon, {"u1": noon})
    alerts = [
        alert_of("a", last_scheduled_actions=stale),
        alert_of("b", last_scheduled_actions=quiet),
        alert_of("c", None),
    ]
    run_once(situation_of([action_of(notify_when="onThrottleInterval", throttle="1h")], alerts))
    assert alerts[0].last_scheduled_actions == quiet
    assert alerts[1].last_scheduled_actions is quiet
    assert alerts[2].last_scheduled_actions is None
    assert stale.actions.keys() == {"u1", "a1b2c3-hash", "u9"}


@pytest.mark.parametrize(
    ("rest", "faulty"),
    [
        ({"max_actions": 1}, "limitReached"),
        ({"queue_room": 1}, "limitReached"),
        ({"max_actions_by_connector_type": {".server-log": 1}}, "limitReached"),
        ({"connectors": {"c-u1": ConnectorAvailability(".server-log")}}, "connectorMissing"),
    ],
)
def test_what_is_refused_is_told_and_advances_no_state(situation_of, action_of, alert_of, noon, run_once, rest, faulty):
    last = LastScheduledActions("other", noon - HOUR, {})
    alerts = [alert_of("a"), alert_of("b", "other", last_scheduled_actions=last)]
    actions = [action_of("u1"), action_of("u2", "other", "onThrottleInterval", "1m")]
    dispatched = run_once(situation_of(actions, alerts, **rest))
    assert (dispatched.generated, dispatched.triggered) == (2, 1)
    assert [(entry.action_uuid, entry.reason) for entry in dispatched.ledger[-2:]] == [
        ("u1", "notified"),
        ("u2", faulty),
    ]
    assert alerts[0].last_scheduled_actions == LastScheduledActions("default", noon, {})
    assert alerts[1].last_scheduled_actions == last


def test_what_is_too_large_is_neither_queued_nor_remembered(situation_of, action_of, alert_of, noon, run_once):
    alerts = [alert_of("a")]
    huge = "x" * (10 * 1024 * 1024 - len('{"message":""}'))
    largest = action_of("u1", params={"message": huge})
    too_large = action_of("u2", notify_when="onThrottleInterval", throttle="1h", params={"message": huge + "x"})
    dispatched = run_once(situation_of([largest, too_large], alerts))
    assert [notification.action_uuid for notification in dispatched.notifications] == ["u1"]
    assert [(entry.action_uuid, entry.reason) for entry in dispatched.ledger] == [
        ("u1", "notified"),
        ("u2", "paramsTooLarge"),
    ]
    assert (dispatched.generated, dispatched.triggered) == (2, 1)
    assert alerts[0].last_scheduled_actions == LastScheduledActions("default", noon, {})
    [text] = dispatched.log_errors
    assert "[u2]" in text
    assert "10 MiB" in text


def test_cuts_are_reported(situation_of, action_of, alert_of, run_once):
    alerts = [alert_of("a"), alert_of("b")]
    by_run = run_once(situation_of([action_of()], alerts, max_actions=1))
    by_queue = run_once(situation_of([action_of()], alerts, queue_room=0))
    assert (by_run.actions_cut, by_run.cut_connector_types) == ("executable", (".server-log",))
    assert (by_queue.actions_cut, by_queue.cut_connector_types) == ("queue", (".server-log",))
    assert by_queue.ledger == [LedgerEntry("u1", "limitReached", ("a", "b"), {"limit": "queue", "room": 0})]


def test_missing_connectors_make_one_warning_an_action(situation_of, action_of, alert_of, run_once):
    actions = [action_of("u1"), action_of("u2"), action_of("u3"), action_of("u4")]
    connectors = {
        "c-u2": ConnectorAvailability(".server-log", is_missing_secrets=True),
        "c-u3": ConnectorAvailability(".server-log", is_enabled=False),
        "c-u4": ConnectorAvailability(".server-log"),
    }
    dispatched = run_once(situation_of(actions, [alert_of("a"), alert_of("b")], connectors=connectors))
    assert dispatched.warnings == [
        "action [u1] was skipped: its connector [c-u1] does not exist",
        "action [u2] was skipped: its connector [c-u2] lacks its secrets",
    ]
    assert dispatched.log_warnings == [
        "action [u3] was skipped: its connector [c-u3] is of a type that is disabled or not allowed"
    ]
    assert [notification.action_uuid for notification in dispatched.notifications] == ["u4", "u4"]
    assert dispatched.actions_cut is None


def test_the_notification_carries_the_type_of_the_existing_connector(situation_of, action_of, alert_of, run_once):
    connectors = {"c-u1": ConnectorAvailability(".webhook")}
    dispatched = run_once(situation_of([action_of()], [alert_of()], connectors=connectors))
    assert [notification.connector_type_id for notification in dispatched.notifications] == [".webhook"]
    assert [mention.connector_type_id for mention in dispatched.mentions] == [".webhook"]


def test_ids_are_drawn_for_what_is_queued_only(situation_of, action_of, alert_of):
    drawn = iter(["x1", "x2"])
    situation = situation_of([action_of()], [alert_of("a"), alert_of("b"), alert_of("c")], queue_room=2)
    dispatched = dispatch(situation, decide(situation), lambda: next(drawn))
    assert [notification.id for notification in dispatched.notifications] == ["x1", "x2"]
    assert next(drawn, None) is None


def test_unknown_groups_reach_the_log(situation_of, action_of, alert_of, run_once):
    dispatched = run_once(situation_of([action_of()], [alert_of("a", "weird")]))
    text = "rule [rule-1] reported action group [weird], which its type [generic] does not have"
    assert (dispatched.log_errors, dispatched.warnings) == ([text], [])


def test_a_quiet_run_leaves_nothing(situation_of, action_of, run_once):
    assert run_once(situation_of([action_of()])) == Dispatched()
