"""``alerts_filter`` of an action: which alerts it is for, by their documents and the time (actions-scheduling.md 8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import orjson

from engine.model.instant import parse_iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.notify.reasons import Reason
from engine.query.assembly import assemble
from engine.query.errors import FilterError, UnsupportedQuery
from engine.query.match.compiler import DocumentQuery, compile_match
from engine.query.match.document import DocumentView
from engine.query.options import QueryOptions
from engine.timing.timeframe import Timeframe, read_timeframe

_MISMATCH, _OFF_HOURS = Reason("filterNotMatched"), Reason("outsideTimeframe")


def compile_dsl(kql: str, filters: list[JsonValue], options: QueryOptions) -> str:
    """The ``dsl`` that is stored with a query: KQL and filters as one query in JSON (8.2).

    Raises KqlError and FilterError.
    """
    query = assemble({"query": kql, "language": "kuery"}, filters, options=options).query
    try:
        return orjson.dumps(query).decode()
    except TypeError as error:
        raise FilterError(f"the filters cannot be stored as JSON: {error}") from None


@dataclass(frozen=True, slots=True)
class AlertsFilter:
    """A filter ready to judge alert documents. ``mismatch`` and ``off_hours`` say why a document fails a part.

    ``fault`` tells that the query cannot be evaluated here: the action is not run then.
    """

    query: DocumentQuery | None = None
    timeframe: Timeframe | None = None
    mismatch: Reason = _MISMATCH
    off_hours: Reason = _OFF_HOURS
    fault: Reason | None = None

    def find_query_reason(self, document: DocumentView) -> Reason | None:
        """Why the query fails the document; None if it passes."""
        return None if self.query is None or self.query.test(document) else self.mismatch

    def find_timeframe_reason(self, at: datetime) -> Reason | None:
        """Why the instant at which a document was written is not one of the action's; None if it is (8.3)."""
        return None if self.timeframe is None or _contains(self.timeframe, at) else self.off_hours

    def passes(self, document: DocumentView) -> bool:
        """Whether the document passes all parts."""
        if self.find_query_reason(document) is not None:
            return False
        written = next(iter(document.values("@timestamp")), None)
        return self.find_timeframe_reason(document.at if written is None else parse_iso(written)) is None


@lru_cache(maxsize=256)
def _contains(timeframe: Timeframe, at: datetime) -> bool:
    # All documents that a run writes have its instant.
    return timeframe.contains(at)


def compile_filter(stored: JsonObject) -> AlertsFilter:
    """The filter as the action holds it, checked when it was saved. What cannot be evaluated is told as its fault."""
    query, timeframe = stored.get("query"), stored.get("timeframe")
    try:
        return AlertsFilter(
            query=None if query is None else compile_match(_stored_query(query)),
            timeframe=None if timeframe is None else read_timeframe(timeframe),
            mismatch=Reason("filterNotMatched", _query_facts(query)),
            off_hours=Reason("outsideTimeframe", _timeframe_facts(timeframe)),
        )
    except (UnsupportedQuery, ValueError) as error:
        return AlertsFilter(fault=Reason("filterFailed", (("problem", str(error)),)))


def _stored_query(query: JsonObject) -> JsonObject:
    dsl = query.get("dsl")
    if not isinstance(dsl, str):
        raise ValueError("the filter was stored without its compiled form: save the rule again")
    stored: JsonObject = orjson.loads(dsl)
    return stored


def _query_facts(query: Mapping[str, JsonValue] | None) -> tuple[tuple[str, str | int], ...]:
    if query is None:
        return ()
    kql, filters = query.get("kql"), query.get("filters")
    facts: list[tuple[str, str | int]] = [("kql", kql)] if isinstance(kql, str) and kql else []
    if isinstance(filters, list) and filters:
        facts.append(("filters", len(filters)))
    return tuple(facts)


def _timeframe_facts(timeframe: JsonObject | None) -> tuple[tuple[str, str], ...]:
    if timeframe is None:
        return ()
    hours = timeframe.get("hours") or {}
    days = timeframe.get("days") or ()
    facts = [("hours", f"{hours.get('start')}-{hours.get('end')}"), ("timezone", str(timeframe.get("timezone")))]
    return tuple([("days", ",".join(map(str, sorted(days))))] if days else []) + tuple(facts)
