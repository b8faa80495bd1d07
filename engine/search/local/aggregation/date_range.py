"""``date_range``: ranges with date math, in the field's or a given format (embedded-search.md 8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.frames import Frame, KeySlot, Span, SpanFrame
from engine.search.local.aggregation.keys import bind_key
from engine.search.local.aggregation.nodes import Buckets, DateBounds, DateRange, KeySource
from engine.search.local.aggregation.options import field_option, missing_option, scalar, text_option
from engine.search.local.errors import illegal, shard_failure
from engine.search.local.fragment import Sql, sql, value
from engine.search.local.mapping import Field
from engine.search.local.relation import Relation
from engine.search.local.shape import as_bool, as_list, as_object, check_keys, pointer
from engine.search.local.values import converter
from engine.timing.dates import UTC_ZONE, DateFormat, Zone, date_format, parse_zone, resolve_date

_INT64 = (-(2**63), 2**63 - 1)


def parse_date_range(base: Buckets, members: JsonObject) -> DateRange:
    """The aggregation. Raises SearchError 400."""
    at = base.at
    check_keys(members, ("field", "ranges", "format", "time_zone", "missing", "keyed", "script"), at, "date_range")
    ranges = []
    for i, each in enumerate(as_list(members.get("ranges"), pointer(at, "ranges"))):
        here = pointer(pointer(at, "ranges"), i)
        bounds = as_object(each, here)
        check_keys(bounds, ("from", "to", "key"), here, "date_range")
        start, end = (scalar(bounds.get(key), pointer(here, key)) for key in ("from", "to"))
        ranges.append(DateBounds(start, end, text_option(bounds, "key", here)))
    if not ranges:
        raise illegal(f"No [ranges] specified for the [{base.name}] aggregation", pointer(at, "ranges"))
    return DateRange(
        base.name,
        at,
        base.meta,
        base.children,
        field_option(members, at, "date_range"),
        tuple(ranges),
        text_option(members, "format", at),
        text_option(members, "time_zone", at),
        missing_option(members, at),
        as_bool(members.get("keyed", False), pointer(at, "keyed")),
    )


@dataclass(frozen=True, slots=True)
class BoundDateRange:
    """The aggregation bound to the data; ``heads`` belong to ``spans``: each bucket's key and bounds as shown."""

    plan: DateRange
    key: KeySlot
    spans: Sequence[Span]
    heads: Sequence[JsonObject]

    def frame(self, parent: Frame) -> SpanFrame:
        """The documents of all ranges."""
        return SpanFrame(parent, self.key, self.spans)


def bind_date_range(plan: DateRange, relation: Relation, now: int) -> BoundDateRange:
    """Resolve ranges and field. Raises SearchError 400."""
    index = relation.parts[0].view.name if relation.parts else "_all"
    values = relation.values(plan.field)
    if values is not None and values.family != "date":
        reason = f"Field [{plan.field}] of type [{values.field.type}] is not supported for aggregation [date_range]"
        raise shard_failure(index, "illegal_argument_exception", reason)
    field = values.field if values is not None else Field(plan.field, "date", plan.field, "")
    try:
        form = date_format(plan.format or field.format)
        zone = parse_zone(plan.time_zone) if plan.time_zone is not None else UTC_ZONE
    except ValueError as error:
        raise illegal(str(error), plan.at) from error
    try:
        ranges = [_range(plan, at, field, form, zone, now) for at in range(len(plan.ranges))]
        missing = None if plan.missing is None else _missing(plan.missing, field, form, zone, now)
    except ValueError as error:
        raise shard_failure(index, "parse_exception", str(error)) from error
    # Open starts come first, open ends last.
    ranges.sort(key=lambda pair: (_INT64[0] if pair[0].start is None else pair[0].start,
                                  _INT64[1] if pair[0].end is None else pair[0].end))  # fmt: skip
    key = bind_key(KeySource(plan.field, value_type="date"), relation, plan.at).slot
    return BoundDateRange(plan, _filled(key, missing), [span for span, _ in ranges], [head for _, head in ranges])


def _filled(key: KeySlot, missing: int | None) -> KeySlot:
    if missing is None:
        return key
    filler = value([missing], "BIGINT[]") if key.is_list else value(missing, "BIGINT")
    return KeySlot(sql("coalesce({}, {})", key.source, filler), key.sql_type, key.is_list)


def _missing(given: JsonValue, field: Field, form: DateFormat, zone: Zone, now: int) -> int:
    if isinstance(given, str):
        return resolve_date(given, form, now=now, zone=zone) // field.nanos_per_unit
    return int(str(converter(field)(given)))


def _range(plan: DateRange, at: int, field: Field, form: DateFormat, zone: Zone, now: int) -> tuple[Span, JsonObject]:
    wanted = plan.ranges[at]
    start, end = (_instant(each, form, zone, now) for each in (wanted.start, wanted.end))
    texts = ["*" if each is None else form.write(each, zone) for each in (start, end)]
    head: JsonObject = {"key": wanted.key if wanted.key is not None else "-".join(texts)}
    for name, instant, text in (("from", start, texts[0]), ("to", end, texts[1])):
        if instant is not None:
            head[name] = float(instant // 1_000_000)
            head[f"{name}_as_string"] = text
    return Span(_stored(start, field), _stored(end, field)), head


def _instant(given: JsonValue, form: DateFormat, zone: Zone, now: int) -> int | None:
    if given is None:
        return None
    if isinstance(given, int | float) and not isinstance(given, bool) and form.epoch_unit is not None:
        return round(given * form.epoch_unit)
    return resolve_date(str(given), form, now=now, zone=zone)


def _stored(instant: int | None, field: Field) -> int | None:
    return None if instant is None else min(max(instant // field.nanos_per_unit, _INT64[0]), _INT64[1])


def counted(frame: Frame, expressions: Sequence[Sql]) -> Sql:
    """One row for each bucket of a frame: its number, the count, the metrics."""
    columns = "".join(f", {each.text}" for each in expressions)
    params = tuple(param for each in expressions for param in each.params)
    return sql("{} FROM ({}) GROUP BY ord", Sql(f"SELECT ord, count(*){columns}", params), frame.sql())
