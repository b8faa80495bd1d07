"""Summary actions: what they tell, when, and what is remembered of it (actions-scheduling.md 5.3, 7)."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from engine.model.document import DocumentingRun
from engine.model.instant import iso, to_ms
from engine.notify.alerts_filter import compile_dsl
from engine.notify.decide import ConnectorAvailability, decide
from engine.notify.dispatch import known_summary_actions
from engine.notify.summary import summaries_look_back_to, summary_bounds
from engine.query.options import QueryOptions
from engine.template.variables import rule_variables

HOUR, MINUTE, MS = timedelta(hours=1), timedelta(minutes=1), timedelta(milliseconds=1)


@pytest.fixture
def summary_of(action_of):
    """A summary action; with a throttle one of an interval."""

    def build(uuid="s1", throttle=None, **rest):
        way = "onThrottleInterval" if throttle else "onActiveAlert"
        action = action_of(uuid, notify_when=way, throttle=throttle, **rest)
        return replace(action, frequency=replace(action.frequency, summary=True))

    return build


@pytest.fixture
def seen(alert_of, noon):
    """An alert with a document of this run, active since ``since`` before noon."""

    def build(alert_id="a", since=timedelta(0), ended=False, **rest):
        members = {"documented": DocumentingRun(noon, "run-1"), "fields": {"host": alert_id}, **rest}
        return alert_of(alert_id, start=noon - since, end=noon if ended else None, **members)

    return build


@pytest.fixture
def told(situation_of, run_once):
    """[new, ongoing, recovered] of each summary that is let through."""

    def tell(actions, new=(), ongoing=(), recovered=(), **rest):
        situation = situation_of(actions, [*new, *ongoing], recovered, **rest)
        situation.transition.new = list(new)
        return [list(mention.summary) for mention in run_once(situation).mentions]

    return tell


def test_a_run_is_summed_up_whatever_the_groups(told, summary_of, seen):
    new, old = [seen("a"), seen("b", group="other")], {"ongoing": [seen("c", HOUR)], "recovered": [seen("d", HOUR)]}
    assert told([summary_of(group="recovered")], new=new, **old) == [[2, 1, 1]]


def test_nothing_to_tell_is_not_told(situation_of, summary_of, run_once, alert_of):
    dispatched = run_once(situation_of([summary_of()], delayed=[alert_of("late")]))
    assert (dispatched.notifications, dispatched.generated) == ([], 0)
    assert [(entry.reason, entry.alert_ids) for entry in dispatched.ledger] == [("nothingToSummarize", ())]


def test_silent_alerts_are_left_out(told, summary_of, seen):
    in_window = {"maintenance_window_ids": ("w1",)}
    muted = {"muted_alert_ids": ("m1", "m2")}
    assert told(
        [summary_of()],
        new=[seen("a"), seen("m1"), seen("w1", **in_window)],
        ongoing=[seen("w2", HOUR, **in_window)],
        recovered=[seen("m2", HOUR), seen("w3", HOUR, **in_window), seen("z", HOUR)],
        rule=muted,
    ) == [[1, 0, 1]]


def test_a_filter_narrows_what_is_told(told, summary_of, seen):
    query = {"kql": "host: a", "filters": [], "dsl": compile_dsl("host: a", [], QueryOptions())}
    summary = summary_of(alerts_filter={"query": query})
    assert told([summary], new=[seen("a"), seen("b")], ongoing=[seen("c", HOUR)]) == [[1, 0, 0]]


def test_a_summary_whose_filter_cannot_be_evaluated_is_not_run(situation_of, summary_of, seen, run_once):
    broken = {"query": {"kql": "", "filters": [], "dsl": '{"script": {}}'}}
    dispatched = run_once(situation_of([summary_of(alerts_filter=broken)], [seen()]))
    assert [entry.reason for entry in dispatched.ledger] == ["filterFailed"]
    assert len(dispatched.log_errors) == 1


def closed(alert_id, noon, start, end, **fields):
    """The document of an alert that ended some time before noon, in minutes."""
    return {
        "@timestamp": iso(noon - end * MINUTE),
        "kibana.alert.instance.id": alert_id,
        "kibana.alert.start": iso(noon - start * MINUTE),
        "kibana.alert.end": iso(noon - end * MINUTE),
        **fields,
    }


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (90, 30, [0, 0, 1]),
        (59, 30, [1, 0, 1]),
        (60, 30, [0, 0, 1]),
        (59, 0, [1, 0, 1]),
        (120, 60, []),
        (120, 61, []),
    ],
)
def test_ended_alerts_count_by_start_and_end_in_an_interval(told, summary_of, noon, start, end, expected):
    found = told([summary_of(throttle="1h")], closed_documents=[closed("x", noon, start, end)])
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("since", "expected"), [(59 * MINUTE, [1, 0, 0]), (HOUR - MS, [1, 0, 0]), (HOUR, [0, 1, 0]), (2 * HOUR, [0, 1, 0])]
)
def test_active_alerts_count_by_their_start_in_an_interval(told, summary_of, seen, since, expected):
    assert told([summary_of(throttle="1h")], ongoing=[seen("a", since)]) == [expected]


@pytest.mark.parametrize(("since", "expected"), [(30 * MINUTE, [1, 0, 1]), (2 * HOUR, [0, 0, 1])])
def test_alerts_that_end_in_this_run_count_too(told, summary_of, seen, since, expected):
    assert told([summary_of(throttle="1h")], recovered=[seen("a", since, ended=True)]) == [expected]


def test_an_untracked_alert_counts_as_recovered_by_its_end_if_it_was_written_in_the_interval(told, summary_of, noon):
    document = closed("x", noon, 90, 30, **{"kibana.alert.status": "untracked"})
    stale = document | {"@timestamp": iso(noon - HOUR)}
    assert told([summary_of(throttle="1h")], closed_documents=[document, stale]) == [[0, 0, 1]]


def test_silent_alerts_are_left_out_of_intervals(told, summary_of, seen, noon):
    documents = [
        closed("m1", noon, 30, 20),
        closed("w1", noon, 30, 20, **{"kibana.alert.maintenance_window_ids": ["w"]}),
        closed("x", noon, 30, 20, **{"kibana.alert.maintenance_window_ids": []}),
    ]
    assert told(
        [summary_of(throttle="1h")],
        ongoing=[seen("w2", maintenance_window_ids=("w",)), seen("y", 2 * HOUR)],
        closed_documents=documents,
        rule={"muted_alert_ids": ("m1",)},
    ) == [[1, 1, 1]]


def test_a_filter_sees_ended_alerts_as_they_were_written(told, summary_of, noon):
    timeframe = {"days": [], "hours": {"start": "11:00", "end": "11:30"}, "timezone": "UTC"}
    documents = [closed("early", noon, 55, 40), closed("late", noon, 55, 20)]
    summary = summary_of(throttle="1h", alerts_filter={"timeframe": timeframe})
    assert told([summary], closed_documents=documents) == [[1, 0, 1]]


def test_templates_see_the_documents_in_order_and_the_true_counts(situation_of, summary_of, seen, run_once):
    params = {"message": "{{alerts.all.count}}:{{#alerts.all.data}}{{kibana.alert.instance.id}},{{/alerts.all.data}}"}
    situation = situation_of(
        [summary_of(params=params)], [seen("b", HOUR), seen("a"), seen("c")], [seen("z", HOUR)], max_documents=1
    )
    situation.transition.new = situation.transition.active[1:]
    [sent] = run_once(situation).notifications
    assert sent.params == {"message": "4:a,b,z,"}
    assert (sent.alert_id, sent.alert_uuid) == (None, None)


def test_an_interval_shows_so_many_documents_of_each_part_and_counts_all(
    situation_of, summary_of, seen, run_once, noon
):
    shown = "{{#alerts.%s.data}}{{kibana.alert.instance.id}}{{/alerts.%s.data}}:{{alerts.%s.count}}"
    message = " ".join(shown % (part, part, part) for part in ("new", "ongoing", "recovered"))
    lasting = [closed(name, noon, 90, 20) | {"kibana.alert.end": None} for name in ("c1", "c2")]
    situation = situation_of(
        [summary_of(throttle="1h", params={"message": message})],
        [seen("a1"), seen("a2"), seen("b1", 2 * HOUR), seen("b2", 2 * HOUR)],
        [seen("z1", 2 * HOUR, ended=True), seen("z2", 2 * HOUR, ended=True)],
        closed_documents=[closed("x1", noon, 30, 20), closed("x2", noon, 30, 20), *lasting],
        max_documents=3,
    )
    [sent] = run_once(situation).notifications
    assert sent.params == {"message": "x1x2a1:4 c1c2b1:4 x1x2z1:4"}


def test_documents_come_with_id_and_index(situation_of, summary_of, seen, run_once):
    params = {"message": "{{#alerts.all.data}}{{_id}} {{_index}}{{/alerts.all.data}}"}
    [sent] = run_once(situation_of([summary_of(params=params)], [seen("a")])).notifications
    assert sent.params["message"] == "uuid-a .alerts-generic.alerts-ops"


def test_the_ledger_tells_the_counts(situation_of, summary_of, seen, run_once):
    situation = situation_of([summary_of()], [seen("a"), seen("b")])
    [entry] = run_once(situation).ledger
    assert (entry.reason, entry.alert_ids) == ("notified", ())
    assert entry.facts == {"new": 0, "ongoing": 2, "recovered": 0}


def test_a_run_without_alerts_leaves_no_decisions(situation_of, summary_of, run_once, noon):
    assert run_once(situation_of([summary_of()])).ledger == []
    waiting = situation_of([summary_of(throttle="1h")], summary_actions={"s1": noon})
    assert run_once(waiting).ledger == []


# the clock of an interval


def test_an_interval_starts_with_a_summary_that_was_let_through(situation_of, summary_of, seen, run_once, noon):
    hourly, each_run = summary_of("s1", "1h"), summary_of("s2")
    assert run_once(situation_of([hourly, each_run], [seen()])).summary_actions == {"s1": noon}
    assert run_once(situation_of([hourly])).summary_actions == {}
    assert run_once(situation_of([hourly], [seen()], max_actions=0)).summary_actions == {}
    assert run_once(situation_of([hourly], [seen()], queue_room=0)).summary_actions == {}


@pytest.mark.parametrize(("ago", "is_told"), [(HOUR - MS, False), (HOUR, True), (2 * HOUR, True)])
def test_a_summary_waits_for_its_interval(situation_of, summary_of, seen, run_once, noon, ago, is_told):
    situation = situation_of([summary_of(throttle="1h")], [seen()], summary_actions={"s1": noon - ago})
    dispatched = run_once(situation)
    assert bool(dispatched.notifications) is is_told
    assert dispatched.summary_actions == {"s1": noon if is_told else noon - ago}
    if not is_told:
        [entry] = dispatched.ledger
        assert (entry.reason, entry.facts) == ("throttled", {"until": iso(noon - ago + HOUR), "level": "action"})


def test_a_gated_run_forgets_nothing(situation_of, summary_of, seen, run_once, noon):
    state = {"s1": noon - MINUTE, "gone": noon}
    situation = situation_of([summary_of(throttle="1h")], [seen()], summary_actions=state, rule={"mute_all": True})
    assert run_once(situation).summary_actions == {"s1": noon - MINUTE}


def test_older_names_of_a_clock_are_replaced(situation_of, summary_of, action_of, noon):
    actions = situation_of([summary_of("s1", "1h"), summary_of("s2", "1d"), action_of("u1")]).actions
    stored = {".server-log:summary:1h": noon, "s2": noon - HOUR, "u1": noon, "gone": noon}
    assert known_summary_actions(stored, actions) == {"s1": noon, "s2": noon - HOUR}


def test_a_clock_under_its_older_name_holds_the_summary_back(situation_of, summary_of, seen, run_once, noon):
    state = {".server-log:summary:1h": noon - MINUTE}
    dispatched = run_once(situation_of([summary_of(throttle="1h")], [seen()], summary_actions=state))
    assert (dispatched.notifications, dispatched.summary_actions) == ([], {"s1": noon - MINUTE})


# the passes


def test_summaries_go_before_single_alerts_and_take_no_part_in_their_throttles(
    situation_of, summary_of, action_of, seen, run_once
):
    alert = seen()
    dispatched = run_once(situation_of([action_of("u1"), summary_of("s1"), summary_of("s2", "1h")], [alert]))
    assert [sent.action_uuid for sent in dispatched.notifications] == ["s1", "s2", "u1"]
    assert alert.last_scheduled_actions.actions == {}
    assert (dispatched.generated, dispatched.triggered) == (3, 3)


def test_limits_count_summaries_like_other_actions(situation_of, summary_of, action_of, seen, run_once):
    dispatched = run_once(situation_of([action_of("u1"), summary_of("s1")], [seen()], max_actions=1))
    assert [sent.action_uuid for sent in dispatched.notifications] == ["s1"]
    ends = [(entry.action_uuid, entry.reason) for entry in dispatched.ledger]
    assert ends == [("s1", "notified"), ("u1", "limitReached")]


def test_system_actions_are_skipped_with_a_warning(situation_of, action_of, seen, run_once):
    system = {"c-u1": ConnectorAvailability(".system", is_system_action=True)}
    dispatched = run_once(situation_of([action_of()], [seen()], connectors=system))
    assert dispatched.notifications == []
    assert [(entry.reason, entry.alert_ids) for entry in dispatched.ledger] == [("systemActionUnsupported", ())]
    assert dispatched.warnings == ["action [u1] was skipped: nothing makes the params of its system connector [c-u1]"]


# what has to be known beforehand


def test_only_intervals_that_are_due_look_back(situation_of, summary_of, action_of, noon):
    single = action_of("u1", notify_when="onThrottleInterval", throttle="9d")
    actions = situation_of([single, summary_of("s1"), summary_of("s2", "1h"), summary_of("s3", "1d")]).actions
    assert summaries_look_back_to(actions, {}, noon) == noon - 24 * HOUR
    assert summaries_look_back_to(actions, {"s3": noon - HOUR}, noon) == noon - HOUR
    assert summaries_look_back_to(actions, {"s3": noon, "s2": noon - MINUTE}, noon) is None
    assert summaries_look_back_to(actions[:2], {}, noon) is None


def test_the_time_that_a_summary_shows(situation_of, summary_of, action_of, noon):
    single, per_run, hourly = situation_of([action_of("u1"), summary_of("s1"), summary_of("s2", "1h")]).actions
    common = {"interval": MINUTE, "now": noon}
    assert summary_bounds(hourly, previous_started_at=noon - MINUTE, **common) == (noon - HOUR, noon)
    assert summary_bounds(per_run, previous_started_at=noon - HOUR, **common) == (noon - HOUR, noon)
    assert summary_bounds(per_run, previous_started_at=None, **common) == (noon - MINUTE, noon)
    assert summary_bounds(single, previous_started_at=noon - HOUR, **common) is None


def test_nothing_is_put_together_that_nobody_reads(situation_of, action_of, seen, monkeypatch):
    situation = situation_of([action_of()], [seen()])
    monkeypatch.setattr(type(situation), "document_of", None)
    assert len(decide(situation).candidates) == 1


# what rule types have to do with it


def test_a_page_of_the_type_shows_the_time_that_is_summed_up(
    situation_of, summary_of, action_of, seen, rule_type, run_once, noon
):
    asked = []

    def page(rule_id, params, shown):
        asked.append((rule_id, params, shown))
        return f"/app/mine?{shown}" if shown else "/app/mine"

    own = SimpleNamespace(**vars(rule_type), page_path=page)
    params = {"message": "{{rule.url}} {{context.results_link}}"}
    actions = [summary_of("s1", "1h", params=params), summary_of("s2", params=params), action_of("u1", params=params)]
    situation = situation_of(actions, [seen()], rule_type=own, previous_started_at=noon - MINUTE)
    variables = rule_variables(situation.rule, public_base_url="http://h", relative_path="/app/mine")
    sent = run_once(replace(situation, rule_variables=variables)).notifications
    end = to_ms(noon)
    url = "http://h/s/ops/app/mine"
    assert [each.params["message"] for each in sent] == [
        f"{url}?({end - 3_600_000}, {end}) {url}?({end - 3_600_000}, {end})",
        f"{url}?({end - 60_000}, {end}) {url}?({end - 60_000}, {end})",
        f"{url} ",
    ]
    assert {(rule_id, params["threshold"]) for rule_id, params, _ in asked} == {("rule-1", 5)}


def test_types_without_alert_documents_can_do_nothing_that_needs_them(
    situation_of, summary_of, action_of, seen, rule_type, run_once
):
    bare = SimpleNamespace(**vars(rule_type), keeps_documents=False)
    timeframe = {"days": [], "hours": {"start": "00:00", "end": "24:00"}, "timezone": "UTC"}
    actions = [
        summary_of("s1"),
        action_of("u1", alerts_filter={"timeframe": timeframe}),
        action_of("u2", use_alert_data_for_template=True),
        action_of("u3"),
        action_of("system"),
    ]
    situation = situation_of(actions, [seen()], rule_type=bare)
    system = {**situation.connectors, "c-system": ConnectorAvailability(".system", is_system_action=True)}
    dispatched = run_once(replace(situation, connectors=system))
    assert [sent.action_uuid for sent in dispatched.notifications] == ["u3"]
    kept_back = [entry.action_uuid for entry in dispatched.ledger if entry.reason == "noAlertDocuments"]
    assert kept_back == ["s1", "u1", "u2"]
    assert [error.partition(" was")[0] for error in dispatched.log_errors] == [f"action [{uuid}]" for uuid in kept_back]
    assert dispatched.warnings == []
