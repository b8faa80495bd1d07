"""Compiling a rule's actions."""

from dataclasses import replace
from datetime import timedelta

import pytest

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


def test_a_summary_action_is_known_by_its_frequency(situation_of, action_of):
    plain = action_of("u1", notify_when="onThrottleInterval", throttle="1h", connector_type_id=".x")
    summary = replace(plain, frequency=replace(plain.frequency, summary=True))
    [one, other] = situation_of([plain, summary]).actions
    assert (one.is_summary, other.is_summary) == (False, True)
    assert other.old_summary_key == ".x:summary:1h"


@pytest.mark.parametrize(("given", "is_used"), [(None, False), (False, False), (True, True)])
def test_alert_data_is_for_those_who_ask(situation_of, action_of, given, is_used):
    [action] = situation_of([action_of(use_alert_data_for_template=given)]).actions
    assert action.uses_alert_data is is_used
