"""Params of notifications."""

from dataclasses import replace

import pytest

from engine.notify.actions import compile_actions
from engine.notify.decide import decide
from engine.notify.rendering import Rendering
from engine.ports.connector import DEFAULT_TREATMENT, TemplateTreatment


def params_of(dispatched):
    return [notification.params for notification in dispatched.notifications]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{rule.id}} {{rule.name}}", "rule-1 CPU high"),
        ("{{alert.id}} {{alert.actionGroup}} {{alert.actionGroupName}}", "a other Other group"),
        ("{{context.value}} {{alert.consecutiveMatches}}", "7 3"),
        ("{{date}}", "2024-05-06T12:00:00.000Z"),
        ("[{{nothing.at.all}}]", "[]"),
    ],
)
def test_params_see_rule_alert_and_instant(situation_of, action_of, alert_of, run_once, template, text):
    action = action_of(group="other", params={"message": template, "level": 3})
    alert = alert_of(group="other", context={"value": 7}, active_count=3)
    assert params_of(run_once(situation_of([action], [alert]))) == [{"message": text, "level": 3}]


def test_each_alert_is_rendered_with_its_own_variables(situation_of, action_of, alert_of, run_once):
    action = action_of(params={"message": "{{alert.id}}"})
    dispatched = run_once(situation_of([action], [alert_of("a"), alert_of("b")]))
    assert params_of(dispatched) == [{"message": "a"}, {"message": "b"}]


def test_a_recovery_shows_the_recovery_group(situation_of, action_of, alert_of, run_once):
    action = action_of(group="recovered", params={"message": "{{alert.actionGroup}} {{alert.actionGroupName}}"})
    situation = situation_of([action], recovered=[alert_of(group="default")])
    assert params_of(run_once(situation)) == [{"message": "recovered Recovered"}]


def test_the_treatment_of_the_connector_type_holds(base_rule, situation_of, rule_type, action_of, alert_of, run_once):
    actions = (
        action_of("u1", connector_type_id=".plain", params={"message": "{{alert.id}}"}),
        action_of("u2", connector_type_id=".raw", params={"message": "{{alert.id}}"}),
    )
    treatments = {".plain": DEFAULT_TREATMENT, ".raw": TemplateTreatment(default=None)}
    compiled = compile_actions(replace(base_rule, actions=actions), rule_type, treatments.__getitem__)
    situation = replace_actions(situation_of(actions, [alert_of()]), compiled)
    assert params_of(run_once(situation)) == [{"message": "a"}, {"message": "{{alert.id}}"}]


def test_what_a_connector_type_injects_comes_after_rendering(
    base_rule, situation_of, rule_type, action_of, alert_of, run_once
):
    def add_link(params, variables):
        return params | {"link": "{{alert.id}} of " + variables.fixed["rule"]["name"]}

    actions = (
        action_of("u1", connector_type_id=".linked", params={"message": "{{alert.id}}"}),
        action_of("u2", params={"message": "{{alert.id}}"}),
    )
    compiled = compile_actions(
        replace(base_rule, actions=actions), rule_type, lambda type_id: DEFAULT_TREATMENT, {".linked": add_link}.get
    )
    situation = replace_actions(situation_of(actions, [alert_of()]), compiled)
    assert params_of(run_once(situation)) == [{"message": "a", "link": "{{alert.id}} of CPU high"}, {"message": "a"}]


def replace_actions(situation, compiled):
    return replace(situation, actions=compiled)


def test_a_template_error_stands_in_the_params_and_once_in_the_log(situation_of, action_of, alert_of, run_once):
    actions = [action_of("u1", params={"message": "{{alert.id", "title": "{{alert.id}}"}), action_of("u2")]
    dispatched = run_once(situation_of(actions, [alert_of("a"), alert_of("b")]))
    assert [params["title"] for params in params_of(dispatched)[:2]] == ["a", "b"]
    for params in params_of(dispatched)[:2]:
        assert "error" in params["message"]
    assert len(dispatched.log_warnings) == 1
    assert dispatched.log_warnings[0].startswith("action [u1]: ")
    assert (dispatched.warnings, dispatched.triggered) == ([], 4)


def test_rendered_text_is_bounded(situation_of, action_of, alert_of, run_once):
    action = action_of(params={"message": "{{context.text}}"})
    alert = alert_of(context={"text": "x" * 50})
    fitting = run_once(situation_of([action], [alert], max_rendered_chars=50))
    assert (params_of(fitting), fitting.log_warnings) == ([{"message": "x" * 50}], [])
    cut = run_once(situation_of([action], [alert_of(context={"text": "x" * 51})], max_rendered_chars=50))
    assert "error" in params_of(cut)[0]["message"]
    assert len(cut.log_warnings) == 1


def test_actions_of_one_group_share_the_prepared_variables_of_an_alert(situation_of, action_of, alert_of):
    situation = situation_of([action_of("u1"), action_of("u2")], [alert_of("a"), alert_of("b")])
    rendering = Rendering(situation)
    first, other, again, _ = (rendering.variables_of(each) for each in decide(situation).candidates)
    assert again is first
    assert other is not first


def test_errors_begin_empty(situation_of, action_of):
    assert Rendering(situation_of([action_of()])).errors == ()
