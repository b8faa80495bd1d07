"""Single decisions of action_scheduling cases, asked of `engine.notify` and `engine.run`."""

from datetime import timedelta
from typing import Any

from engine.model.alert import Alert, LastScheduledActions
from engine.model.instant import iso, parse_iso, to_ms
from engine.notify import pipeline
from engine.notify.admission import admit
from engine.notify.alerts_filter import compile_filter
from engine.notify.decide import Candidate, decide
from engine.notify.summary import summarize, summary_bounds
from engine.query.match.document import DocumentView
from engine.run import status
from engine.timing.durations import parse_duration
from tests.cases.adapters.scheduling_world import action_of, rule_of, situation_of
from tests.cases.matching import assert_equal, require_known

Case = dict[str, Any]

_LONG_AGO = timedelta(days=365)


def check_pending_recovery(given: Case, expect: Case) -> None:
    """Whether the action fires for an alert that is held active, or is not."""
    known = {"action_group", "notify_when", "notify_when_level", "pending_recovered_count", "remembered_group"}
    require_known(given, known | {"reported_group", "throttle"}, "given")
    require_known(expect, {"fires"}, "expect")
    level, notify_when = given.get("notify_when_level", "action"), given.get("notify_when")
    assert level in ("action", "rule"), f"unknown shape: level {level!r}"
    throttle = given.get("throttle") or ("1h" if notify_when == "onThrottleInterval" else None)
    action: Case = {"group": given.get("action_group", "default")}
    rule: Case = {}
    if level == "rule" or notify_when is None:
        rule = {"notify_when": notify_when, "throttle": throttle}
    else:
        action["frequency"] = {"summary": False, "notify_when": notify_when, "throttle": throttle}
    whole = rule_of(rule, [action_of(action)])
    alert = Alert("a", "uuid-a", given["reported_group"], visible=True, active_count=1)
    alert.pending_recovered_count = given["pending_recovered_count"]
    if given.get("remembered_group") is not None:
        at = whole.created_at - _LONG_AGO
        alert.last_scheduled_actions = LastScheduledActions(given["remembered_group"], at, {"u1": at})
    fires = bool(decide(situation_of(whole, active=[alert])).candidates)
    assert_equal(fires, expect["fires"], "fires")


def check_summary_throttle(given: Case, expect: Case) -> None:
    """Whether a summary action waits for its interval."""
    require_known(given, {"action", "summary_actions_state", "now"}, "given")
    require_known(expect, {"throttled"}, "expect")
    stored = given.get("summary_actions_state") or {}
    situation = situation_of(
        rule_of({}, [action_of(given["action"])]),
        at=given["now"],
        summary_actions={name: parse_iso(entry["date"]) for name, entry in stored.items()},
    )
    reason = pipeline.find_summary_reason(situation, situation.actions[0])
    assert_equal(reason is not None and reason.code == "throttled", expect["throttled"], "throttled")


def check_time_bounds(given: Case, expect: Case) -> None:
    """The time that the link of a summary shows, as ISO text or in ms."""
    require_known(given, {"frequency", "schedule", "previous_started_at", "now"}, "given")
    require_known(expect, {"start", "end"}, "expect")
    rule = rule_of({"schedule": given["schedule"]}, [action_of({"frequency": given["frequency"]})])
    situation = situation_of(rule, at=given["now"])
    previous = given.get("previous_started_at")
    bounds = summary_bounds(
        situation.actions[0],
        interval=parse_duration(given["schedule"]["interval"]),
        previous_started_at=None if previous is None else parse_iso(previous),
        now=situation.at,
    )
    for position, name in enumerate(("start", "end")):
        if name in expect:
            at = None if bounds is None else bounds[position]
            form = to_ms if isinstance(expect[name], int) else iso
            assert_equal(None if at is None else form(at), expect[name], name)


def check_interval_categories(given: Case, expect: Case) -> None:
    """How many alert documents are new, ongoing and recovered in an interval."""
    require_known(given, {"throttle", "now", "alerts", "muted_alert_ids"}, "given")
    require_known(expect, {"new", "ongoing", "recovered", "all"}, "expect")
    frequency = {"summary": True, "notify_when": "onThrottleInterval", "throttle": given["throttle"]}
    rule = rule_of({"muted_alert_ids": given.get("muted_alert_ids", ())}, [action_of({"frequency": frequency})])
    documents = [_document(alert) for alert in given["alerts"]]
    situation = situation_of(rule, at=given["now"], closed_documents=documents)
    counts = dict(zip(("new", "ongoing", "recovered"), summarize(situation, situation.actions[0]).counts, strict=True))
    found = {**counts, "all": sum(counts.values())}
    assert_equal({name: found[name] for name in expect}, expect, "counts")


def _document(alert: Case) -> Case:
    require_known(alert, {"id", "@timestamp", "start", "end", "status", "maintenance_window_ids"}, "alert")
    names = {
        "id": "kibana.alert.instance.id",
        "start": "kibana.alert.start",
        "end": "kibana.alert.end",
        "status": "kibana.alert.status",
        "maintenance_window_ids": "kibana.alert.maintenance_window_ids",
    }
    return {names.get(name, name): value for name, value in alert.items() if value is not None}


def check_queue_limit(given: Case, expect: Case) -> None:
    """How many actions of a batch find room in the queue, and which."""
    require_known(given, {"already_queued", "max_queued", "batch"}, "given")
    require_known(expect, {"accepted", "dropped", "dropped_from", "run_warning"}, "expect")
    room = given["max_queued"] - given["already_queued"]
    situation = situation_of(rule_of({}, [action_of({})]), queue_room=room)
    batch = [Candidate(situation.actions[0], Alert(str(n), f"uuid-{n}", "default")) for n in range(given["batch"])]
    admission = admit(situation, batch)
    assert_equal(len(admission.accepted), expect["accepted"], "accepted")
    if "dropped" in expect:
        assert_equal(len(admission.refused), expect["dropped"], "dropped")
    if expect.get("dropped_from"):
        assert_equal(expect["dropped_from"], "end", "dropped_from")
        assert list(admission.accepted) == batch[: len(admission.accepted)], "not the last ones were dropped"
    if "run_warning" in expect:
        end = status.FinishedRun(status.RunCounts(), actions_cut=admission.actions_cut)
        assert_equal(status.last_run(end).warning, expect["run_warning"], "run_warning")


def check_run_outcome(given: Case, expect: Case) -> None:
    """Outcome and warning of a run in which limits were met."""
    known = {"reached_alert_limit", "actions_partial", "reached_queue_limit", "rule_reported_errors"}
    require_known(given, known, "given")
    require_known(expect, {"outcome", "warning", "outcome_order", "execution_status"}, "expect")
    cut = "executable" if given.get("actions_partial") else None
    end = status.FinishedRun(
        status.RunCounts(),
        is_limit_reached=given.get("reached_alert_limit", False),
        actions_cut="queue" if given.get("reached_queue_limit") else cut,
        rule_errors=["an error"] if given.get("rule_reported_errors") else (),
    )
    last_run = status.last_run(end)
    for name in ("outcome", "warning", "outcome_order"):
        if name in expect:
            assert_equal(getattr(last_run, name), expect[name], name)
    if "execution_status" in expect:
        at = rule_of({}).created_at
        assert_equal(status.execution_status(end, at=at, duration_ms=0).status, expect["execution_status"], "status")


def check_timeframe(given: Case, expect: Case) -> None:
    """Whether the timeframe of a filter allows an alert document of that instant."""
    require_known(given, {"timeframe", "at"}, "given")
    require_known(expect, {"allowed"}, "expect")
    chosen = compile_filter({"timeframe": given["timeframe"]})
    assert chosen.fault is None, str(chosen.fault)
    view = DocumentView({"@timestamp": given["at"]}, parse_iso(given["at"]))
    assert_equal(chosen.passes(view), expect["allowed"], "allowed")
