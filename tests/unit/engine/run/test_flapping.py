"""Flapping: which settings hold, when an alert flaps, is held, ends, and what is remembered (rule-run.md 3, 5)."""

import pytest

from engine.model.alert import Alert, RuleState
from engine.model.rule import RuleFlapping
from engine.model.settings import FlappingSettings
from engine.ports.rule_type import Recovery, Report
from engine.run.flapping import effective_settings

ON, OFF = FlappingSettings(True, 10, 3), FlappingSettings(False, 10, 3)
QUICK = FlappingSettings(True, 4, 2)


def letters(history):
    return "".join("T" if changed else "F" for changed in history)


@pytest.mark.parametrize(
    ("space", "rule", "effective"),
    [
        (OFF, None, OFF),
        (OFF, RuleFlapping(5, 2), OFF),
        (ON, None, ON),
        (ON, RuleFlapping(5, 2), FlappingSettings(True, 5, 2)),
        (ON, RuleFlapping(5, 2, enabled=False), FlappingSettings(False, 5, 2)),
    ],
)
def test_effective_settings(space, rule, effective):
    assert effective_settings(space, rule) == effective


def test_the_worked_example_of_the_specification(life):
    rule = life(flapping=FlappingSettings(True, 6, 4))
    expected = [
        ("1", "new", "u1", False, "T", 0),
        ("0", "recovered", "u1", False, "TT", 0),
        ("0", "-", None, None, "TTF", None),
        ("1", "new", "u2", False, "TTFT", 0),
        ("0", "recovered", "u2", False, "TTFTT", 0),
        ("1", "new", "u3", False, "TTFTTT", 0),
        ("0", "held", "u3", True, "TFTTTT", 1),
        ("1", "ongoing", "u3", True, "FTTTTF", 0),
        ("0", "held", "u3", True, "TTTTFT", 1),
        ("1", "ongoing", "u3", True, "TTTFTF", 0),
        ("1", "ongoing", "u3", True, "TTFTFF", 0),
        ("1", "ongoing", "u3", True, "TFTFFF", 0),
        ("1", "ongoing", "u3", True, "FTFFFF", 0),
        ("1", "ongoing", "u3", True, "TFFFFF", 0),
        ("1", "ongoing", "u3", True, "FFFFFF", 0),
        ("1", "ongoing", "u3", False, "FFFFFF", 0),
        ("1", "ongoing", "u3", False, "FFFFFF", 0),
        ("0", "recovered", "u3", False, "FFFFFT", 0),
    ]
    seen = []
    for reported, *_ in expected:
        run = rule.run(*(["a"] if reported == "1" else []))
        seen.append((reported, *told(run, rule.state)))
    assert seen == expected


def told(run, state):
    if run.recovered:
        what, alert = "recovered", run.recovered[0]
    elif not run.active:
        return "-", None, None, letters(state.recovered["a"].flapping_history), None
    else:
        alert = run.active[0]
        what = "new" if run.new else "held" if alert.pending_recovered_count else "ongoing"
    return what, alert.uuid, alert.flapping, letters(alert.flapping_history), alert.pending_recovered_count


def test_a_held_alert_recovers_on_the_miss_that_reaches_the_threshold(life):
    rule = life(flapping=FlappingSettings(True, 20, 3))
    rule.run("a"), rule.run(), rule.run("a")
    assert [(len(run.active), len(run.recovered)) for run in (rule.run(), rule.run(), rule.run())] == [
        (1, 0),
        (1, 0),
        (0, 1),
    ]
    ended = rule.state.recovered["a"]
    assert ended.flapping is True
    assert ended.pending_recovered_count == 0


def test_one_report_resets_the_pending_count(life):
    rule = life(flapping=FlappingSettings(True, 20, 3))
    rule.run("a"), rule.run(), rule.run("a")
    assert [run.active[0].pending_recovered_count for run in (rule.run(), rule.run(), rule.run("a"), rule.run())] == [
        1,
        2,
        0,
        1,
    ]


def test_a_pending_count_beyond_a_lowered_threshold_ends_the_alert(life):
    rule = life(flapping=FlappingSettings(True, 20, 4))
    rule.run("a"), rule.run(), rule.run("a"), rule.run(), rule.run("a")
    rule.run(), rule.run(), rule.run()
    assert rule.state.active["a"].pending_recovered_count == 3
    rule.flapping = FlappingSettings(True, 20, 2)
    assert [alert.id for alert in rule.run().recovered] == ["a"]


def held(rule):
    """Make alert a flap and hold it; the run of the hold."""
    rule.run("a"), rule.run(), rule.run("a")
    return rule.run()


def test_a_held_alert_has_no_end_keeps_its_uuid_and_is_not_new(life):
    rule = life(flapping=QUICK)
    run = held(rule)
    (alert,) = run.active
    assert (alert.uuid, alert.end, alert.reported) == ("u2", None, False)
    assert (run.new, run.recovered, list(run.tracked)) == ([], [], ["a"])
    assert alert.duration_ns == 60_000_000_000


def test_a_held_alert_is_in_the_group_it_last_notified_for(life):
    rule = life(flapping=QUICK, notifies=True)
    rule.run(Report("a", "high")), rule.run(), rule.run(Report("a", "high"))
    assert rule.run().active[0].group == "high"


def test_a_held_alert_that_never_notified_is_in_the_default_group(life):
    rule = life(flapping=QUICK)
    rule.run(Report("a", "high")), rule.run(), rule.run(Report("a", "high"))
    assert rule.run().active[0].group == "default"


def test_a_held_alert_carries_its_recovery_context(life):
    rule = life(flapping=QUICK)
    rule.run("a"), rule.run(), rule.run("a")
    run = rule.run(recover=lambda candidate: Recovery({"was": candidate.id}))
    assert run.active[0].context == {"was": "a"}


def test_a_held_alert_without_recovery_context_has_an_empty_context(life):
    rule = life(flapping=QUICK)
    rule.run("a"), rule.run(), rule.run(Report("a", "default", {"value": 1}))
    assert rule.run().active[0].context == {}


def test_held_alerts_follow_this_runs_alerts_and_stay_tracked(life):
    rule = life(flapping=QUICK)
    held(rule)
    assert list(rule.state.active) == ["a"]
    rule.run("a", "b")
    assert list(rule.run("b").tracked) == ["b", "a"]


def test_an_alert_that_is_not_visible_is_never_held(life):
    rule = life(flapping=QUICK, alert_delay=2)
    shaky = Alert("a", "u0", active_count=1, flapping=True, flapping_history=[True] * 4, start=rule.at)
    rule.state = RuleState(active={"a": shaky})
    run = rule.run()
    assert (run.active, run.recovered, run.delayed) == ([], [], [])
    assert (run.tracked, run.tracked_recovered) == ({}, {})


def test_a_flag_rises_one_run_after_the_threshold_is_reached(life):
    rule = life(flapping=QUICK)
    assert rule.run("a").active[0].flapping is False
    assert rule.run().recovered[0].flapping is False
    assert rule.run("a").active[0].flapping is False
    assert rule.run("a").active[0].flapping is True


@pytest.mark.parametrize(
    ("history", "flag_before", "flag_after"),
    [
        ("TF", False, False),
        ("TTF", False, True),
        ("TTT", False, True),
        ("TFFF", True, True),
        ("FFF", True, True),
        ("FFFF", True, False),
        ("FFFFF", True, False),
        ("FFFT", True, True),
    ],
)
def test_flag_from_the_history_before_the_run(life, history, flag_before, flag_after):
    past = [letter == "T" for letter in history]
    alert = Alert("a", "u0", visible=True, flapping=flag_before, flapping_history=past, start=life().at)
    rule = life(flapping=QUICK, state=RuleState(active={"a": alert}))
    (now,) = rule.run("a").active
    assert now.flapping is flag_after
    assert now.flapping_history == [*past, False][-4:]


@pytest.mark.parametrize(("window", "history"), [(4, "TFFF"), (3, "FFF"), (2, "FF"), (20, "TFFF")])
def test_a_shrunk_window_cuts_the_history_at_the_next_append(life, window, history):
    rule = life(flapping=FlappingSettings(True, 20, 4))
    rule.run("a"), rule.run("a"), rule.run("a")
    rule.flapping = FlappingSettings(True, window, 2)
    assert letters(rule.run("a").active[0].flapping_history) == history


def test_a_reactivated_alert_inherits_the_history_but_not_the_flag(life):
    remembered = Alert("a", "u0", flapping=True, flapping_history=[True, True, False])
    rule = life(flapping=QUICK, state=RuleState(recovered={"a": remembered}))
    run = rule.run("a")
    assert letters(run.active[0].flapping_history) == "TTFT"
    assert run.active[0].flapping is False
    assert run.tracked_recovered == {}
    assert run.active[0].uuid == "u1"


def test_a_remembered_alert_ages_by_one_quiet_run(life):
    remembered = Alert("a", "u0", flapping_history=[True, True, False, False])
    rule = life(flapping=QUICK, state=RuleState(recovered={"a": remembered}))
    run = rule.run()
    assert letters(run.tracked_recovered["a"].flapping_history) == "TFFF"
    assert rule.run().tracked_recovered == {}


def test_an_alert_that_ended_while_flapping_is_forgotten_when_its_window_is_quiet(life):
    remembered = Alert("a", "u0", flapping=True, flapping_history=[True, False, False])
    rule = life(flapping=QUICK, state=RuleState(recovered={"a": remembered}))
    assert rule.run().tracked_recovered["a"].flapping is True
    assert rule.run().tracked_recovered == {}


def test_a_flapping_memory_stays_until_its_window_is_full(life):
    remembered = Alert("a", "u0", flapping=True, flapping_history=[False])
    rule = life(flapping=QUICK, state=RuleState(recovered={"a": remembered}))
    assert [list(rule.run().tracked_recovered) for _ in range(3)] == [["a"], ["a"], []]


def test_too_many_remembered_alerts_lose_the_longest_histories(life):
    rule = life(flapping=FlappingSettings(True, 20, 4), max_alerts=2)
    old = {name: Alert(name, f"u-{name}", flapping_history=[True] * length) for name, length in (("x", 5), ("y", 2))}
    now = {name: Alert(name, f"u-{name}", visible=True, flapping_history=[True] * 2) for name in ("p", "q")}
    rule.state = RuleState(active=now, recovered=old)
    run = rule.run()
    assert list(run.tracked_recovered) == ["p", "q"]
    assert len(run.warnings) == 1
    assert "more than 2 recovered alerts" in run.warnings[0]
    assert "the 2 with the longest histories" in run.warnings[0]


def test_exactly_as_many_remembered_alerts_as_the_limit_are_kept(life):
    rule = life(flapping=FlappingSettings(True, 20, 4), max_alerts=2)
    rule.state = RuleState(
        recovered={
            name: Alert(name, f"u-{name}", flapping_history=[True] * size) for name, size in (("x", 5), ("y", 2))
        }
    )
    run = rule.run()
    assert list(run.tracked_recovered) == ["x", "y"]
    assert run.warnings == []


def test_quiet_memories_count_against_the_limit_before_they_are_forgotten(life):
    rule = life(flapping=QUICK, max_alerts=1)
    rule.state = RuleState(
        recovered={
            "quiet": Alert("quiet", "u1", flapping_history=[]),
            "busy": Alert("busy", "u2", flapping_history=[True]),
        }
    )
    assert rule.run().tracked_recovered == {}


def test_with_detection_off_histories_stay_and_flags_and_counts_go(life):
    rule = life(flapping=QUICK)
    held(rule)
    before = rule.state.active["a"].flapping_history
    rule.flapping = FlappingSettings(False, 4, 2)
    (alert,) = rule.run("a").active
    assert (alert.flapping, alert.pending_recovered_count, alert.flapping_history) == (False, 0, before)


def test_with_detection_off_alerts_recover_at_once_and_nothing_is_remembered(life):
    rule = life(flapping=QUICK)
    held(rule)
    rule.flapping = FlappingSettings(False, 4, 2)
    run = rule.run()
    (alert,) = run.recovered
    assert (alert.flapping, alert.pending_recovered_count) == (False, 0)
    assert letters(alert.flapping_history) == "TTTT"
    assert run.tracked_recovered == {}


def test_with_detection_off_older_memories_are_forgotten_too(life):
    state = RuleState(recovered={"a": Alert("a", "u0", flapping_history=[True, True])})
    rule = life(flapping=FlappingSettings(False), state=state)
    run = rule.run("a")
    assert run.active[0].flapping_history == []
    assert run.tracked_recovered == {}


def test_the_windows_of_a_remembered_alert_stay_with_it(life):
    remembered = Alert(
        "a", "u0", flapping_history=[True], maintenance_window_ids=("w",), maintenance_window_names=("Works",)
    )
    rule = life(flapping=QUICK, state=RuleState(recovered={"a": remembered}))
    aged = rule.run().tracked_recovered["a"]
    assert (aged.uuid, aged.maintenance_window_ids, aged.maintenance_window_names) == ("u0", ("w",), ("Works",))


def test_one_alert_does_not_shield_the_others(life):
    """Ongoing beside new, recovering beside held: each alert gets its own treatment, whatever comes before it."""
    rule = life(flapping=QUICK)
    rule.run("calm", "flappy", "flappier"), rule.run("calm"), rule.run("calm", "flappy", "flappier")
    run = rule.run("calm", "late", "later")
    assert [letters(run.tracked[name].flapping_history) for name in ("calm", "late", "later")] == ["TFFF", "T", "T"]
    assert [run.tracked[name].pending_recovered_count for name in ("flappy", "flappier")] == [1, 1]
    assert [letters(run.tracked[name].flapping_history) for name in ("flappy", "flappier")] == ["TTTT", "TTTT"]
    run = rule.run("flappier")
    assert [alert.id for alert in run.recovered] == ["calm", "late", "later", "flappy"]
    assert list(run.tracked) == ["flappier"]


def test_a_steady_recovery_does_not_keep_the_next_alert_from_being_held(life):
    rule = life(flapping=QUICK)
    rule.run("flappy"), rule.run(), rule.run("calm", "flappy")
    run = rule.run()
    assert [alert.id for alert in run.recovered] == ["calm"]
    assert [alert.id for alert in run.active] == ["flappy"]


def test_an_ongoing_alert_after_a_new_one_in_tracking_order(life):
    state = RuleState(active={"x": Alert("x", "u0", visible=True)}, recovered={"y": Alert("y", "u9")})
    rule = life(flapping=QUICK, state=state)
    run = rule.run("y", "x", "z")
    assert {alert.id: letters(alert.flapping_history) for alert in run.active} == {"x": "F", "y": "T", "z": "T"}
