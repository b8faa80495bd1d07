"""Compiling a rule's actions."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.model.errors import InvalidInput, Problem
from engine.notify.actions import compile_actions
from engine.ports.connector import DEFAULT_TREATMENT


@pytest.fixture
def compile_one(situation_of, action_of):
    """The compiled form of one action, without its params."""

    def compile_with(rule=None, **members):
        compiled = situation_of([action_of(**members)], rule=rule).actions[0]
        return {name: getattr(compiled, name) for name in ("notify_when", "is_interval", "throttle")}

    return compile_with


@pytest.mark.parametrize(
    ("own", "own_throttle", "of_rule", "rule_throttle", "notify_when", "is_interval", "throttle"),
    [
        ("onActiveAlert", None, None, None, "onActiveAlert", False, None),
        ("onActionGroupChange", None, "onActiveAlert", None, "onActionGroupChange", False, None),
        (None, None, "onActiveAlert", None, "onActiveAlert", False, None),
        (None, None, None, None, None, False, None),
        ("onThrottleInterval", "90s", None, None, "onThrottleInterval", True, timedelta(seconds=90)),
        ("onThrottleInterval", "5m", "onThrottleInterval", "1h", "onThrottleInterval", True, timedelta(minutes=5)),
        ("onThrottleInterval", None, None, "2h", "onThrottleInterval", False, timedelta(hours=2)),
        ("onThrottleInterval", None, None, None, "onThrottleInterval", False, None),
        (None, None, "onThrottleInterval", "1d", "onThrottleInterval", False, timedelta(hours=24)),
        ("onActiveAlert", "5m", None, None, "onActiveAlert", False, None),
        pytest.param(
            "onThrottleInterval",
            "soon",
            None,
            "1h",
            "onThrottleInterval",
            True,
            None,
            id="an own text is own, if no duration",
        ),
    ],
)
def test_levels_are_resolved(
    compile_one, own, own_throttle, of_rule, rule_throttle, notify_when, is_interval, throttle
):
    rule = {"notify_when": of_rule, "throttle": rule_throttle}
    compiled = compile_one(rule, notify_when=own, throttle=own_throttle)
    assert compiled == {"notify_when": notify_when, "is_interval": is_interval, "throttle": throttle}


@pytest.mark.parametrize(
    ("group", "name", "is_recovery"),
    [
        ("default", "Default", False),
        ("other", "Other group", False),
        ("recovered", "Recovered", True),
        pytest.param("gone", "gone", False, id="a group that the type no longer has"),
    ],
)
def test_groups_get_their_names(situation_of, action_of, group, name, is_recovery):
    compiled = situation_of([action_of(group=group)]).actions[0]
    assert (compiled.group, compiled.group_name, compiled.is_recovery) == (group, name, is_recovery)


def test_actions_keep_their_order_and_identity(situation_of, action_of):
    actions = [action_of("u2", connector_id="c2"), action_of("u1", connector_type_id=".webhook")]
    compiled = situation_of(actions).actions
    assert [(each.uuid, each.connector_id, each.connector_type_id) for each in compiled] == [
        ("u2", "c2", ".server-log"),
        ("u1", "c-u1", ".webhook"),
    ]


def test_treatment_and_injection_are_asked_by_connector_type(base_rule, rule_type, action_of):
    def inject(params, variables):
        return params

    asked = []

    def treatment_of(type_id):
        asked.append(type_id)
        return DEFAULT_TREATMENT

    actions = (action_of("u1", connector_type_id=".x"), action_of("u2", connector_type_id=".y"))
    compiled = compile_actions(replace(base_rule, actions=actions), rule_type, treatment_of, {".y": inject}.get)
    assert asked == [".x", ".y"]
    assert [each.inject for each in compiled] == [None, inject]


FILTER = Problem("actions.1.alerts_filter", "filtering alerts is not supported yet", "remove it")
ALERT_DATA = Problem(
    "actions.1.use_alert_data_for_template", "alert data in templates is not supported yet", "set it to false"
)


@pytest.mark.parametrize(
    ("action", "rule", "problem"),
    [
        ({"alerts_filter": {"timeframe": {}}}, {}, FILTER),
        ({"alerts_filter": {}}, {}, FILTER),
        ({"use_alert_data_for_template": True}, {}, ALERT_DATA),
    ],
)
def test_members_that_cannot_be_honoured_yet_are_refused_by_name(situation_of, action_of, action, rule, problem):
    with pytest.raises(InvalidInput) as refused:
        situation_of([action_of("u1"), action_of("u2", **action)], rule=rule)
    assert refused.value.problems == (problem,)


def test_summary_actions_are_refused_by_name(situation_of, action_of):
    plain = action_of()
    summary = replace(plain, frequency=replace(plain.frequency, summary=True))
    with pytest.raises(InvalidInput) as refused:
        situation_of([summary])
    path, message = "actions.0.frequency.summary", "summary actions are not supported yet"
    assert refused.value.problems == (Problem(path, message, "set it to false"),)


def test_all_refusals_come_together(situation_of, action_of):
    actions = [action_of("u1", alerts_filter={}, use_alert_data_for_template=True), action_of("u2", alerts_filter={})]
    with pytest.raises(InvalidInput) as refused:
        situation_of(actions)
    assert [problem.path for problem in refused.value.problems] == [
        "actions.0.alerts_filter",
        "actions.0.use_alert_data_for_template",
        "actions.1.alerts_filter",
    ]


@pytest.mark.parametrize("value", [None, False])
def test_not_using_alert_data_is_fine(situation_of, action_of, value):
    assert len(situation_of([action_of(use_alert_data_for_template=value)]).actions) == 1
