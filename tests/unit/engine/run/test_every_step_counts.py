"""No step of a run is idle: put something neutral in its place, and what the run stores is another thing.

Each row plays a few runs and tells what is stored with the step, and what would be stored without it.
"""

from inspect import isfunction

import pytest

import engine.run.advance
import engine.run.state
from engine.model.alert import RuleState
from engine.model.settings import FlappingSettings
from engine.ports.rule_type import Recovery
from engine.run.alert_delay import Visibility
from engine.run.documents import DocumentChanges, DocumentWriter
from engine.run.tracking import Tracking
from engine.run.windows import RunningWindow

NIGHT = RunningWindow("w", "Night")
RESTLESS = FlappingSettings(look_back_window=4, status_change_threshold=2)


def do_nothing(*_, **__):
    return None


def track_nothing(state, reports, *, at, **_):
    return Tracking(at, active=dict(state.active), remembered=dict(state.recovered))


def reveal_all(tracking, _):
    alerts = list(tracking.active.values())
    return Visibility(new=[alert for alert in alerts if alert.id in tracking.fresh], active=alerts)


def write_nothing(*_):
    return DocumentChanges()


def remember_nothing(*_):
    return {}


def forget_everything(*_, **__):
    return RuleState()


def documents_of(run):
    """What the store is given: (uuid, status, by what event) of each document, opened, going on or closed."""
    opened = [each.uuid for each in run.new_documents]
    going_on = [alert.document for alert in run.active]
    closed = [each.document for each in run.closed_documents]
    shown = [
        (each.get("kibana.alert.uuid"), each.get("kibana.alert.status"), each.get("event.action"))
        for each in [*going_on, *closed]
    ]
    return opened, shown


def an_alert_comes_and_another_goes(life):
    rule = life()
    rule.run("old")
    return documents_of(rule.run("fresh"))


def a_rule_type_tells_about_a_recovery(life):
    rule = life()
    rule.run("a")
    run = rule.run(recover=lambda candidate: Recovery({}, {"my.end": f"{candidate.id} is over"}))
    return [each.document.get("my.end") for each in run.closed_documents]


def a_window_ends(life):
    rule = life()
    rule.run("a", windows=[NIGHT])
    run = rule.run("a", windows=[])
    return run.active[0].document["kibana.alert.maintenance_window_ids"], rule.state.active["a"].maintenance_window_ids


def an_alert_comes_in_a_window(life):
    rule = life()
    run = rule.run("a", windows=[NIGHT])
    return run.active[0].document["kibana.alert.maintenance_window_ids"], rule.state.active["a"].maintenance_window_ids


def an_alert_flaps(life):
    rule = life(flapping=RESTLESS)
    rule.run("a")
    rule.run()
    rule.run("a")
    run = rule.run()
    return documents_of(run), [(alert.id, alert.flapping_history) for alert in rule.state.active.values()]


def an_alert_waits_for_its_second_match(life):
    rule = life(alert_delay=2)
    run = rule.run("a")
    return documents_of(run), [(alert.id, alert.active_count) for alert in rule.state.active.values()]


def an_alert_recovers_and_comes_back(life):
    rule = life()
    rule.run("a")
    rule.run()
    remembered = [(alert.id, alert.flapping_history) for alert in rule.state.recovered.values()]
    run = rule.run("a")
    return remembered, run.active[0].document["kibana.alert.flapping_history"]


def a_state_is_carried_over(life):
    rule = life()
    rule.run("a")
    run = rule.run("a")
    return documents_of(run), rule.state.previous_started_at == run.at


STEPS = [
    pytest.param(
        engine.run.advance,
        "track",
        track_nothing,
        an_alert_comes_and_another_goes,
        (["u2"], [("u2", "active", "open"), ("u1", "recovered", "close")]),
        ([], []),
        id="track",
    ),
    pytest.param(
        engine.run.advance,
        "set_recovery_contexts",
        do_nothing,
        a_rule_type_tells_about_a_recovery,
        ["a is over"],
        [None],
        id="set_recovery_contexts",
    ),
    pytest.param(
        engine.run.advance,
        "drop_ended_windows",
        do_nothing,
        a_window_ends,
        ([], ()),
        (["w"], ("w",)),
        id="drop_ended_windows",
    ),
    pytest.param(
        engine.run.advance,
        "apply_flapping",
        do_nothing,
        an_alert_flaps,
        (([], [("u2", "active", "active")]), [("a", [True, True, True, True])]),
        (([], [("u2", "recovered", "close")]), []),
        id="apply_flapping",
    ),
    pytest.param(
        engine.run.advance,
        "apply_alert_delay",
        reveal_all,
        an_alert_waits_for_its_second_match,
        (([], []), [("a", 1)]),
        ((["u1"], [("u1", "active", "open")]), [("a", 0)]),
        id="apply_alert_delay",
    ),
    pytest.param(
        engine.run.advance,
        "attach_windows",
        do_nothing,
        an_alert_comes_in_a_window,
        (["w"], ("w",)),
        ([], ()),
        id="attach_windows",
    ),
    pytest.param(
        DocumentWriter,
        "write",
        write_nothing,
        an_alert_comes_and_another_goes,
        (["u2"], [("u2", "active", "open"), ("u1", "recovered", "close")]),
        ([], [(None, None, None)]),
        id="DocumentWriter.write",
    ),
    pytest.param(
        engine.run.advance,
        "remember_recovered",
        remember_nothing,
        an_alert_recovers_and_comes_back,
        ([("a", [True, True])], [True, True, True]),
        ([], [True]),
        id="remember_recovered",
    ),
    pytest.param(
        engine.run.state,
        "next_state",
        forget_everything,
        a_state_is_carried_over,
        (([], [("u1", "active", "active")]), True),
        ((["u2"], [("u2", "active", "open")]), False),
        id="next_state",
    ),
]


@pytest.mark.parametrize(("place", "step", "neutral", "play", "stored", "stored_without"), STEPS)
def test_without_a_step_another_thing_is_stored(life, monkeypatch, place, step, neutral, play, stored, stored_without):
    assert play(life) == stored
    monkeypatch.setattr(place, step, neutral)
    assert play(life) == stored_without
    assert stored_without != stored


def test_every_step_of_a_run_has_its_row():
    own = engine.run.advance.__name__
    steps = {
        name
        for name, value in vars(engine.run.advance).items()
        if isfunction(value) and value.__module__.startswith("engine.run.") and value.__module__ != own
    }
    assert steps == {row.values[1] for row in STEPS if row.values[0] is engine.run.advance}
