"""Offline checks of rules from files (DECISIONS 4, 7)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.model.connector import Connector
from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings, FlappingSettings
from engine.ports.registry import Registry
from engine.service.connectors import PreconfiguredConnectors
from tocsin.files.definitions import definition_warnings, validate_definition
from tocsin.files.problems import FileProblem
from tocsin.files.rules import RuleDefinition, load_rules

RULE: JsonObject = {
    "id": "r",
    "name": "R",
    "rule_type_id": ".index-threshold",
    "consumer": "alerts",
    "schedule": {"interval": "1m"},
    "params": {
        "index": ["web"],
        "timeField": "@timestamp",
        "timeWindowSize": 5,
        "timeWindowUnit": "m",
        "thresholdComparator": ">",
        "threshold": [1],
    },
    "actions": [
        {"id": "log", "group": "threshold met", "frequency": {"summary": False, "notify_when": "onActiveAlert"}}
    ],
}


@pytest.fixture
def define(tmp_path: Path) -> Callable[..., RuleDefinition]:
    def from_members(**members: object) -> RuleDefinition:
        file = tmp_path / "rule.json"
        file.write_text(json.dumps({**RULE, **members}, indent=1), encoding="utf-8")
        return load_rules([file]).rules[0]

    return from_members


@pytest.fixture
def check(registry: Registry) -> Callable[..., list[FileProblem]]:
    def of(definition: RuleDefinition, **members: object) -> list[FileProblem]:
        connectors = PreconfiguredConnectors([Connector("log", "Log", ".server-log")])
        settings = EngineSettings(enforce_minimum_schedule_interval=True)
        return validate_definition(
            definition,
            registry=registry,
            connectors=connectors,
            settings=settings,
            **members,  # type: ignore[arg-type]
        )

    return of


def test_a_right_rule_has_no_problems(
    define: Callable[..., RuleDefinition], check: Callable[..., list[FileProblem]]
) -> None:
    assert check(define()) == []


def test_a_response_of_the_api_is_a_right_rule(
    define: Callable[..., RuleDefinition], check: Callable[..., list[FileProblem]]
) -> None:
    response = {
        "revision": 3,
        "next_run": None,
        "last_run": None,
        "mute_all": False,
        "running": False,
        "throttle": None,
    }
    assert check(define(**response)) == []


def test_independent_problems_are_told_together_with_their_lines(
    define: Callable[..., RuleDefinition], check: Callable[..., list[FileProblem]]
) -> None:
    wrong_action = {**RULE["actions"][0], "id": "nobody", "group": "medium"}
    problems = check(
        define(
            consumer="me",
            schedule={"interval": "1s"},
            params={**RULE["params"], "threshold": []},
            actions=[wrong_action],
            flapping={"look_back_window": 2, "status_change_threshold": 3},
        )
    )
    assert [(problem.line, problem.path) for problem in problems] == [
        (31, "flapping.status_change_threshold"),
        (5, "consumer"),
        (17, "params.threshold"),
        (21, "actions.0.id"),
        (22, "actions.0.group"),
        (7, "schedule.interval"),
    ]
    assert all(problem.remedy and problem.excerpt for problem in problems)


def test_members_missing_from_one_object_are_one_finding(
    define: Callable[..., RuleDefinition], check: Callable[..., list[FileProblem]]
) -> None:
    (problem,) = check(define(actions=[{**RULE["actions"][0], "frequency": {}}]))
    assert problem.path == "actions.0.frequency.summary"
    assert "actions.0.frequency.notify_when" in problem.message


def test_the_settings_of_the_space_count(
    define: Callable[..., RuleDefinition], check: Callable[..., list[FileProblem]]
) -> None:
    definition = define(flapping={"look_back_window": 3, "status_change_threshold": 3})
    assert check(definition) == []
    (problem,) = check(definition, flapping=FlappingSettings(enabled=False))
    assert problem.path == "flapping"


def test_an_interval_below_the_recommended_minimum_is_a_warning(
    define: Callable[..., RuleDefinition], registry: Registry
) -> None:
    (warning,) = definition_warnings(define(schedule={"interval": "59s"}), registry)
    assert (warning.line, warning.path) == (7, "schedule.interval")
    assert definition_warnings(define(), registry) == []
    assert definition_warnings(define(schedule={"interval": "5"}), registry) == []


PAGER = PreconfiguredConnectors([Connector("pager", "P", ".pagerduty"), Connector("log", "L", ".server-log")])


@pytest.mark.parametrize(
    ("connector", "group", "params", "is_told"),
    [
        ("pager", "recovered", {}, True),
        ("pager", "recovered", {"eventAction": "resolve", "dedupKey": ""}, True),
        ("pager", "recovered", {"eventAction": "resolve", "dedupKey": "{{rule.id}}:{{alert.id}}"}, False),
        ("pager", "threshold met", {}, False),
        ("log", "recovered", {"message": "m"}, False),
        ("gone", "recovered", {}, False),
    ],
)
def test_a_recovery_that_does_not_say_of_what_is_a_warning(
    define: Callable[..., RuleDefinition],
    registry: Registry,
    connector: str,
    group: str,
    params: JsonObject,
    is_told: bool,
) -> None:
    action = {**RULE["actions"][0], "id": connector, "group": group, "params": params}
    warnings = definition_warnings(define(actions=[action]), registry, connectors=PAGER)
    assert [warning.path for warning in warnings] == (["actions.0.params"] if is_told else [])
    assert all("{{rule.id}}:{{alert.id}}" in warning.remedy for warning in warnings)


SINKS = PreconfiguredConnectors(
    Connector(each.removeprefix("."), each, each)
    for each in (".slack", ".pagerduty", ".index", ".webhook", ".server-log")
)
LINK = {"href": "https://example.org", "text": "t"}


@pytest.mark.parametrize(
    ("connector", "params", "told"),
    [
        ("slack", {"message": "m"}, []),
        ("slack", {"message": "{{#x}}"}, []),
        ("slack", {}, ["message"]),
        ("slack", {"message": ["m"]}, ["message"]),
        ("slack", {"text": "{{rule.name}}"}, ["message"]),
        ("slack", {"message": "m", "text": "left out when it is sent"}, []),
        ("pagerduty", {"eventAction": "trigger", "summary": "s", "links": [LINK]}, []),
        ("pagerduty", {"eventAction": "triggered"}, ["eventAction"]),
        ("pagerduty", {"eventAction": "{{context.action}}"}, []),
        ("pagerduty", {"eventAction": "{{context.action}}", "severity": "bad"}, ["severity"]),
        ("pagerduty", {"eventAction": "trigger", "timestamp": "soon"}, ["timestamp"]),
        ("pagerduty", {"eventAction": "trigger", "timestamp": "{{date}}"}, []),
        ("pagerduty", {"eventAction": "trigger", "links": [LINK, {"href": 5}]}, ["links.1.href", "links.1.text"]),
        ("pagerduty", {"eventAction": "resolve"}, [""]),
        ("pagerduty", {"eventAction": "resolve", "dedupKey": "{{alert.id}}"}, []),
        ("index", {"documents": [{"a": "{{date}}"}]}, []),
        ("index", {"documents": "none"}, ["documents"]),
        ("index", {"document": {"a": "{{date}}"}}, ["documents"]),
        ("webhook", {"body": "{{alert.id}}"}, []),
        ("webhook", {"body": {"a": 1}}, ["body"]),
        ("server-log", {"message": "m", "level": "loud"}, ["level"]),
        ("gone", {"message": 5}, []),
    ],
)
def test_params_that_no_rendering_makes_valid_are_a_warning(
    define: Callable[..., RuleDefinition], registry: Registry, connector: str, params: JsonObject, told: list[str]
) -> None:
    action = {**RULE["actions"][0], "id": connector, "params": params}
    warnings = definition_warnings(define(actions=[action]), registry, connectors=SINKS)
    assert [warning.path for warning in warnings] == [f"actions.0.params.{path}".rstrip(".") for path in told]
    assert all(f"connectors of type [.{connector}] will not take it" in warning.message for warning in warnings)


def test_data_views_that_are_nowhere_are_a_warning(define: Callable[..., RuleDefinition], registry: Registry) -> None:
    places = {"indexId": "v", "boundaryIndexId": "w", "index": "a", "boundaryIndexTitle": "b"}
    fields = {"geoField": "g", "entity": "e", "dateField": "d", "boundaryGeoField": "h"}
    params = {**places, **fields, "boundaryType": "entireIndex"}
    rule = define(rule_type_id=".geo-containment", params=params, actions=[])
    assert definition_warnings(rule, registry) == []
    (warning,) = definition_warnings(rule, registry, known_views={"v"}.__contains__)
    assert warning.path == "params.boundaryIndexId"
    assert "data view [w] is in no data view file" in warning.message
