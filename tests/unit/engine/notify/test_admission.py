"""Limits of the run and of connector types, room in the queue, connectors that cannot be used."""

import pytest

from engine.notify.admission import MOST_ACTIONS, Admission, Refusal, admit
from engine.notify.decide import ConnectorAvailability, decide
from engine.notify.reasons import Reason


@pytest.fixture
def walk(situation_of, action_of, alert_of):
    """Admit one alert for the actions u1, u2 ... of the given connector types: (accepted, refused, admission)."""

    def walk_types(types, **rest):
        actions = [action_of(f"u{n}", connector_type_id=type_id) for n, type_id in enumerate(types, 1)]
        situation = situation_of(actions, [alert_of()], **rest)
        admission = admit(situation, decide(situation).candidates)
        accepted = [candidate.action.uuid for candidate in admission.accepted]
        refused = {candidate.action.uuid: reason for candidate, reason in admission.refused}
        return accepted, refused, admission

    return walk_types


def limit(**facts) -> Reason:
    return Reason("limitReached", tuple(facts.items()))


def test_without_limits_in_reach_all_pass(walk):
    accepted, refused, admission = walk("txxyy")
    assert (accepted, refused) == (["u1", "u2", "u3", "u4", "u5"], {})
    assert (admission.actions_cut, admission.cut_connector_types) == (None, ())


def test_the_runs_limit_stops_all_later_ones(walk):
    accepted, refused, admission = walk("txxy", max_actions=2)
    assert accepted == ["u1", "u2"]
    assert refused == dict.fromkeys(["u3", "u4"], limit(limit="run", max=2))
    assert (admission.actions_cut, admission.cut_connector_types) == ("executable", ("x", "y"))


def test_a_limit_met_exactly_cuts_nothing(walk):
    accepted, refused, admission = walk("tx", max_actions=2, queue_room=2, max_actions_by_connector_type={"t": 1})
    assert (len(accepted), refused, admission.actions_cut) == (2, {}, None)


def test_no_run_may_have_more_actions_than_the_most(walk, monkeypatch):
    assert MOST_ACTIONS == 100_000
    monkeypatch.setattr("engine.notify.admission.MOST_ACTIONS", 1)
    assert walk("tt", max_actions=5)[1] == {"u2": limit(limit="run", max=1)}


def test_a_connector_types_own_limit_lets_other_types_go_on(walk):
    accepted, refused, admission = walk("txxyy", max_actions=4, max_actions_by_connector_type={"x": 1})
    assert accepted == ["u1", "u2", "u4", "u5"]
    assert refused == {"u3": limit(limit="connectorType", connector_type_id="x", max=1)}
    assert (admission.actions_cut, admission.cut_connector_types) == ("executable", ("x",))


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_connector_type_gets_as_many_as_its_limit_says(walk, most):
    accepted, refused, _ = walk("xyxxyx", max_actions_by_connector_type={"x": most})
    of_x = ["u1", "u3", "u4", "u6"]
    assert accepted == sorted([*of_x[:most], "u2", "u5"])
    assert refused == dict.fromkeys(of_x[most:], limit(limit="connectorType", connector_type_id="x", max=most))


def test_an_override_of_zero_means_the_default(walk):
    accepted, refused, _ = walk("xxx", max_actions_by_connector_type={"x": 0})
    assert (accepted, refused) == (["u1", "u2", "u3"], {})


def test_the_runs_limit_is_looked_at_before_the_types(walk):
    _, refused, _ = walk("xx", max_actions=1, max_actions_by_connector_type={"x": 1})
    assert refused == {"u2": limit(limit="run", max=1)}


@pytest.mark.parametrize(
    ("room", "kept", "named_room"),
    [
        (10, 3, None),
        (3, 3, None),
        (2, 2, 2),
        (1, 1, 1),
        (0, 0, 0),
        pytest.param(-1, 0, 0, id="a queue beyond its limit takes nothing"),
        (-50, 0, 0),
    ],
)
def test_what_the_queue_has_no_room_for_goes_from_the_end(walk, room, kept, named_room):
    accepted, refused, admission = walk("xyz", queue_room=room)
    uuids = ["u1", "u2", "u3"]
    assert accepted == uuids[:kept]
    assert refused == {uuid: limit(limit="queue", room=named_room) for uuid in uuids[kept:]}
    assert admission.actions_cut == (None if kept == 3 else "queue")
    assert admission.cut_connector_types == tuple("xyz"[kept:])


def test_the_queues_limit_outweighs_the_runs(walk):
    accepted, refused, admission = walk("xyz", max_actions=2, queue_room=1)
    assert accepted == ["u1"]
    assert refused == {"u3": limit(limit="run", max=2), "u2": limit(limit="queue", room=1)}
    assert (admission.actions_cut, admission.cut_connector_types) == ("queue", ("z", "y"))


@pytest.mark.parametrize(
    ("connector", "expected"),
    [
        (None, Reason("connectorMissing", (("connector_id", "c-u1"),))),
        (
            ConnectorAvailability("x", is_enabled=False),
            Reason("connectorDisabled", (("connector_id", "c-u1"), ("connector_type_id", "x"))),
        ),
        (
            ConnectorAvailability("x", is_enabled=False, is_granted=False),
            Reason("connectorForbidden", (("connector_id", "c-u1"), ("owner", ""))),
        ),
        (
            ConnectorAvailability("x", is_missing_secrets=True),
            Reason("connectorSecretsMissing", (("connector_id", "c-u1"),)),
        ),
        (
            ConnectorAvailability("x", is_enabled=False, is_missing_secrets=True),
            Reason("connectorDisabled", (("connector_id", "c-u1"), ("connector_type_id", "x"))),
        ),
    ],
)
def test_a_connector_that_cannot_be_used_costs_only_its_action(walk, connector, expected):
    connectors = {"c-u2": ConnectorAvailability("x")} | ({} if connector is None else {"c-u1": connector})
    accepted, refused, admission = walk("xx", connectors=connectors)
    assert (accepted, refused) == (["u2"], {"u1": expected})
    assert (admission.actions_cut, admission.cut_connector_types) == (None, ())


def test_what_is_not_accepted_uses_up_no_limit(walk):
    connectors = {"c-u2": ConnectorAvailability("x")}
    assert walk("xx", connectors=connectors, max_actions=1, queue_room=1)[0] == ["u2"]
    assert walk("xx", connectors=connectors, max_actions_by_connector_type={"x": 1})[0] == ["u2"]


def test_limits_are_looked_at_before_the_connector(walk):
    assert walk("x", connectors={}, max_actions=0)[1] == {"u1": limit(limit="run", max=0)}


def test_the_type_of_the_existing_connector_counts(walk):
    connectors = {"c-u1": ConnectorAvailability("y"), "c-u2": ConnectorAvailability("y")}
    _, refused, admission = walk("xx", connectors=connectors, max_actions_by_connector_type={"y": 1})
    assert refused == {"u2": limit(limit="connectorType", connector_type_id="y", max=1)}
    assert admission.cut_connector_types == ("y",)


def test_the_type_that_a_missing_connectors_action_names_counts(walk):
    connectors = {"c-u1": ConnectorAvailability("x")}
    _, refused, _ = walk("xx", connectors=connectors, max_actions_by_connector_type={"x": 1})
    assert refused == {"u2": limit(limit="connectorType", connector_type_id="x", max=1)}


def test_an_empty_walk_cuts_nothing(situation_of):
    assert admit(situation_of([], queue_room=0), ()) == Admission(())


def test_refusals_stand_in_the_order_in_which_they_happened(situation_of, action_of, alert_of):
    situation = situation_of([action_of()], [alert_of("a"), alert_of("b"), alert_of("c")], max_actions=1)
    candidates = decide(situation).candidates
    full = limit(limit="run", max=1)
    assert admit(situation, candidates).refused == (Refusal(candidates[1], full), Refusal(candidates[2], full))
