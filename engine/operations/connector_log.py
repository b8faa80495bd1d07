"""What connectors did, over all of them: a log of their executions, and counts (connector-framework.md 11.4)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from engine.model.connector_trace import ConnectorTrace
from engine.model.errors import InvalidInput, Problem
from engine.model.instant import iso, to_ms
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.version import ENGINE_VERSION
from engine.operations.instants import instant_of
from engine.operations.validation import parse_model
from engine.operations.values import DATE_MATH, Strict, as_whole_number
from engine.ports.store import Store
from engine.query.alert_scope import compile_scope
from engine.query.errors import KqlError, UnsupportedQuery
from engine.run.connector_events import expand_execution

_MOST_LOOKED_AT = 10_000
"""Executions that one question looks at: the newest."""
_LARGEST_PAGE = 1000
_MILLISECOND = timedelta(milliseconds=1)

SortField: TypeAlias = Literal["timestamp", "execution_duration", "schedule_delay"]
Count: TypeAlias = Annotated[int, Field(ge=1, le=_LARGEST_PAGE), BeforeValidator(as_whole_number)]


class SortOrder(Strict):
    """Up or down."""

    order: Literal["asc", "desc"]


def _newest_first() -> list[dict[SortField, SortOrder]]:
    return [{"timestamp": SortOrder(order="desc")}]


class KpiBody(Strict):
    """Which executions are counted: from a time (ISO 8601 or date math) on, in KQL on the records of the event log."""

    date_start: Annotated[str, DATE_MATH]
    date_end: Annotated[str, DATE_MATH] | None = None
    filter: str | None = None


class LogBody(KpiBody):
    """Which executions are listed, and how. ``namespaces``: the spaces, by default the one that is asked in."""

    per_page: Count = 10
    page: Count = 1
    sort: list[dict[SortField, SortOrder]] = Field(default_factory=_newest_first)
    namespaces: list[str] | None = None


async def find_executions(store: Store, body: JsonValue, *, space: str, at: datetime) -> JsonObject:
    """One page of the log. Raises InvalidInput."""
    asked = parse_model(LogBody, body)
    found = await _matching(store, asked, asked.namespaces or [space], at)
    for sort in reversed(asked.sort):
        for name, order in reversed(sort.items()):
            found.sort(key=_SORT_KEYS[name], reverse=order.order == "desc")
    before = (asked.page - 1) * asked.per_page
    return {"total": len(found), "data": [_entry(trace) for trace in found[before : before + asked.per_page]]}


async def count_executions(store: Store, body: JsonValue, *, space: str, at: datetime) -> JsonObject:
    """How many executions came to what. Raises InvalidInput."""
    found = await _matching(store, parse_model(KpiBody, body), [space], at)
    succeeded = sum(trace.is_ok for trace in found)
    return {"success": succeeded, "unknown": 0, "failure": len(found) - succeeded, "warning": 0}


async def _matching(store: Store, asked: KpiBody, spaces: Sequence[str], at: datetime) -> list[ConnectorTrace]:
    since = instant_of("date_start", asked.date_start, at)
    until = None if asked.date_end is None else instant_of("date_end", asked.date_end, at)
    found = await store.executions(spaces, since=since, until=until, limit=_MOST_LOOKED_AT)
    if not asked.filter:
        return found
    try:
        query = compile_scope(asked.filter)
    except (KqlError, UnsupportedQuery) as error:
        raise InvalidInput([Problem("filter", f"is not valid KQL: {error}", "correct it, or leave it out")]) from None
    return [trace for trace in found if query.matches(expand_execution(trace)[-1], at)]


def _duration_ms(trace: ConnectorTrace) -> int:
    return (trace.ended_at - trace.started_at) // _MILLISECOND


def _delay_ms(trace: ConnectorTrace) -> int:
    return 0 if trace.scheduled_at is None else (trace.started_at - trace.scheduled_at) // _MILLISECOND


_SORT_KEYS = {
    "timestamp": lambda trace: to_ms(trace.started_at),
    "execution_duration": _duration_ms,
    "schedule_delay": _delay_ms,
}


def _entry(trace: ConnectorTrace) -> JsonObject:
    message = expand_execution(trace)[-1]["message"]
    return {
        "id": trace.execution_uuid,
        "timestamp": iso(trace.started_at),
        "duration_ms": _duration_ms(trace),
        "status": "success" if trace.is_ok else "failure",
        "message": message if trace.error_message is None else f"{message} - {trace.error_message}",
        "version": ENGINE_VERSION,
        "schedule_delay_ms": _delay_ms(trace),
        "space_ids": [trace.space],
        "connector_id": trace.connector_id,
        "connector_name": trace.connector_name,
        "timed_out": trace.has_timed_out,
        "source": trace.source,
    }
