"""What holds of every decision, whatever the rule and its alerts."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model.alert import LastScheduledActions
from engine.model.document import DocumentingRun
from engine.model.instant import iso
from engine.notify.alerts_filter import compile_filter
from engine.notify.decide import decide
from engine.notify.summary import summarize

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


FILTERS = st.sampled_from(
    [
        {"query": {"kql": "", "filters": [], "dsl": '{"term": {"kibana.alert.instance.id": "a0"}}'}},
        {"query": {"kql": "", "filters": [], "dsl": '{"bool": {"must_not": {"term": {"group": "default"}}}}'}},
        {"query": {"kql": "", "filters": [], "dsl": '{"match_none": {}}'}},
        {"query": {"kql": "", "filters": [], "dsl": '{"script": {}}'}},
        {"timeframe": {"days": [1], "hours": {"start": "12:00", "end": "12:01"}, "timezone": "UTC"}},
        {"timeframe": {"days": [2], "hours": {"start": "00:00", "end": "24:00"}, "timezone": "UTC"}},
    ]
)


def documented(situation, noon):
    """The same with documents of the alerts, so that filters have something to judge."""
    for alert in (*situation.transition.active, *situation.transition.recovered):
        alert.documented, alert.fields = DocumentingRun(noon, "run-1"), {"group": alert.group}
    return situation


def filtered(situation, chosen):
    actions = tuple(replace(action, alerts_filter=compile_filter(chosen)) for action in situation.actions)
    return replace(situation, actions=actions)


@SETTINGS
@given(ACTIONS, ALERTS, FILTERS)
def test_a_filter_never_adds_an_alert_nor_changes_the_order(
    situation_of, action_of, alert_of, noon, pairs, drawn_actions, drawn_alerts, chosen
):
    situation = documented(build(drawn_actions, drawn_alerts, (situation_of, action_of, alert_of, noon)), noon)
    before, after = pairs(decide(situation)), pairs(decide(filtered(situation, chosen)))
    assert after == [pair for pair in before if pair in after]


@SETTINGS
@given(ALERTS, st.sampled_from([1, 59, 60, 3600]), st.integers(0, 7200))
def test_a_throttle_never_keeps_a_changed_group_back(
    situation_of, action_of, alert_of, noon, pairs, drawn_alerts, throttle, ago
):
    """Whatever else keeps an alert back keeps it back without a throttle too."""
    actions = [("default", ("onThrottleInterval", f"{throttle}s")), ("other", ("onThrottleInterval", f"{throttle}s"))]
    world = (situation_of, action_of, alert_of, noon)
    throttled = build(actions, drawn_alerts, world)
    fired_at = noon - timedelta(seconds=ago)
    for alert in throttled.transition.active:
        if alert.last_scheduled_actions is not None:
            group = alert.last_scheduled_actions.group
            alert.last_scheduled_actions = LastScheduledActions(group, fired_at, {"u0": fired_at, "u1": fired_at})
    free = build([(group, ("onActiveAlert", None)) for group, _ in actions], drawn_alerts, world)
    kept_back = set(pairs(decide(free))) - set(pairs(decide(throttled)))
    alerts = {alert.id: alert for alert in throttled.transition.active}
    for _, alert_id in kept_back:
        last = alerts[alert_id].last_scheduled_actions
        assert last is not None
        assert last.group == alerts[alert_id].group
        assert ago < throttle


ENDED = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=6)


@SETTINGS
@given(ALERTS, st.lists(st.integers(0, 200), min_size=6, max_size=6), ENDED, st.booleans())
def test_summaries_count_every_alert_that_is_not_silent(
    situation_of, action_of, alert_of, noon, drawn_alerts, since, ended, is_interval
):
    """Minutes before noon: ``since`` when the alerts of the run began, ``ended`` when those before it did and ended."""
    action = action_of(notify_when="onThrottleInterval" if is_interval else "onActiveAlert", throttle="1h")
    action = replace(action, frequency=replace(action.frequency, summary=True))
    situation = documented(build([], drawn_alerts, (situation_of, action_of, alert_of, noon)), noon)
    transition = situation.transition
    everyone = [*transition.active, *transition.recovered]
    for minutes, alert in zip(since, everyone, strict=False):
        alert.start = noon - timedelta(minutes=minutes)
        alert.end = noon if alert in transition.recovered else None
    transition.new = [alert for alert in transition.active if alert.start == noon]
    documents = [
        {
            "@timestamp": iso(noon - timedelta(minutes=end)),
            "kibana.alert.start": iso(noon - timedelta(minutes=end + length)),
            "kibana.alert.end": iso(noon - timedelta(minutes=end)),
        }
        for end, length in ended
    ]
    whole = situation_of([action], rule={"muted_alert_ids": situation.rule.muted_alert_ids})
    whole = replace(whole, transition=transition, closed_documents=documents)
    new, ongoing, recovered = summarize(whole, whole.actions[0]).counts
    told = [alert for alert in everyone if alert.id not in whole.muted_ids and not alert.maintenance_window_ids]
    over = [alert for alert in told if alert.end is not None]
    if not is_interval:
        assert (new + ongoing, recovered) == (len(told) - len(over), len(over))
        return
    recent = [(end, length) for end, length in ended if end < 60]
    assert recovered == len(over) + len(recent)
    begun = [alert for alert in told if alert.start > noon - timedelta(hours=1)]
    assert new == len(begun) + sum(end + length < 60 for end, length in recent)
    assert ongoing == len([alert for alert in told if alert not in begun and alert not in over])
