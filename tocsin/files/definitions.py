"""Offline checks of rules from files: everything that creating them would be refused for, with its place."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from engine.model.errors import InvalidInput, Problem
from engine.model.rule import DEFAULT_SPACE
from engine.model.settings import EngineSettings, FlappingSettings
from engine.operations.actions import ActionScope
from engine.operations.body import CreateBody, parse_create
from engine.operations.capacity import is_below_minimum
from engine.operations.checks import definition_problems, find_rule_type, validate_params
from engine.ports.references import named_data_views
from engine.ports.registry import Registry
from engine.ports.rule_type import RuleType
from engine.service.connectors import PreconfiguredConnectors
from tocsin.files.action_params import unsendable_params
from tocsin.files.problems import FileProblem, one_per_place
from tocsin.files.rules import RuleDefinition


def validate_definition(
    definition: RuleDefinition,
    *,
    registry: Registry,
    connectors: PreconfiguredConnectors,
    settings: EngineSettings,
    flapping: FlappingSettings | None = None,
) -> list[FileProblem]:
    """What is wrong with a rule, in the order of the checks; [] if it can be created.

    ``flapping``: the settings of the space (default: switched on). Neither the capacity nor taken ids are looked at.
    """
    scope = ActionScope(connectors.by_id, registry)
    problems = definition_problems(definition.body, scope, settings, flapping or FlappingSettings())
    rule_type_id = definition.body.get("rule_type_id")
    return one_per_place(definition.problem(_with_remedy(problem, rule_type_id)) for problem in problems)


def definition_warnings(
    definition: RuleDefinition,
    registry: Registry,
    settings: EngineSettings | None = None,
    connectors: PreconfiguredConnectors | None = None,
    known_views: Callable[[str], bool] | None = None,
) -> list[FileProblem]:
    """What is accepted in a valid rule but probably not meant so.

    ``known_views`` tells whether there is a data view of an id; None: they are not looked at.
    """
    try:
        body = parse_create(definition.body)
        rule_type = find_rule_type(body.rule_type_id, registry)
        params = validate_params(rule_type, body.params)
        texts = rule_type.warnings(params)
    except InvalidInput:
        return []
    warnings = [definition.problem(Problem("params", text)) for text in texts]
    minimum = (settings or EngineSettings()).minimum_schedule_interval
    if is_below_minimum(body.schedule.interval, minimum):
        message = f"{body.schedule.interval} is shorter than the recommended minimum of {minimum}"
        warnings.append(definition.problem(Problem("schedule.interval", message, f"use {minimum} or longer")))
    if connectors is not None:
        of_actions = [
            *_missing_alert_keys(body, rule_type, registry, connectors),
            *unsendable_params(body, registry, connectors),
        ]
        warnings += one_per_place(map(definition.problem, of_actions))
    if known_views is not None:
        warnings += map(definition.problem, _unknown_views(named_data_views(rule_type, params), known_views))
    return warnings


def _unknown_views(named: Iterable[tuple[str, str]], known_views: Callable[[str], bool]) -> Iterator[Problem]:
    for path, view_id in named:
        if not known_views(view_id):
            message = f"data view [{view_id}] is in no data view file, and not in the store"
            remedy = "name one that exists, or write a file for it (see docs/data-views.md)"
            yield Problem(f"params.{path}", message, remedy)


def _missing_alert_keys(
    body: CreateBody, rule_type: RuleType, registry: Registry, connectors: PreconfiguredConnectors
) -> Iterator[Problem]:
    """Actions on recovery whose message does not say what has recovered (actions-scheduling.md 13)."""
    for number, action in enumerate(body.actions):
        connector = connectors.get(DEFAULT_SPACE, action.id)
        connector_type = registry.connector_type(connector.connector_type_id) if connector else None
        key = connector_type.template_treatment.alert_key if connector_type else None
        if key is not None and action.group == rule_type.recovery_group.id and not action.params.get(key):
            message = f"gives no {key}: the other side cannot know what has recovered"
            remedy = f"write {key}: '{{{{rule.id}}}}:{{{{alert.id}}}}', here and in the actions for the alert"
            yield Problem(f"actions.{number}.params", message, remedy)


def _with_remedy(problem: Problem, rule_type_id: object) -> Problem:
    """A rule type may leave the remedy out where its message says what the value must be."""
    return problem if problem.remedy else replace(problem, remedy=f"see the params of rule type {rule_type_id}")
