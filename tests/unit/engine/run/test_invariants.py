"""What holds in every life of a rule, whatever its type reports (rule-run.md 16).

Hypothesis invents lives: settings, and steps that are runs (some at the alert limit, some with partial results, some
failing) with maintenance windows coming and going, and alerts untracked in between.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.instant import iso
from engine.model.settings import FlappingSettings
from engine.ports.rule_type import AlertLimitReached, Recovery, Report, Reports
from engine.run.events import expand
from engine.run.state import without_alerts
from engine.run.status import FinishedRun, counts_of, execution_status, last_run
from engine.run.trace import trace_of
from engine.run.untracking import untrack_trace
from engine.run.windows import RunningWindow

WINDOWS = {
    "w-all": RunningWindow("w-all", "All"),
    "w-low": RunningWindow("w-low", "Low", lambda document: document["kibana.alert.action_group"] == "low"),
}


@dataclass(frozen=True)
class Step:
    """One run, or with ``untracks`` a user letting an alert go."""

    reported: tuple[str, ...] = ()
    group: str = "default"
    windows: frozenset[str] = frozenset()
    fails: bool = False
    is_partial: bool = False
    recovers_with_context: bool = False
    untracks: str | None = None


@dataclass
class Observed:
    """A successful run, with what was visible before it."""

    step: Step
    transition: object
    events: list
    was_visible: dict
    tracked_before: int
    reported: tuple[str, ...]
    state_after: object
    documents: dict = field(default_factory=dict)

    @property
    def is_tripped(self):
        return self.transition.is_limit_reached or self.step.is_partial


ALERT_IDS = st.sampled_from("abcd")
STEPS = st.lists(
    st.one_of(
        st.builds(
            Step,
            reported=st.lists(ALERT_IDS, unique=True, max_size=4).map(tuple),
            group=st.sampled_from(["default", "low", "high"]),
            windows=st.frozensets(st.sampled_from(sorted(WINDOWS))),
            fails=st.sampled_from([False] * 7 + [True]),
            is_partial=st.sampled_from([False] * 7 + [True]),
            recovers_with_context=st.booleans(),
        ),
        # Plain on and off makes alerts flap.
        st.builds(Step, reported=st.sampled_from([(), ("a",), ("a", "b")])),
        st.builds(Step, untracks=ALERT_IDS),
    ),
    min_size=1,
    max_size=40,
)
FLAPPING = st.builds(
    lambda enabled, window, threshold: FlappingSettings(enabled, window, min(window, threshold)),
    st.sampled_from([True, True, False]),
    st.integers(2, 8),
    st.integers(2, 5),
)
LIVES = {
    "flapping": FLAPPING,
    "delay": st.sampled_from([None, 0, 1, 2, 3]),
    "max_alerts": st.sampled_from([1, 2, 3, 1000]),
    "steps": STEPS,
}


class Life:
    """Plays the steps of an invented life and keeps what was observed."""

    def __init__(self, life, *, flapping, delay, max_alerts, steps):
        self.rule = life(flapping=flapping, alert_delay=delay, max_alerts=max_alerts, notifies=True)
        self.flapping, self.delay, self.max_alerts = flapping, delay, max_alerts
        self.runs: list[Observed] = []
        self.events: list[dict] = []
        self.untracked: list[str] = []
        for step in steps:
            if step.untracks is not None:
                self._untrack(step.untracks)
            elif step.fails:
                self._fail(step)
            else:
                self._run(step)

    def _untrack(self, alert_id):
        alert = self.rule.state.active.get(alert_id)
        if alert is None:
            return
        trace = untrack_trace(self.rule.subject.identity, [alert], self.rule.at)
        self.events += expand(trace) if trace is not None else []
        self.untracked.append(alert.uuid)
        self.rule.state = without_alerts(self.rule.state, {alert.uuid})

    def _fail(self, step):
        """A run fails after all was worked out: nothing of it may be left in the stored state."""
        before, picture = self.rule.state, repr(self.rule.state)
        self._advance(step)
        assert repr(before) == picture
        self.rule.state = before

    def _run(self, step):
        before = self.rule.state
        at = self.rule.at
        transition, reported = self._advance(step)
        end = FinishedRun(counts_of(transition), transition.is_limit_reached)
        trace = trace_of(
            transition,
            subject=self.rule.subject,
            scheduled_at=at,
            ended_at=at + timedelta(seconds=1),
            status=execution_status(end, at=at, duration_ms=1),
            last_run=last_run(end),
            windows=[WINDOWS[name] for name in sorted(step.windows)],
        )
        events = expand(trace)
        self.events += events
        visible = {alert.uuid: alert for alert in before.active.values() if alert.visible}
        self.runs.append(Observed(step, transition, events, visible, len(before.active), reported, self.rule.state))

    def _advance(self, step):
        reports = Reports(self.max_alerts)
        try:
            for alert_id in step.reported:
                reports.add(Report(alert_id, step.group, {"id": alert_id}, {"my.value": len(self.runs)}))
        except AlertLimitReached:
            pass
        transition = self.rule.run(
            *reports.all(),
            limit_reached=reports.is_limit_reached,
            hold_recoveries=step.is_partial,
            windows=[WINDOWS[name] for name in sorted(step.windows)],
            recover=(lambda _: Recovery({"over": True}, {"my.end": 1})) if step.recovers_with_context else None,
        )
        return transition, tuple(report.id for report in reports.all())


@pytest.fixture(scope="session")
def live(life):
    return lambda **choices: Life(life, **choices)


def uuids(alerts):
    return {alert.uuid for alert in alerts}


def events_of(events, action):
    return [event["kibana.alert.uuid"] for event in events if event["event.action"] == action]


@given(**LIVES)
@settings(max_examples=150, deadline=None)
def test_the_events_of_a_uuid_tell_one_life(live, **choices):
    lived = live(**choices)
    stories: dict[str, list[str]] = {}
    for event in lived.events:
        if "kibana.alert.uuid" in event:
            stories.setdefault(event["kibana.alert.uuid"], []).append(event["event.action"])
    for story in stories.values():
        ends = [action for action in story if action in ("recovered-instance", "untracked-instance")]
        assert story[0] == "new-instance"
        assert story.count("new-instance") == 1
        assert len(ends) <= 1
        assert not ends or story[-1] == ends[0]
    for run in lived.runs:
        expected = (run.was_visible.keys() | uuids(run.transition.new)) - uuids(run.transition.recovered)
        assert Counter(events_of(run.events, "active-instance")) == Counter(expected)


@given(**LIVES)
@settings(max_examples=150, deadline=None)
def test_nothing_mentions_an_alert_that_is_not_visible(live, **choices):
    lived = live(**choices)
    for run in lived.runs:
        transition = run.transition
        shown = [*transition.active, *transition.recovered]
        assert all(alert.visible for alert in shown)
        assert {document.uuid for document in transition.new_documents} == uuids(transition.new)
        assert {document.uuid for document in transition.closed_documents} == uuids(transition.recovered)
        mentioned = {event["kibana.alert.uuid"] for event in run.events if "kibana.alert.uuid" in event}
        assert mentioned == uuids(shown)
        assert all(not alert.visible and alert.document == {} for alert in transition.delayed)
        assert uuids(transition.delayed) & mentioned == set()
        metrics = {
            name: run.events[-1][f"kibana.alert.rule.execution.metrics.{name}"]
            for name in (
                "alert_counts.active",
                "alert_counts.new",
                "alert_counts.recovered",
                "number_of_delayed_alerts",
            )
        }
        assert list(metrics.values()) == [
            len(transition.active),
            len(transition.new),
            len(transition.recovered),
            len(transition.delayed),
        ]


@given(**LIVES)
@settings(max_examples=150, deadline=None)
def test_visible_alerts_are_those_before_plus_new_minus_recovered(live, **choices):
    for run in live(**choices).runs:
        transition = run.transition
        after = {alert.uuid for alert in run.state_after.active.values() if alert.visible}
        assert after == uuids(transition.active)
        assert after == (run.was_visible.keys() | uuids(transition.new)) - uuids(transition.recovered)
        assert uuids(transition.recovered) <= run.was_visible.keys()
        assert uuids(transition.new).isdisjoint(run.was_visible)
        assert list(run.state_after.active.values()) == list(transition.tracked.values())
        assert uuids(transition.tracked.values()) == uuids([*transition.active, *transition.delayed])


@given(**LIVES)
@settings(max_examples=200, deadline=None)
def test_a_steady_alert_recovers_with_its_first_miss(live, **choices):
    lived = live(**choices)
    threshold = lived.flapping.status_change_threshold
    for run in lived.runs:
        for alert in run.was_visible.values():
            is_steady = not alert.flapping and alert.flapping_history.count(True) < threshold
            is_missed = alert.id not in run.reported
            if is_missed and not run.is_tripped and (is_steady or not lived.flapping.enabled):
                assert alert.uuid in uuids(run.transition.recovered)
            if not is_missed or run.is_tripped:
                assert alert.uuid in uuids(run.transition.active)


@given(**LIVES)
@settings(max_examples=200, deadline=None)
def test_a_flapping_alert_recovers_after_at_most_threshold_misses_in_a_row(live, **choices):
    lived = live(**choices)
    threshold = lived.flapping.status_change_threshold
    misses: Counter[str] = Counter()
    for run in lived.runs:
        for alert in run.transition.active:
            is_miss = alert.id not in run.reported and not run.is_tripped
            misses[alert.uuid] = misses[alert.uuid] + 1 if is_miss else 0
            assert misses[alert.uuid] < threshold
            assert alert.pending_recovered_count == misses[alert.uuid]


@given(**LIVES)
@settings(max_examples=200, deadline=None)
def test_numbers_stay_in_their_bounds(live, **choices):
    lived = live(**choices)
    durations: dict[str, int] = {}
    for run in lived.runs:
        transition = run.transition
        everybody = [*transition.tracked.values(), *transition.recovered, *transition.tracked_recovered.values()]
        for alert in everybody:
            assert len(alert.flapping_history) <= lived.flapping.look_back_window
            assert 0 <= alert.pending_recovered_count < lived.flapping.status_change_threshold
        for alert in [*transition.active, *transition.recovered]:
            assert alert.duration_ns >= durations.get(alert.uuid, 0)
            durations[alert.uuid] = alert.duration_ns
            assert alert.duration_ns == (transition.at - alert.start) // timedelta(microseconds=1) * 1000
        assert all(alert.end >= alert.start for alert in transition.recovered)
        assert all(alert.end is None for alert in transition.tracked.values())
        assert len(transition.tracked_recovered) <= max(lived.max_alerts, 0)
        if transition.is_limit_reached:
            assert len(transition.tracked) <= max(lived.max_alerts, run.tracked_before)
        for alert in transition.active:
            matches = alert.active_count
            assert matches >= max(1, lived.delay or 0)


@given(flapping=st.just(FlappingSettings(False)), **{name: LIVES[name] for name in ("max_alerts", "steps")})
@settings(max_examples=100, deadline=None)
def test_without_flapping_and_delay_the_active_alerts_are_the_reported_ones(live, **choices):
    lived = live(delay=None, **choices)
    for run in lived.runs:
        if not run.is_tripped:
            assert {alert.id for alert in run.transition.active} == set(run.reported)
            assert all(alert.reported for alert in run.transition.active)


@given(**LIVES)
@settings(max_examples=100, deadline=None)
def test_all_instants_of_a_run_are_its_start(live, **choices):
    for run in live(**choices).runs:
        transition = run.transition
        text = iso(transition.at)
        assert all(alert.start == transition.at and alert.duration_ns == 0 for alert in transition.new)
        assert all(alert.end == transition.at for alert in transition.recovered)
        for alert in [*transition.active, *transition.recovered]:
            document = alert.document
            assert document["@timestamp"] == document["kibana.alert.rule.execution.timestamp"] == text
            assert document["kibana.alert.start"] == document["kibana.alert.time_range"]["gte"] == iso(alert.start)
            assert document["kibana.alert.uuid"] == alert.uuid
            assert document["kibana.alert.flapping_history"] == alert.flapping_history
            assert document["kibana.alert.consecutive_matches"] == alert.active_count
            assert document["kibana.alert.rule.execution.uuid"] == transition.execution_uuid
        assert {event["@timestamp"] for event in run.events} == {text}
        assert run.state_after.previous_started_at == transition.at


@given(**LIVES)
@settings(max_examples=150, deadline=None)
def test_alerts_wear_only_windows_that_run_and_only_from_when_they_became_new(live, **choices):
    worn_by: dict[str, set[str]] = {}
    for run in live(**choices).runs:
        for alert in [*run.transition.active, *run.transition.recovered]:
            worn = set(alert.maintenance_window_ids)
            assert worn <= run.step.windows
            assert alert.document["kibana.alert.maintenance_window_ids"] == list(alert.maintenance_window_ids)
            if alert.uuid in uuids(run.transition.new):
                covering = {"w-all"} | ({"w-low"} if alert.group == "low" else set())
                assert worn == covering & run.step.windows
            else:
                assert worn == worn_by[alert.uuid] & run.step.windows
            worn_by[alert.uuid] = worn
        assert all(alert.maintenance_window_ids == () for alert in run.transition.delayed)


@given(**LIVES)
@settings(max_examples=50, deadline=None)
def test_the_same_life_twice_is_the_same(live, **choices):
    first, second = live(**choices), live(**choices)
    assert first.events == second.events
    assert first.rule.state == second.rule.state


@given(**LIVES)
@settings(max_examples=100, deadline=None)
def test_untracked_alerts_never_come_back(live, **choices):
    lived = live(**choices)
    tracked_at_the_end = uuids(lived.rule.state.active.values()) | uuids(lived.rule.state.recovered.values())
    assert tracked_at_the_end.isdisjoint(lived.untracked)
