"""Conditions on rules as SQL: which column, table or member of JSON an attribute is, and how it is tested."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    type_coerce,
)

from engine.ports.store.rule_conditions import (
    SEVERITIES,
    AllOf,
    AnyOf,
    Attribute,
    Has,
    IsAnyOf,
    IsAnything,
    IsWithin,
    NotSo,
    OfOneAction,
    RuleCondition,
    StartsWith,
    ValueTest,
)
from engine.store.tables import monitoring, rule_runtime, rule_tags, rules
from engine.store.value_tests import encode_path, encode_test

Column = ColumnElement[Any]
Condition = ColumnElement[bool]

_OUTCOMES: Final = {"succeeded": 0, "warning": 10, "failed": 20}


_MUTED = func.json_each(rules.c.muted_alert_ids).table_valued("value", name="muted")
_ACTION = func.json_each(rules.c.actions).table_valued("value", name="action")


def _json_number(document: Column, path: str) -> Column:
    is_number = func.json_type(document, path).in_(["integer", "real"])
    return case((is_number, func.json_extract(document, path)), else_=None)


_SEVERITY: Final[Column] = func.json_extract(rules.c.params, "$.severity")


def _percentile(percent: int) -> Column:
    """The percentile of the durations in a rule's monitoring history, between two of them as rule-run.md 9.3 says.

    The position n*p - 0.5 is counted in two hundredths, as whole numbers.
    """
    rows = f"""
            SELECT duration_ms,
                row_number() OVER (ORDER BY duration_ms) - 1 AS i,
                count(*) OVER () AS n,
                2 * count(*) OVER () * {percent} - 100 AS twice
            FROM monitoring WHERE rule_no = rules.no AND duration_ms IS NOT NULL
    """  # noqa: S608 - a number of ours
    weight = """(
            (i = twice / 200) * (1 - (twice % 200) / 200.0) + (i = min(twice / 200 + 1, n - 1)) * (twice % 200) / 200.0
    )"""
    return literal_column(f"(SELECT sum(duration_ms * {weight}) FROM ({rows}))")  # noqa: S608 - as above


def _of_history(value: Column) -> Column:
    return select(value).where(monitoring.c.rule_no == rules.c.no).correlate(rules).scalar_subquery()


_COLUMNS: Final[Mapping[str, Column]] = {
    "id": rules.c.id,
    "name": rules.c.name,
    "name.keyword": rules.c.name,
    "enabled": rules.c.enabled,
    "alertTypeId": rules.c.rule_type_id,
    "consumer": rules.c.consumer,
    "schedule.interval": rules.c.interval,
    "throttle": rules.c.throttle,
    "notifyWhen": rules.c.notify_when,
    "muteAll": rules.c.mute_all,
    "createdAt": rules.c.created_at,
    "createdBy": rules.c.created_by,
    "updatedAt": rules.c.updated_at,
    "updatedBy": rules.c.updated_by,
    "apiKeyOwner": rules.c.owner,
    "apiKeyCreatedByUser": rules.c.api_key_created_by_user,
    "scheduledTaskId": rules.c.scheduled_task_id,
    "revision": rules.c.revision,
    "alertDelay.active": rules.c.alert_delay,
    "running": rule_runtime.c.lease_until.is_not(None),
    "executionStatus.status": rule_runtime.c.execution_status,
    "executionStatus.lastExecutionDate": rule_runtime.c.last_execution_at,
    "executionStatus.lastDuration": rule_runtime.c.last_duration_ms,
    "lastRun.outcome": rule_runtime.c.last_outcome,
    "lastRun.outcomeOrder": case(_OUTCOMES, value=rule_runtime.c.last_outcome, else_=None),
    "lastRun.alertsCount.active": rule_runtime.c.active_alerts,
    "nextRun": case(
        (
            and_(rules.c.enabled, rule_runtime.c.next_run.is_not(None), ~rule_runtime.c.is_next_run_hidden),
            func.coalesce(rule_runtime.c.shown_next_run, rule_runtime.c.next_run),
        ),
        else_=None,
    ),
    "monitoring.run.lastRun.timestamp": func.coalesce(
        _of_history(func.max(monitoring.c.at)), rule_runtime.c.last_execution_at
    ),
    "monitoring.run.lastRun.metrics.duration": rule_runtime.c.last_duration_ms,
    "monitoring.run.calculatedMetrics.successRatio": func.coalesce(
        _of_history(func.avg(type_coerce(monitoring.c.success, Integer))), 0
    ),
    "monitoring.run.calculatedMetrics.p50": _percentile(50),
    "monitoring.run.calculatedMetrics.p95": _percentile(95),
    "monitoring.run.calculatedMetrics.p99": _percentile(99),
    "params.risk_score": _json_number(rules.c.params, "$.risk_score"),
    "params.severity": _SEVERITY,
}
"""Attributes with one value."""

_ACTION_PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    "actions": (),
    "actions.group": ("group",),
    "actions.actionTypeId": ("connector_type_id",),
    "actions.id": ("connector_id",),
    "actions.uuid": ("uuid",),
    "actions.params": ("params",),
}
"""Where the members of an action are stored."""


def rule_condition(condition: RuleCondition) -> Condition:
    """The condition for statements that select from ``rules`` joined with ``rule_runtime``."""
    return _built(condition, _of_rule)


def sort_column(attribute: Attribute, *, descending: bool) -> Column:
    """What rules are sorted by; of several values the first one in that order. There is none for actions."""
    if attribute.name == "params":
        return func.json_extract(rules.c.params, _json_path(attribute.path))
    if attribute.name == "params.severity":
        return _rank(_SEVERITY)
    choose = func.max if descending else func.min
    if attribute.name == "tags":
        return _of_row(select(choose(rule_tags.c.tag)).where(rule_tags.c.rule_no == rules.c.no))
    if attribute.name == "mutedInstanceIds":
        return _of_row(select(choose(_MUTED.c.value)).select_from(_MUTED))
    return _COLUMNS[attribute.name]


def _built(condition: RuleCondition, of: Callable[[Has], Condition]) -> Condition:
    match condition:
        case Has():
            return of(condition)
        case AllOf(parts):
            return and_(true(), *(_built(part, of) for part in parts))
        case AnyOf(parts):
            return or_(false(), *(_built(part, of) for part in parts))
        case NotSo(part):
            return not_(_built(part, of))
        case OfOneAction(part):
            return _exists(select(_ACTION.c.value).select_from(_ACTION).where(_built(part, _of_action)))


def _of_rule(has: Has) -> Condition:
    attribute, test = has.attribute, has.test
    if attribute.name == "params":
        return member_fits(rules.c.params, attribute.path, test)
    if attribute.name in _ACTION_PATHS:
        return member_fits(rules.c.actions, (*_ACTION_PATHS[attribute.name], *attribute.path), test)
    if attribute.name == "tags":
        own = select(rule_tags.c.rule_no).where(rule_tags.c.rule_no == rules.c.no)
        return _exists(own.where(_scalar(rule_tags.c.tag, attribute, test)))
    if attribute.name == "mutedInstanceIds":
        return _exists(select(_MUTED.c.value).select_from(_MUTED).where(_scalar(_MUTED.c.value, attribute, test)))
    return _scalar(_COLUMNS[attribute.name], attribute, test)


def _of_action(has: Has) -> Condition:
    return member_fits(_ACTION.c.value, (*_ACTION_PATHS[has.attribute.name], *has.attribute.path), has.test)


def member_fits(document: Column, path: tuple[str, ...], test: ValueTest) -> Condition:
    """A member of a JSON value, or one below it, passes the test."""
    return func.member_fits(document, encode_path(path), encode_test(test), type_=Boolean)


def _scalar(column: Column, attribute: Attribute, test: ValueTest) -> Condition:
    """One value, which may be null: then it passes no test, and its negation holds."""
    match test:
        case IsAnything():
            return column.is_not(None)
        case IsAnyOf(values):
            return and_(column.is_not(None), column.in_(values))
        case IsWithin():
            return and_(column.is_not(None), *_bounds(_rank(column) if attribute.kind == "severity" else column, test))
        case StartsWith(prefix) if attribute.kind != "text":
            return and_(column.is_not(None), func.substr(column, 1, len(prefix)) == prefix)
        case _:
            return func.value_fits(column, encode_test(test), int(attribute.kind == "text"), type_=Boolean)


def _bounds(column: Column, test: IsWithin) -> Iterator[Condition]:
    if test.low is not None:
        yield func.coalesce(column > test.low if test.is_low_open else column >= test.low, false())
    if test.high is not None:
        yield func.coalesce(column < test.high if test.is_high_open else column <= test.high, false())


def _rank(severity: Column) -> Column:
    return case(dict(SEVERITIES), value=severity, else_=None)


def _of_row(query: Select[Any]) -> Column:
    return query.correlate(rules).scalar_subquery()


def _exists(query: Select[Any]) -> Condition:
    return query.correlate(rules, rule_runtime).exists()


def _json_path(path: tuple[str, ...]) -> str:
    return "$" + "".join(f'."{part}"' for part in path)
