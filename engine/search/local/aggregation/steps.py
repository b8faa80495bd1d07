"""Keys of values that are rounded down to the start of a bucket, bound to the data (embedded-search.md 8)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.frames import Frame, KeySlot
from engine.search.local.aggregation.nodes import DateStep, NumberStep
from engine.search.local.aggregation.rounding import DateRounding, NumberRounding, Rounding
from engine.search.local.database import Run
from engine.search.local.decimal_format import format_number
from engine.search.local.errors import BadValue, bad_query_value, illegal, shard_failure
from engine.search.local.fragment import Sql, sql
from engine.search.local.mapping import Field
from engine.search.local.relation import FieldValues
from engine.search.local.values import converter, parse_number
from engine.timing.dates import UTC_ZONE, Zone, date_format, parse_zone, resolve_date

_FAMILIES = {False: ("integer", "float", "boolean", "date"), True: ("date", "integer")}


@dataclass(frozen=True, slots=True)
class StepKey:
    """Keys of a field's values; ``show`` gives ``key`` and, where there is one, ``key_as_string``."""

    slot: KeySlot
    rounding: Rounding
    show: Callable[[float], JsonObject]
    parse: Callable[[JsonValue], float]


def bind_step(
    step: NumberStep | DateStep,
    field_name: str,
    frame: Frame,
    run: Run,
    now: int,
    *,
    at: str,
    missing: JsonValue = None,
    form: str | None = None,
    bounds: Sequence[JsonValue] = (),
    is_optional: bool = False,
) -> StepKey:
    """The keys for these documents; ``bounds`` are further values that will be rounded. Raises SearchError 400."""
    relation = frame.relation
    values, is_date = relation.values(field_name), isinstance(step, DateStep)
    index = relation.parts[0].view.name if relation.parts else "_all"
    if values is not None and values.family not in _FAMILIES[is_date]:
        kind = "date_histogram" if is_date else "histogram"
        reason = f"Field [{field_name}] of type [{values.field.type}] is not supported for aggregation [{kind}]"
        raise shard_failure(index, "illegal_argument_exception", reason)
    source = _numbers(values, missing, index, field_name, is_date=is_date)
    if isinstance(step, NumberStep):
        rounding: Rounding = NumberRounding(step)
        show, parse = _number_shower(form, at), _parse_number(index, field_name)
    else:
        field, zone = _date_field(values, field_name, form, at), _zone(step, at)
        show, parse = _date_shower(field, zone), _date_parser(field, zone, now, index)
        ends = _ends(frame, run, source, values) if zone.rules is not None else []
        ends += [int(parse(each)) for each in bounds if each is not None]
        rounding = DateRounding.over(step, zone, min(ends, default=0), max(ends, default=0))
    is_list = values is not None and values.is_list
    key = f"list_transform({source}, lambda x: {rounding.sql('x')})" if is_list else rounding.sql(source)
    sql_type = "BIGINT" if is_date else "DOUBLE"
    text = f"({key})::{sql_type}{'[]' if is_list else ''}"
    if is_date:
        # Instants at the very ends of what is stored have no bucket that could be told.
        text = f"TRY({text})"
    return StepKey(KeySlot(Sql(text), sql_type, is_list, is_optional=is_optional), rounding, show, parse)


def _numbers(values: FieldValues | None, missing: JsonValue, index: str, name: str, *, is_date: bool) -> str:
    """SQL without parameters (keys repeat it): the values as numbers, dates as milliseconds, or else ``missing``."""
    sql_type = "BIGINT" if is_date else "DOUBLE"
    field = values.field if values is not None else Field(name, "date" if is_date else "double", name, "")
    try:
        filler = None if missing is None else converter(field)(missing)
    except BadValue as problem:
        raise bad_query_value(index, name, problem) from problem
    if values is None:
        return f"({filler!r})::{sql_type}" if filler is not None else f"NULL::{sql_type}"
    text = values.slot
    if filler is not None:
        number = f"{int(filler) if isinstance(filler, bool) else filler!r}::{values.sql_type}"
        text = f"coalesce({text}, [{number}])" if values.is_list else f"coalesce({text}, {number})"
    if values.family == "date" and values.field.nanos_per_unit == 1:
        milli = "((x - ((x % 1000000) + 1000000) % 1000000) // 1000000)"
        text = f"list_transform({text}, lambda x: {milli})" if values.is_list else milli.replace("x", text)
    listed = "[]" if values.is_list else ""
    return f"({text})::TINYINT{listed}" if values.family == "boolean" else f"({text})"


def _date_field(values: FieldValues | None, name: str, form: str | None, at: str) -> Field:
    field = values.field if values is not None and values.family == "date" else Field(name, "date", name, "")
    try:
        date_format(form or field.format)
    except ValueError as error:
        raise illegal(str(error), at) from error
    return Field(name, "date", name, "", format=form or field.format)


def _zone(step: DateStep, at: str) -> Zone:
    try:
        return parse_zone(step.time_zone) if step.time_zone is not None else UTC_ZONE
    except ValueError as error:
        raise illegal(str(error), at) from error


def _ends(frame: Frame, run: Run, source: str, values: FieldValues | None) -> list[int]:
    one = f"unnest({source})" if values is not None and values.is_list else source
    statement = sql(f"SELECT min(x), max(x) FROM (SELECT {one} AS x FROM ({{}}))", frame.sql())
    return [int(str(end)) for end in run.fetch(statement)[0] if end is not None]


def _number_shower(form: str | None, at: str) -> Callable[[float], JsonObject]:
    def show(key: float) -> JsonObject:
        if form is None:
            return {"key": key}
        try:
            return {"key": key, "key_as_string": format_number(key, form)}
        except ValueError as error:
            raise illegal(str(error), at) from error

    return show


def _parse_number(index: str, name: str) -> Callable[[JsonValue], float]:
    def parse(given: JsonValue) -> float:
        try:
            return float(parse_number(given))
        except BadValue as problem:
            raise bad_query_value(index, name, problem) from problem

    return parse


def _date_shower(field: Field, zone: Zone) -> Callable[[float], JsonObject]:
    form = date_format(field.format)
    return lambda key: {"key": int(key), "key_as_string": form.write(int(key) * 1_000_000, zone)}


def _date_parser(field: Field, zone: Zone, now: int, index: str) -> Callable[[JsonValue], float]:
    def parse(given: JsonValue) -> float:
        if isinstance(given, int | float) and not isinstance(given, bool):
            return int(given)
        try:
            return resolve_date(str(given), date_format(field.format), now=now, zone=zone) // 1_000_000
        except (ValueError, OverflowError) as error:
            raise shard_failure(index, "parse_exception", str(error)) from error

    return parse
