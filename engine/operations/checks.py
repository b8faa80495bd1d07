"""Checks of a whole definition, one a function; create and update call them in the order of rest-api.md 1.4."""

from collections.abc import Sequence

from engine.model.errors import Forbidden, InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import RuleFlapping
from engine.model.settings import EngineSettings, FlappingSettings
from engine.operations.actions import ActionScope, action_problems, missing_groups
from engine.operations.body import FlappingBody, parse_create
from engine.operations.capacity import interval_problems
from engine.operations.definition import stored_flapping
from engine.operations.unsupported import unsupported_members
from engine.operations.validation import suggest
from engine.ports.registry import Registry
from engine.ports.rule_type import RuleType

KNOWN_CONSUMERS = (
    "alerts",
    "apm",
    "discover",
    "infrastructure",
    "logs",
    "metrics",
    "ml",
    "monitoring",
    "observability",
    "securitySolution",
    "siem",
    "slo",
    "stackAlerts",
    "uptime",
)
"""Who may own rules (1.8); the operator can add more."""


def definition_problems(
    body: JsonValue, scope: ActionScope, settings: EngineSettings, flapping: FlappingSettings
) -> list[Problem]:
    """Everything that creating a rule of this body would be refused for, apart from its id and the capacity."""
    try:
        parsed = parse_create(body)
    except InvalidInput as error:
        return list(error.problems)
    problems = [
        *missing_groups(parsed, scope),
        *flapping_problems(parsed.flapping, flapping, stored=None),
        *consumer_problems(parsed.consumer, settings),
    ]
    try:
        rule_type = find_rule_type(parsed.rule_type_id, scope.registry)
    except InvalidInput as error:
        return [*problems, *error.problems]
    try:
        rule_type.compile(validate_params(rule_type, parsed.params))
    except InvalidInput as error:
        problems += error.problems
    problems += action_problems(parsed, rule_type, scope)
    problems += interval_problems(parsed.schedule.interval, settings)
    return problems or unsupported_members(parsed.actions, scope)


def refuse(problems: Sequence[Problem]) -> None:
    """Raises InvalidInput if there are any problems."""
    if problems:
        raise InvalidInput(problems)


def flapping_problems(
    body: FlappingBody | None, space: FlappingSettings, *, stored: RuleFlapping | None
) -> list[Problem]:
    """Cross-check of a rule's flapping (2.4); sending the ``stored`` value back is no change and passes."""
    if body is None:
        return []
    problems = []
    if body.status_change_threshold > body.look_back_window:
        problems.append(above_window("flapping.status_change_threshold", body.look_back_window))
    if not space.enabled and stored_flapping(body) != stored:
        remedy = "leave it out or set it to null, or switch flapping detection on in the space's settings"
        problems.append(
            Problem("flapping", "cannot be set while the space has switched flapping detection off", remedy)
        )
    return problems


def above_window(path: str, window: int) -> Problem:
    """The threshold of status changes is larger than the window that they are counted in."""
    return Problem(path, f"is above look_back_window, which is {window}", f"use a number of at most {window}")


def find_rule_type(type_id: str, registry: Registry) -> RuleType:
    """The rule type. Raises InvalidInput when it is not registered."""
    rule_type = registry.rule_type(type_id)
    if rule_type is None:
        known = [known.id for known in registry.rule_types()]
        raise InvalidInput(
            [Problem("rule_type_id", f"rule type [{type_id}] is not registered", suggest(type_id, known))]
        )
    return rule_type


def consumer_problems(consumer: str, settings: EngineSettings) -> list[Problem]:
    """Whether the consumer is one that may own rules."""
    known = (*KNOWN_CONSUMERS, *settings.consumers)
    if consumer in known:
        return []
    return [Problem("consumer", f"[{consumer}] is not a known consumer", suggest(consumer, known))]


def check_consumer(consumer: str, settings: EngineSettings) -> None:
    """Raises Forbidden for an unknown consumer, whoever asks (1.8)."""
    for problem in consumer_problems(consumer, settings):
        raise Forbidden(str(problem))


def validate_params(rule_type: RuleType, params: JsonObject) -> JsonObject:
    """The params as stored. Raises InvalidInput with paths relative to the body."""
    try:
        return rule_type.validate(params)
    except InvalidInput as error:
        raise InvalidInput([problem.under("params") for problem in error.problems]) from error
