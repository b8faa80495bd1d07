"""Maintenance windows on alerts (rule-run.md 4.12, 4.15)."""

import pytest

from engine.model.alert import Alert, RuleState
from engine.ports.rule_type import Report
from engine.run.windows import RunningWindow, attach_windows, drop_ended_windows, windows_met

NIGHT = RunningWindow("w-night", "Night")
HOSTS = RunningWindow("w-hosts", "Hosts", lambda document: document.get("host") == "web-1")


def worn(alert):
    return alert.maintenance_window_ids, alert.maintenance_window_names


def test_a_new_alert_gets_the_windows_that_cover_it(life):
    run = life().run(
        Report("a", "default", payload={"host": "web-1"}),
        Report("b", "default", payload={"host": "db-1"}),
        windows=[NIGHT, HOSTS],
    )
    assert worn(run.active[0]) == (("w-night", "w-hosts"), ("Night", "Hosts"))
    assert worn(run.active[1]) == (("w-night",), ("Night",))
    assert run.active[0].document["kibana.alert.maintenance_window_ids"] == ["w-night", "w-hosts"]
    assert run.active[0].document["kibana.alert.maintenance_window_names"] == ["Night", "Hosts"]
    assert run.active[1].document["kibana.alert.maintenance_window_ids"] == ["w-night"]


def test_a_scope_judges_the_whole_document(life):
    seen = []
    window = RunningWindow("w", "W", lambda document: bool(seen.append(document)))
    run = life().run(Report("a", "high", payload={"host": "web-1"}), windows=[window])
    (document,) = seen
    assert document["kibana.alert.rule.name"] == "My rule"
    assert (document["host"], document["kibana.alert.action_group"]) == ("web-1", "high")
    assert document["kibana.alert.instance.id"] == "a"
    assert worn(run.active[0]) == ((), ())
    assert run.active[0].document["kibana.alert.maintenance_window_ids"] == []


def test_an_alert_that_was_active_before_the_window_gets_none(life):
    rule = life()
    rule.run("a")
    run = rule.run("a", "b", windows=[NIGHT])
    assert [alert.maintenance_window_ids for alert in run.active] == [(), ("w-night",)]


def test_windows_count_in_the_run_in_which_a_delayed_alert_becomes_new(life):
    rule = life(alert_delay=2)
    assert rule.run("a", windows=[HOSTS, NIGHT]).delayed[0].maintenance_window_ids == ()
    assert rule.run("a", windows=[NIGHT]).new[0].maintenance_window_ids == ("w-night",)


def test_an_alert_keeps_a_window_while_it_runs_and_loses_it_when_it_ends(life):
    rule = life()
    rule.run("a", windows=[NIGHT, RunningWindow("w-2", "Two")])
    assert worn(rule.run("a", windows=[NIGHT, RunningWindow("w-2", "Two")]).active[0])[0] == ("w-night", "w-2")
    run = rule.run("a", windows=[RunningWindow("w-2", "Two")])
    assert worn(run.active[0]) == (("w-2",), ("Two",))
    assert run.active[0].document["kibana.alert.maintenance_window_names"] == ["Two"]
    assert worn(rule.run("a").active[0]) == ((), ())


def test_an_alert_recovering_in_the_first_run_after_the_window_has_lost_it(life):
    rule = life()
    rule.run("a", windows=[NIGHT])
    assert worn(rule.run().recovered[0]) == ((), ())


def test_an_alert_recovering_during_the_window_keeps_it_beyond_its_end(life):
    rule = life()
    rule.run("a", windows=[NIGHT])
    assert worn(rule.run(windows=[NIGHT]).recovered[0]) == (("w-night",), ("Night",))
    assert worn(rule.state.recovered["a"]) == (("w-night",), ("Night",))
    assert worn(rule.run("a").new[0]) == ((), ())


def test_windows_that_could_not_be_loaded_change_nothing(life):
    rule = life()
    rule.run("a", windows=[NIGHT])
    run = rule.run("a", "b", windows=None)
    assert [alert.maintenance_window_ids for alert in run.active] == [("w-night",), ()]


def test_a_window_is_attached_once(life):
    waiting = Alert("a", "u0", active_count=1, maintenance_window_ids=("w-night",), maintenance_window_names=("Night",))
    rule = life(alert_delay=2, state=RuleState(active={"a": waiting}))
    assert worn(rule.run("a", windows=[NIGHT, RunningWindow("w-2", "Two")]).new[0]) == (
        ("w-night", "w-2"),
        ("Night", "Two"),
    )


def test_names_may_be_missing_in_a_state_from_elsewhere():
    alert = Alert("a", "u0", maintenance_window_ids=("x", "y", "z"), maintenance_window_names=("X",))
    drop_ended_windows([alert], {"x", "z"})
    assert worn(alert) == (("x", "z"), ("X", ""))


def test_one_alert_without_windows_does_not_shield_the_next():
    plain, kept, ended = (
        Alert("a", "u1"),
        Alert("b", "u2", maintenance_window_ids=("w",), maintenance_window_names=("W",)),
        Alert("c", "u3", maintenance_window_ids=("v",), maintenance_window_names=("V",)),
    )
    drop_ended_windows([plain, kept, ended], {"w"})
    assert [worn(alert) for alert in (plain, kept, ended)] == [((), ()), (("w",), ("W",)), ((), ())]


def test_documents_are_built_only_for_scoped_windows():
    asked = []

    def document_of(alert):
        asked.append(alert.id)
        return {"host": "web-1"}

    attach_windows([Alert("a", "u1")], [], document_of)
    attach_windows([Alert("b", "u2")], [NIGHT], document_of)
    assert asked == []
    alert = Alert("c", "u3")
    attach_windows([alert], [NIGHT, HOSTS], document_of)
    assert asked == ["c"]
    assert alert.maintenance_window_ids == ("w-night", "w-hosts")


@pytest.mark.parametrize(
    ("is_any_alert", "attached", "met"),
    [
        (False, (), ()),
        (True, (), ("w-night",)),
        (True, ("w-night", "w-hosts"), ("w-night", "w-hosts")),
        (True, ("w-hosts",), ("w-night", "w-hosts")),
    ],
)
def test_windows_of_the_execute_event(is_any_alert, attached, met):
    new = [Alert("a", "u1", maintenance_window_ids=attached)] if attached else []
    assert windows_met(is_any_alert, new, [HOSTS, NIGHT]) == met
