"""Actions of a rule: cross checks, all failures together (rest-api.md 2.6), and their stored form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.model.connector import Connector
from engine.model.errors import Problem
from engine.model.jsonvalue import JsonObject
from engine.model.rule import Action, Frequency
from engine.notify.alerts_filter import compile_dsl
from engine.operations.body import ActionBody, AlertsFilterBody, CreateBody, FilterQueryBody, FrequencyBody, UpdateBody
from engine.operations.meaning import is_same_action
from engine.operations.validation import suggest
from engine.ports.clock import Ids
from engine.ports.registry import Registry
from engine.ports.rule_type import RuleType, keeps_documents
from engine.query.errors import FilterError, KqlError
from engine.query.options import QueryOptions
from engine.timing.durations import parse_duration


@dataclass(frozen=True, slots=True)
class ActionScope:
    """What actions are judged against: the connectors of their space by id, the types, how queries are read."""

    connectors: Mapping[str, Connector]
    registry: Registry
    query_options: QueryOptions = field(default_factory=QueryOptions)

    def connector(self, action: ActionBody) -> Connector | None:
        return self.connectors.get(action.id)


def missing_groups(body: CreateBody | UpdateBody, scope: ActionScope) -> list[Problem]:
    """Ordinary actions without a group; one whose connector is unknown counts as ordinary."""
    return [
        Problem(f"actions.{at}.group", "is required", "name the action group that the action is for")
        for at, action in enumerate(body.actions)
        if action.group is None and not _is_system(scope.connector(action))
    ]


def action_problems(body: CreateBody | UpdateBody, rule_type: RuleType, scope: ActionScope) -> list[Problem]:
    """Everything that is wrong with the actions of a body whose schema is right, in the order of the checks."""
    ordinary = [(at, a) for at, a in enumerate(body.actions) if not _is_system(scope.connector(a))]
    if not ordinary:
        return []
    has_rule_level = body.notify_when is not None or body.throttle is not None
    return [
        *_repeated_uuids(body.actions),
        *(problem for at, action in ordinary for problem in _connector_problems(at, action, scope)),
        *(problem for at, action in ordinary for problem in _group_problems(at, action, rule_type)),
        *(problem for at, action in ordinary for problem in _placement_problems(at, action, has_rule_level)),
        *(problem for at, action in ordinary for problem in _throttle_problems(at, action, body.schedule.interval)),
        *(problem for at, action in ordinary for problem in _filter_problems(at, action, rule_type, scope)),
    ]


def build_actions(
    bodies: Sequence[ActionBody], scope: ActionScope, known: Sequence[Action], new_id: Ids
) -> tuple[Action, ...]:
    """The stored form of checked actions.

    An action without ``uuid`` that does the same as one of the ``known`` is that one and keeps its uuid, so that
    sending a definition again changes nothing; any other gets a fresh one.
    """
    given = {body.uuid for body in bodies if body.uuid is not None}
    free = [action for action in known if action.uuid not in given]
    built = []
    for body in bodies:
        action = _stored_form(body, scope)
        if body.uuid is None:
            twin = next((candidate for candidate in free if is_same_action(candidate, action)), None)
            if twin is not None:
                free.remove(twin)
            action = replace(action, uuid=new_id() if twin is None else twin.uuid)
        built.append(action)
    return tuple(built)


def _stored_form(body: ActionBody, scope: ActionScope) -> Action:
    connector = scope.connector(body)
    if connector is None:
        raise ValueError(f"connector {body.id!r} is unknown: actions are built after they were checked")
    return Action(
        uuid=body.uuid or "",
        connector_id=body.id,
        connector_type_id=connector.connector_type_id,
        group=body.group or "",
        params=body.params,
        frequency=_stored_frequency(body.frequency),
        alerts_filter=_stored_filter(body.alerts_filter, scope.query_options),
        use_alert_data_for_template=body.use_alert_data_for_template,
    )


def _stored_filter(body: AlertsFilterBody | None, options: QueryOptions) -> JsonObject | None:
    """The filter as given, but for the query's compiled form, which is always our own (actions-scheduling.md 8.2)."""
    if body is None:
        return None
    stored: JsonObject = body.model_dump(by_alias=True, exclude_unset=True)
    if body.query is not None:
        stored["query"]["dsl"] = _compiled(body.query, options)
    return stored


def _compiled(query: FilterQueryBody, options: QueryOptions) -> str:
    filters = [each.model_dump(by_alias=True, exclude_unset=True) for each in query.filters]
    return compile_dsl(query.kql, filters, options)


def _stored_frequency(body: FrequencyBody | None) -> Frequency | None:
    return None if body is None else Frequency(body.summary, body.notify_when, body.throttle)


def _is_system(connector: Connector | None) -> bool:
    return connector is not None and connector.is_system_action


def _repeated_uuids(actions: Sequence[ActionBody]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for at, action in enumerate(actions):
        if action.uuid is not None and first.setdefault(action.uuid, at) != at:
            yield Problem(
                f"actions.{at}.uuid",
                f"is the uuid of actions.{first[action.uuid]} too",
                "give each action its own, or none",
            )


def _connector_problems(at: int, action: ActionBody, scope: ActionScope) -> Iterator[Problem]:
    path = f"actions.{at}.id"
    connector = scope.connector(action)
    if connector is None:
        yield Problem(path, f"connector [{action.id}] does not exist", "create it first, or name one that exists")
        return
    connector_type = scope.registry.connector_type(connector.connector_type_id)
    if connector.is_missing_secrets:
        yield Problem(path, f"connector [{action.id}] lacks its secrets", "set the secrets of the connector")
    if connector_type is None:
        yield Problem(
            path,
            f"connector [{action.id}] is of the unknown type [{connector.connector_type_id}]",
            "install the connector type, or name another connector",
        )
    elif "alerting" not in connector_type.supported_features:
        yield Problem(path, f"connectors of type [{connector_type.id}] cannot serve rules", "name another connector")


def _group_problems(at: int, action: ActionBody, rule_type: RuleType) -> Iterator[Problem]:
    groups = [group.id for group in (*rule_type.action_groups, rule_type.recovery_group)]
    if action.group is not None and action.group not in groups:
        message = f"[{action.group}] is no action group of rule type [{rule_type.id}]"
        yield Problem(f"actions.{at}.group", message, suggest(action.group, groups))


def _placement_problems(at: int, action: ActionBody, has_rule_level: bool) -> Iterator[Problem]:
    path = f"actions.{at}.frequency"
    if has_rule_level and action.frequency is not None:
        remedy = "leave out the rule's notify_when and throttle, or the frequency of every action"
        yield Problem(path, "cannot stand beside a notify_when or throttle of the rule", remedy)
    if not has_rule_level and action.frequency is None:
        yield Problem(path, "is required", "say when the action fires: summary, notify_when and throttle")


def _throttle_problems(at: int, action: ActionBody, interval: str) -> Iterator[Problem]:
    frequency, path = action.frequency, f"actions.{at}.frequency.throttle"
    if frequency is None or frequency.notify_when != "onThrottleInterval":
        return
    if frequency.throttle is None:
        yield Problem(path, "is required with notify_when onThrottleInterval", "add a duration like 1h")
    elif parse_duration(frequency.throttle) < parse_duration(interval):
        message = f"{frequency.throttle} is shorter than the rule's interval {interval}"
        yield Problem(path, message, f"use {interval} or longer")


def _filter_problems(at: int, action: ActionBody, rule_type: RuleType, scope: ActionScope) -> Iterator[Problem]:
    chosen, path = action.alerts_filter, f"actions.{at}.alerts_filter"
    if chosen is None:
        return
    if not keeps_documents(rule_type):
        message = f"rule type [{rule_type.id}] keeps no alert documents that could be filtered"
        yield Problem(path, message, "leave it out")
    if chosen.query is None and chosen.timeframe is None:
        yield Problem(path, "filters nothing", "add query or timeframe, or leave it out")
    if chosen.query is not None:
        try:
            _compiled(chosen.query, scope.query_options)
        except KqlError as error:
            yield Problem(f"{path}.query.kql", f"is not valid KQL: {error}", "correct it, or leave the query out")
        except FilterError as error:
            yield Problem(f"{path}.query.filters", str(error), "correct the filter, or leave it out")
