"""What holds of every decision, whatever the rule and its alerts."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model.alert import LastScheduledActions
from engine.notify.decide import decide

GROUPS = st.sampled_from(["default", "other"])
WAYS = st.sampled_from(
    [("onActiveAlert", None), ("onActionGroupChange", None), ("onThrottleInterval", "1h"), (None, None)]
)
ALERTS = st.lists(
    st.fixed_dictionaries(
        {
            "group": st.one_of(GROUPS, st.just("weird"), st.none()),
            "remembered": st.one_of(st.none(), GROUPS),
            "pending": st.integers(0, 2),
            "windows": st.sampled_from([(), ("w1",)]),
            "is_muted": st.booleans(),
            "where": st.sampled_from(["active", "delayed", "recovered"]),
        }
    ),
    max_size=6,
)
ACTIONS = st.lists(st.tuples(st.one_of(GROUPS, st.just("recovered")), WAYS), max_size=4)
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def build(drawn_actions, drawn_alerts, world, **limits):
    situation_of, action_of, alert_of, noon = world
    actions = [action_of(f"u{n}", group, *way) for n, (group, way) in enumerate(drawn_actions)]
    lists = {"active": [], "delayed": [], "recovered": []}
    muted = []
    for number, drawn in enumerate(drawn_alerts):
        last = None if drawn["remembered"] is None else LastScheduledActions(drawn["remembered"], noon, {"u0": noon})
        lists[drawn["where"]].append(
            alert_of(
                f"a{number}",
                drawn["group"],
                last_scheduled_actions=last,
                pending_recovered_count=drawn["pending"],
                maintenance_window_ids=drawn["windows"],
            )
        )
        muted += [f"a{number}"] if drawn["is_muted"] else []
    return situation_of(actions, **lists, rule={"muted_alert_ids": tuple(muted)}, **limits)


@SETTINGS
@given(ACTIONS, ALERTS, st.integers(0, 8), st.integers(-2, 8))
def test_every_pair_comes_to_exactly_one_end(
    situation_of, action_of, alert_of, noon, run_once, drawn_actions, drawn_alerts, max_actions, room
):
    world = (situation_of, action_of, alert_of, noon)
    situation = build(drawn_actions, drawn_alerts, world, max_actions=max_actions, queue_room=room)
    dispatched = run_once(situation)
    looked_at = [*situation.transition.active, *situation.transition.delayed]
    expected = Counter((action.uuid, alert.id) for action in situation.actions for alert in looked_at)
    expected += Counter(
        (action.uuid, alert.id)
        for action in situation.actions
        if action.group == "recovered"
        for alert in situation.transition.recovered
    )
    ends = Counter((entry.action_uuid, alert_id) for entry in dispatched.ledger for alert_id in entry.alert_ids)
    assert ends == expected
    notified = [entry for entry in dispatched.ledger if entry.reason == "notified"]
    assert dispatched.triggered == len(dispatched.notifications) == sum(len(entry.alert_ids) for entry in notified)


@SETTINGS
@given(ACTIONS, ALERTS, st.integers(0, 8), st.integers(-2, 8))
def test_limits_are_kept_and_cut_from_the_end(
    situation_of, action_of, alert_of, noon, run_once, drawn_actions, drawn_alerts, max_actions, room
):
    world = (situation_of, action_of, alert_of, noon)
    situation = build(drawn_actions, drawn_alerts, world, max_actions=max_actions, queue_room=room)
    all_pairs = [(candidate.action.uuid, candidate.alert.id) for candidate in decide(situation).candidates]
    dispatched = run_once(situation)
    allowed = min(max_actions, max(room, 0), len(all_pairs))
    assert [(each.action_uuid, each.alert_id) for each in dispatched.notifications] == all_pairs[:allowed]
    assert dispatched.generated == len(all_pairs)
    assert (dispatched.actions_cut is None) == (allowed == len(all_pairs))


@SETTINGS
@given(ACTIONS, ALERTS)
def test_state_moves_for_notified_active_alerts_only(
    situation_of, action_of, alert_of, noon, run_once, drawn_actions, drawn_alerts
):
    situation = build(drawn_actions, drawn_alerts, (situation_of, action_of, alert_of, noon))
    transition = situation.transition
    everyone = [*transition.active, *transition.delayed, *transition.recovered]
    groups_before = {
        alert.id: alert.last_scheduled_actions and alert.last_scheduled_actions.group for alert in everyone
    }
    notified = {each.alert_id for each in run_once(situation).notifications if each.group != "recovered"}
    for alert in everyone:
        after = alert.last_scheduled_actions and alert.last_scheduled_actions.group
        assert after == (alert.group if alert.id in notified else groups_before[alert.id])


@SETTINGS
@given(ACTIONS, ALERTS)
def test_nothing_silenced_is_ever_notified(
    situation_of, action_of, alert_of, noon, run_once, drawn_actions, drawn_alerts
):
    situation = build(drawn_actions, drawn_alerts, (situation_of, action_of, alert_of, noon))
    silent = {
        f"a{n}"
        for n, each in enumerate(drawn_alerts)
        if each["is_muted"] or each["windows"] or each["where"] == "delayed"
    }
    assert silent.isdisjoint(each.alert_id for each in run_once(situation).notifications)
