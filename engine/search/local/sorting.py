"""Sort keys: the SQL order, and the sort values that hits show (embedded-search.md 6)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from engine.model.jsonvalue import JsonValue
from engine.search.local.after import AfterKey, comes_after
from engine.search.local.errors import BadValue, bad_query_value, illegal, shard_failure
from engine.search.local.fragment import Sql, sql, value
from engine.search.local.mapping import FAMILIES
from engine.search.local.plan import SortKey
from engine.search.local.query.spans import Span, value_span
from engine.search.local.relation import FieldValues, Relation
from engine.search.local.values import parse_date, parse_ip, parse_number, to_text, write_date, write_ip

LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1
_FIRST_SHOWN, _LAST_SHOWN = "1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"


@dataclass(frozen=True, slots=True)
class BoundKey:
    """A sort key bound to the data: the expression, its order, and how its value is shown in a hit.

    ``read`` gives the value of the expression that stands behind a shown one; it raises BadValue.
    """

    expression: Sql
    order: str
    show: Callable[[object], object]
    sql_type: str = "DOUBLE"
    read: Callable[[JsonValue], object] = parse_number
    field: str = "_score"


def bind_sort(keys: Sequence[SortKey], relation: Relation, now: int) -> list[BoundKey]:
    """The keys for these documents. Raises SearchError 400 for fields that cannot be sorted by."""
    return [_bind(key, relation, now) for key in keys]


def order_by(keys: Sequence[BoundKey]) -> Sql:
    """The ORDER BY list; document order decides between equals."""
    terms = [sql("{} " + key.order, key.expression) for key in keys]
    return Sql(
        ", ".join([*(term.text for term in terms), "ix", "seq"]), tuple(p for term in terms for p in term.params)
    )


def behind_values(keys: Sequence[BoundKey], after: Sequence[JsonValue]) -> Sql:
    """Documents behind these values, one for each key. Raises SearchError 400."""
    if len(keys) != len(after):
        raise illegal(f"search_after has {len(after)} value(s) but sort has {len(keys)}.", "/search_after")
    wanted = []
    for key, given in zip(keys, after, strict=True):
        try:
            stored = key.read(given)
        except BadValue as problem:
            reason = f"Failed to parse search_after value for field [{key.field}]: {problem.reason}"
            raise shard_failure("_all", "illegal_argument_exception", reason) from problem
        nulls_first = "NULLS FIRST" in key.order if "NULLS" in key.order else None
        wanted.append(AfterKey(key.expression, key.sql_type, stored, key.order.startswith("DESC"), nulls_first))
    return comes_after(wanted)


def by_score(relation: Relation) -> list[BoundKey]:
    """The order without ``sort``: best first."""
    return [BoundKey(Sql(relation.scores()), "DESC", _plain)]


def _plain(stored: object) -> object:
    return stored


def _bind(key: SortKey, relation: Relation, now: int) -> BoundKey:
    direction = "DESC" if key.descending else "ASC"
    if key.field == "_score":
        return BoundKey(Sql(relation.scores()), direction, _plain)
    if key.field == "_doc":
        # Document order over all indices is the order by index, then by number.
        document = Sql("(ix::HUGEINT * 9223372036854775808 + seq)")
        return BoundKey(document, direction, lambda stored: int(str(stored)), "HUGEINT", _read_whole, "_doc")
    _check_mapped(key, relation)
    values = relation.values(key.field)
    if values is None:
        return _bind_unmapped(key)
    if values.family in ("geo_point", "geo_shape"):
        reason = f"can't sort on {values.family} field [{key.field}]"
        raise shard_failure(relation.parts[0].view.name, "illegal_argument_exception", reason)
    expression = _one_value(key, values)
    if values.family in ("keyword", "ip"):
        return _bind_text(key, values, expression, direction, relation, now)
    return _bind_number(key, values, expression, direction, relation, now)


def _check_mapped(key: SortKey, relation: Relation) -> None:
    if key.unmapped_type is not None:
        return
    for part in relation.parts:
        if key.field not in part.view.fields:
            reason = f"No mapping found for [{key.field}] in order to sort on"
            raise shard_failure(part.view.name, "query_shard_exception", reason)


def _bind_unmapped(key: SortKey) -> BoundKey:
    """No index knows the field: every document lacks a value of the type that the request names."""
    family = FAMILIES.get(key.unmapped_type or "long", "integer")
    if family in ("keyword", "ip", "text"):
        return BoundKey(Sql("NULL::VARCHAR"), "ASC", _plain, "VARCHAR", _read_nothing, key.field)
    is_low = (key.missing == "_first") != key.descending
    if family == "float":
        infinite = "-Infinity" if is_low else "Infinity"
        return BoundKey(Sql("NULL::BIGINT"), "ASC", lambda _: infinite, "BIGINT", _read_nothing, key.field)
    shown: object = LONG_MIN if is_low else LONG_MAX
    if family == "date" and key.format is not None:
        shown = _FIRST_SHOWN if is_low else _LAST_SHOWN
    return BoundKey(Sql("NULL::BIGINT"), "ASC", lambda _: shown, "BIGINT", _read_nothing, key.field)


def _read_nothing(_: JsonValue) -> object:
    return None


def _read_whole(given: JsonValue) -> object:
    number = parse_number(given)
    if number != int(number):
        raise BadValue("number_format_exception", f"[{given}] is no whole number")
    return int(number)


def _one_value(key: SortKey, values: FieldValues) -> Sql:
    """One of a document's values: the least when ascending, the greatest when descending, or by ``mode``."""
    slot = values.slot
    mode = key.mode or ("max" if key.descending else "min")
    if mode in ("sum", "avg", "median") and values.family not in ("integer", "float"):
        reason = f"sort mode [{mode}] needs a number field, not [{key.field}]"
        raise shard_failure("_all", "illegal_argument_exception", reason)
    if not values.is_list:
        return Sql(f"({slot})::TINYINT" if values.family == "boolean" else slot)
    text = f"list_{mode}({slot})"
    if values.family == "integer" and mode in ("sum", "avg", "median"):
        text = f"round({text})::BIGINT"
    return Sql(f"({text})::TINYINT" if values.family == "boolean" else text)


def _missing_span(key: SortKey, values: FieldValues, relation: Relation, now: int) -> Span:
    try:
        span = value_span(values.field, key.missing, now)
    except BadValue as problem:
        raise bad_query_value(relation.parts[0].view.name, key.field, problem) from problem
    return span or Span()


def _bind_text(
    key: SortKey, values: FieldValues, expression: Sql, direction: str, relation: Relation, now: int
) -> BoundKey:
    show: Callable[[object], object] = _plain
    parse: Callable[[JsonValue], str] = to_text
    if values.family == "ip":
        show, parse = _show_ip, parse_ip

    def read(given: JsonValue) -> object:
        return None if given is None else parse(given)

    if key.missing in ("_last", "_first"):
        order = f"{direction} NULLS {'LAST' if key.missing == '_last' else 'FIRST'}"
        return BoundKey(expression, order, show, "VARCHAR", read, key.field)
    span = _missing_span(key, values, relation, now)
    filled = sql("coalesce({}, {})", expression, value(span.low, "VARCHAR"))
    return BoundKey(filled, direction, show, "VARCHAR", read, key.field)


def _show_ip(stored: object) -> object:
    return None if stored is None else write_ip(str(stored))


def _bind_number(
    key: SortKey, values: FieldValues, expression: Sql, direction: str, relation: Relation, now: int
) -> BoundKey:
    """Documents without a value count as having the extreme that puts them where ``missing`` says."""
    sql_type = "DOUBLE" if values.family == "float" else values.sql_type
    if key.missing in ("_last", "_first"):
        is_low = (key.missing == "_first") != key.descending
        if values.family == "float":
            filler = value(-math.inf if is_low else math.inf, "DOUBLE")
        elif values.family == "boolean":
            filler, sql_type = value(LONG_MIN if is_low else LONG_MAX, "BIGINT"), "BIGINT"
        elif sql_type == "UBIGINT":
            filler = value(0 if is_low else 2**64 - 1, "UBIGINT")
        else:
            filler = value(LONG_MIN if is_low else LONG_MAX, sql_type)
    else:
        stored = _missing_span(key, values, relation, now).low
        filler = value(int(stored) if isinstance(stored, bool) else stored, sql_type)
    filled = sql("coalesce(({})::" + sql_type + ", {})", expression, filler)
    return BoundKey(filled, direction, _number_shower(key, values), sql_type, _number_reader(key, values), key.field)


def _number_reader(key: SortKey, values: FieldValues) -> Callable[[JsonValue], object]:
    if values.family == "float":
        return lambda given: float(given) if given in ("Infinity", "-Infinity") else float(parse_number(given))
    if values.family == "boolean":
        return lambda given: int(given) if isinstance(given, bool) else _read_whole(given)
    if values.family != "date":
        return _read_whole
    field = replace(values.field, format=key.format or values.field.format)
    is_low = (key.missing == "_first") != key.descending

    def read(given: JsonValue) -> object:
        if not isinstance(given, str):
            return _read_whole(given)
        if key.format is not None and given == (_FIRST_SHOWN if is_low else _LAST_SHOWN):
            return LONG_MIN if is_low else LONG_MAX
        return parse_date(field, given) // field.nanos_per_unit

    return read


def _number_shower(key: SortKey, values: FieldValues) -> Callable[[object], object]:
    if values.family == "float":
        return lambda stored: str(stored).replace("inf", "Infinity") if stored in (math.inf, -math.inf) else stored
    if values.family != "date" or key.format is None:
        return _plain
    form = key.format
    try:
        write_date(values.field, 0, form)
    except ValueError as error:
        raise shard_failure("_all", "illegal_argument_exception", str(error)) from error

    def show(stored: object) -> object:
        if stored in (LONG_MIN, LONG_MAX):
            return _FIRST_SHOWN if stored == LONG_MIN else _LAST_SHOWN
        return write_date(values.field, int(str(stored)), form)

    return show
