"""From the answer to an ES|QL query to results: one in all, or one for each alert id (rule-type-es-query.md 9)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.model.errors import RunError
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.esql import EsqlText
from rule_types.answer import list_at, objects_at, text_at
from rule_types.es_query.results import ALL_DOCUMENTS, Result
from rule_types.texts import number_text

Row = dict[str, str | None]

_MOST_TIMES_THE_LIMIT = 10
"""A server that knows no LIMIT may send a million rows: reading those would hold up other rules for seconds."""
_HIT_ID = "esql_query_document"


@dataclass(frozen=True, slots=True)
class EsqlRows:
    """The answer as one document a row, column name -> text or null."""

    columns: tuple[str, ...]
    rows: Sequence[Row]


@dataclass(slots=True)
class EsqlResults:
    """Results in row order of first appearance; ``repeated``: alert ids that several rows share."""

    results: list[Result] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)


def read_rows(answer: JsonObject, alert_limit: int) -> EsqlRows:
    """The rows of an answer, some more than were asked for at most. Raises RunError for a malformed one.

    An answer without columns or values is malformed, too: taken for no rows, it would let every alert recover.
    """
    columns = tuple(text_at(column, "name") for column in objects_at(answer, "columns", is_required=True))
    rows = []
    for values in list_at(answer, "values", is_required=True)[: _MOST_TIMES_THE_LIMIT * alert_limit]:
        if not isinstance(values, list) or len(values) != len(columns):
            raise RunError("execute", f"the query answered with a row that has not {len(columns)} values")
        rows.append({name: _text(value) for name, value in zip(columns, values, strict=True)})
    return EsqlRows(columns, rows)


def one_result(found: EsqlRows, alert_limit: int) -> EsqlResults:
    """All rows together, at most ``alert_limit``; none at all is a result, too."""
    rows = found.rows[:alert_limit]
    return EsqlResults([Result(ALL_DOCUMENTS, len(rows), [_hit(row) for row in rows])])


def results_by_id(found: EsqlRows, query: EsqlText) -> EsqlResults:
    """One result for each alert id. Rows of one id are merged, rows without an id make no alert."""
    names = id_columns(query, found.columns)
    by_id: dict[str, list[Row]] = {}
    for row in found.rows:
        parts = [text for name in names if (text := row[name]) is not None]
        if parts:
            by_id.setdefault(",".join(parts), []).append(row)
    results = EsqlResults()
    for alert_id, rows in by_id.items():
        pairs: JsonObject = {name: rows[0][name] for name in names if rows[0][name] is not None}
        results.results.append(Result(alert_id, len(rows), [_hit(row) for row in rows], pairs))
        if len(rows) > 1:
            results.repeated.append(alert_id)
    return results


def id_columns(query: EsqlText, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that make up an alert's id: those grouped by, else ``_id``, else all."""
    grouped = tuple(dict.fromkeys(name for name in query.group_columns() if name in columns))
    if grouped:
        return grouped
    if "_id" in query.metadata and "_id" in columns:
        return ("_id",)
    return tuple(dict.fromkeys(columns))


def _hit(row: Row) -> JsonObject:
    return {"_id": _HIT_ID, "_index": "", "_source": row}


def _text(value: JsonValue) -> str | None:
    """A value as text: null and what is empty are null; several values are joined by commas."""
    if isinstance(value, list):
        return ",".join(_text(part) or "" for part in value) or None
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
