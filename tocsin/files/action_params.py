"""Params of actions that no rendering can make valid, judged by their connector types before anything runs."""

from collections.abc import Iterator
from typing import Final

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import DEFAULT_SPACE
from engine.operations.body import ActionBody, CreateBody
from engine.ports.connector import ConnectorType
from engine.ports.registry import Registry
from engine.service.connectors import PreconfiguredConnectors
from engine.template.params import compile_params
from engine.template.values import prepare_variables

_TEMPLATE: Final = "{{"
_ABSENT: Final = object()


def unsendable_params(body: CreateBody, registry: Registry, connectors: PreconfiguredConnectors) -> Iterator[Problem]:
    """Where the params of actions are wrong whatever their templates become; paths relative to the rule.

    Creating such a rule is not refused, as Kibana does not: each notification of the action fails.
    """
    for number, action in enumerate(body.actions):
        connector = connectors.get(DEFAULT_SPACE, action.id)
        connector_type = registry.connector_type(connector.connector_type_id) if connector else None
        if connector_type is not None:
            for problem in _problems_of(action, connector_type):
                message = f"{problem.message}: connectors of type [{connector_type.id}] will not take it"
                yield Problem(problem.path, message, problem.remedy).under(f"actions.{number}.params")


def _problems_of(action: ActionBody, connector_type: ConnectorType) -> Iterator[Problem]:
    treatment = connector_type.template_treatment.of_connector(action.id)
    rendered = compile_params(action.params, treatment).render(prepare_variables({})).params
    try:
        connector_type.validate_params(rendered)
    except InvalidInput as error:
        for problem in error.problems:
            is_computed = problem.path.partition(".")[0] in treatment.computed
            if not is_computed and not _holds_template(_value_at(action.params, problem.path)):
                yield problem


def _value_at(params: JsonObject, path: str) -> JsonValue | object:
    """What stands at a path, or around it where the path leads further; `_ABSENT` if the member is missing."""
    value: JsonValue = params
    for segment in path.split(".") if path else ():
        if isinstance(value, dict):
            if segment not in value:
                return _ABSENT
            value = value[segment]
        elif isinstance(value, list) and segment.isdecimal() and int(segment) < len(value):
            value = value[int(segment)]
        else:
            return value
    return value


def _holds_template(value: JsonValue | object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_template, value.values()))
    if isinstance(value, list):
        return any(map(_holds_template, value))
    return isinstance(value, str) and _TEMPLATE in value
