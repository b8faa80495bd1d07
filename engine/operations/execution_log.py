"""The runs of one rule or of all, as a log and as counts, for internal clients (rest-api.md 8)."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, TypeAlias

import orjson
from pydantic import BeforeValidator, Field

from engine.model.errors import InvalidInput, Problem
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.notification import StoredNotification
from engine.model.trace import RunTrace
from engine.model.version import ENGINE_VERSION
from engine.operations.instants import instant_of
from engine.operations.values import DATE_MATH, Strict, as_whole_number, refusal
from engine.ports.store import Store
from engine.query.alert_scope import compile_scope
from engine.query.errors import KqlError, UnsupportedQuery
from engine.run.events import expand

MOST_RUNS: Final = 10_000
"""Runs that one question looks at: the newest."""
_LARGEST_PAGE: Final = 1000
_MILLISECOND = timedelta(milliseconds=1)

SortField: TypeAlias = Literal[
    "timestamp",
    "execution_duration",
    "total_search_duration",
    "es_search_duration",
    "schedule_delay",
    "num_triggered_actions",
    "num_generated_actions",
    "num_active_alerts",
    "num_new_alerts",
    "num_recovered_alerts",
]
Kinds: TypeAlias = Collection[tuple[str, str]] | None
"""Rule types with consumers whose rules may be seen; None: all."""


class SortOrder(Strict):
    """Up or down."""

    order: Literal["asc", "desc"]


def _parsed(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise refusal("is no JSON", 'write it like [{"timestamp":{"order":"desc"}}]') from None


def _newest_error_first() -> list[dict[Literal["timestamp"], SortOrder]]:
    return [{"timestamp": SortOrder(order="desc")}]


def _newest_first() -> list[dict[SortField, SortOrder]]:
    return [{"timestamp": SortOrder(order="desc")}]


Count: TypeAlias = Annotated[int, Field(ge=1, le=_LARGEST_PAGE), BeforeValidator(as_whole_number)]


class KpiForm(Strict):
    """Which runs are counted: from a time on, in KQL on their records in the event log."""

    date_start: Annotated[str, DATE_MATH]
    date_end: Annotated[str, DATE_MATH] | None = None
    filter: str | None = None


class LogForm(KpiForm):
    """Which runs are listed, and how."""

    per_page: Count = 10
    page: Count = 1
    sort: Annotated[list[dict[SortField, SortOrder]], BeforeValidator(_parsed)] = Field(default_factory=_newest_first)


class ErrorLogForm(Strict):
    """Which messages that were given up are listed: those made from a time on."""

    date_start: Annotated[str, DATE_MATH]
    date_end: Annotated[str, DATE_MATH] | None = None
    per_page: Count = 10
    page: Count = 1
    sort: Annotated[list[dict[Literal["timestamp"], SortOrder]], BeforeValidator(_parsed)] = Field(
        default_factory=_newest_error_first
    )


async def find_action_errors(store: Store, form: ErrorLogForm, *, space: str, rule_id: str, at: datetime) -> JsonObject:
    """One page of the messages of a rule that could not be delivered, with the last error. Raises InvalidInput."""
    since = instant_of("date_start", form.date_start, at)
    until = at if form.date_end is None else instant_of("date_end", form.date_end, at)
    dead = await store.notifications(space, rule_id=rule_id, state="dead", since=since, limit=MOST_RUNS)
    found = [each for each in dead if each.notification.created_at <= until]
    orders = [order.order for sort in form.sort for order in sort.values()]
    found.sort(key=lambda each: each.finished_at or each.notification.created_at, reverse=orders[:1] != ["asc"])
    before = (form.page - 1) * form.per_page
    page = found[before : before + form.per_page]
    return {"totalErrors": len(found), "errors": [_action_error(each) for each in page]}


def _action_error(dead: StoredNotification) -> JsonObject:
    notification = dead.notification
    subject = f"[{notification.connector_type_id}:{notification.connector_id}]"
    return {
        "id": notification.execution_uuid,
        "timestamp": iso(dead.finished_at or notification.created_at),
        "type": "actions",
        "message": f"action {subject} failed - {dead.last_error}",
    }


async def find_runs(
    store: Store, form: LogForm, *, space: str, rule_id: str | None, at: datetime, kinds: Kinds = None
) -> JsonObject:
    """One page of the log. Raises InvalidInput."""
    found = await _matching(store, form, space, rule_id, at, kinds)
    for sort in reversed(form.sort):
        for name, order in reversed(sort.items()):
            found.sort(key=_SORT_KEYS[name], reverse=order.order == "desc")
    before = (form.page - 1) * form.per_page
    page = found[before : before + form.per_page]
    sent = await _sent(store, space, rule_id, page)
    return {"total": len(found), "data": [_entry(run, sent) for run in page]}


async def count_runs(
    store: Store, form: KpiForm, *, space: str, rule_id: str | None, at: datetime, kinds: Kinds = None
) -> JsonObject:
    """What the runs came to, in numbers. Raises InvalidInput."""
    found = await _matching(store, form, space, rule_id, at, kinds)
    sent = await _sent(store, space, rule_id, found)
    outcomes = Counter(run.outcome for run in found)
    return {
        "success": outcomes["success"],
        "unknown": 0,
        "failure": outcomes["failure"],
        "warning": outcomes["warning"],
        "activeAlerts": sum(_metric("alert_counts.active")(run) for run in found),
        "newAlerts": sum(_metric("alert_counts.new")(run) for run in found),
        "recoveredAlerts": sum(_metric("alert_counts.recovered")(run) for run in found),
        "erroredActions": sum(sent[run.execution_uuid, "dead"] for run in found),
        "triggeredActions": sum(_metric("number_of_triggered_actions")(run) for run in found),
    }


async def _matching(
    store: Store, form: KpiForm, space: str, rule_id: str | None, at: datetime, kinds: Kinds
) -> list[RunTrace]:
    since = instant_of("date_start", form.date_start, at)
    until = at if form.date_end is None else instant_of("date_end", form.date_end, at)
    traces = await store.traces(space, rule_id=rule_id, since=since, limit=MOST_RUNS)
    runs = [
        trace
        for trace in traces
        if isinstance(trace, RunTrace)
        and not trace.is_late
        and since <= trace.started_at <= until
        and (kinds is None or (trace.rule.rule_type_id, trace.rule.consumer) in kinds)
    ]
    if not form.filter:
        return runs
    try:
        query = compile_scope(form.filter)
    except (KqlError, UnsupportedQuery) as error:
        raise InvalidInput([Problem("filter", f"is not valid KQL: {error}", "correct it, or leave it out")]) from None
    return [run for run in runs if query.matches(expand(run)[-1], at)]


async def _sent(store: Store, space: str, rule_id: str | None, runs: Sequence[RunTrace]) -> Counter[tuple[str, str]]:
    """How many messages of each run are in each state, as far as they are kept."""
    if not runs:
        return Counter()
    since = min(run.started_at for run in runs)
    kept: list[StoredNotification] = await store.notifications(space, rule_id=rule_id, since=since, limit=MOST_RUNS)
    return Counter((each.notification.execution_uuid, each.state) for each in kept)


def _metric(name: str) -> Callable[[RunTrace], Any]:
    return lambda run: run.metrics.get(name, 0)


def _duration_ms(run: RunTrace) -> int:
    return max(0, (run.ended_at - run.started_at) // _MILLISECOND)


def _delay_ms(run: RunTrace) -> int:
    return max(0, (run.started_at - run.scheduled_at) // _MILLISECOND)


_SORT_KEYS: Final[dict[SortField, Callable[[RunTrace], Any]]] = {
    "timestamp": lambda run: run.started_at,
    "execution_duration": _duration_ms,
    "total_search_duration": _metric("total_search_duration_ms"),
    "es_search_duration": _metric("es_search_duration_ms"),
    "schedule_delay": _delay_ms,
    "num_triggered_actions": _metric("number_of_triggered_actions"),
    "num_generated_actions": _metric("number_of_generated_actions"),
    "num_active_alerts": _metric("alert_counts.active"),
    "num_new_alerts": _metric("alert_counts.new"),
    "num_recovered_alerts": _metric("alert_counts.recovered"),
}


def _entry(run: RunTrace, sent: Counter[tuple[str, str]]) -> JsonObject:
    message = str(expand(run)[-1]["message"])
    return {
        "id": run.execution_uuid,
        "timestamp": iso(run.started_at),
        "duration_ms": _duration_ms(run),
        "status": run.outcome,
        "message": message if run.error_message is None else f"{message} - {run.error_message}",
        "version": ENGINE_VERSION,
        "num_active_alerts": _metric("alert_counts.active")(run),
        "num_new_alerts": _metric("alert_counts.new")(run),
        "num_recovered_alerts": _metric("alert_counts.recovered")(run),
        "num_triggered_actions": _metric("number_of_triggered_actions")(run),
        "num_generated_actions": _metric("number_of_generated_actions")(run),
        "num_succeeded_actions": sent[run.execution_uuid, "delivered"],
        "num_errored_actions": sent[run.execution_uuid, "dead"],
        "total_search_duration_ms": _metric("total_search_duration_ms")(run),
        "es_search_duration_ms": _metric("es_search_duration_ms")(run),
        "schedule_delay_ms": _delay_ms(run),
        "timed_out": run.timed_out_at is not None,
        "rule_id": run.rule.id,
        "rule_name": run.rule.name,
        "space_ids": [run.rule.space],
        "maintenance_window_ids": list(run.maintenance_window_ids),
    }
