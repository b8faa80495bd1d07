"""The variables of per-alert actions (actions-scheduling.md 12.1)."""

import copy
from datetime import UTC, datetime, timedelta

import pytest

from engine.model.alert import Alert
from engine.model.rule import Rule
from engine.template.variables import alert_variables, rule_variables

AT = datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
URL = "http://h:5601/s/ops/app/management/insightsAndAlerting/triggersActions/rule/r1"


def make_rule(**changes) -> Rule:
    members = {"id": "r1", "name": "CPU", "rule_type_id": ".es-query", "space": "ops", "tags": ("a", "b")}
    members |= {"params": {"size": 5, "esQuery": "{}"}, "consumer": "alerts", "interval": "1m"}
    return Rule(**(members | {"created_at": AT, "updated_at": AT} | changes))


def make_alert(**changes) -> Alert:
    members = {"id": "host-1", "uuid": "uu-1", "group": "default", "flapping": True, "active_count": 3}
    members |= {"context": {"value": 7}, "state": {"seen": 1}, "start": AT, "duration_ns": 60_000_000_000}
    return Alert(**(members | changes))


def variables_of(rule=None, alert=None, base="http://h:5601", **more):
    rule_part = rule_variables(rule or make_rule(), public_base_url=base)
    return alert_variables(
        rule_part, alert=alert or make_alert(), group_id="default", group_name="Default", at=AT, **more
    )


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{rule.id}} {{rule.name}} {{rule.type}} {{rule.spaceId}} {{rule.tags}}", "r1 CPU .es-query ops a,b"),
        ("{{rule.params.size}} {{params.size}} {{rule.params}}", '5 5 {"size":5,"esQuery":"{}"}'),
        ("{{{rule.url}}} {{{kibanaBaseUrl}}}", f"{URL} http://h:5601"),
        ("{{alert.id}} {{alert.uuid}}", "host-1 uu-1"),
        ("{{alert.actionGroup}} {{alert.actionGroupName}}", "default Default"),
        ("{{alert.flapping}} {{alert.consecutiveMatches}}", "true 3"),
        ("{{context.value}}", "7"),
        ("{{state.seen}} {{state.start}} {{state.duration}}", "1 2024-01-02T03:04:05.678Z 60000000000"),
        ("[{{state.end}}]", "[]"),
        ("{{date}}", "2024-01-02T03:04:05.678Z"),
        ("{{alertId}} {{alertName}} {{alertInstanceId}}", "r1 CPU host-1"),
        ("{{alertActionGroup}} {{alertActionGroupName}}", "default Default"),
        ("{{spaceId}} {{tags}}", "ops a,b"),
        ("[{{alert.actionSubgroup}}{{alertActionSubgroup}}]", "[]"),
    ],
)
def test_variables(render, template, text):
    assert render(template, variables_of()) == text


@pytest.mark.parametrize("base", [None, ""])
def test_without_a_base_url_there_are_no_addresses(render, base):
    assert render("[{{rule.url}}{{kibanaBaseUrl}}]", variables_of(base=base)) == "[]"


def test_the_page_of_a_rule_type_replaces_the_rule_page():
    variables = rule_variables(make_rule(), public_base_url="http://h", relative_path="/app/x")
    assert variables.fixed["rule"]["url"] == "http://h/s/ops/app/x"


def test_an_ended_alert_has_an_end(render):
    alert = make_alert(end=AT + timedelta(minutes=1))
    assert render("{{state.end}}", variables_of(alert=alert)) == "2024-01-02T03:05:05.678Z"


def test_an_alert_without_start_has_the_state_of_its_rule_type_only():
    assert variables_of(alert=make_alert(start=None))["state"] == {"seen": 1}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{host.name}} {{kibana.alert.reason}} {{_id}}", "h1 because uu-1"),
        ("{{context.value}} {{tags}} {{alert.id}} {{rule.name}}{{rule.category}}", "7 a,b host-1 CPU"),
    ],
)
@pytest.mark.parametrize(
    "document",
    [
        {"_id": "uu-1", "kibana": {"alert": {"reason": "because"}}, "host": {"name": "h1"}, "tags": ["doc"]}
        | {"context": "DOC", "rule": {"category": "c", "name": "n"}, "alert": {"id": "other"}},
        {"_id": "uu-1", "kibana.alert.reason": "because", "host.name": "h1", "tags": ["doc"], "context.value": 0}
        | {"rule.category": "c", "rule.name": "n", "alert.id": "other"},
    ],
    ids=["nested", "dotted"],
)
def test_the_document_stands_under_the_variables(render, document, template, text):
    assert render(template, variables_of(document=document)) == text


def test_nothing_handed_in_is_changed(render):
    rule, alert = make_rule(params={"a.b": 1}), make_alert(context={"x.y": [{"z.w": 1}]}, state={"s.t": 1})
    before = copy.deepcopy((rule, alert))
    text = render("{{.}}{{#context.x.y}}{{z.w}}{{/context.x.y}}{{state.s.t}}{{params.a.b}}", variables_of(rule, alert))
    assert text.endswith("111")
    assert (rule, alert) == before
