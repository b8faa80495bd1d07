"""``composite``: buckets of combinations of values, in pages (embedded-search.md 8)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.after import AfterKey, comes_after
from engine.search.local.aggregation.frames import Frame, KeySlot, keyed
from engine.search.local.aggregation.histogram_request import parse_date_step, parse_number_step
from engine.search.local.aggregation.keys import Key, bind_key
from engine.search.local.aggregation.metrics import MetricColumns
from engine.search.local.aggregation.nodes import Buckets, Composite, CompositeSource, KeySource
from engine.search.local.aggregation.options import field_option, text_option
from engine.search.local.aggregation.steps import StepKey, bind_step
from engine.search.local.database import Run
from engine.search.local.errors import BadValue, bad_query_value, illegal, parsing
from engine.search.local.fragment import TRUE, Sql, join, sql
from engine.search.local.shape import as_bool, as_int, as_list, as_object, check_keys, only_key, pointer
from engine.search.local.values import converter, parse_date

_COMMON = ("field", "order", "missing_bucket", "missing_order", "script", "value_type")
_KEYS = {
    "terms": _COMMON,
    "histogram": (*_COMMON, "interval"),
    "date_histogram": (*_COMMON, "calendar_interval", "fixed_interval", "offset", "time_zone", "format"),
}
_MOST = 65_536


def parse_composite(base: Buckets, members: JsonObject) -> Composite:
    """The aggregation. Raises SearchError 400."""
    at = base.at
    check_keys(members, ("sources", "size", "after"), at, "composite")
    here = pointer(at, "sources")
    sources = tuple(_source(each, pointer(here, i)) for i, each in enumerate(as_list(members.get("sources"), here)))
    names = [each.name for each in sources]
    if not names or len(set(names)) < len(names):
        raise illegal("[composite] needs [sources], each with a name of its own", here)
    size = as_int(members.get("size", 10), pointer(at, "size"))
    if not 0 < size <= _MOST:
        raise illegal(f"[size] must be between 1 and {_MOST}, not [{size}]", pointer(at, "size"))
    after = members.get("after")
    if after is not None and set(as_object(after, pointer(at, "after"))) != set(names):
        raise illegal(f"[after] has a value for each of the sources: {', '.join(names)}", pointer(at, "after"))
    return Composite(base.name, at, base.meta, base.children, sources, size, after)


def _source(given: JsonValue, at: str) -> CompositeSource:
    name, content = only_key(given, at, "a composite source")
    kind, options = only_key(content, pointer(at, name), f"the composite source [{name}]")
    here = pointer(pointer(at, name), kind)
    members = as_object(options, here)
    if kind not in _KEYS:
        raise parsing(f"invalid source type: {kind}", here)
    check_keys(members, _KEYS[kind], here, kind)
    order, nulls = str(members.get("order", "asc")).lower(), str(members.get("missing_order", "default")).lower()
    if order not in ("asc", "desc"):
        raise illegal(f"order is [asc] or [desc], not [{order}]", here)
    if nulls not in ("first", "last", "default"):
        raise illegal(f"missing_order is [first], [last] or [default], not [{nulls}]", here)
    step = None
    if kind != "terms":
        step = parse_number_step(members, here) if kind == "histogram" else parse_date_step(members, here)
    return CompositeSource(
        name,
        field_option(members, here, "composite"),
        step,
        kind == "date_histogram",
        order == "desc",
        as_bool(members.get("missing_bucket", False), here),
        nulls == "first" or (nulls == "default" and order == "asc"),
        text_option(members, "format", here) if kind == "date_histogram" else None,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A source bound to the data."""

    source: CompositeSource
    slot: KeySlot
    key: Key | StepKey

    @property
    def order(self) -> str:
        """How buckets are ordered by this part."""
        direction = "DESC" if self.source.descending else "ASC"
        return f"{direction} NULLS {'FIRST' if self.source.is_null_first else 'LAST'}"

    def show(self, stored: JsonValue) -> JsonValue:
        """The value as a bucket's key shows it."""
        if stored is None or isinstance(self.key, Key):
            return None if stored is None else _shown_term(cast("Key", self.key), stored)
        shown = self.key.show(stored)
        return shown["key_as_string" if self.source.format is not None else "key"]

    def read(self, given: JsonValue, at: str) -> object:
        """A value of ``after`` as it is stored."""
        if given is None:
            if not self.source.has_null:
                raise illegal(f"[after.{self.source.name}] is null, while the source has no [missing_bucket]", at)
            return None
        if not isinstance(self.key, Key):
            return self.key.parse(given)
        field = self.key.field
        try:
            if field.family == "date" and isinstance(given, int):
                return given * 1_000_000 // field.nanos_per_unit
            return (
                parse_date(field, given) // field.nanos_per_unit if field.family == "date" else converter(field)(given)
            )
        except BadValue as problem:
            raise bad_query_value("_all", field.name, problem) from problem


def _shown_term(key: Key, stored: JsonValue) -> JsonValue:
    return bool(stored) if key.field.family == "boolean" else key.show(stored)["key"]


@dataclass(frozen=True, slots=True)
class BoundComposite:
    """The aggregation bound to the data."""

    plan: Composite
    parts: Sequence[_Part]
    metrics: Sequence[MetricColumns]

    @classmethod
    def bind(
        cls, plan: Composite, frame: Frame, metrics: Sequence[MetricColumns], run: Run, now: int
    ) -> "BoundComposite":
        """Raises SearchError 400."""
        return cls(plan, [_bind(each, frame, run, now, plan.at) for each in plan.sources], metrics)

    @property
    def slots(self) -> list[KeySlot]:
        """Where the keys come from."""
        return [part.slot for part in self.parts]

    def statement(self, frame: Frame) -> Sql:
        """One row a bucket: parent, keys, count, metrics; in order."""
        names = ", ".join(f"k{at}" for at in range(len(self.parts)))
        expressions = [expression for metric in self.metrics for expression in metric.expressions]
        picked = join(", ", [Sql(f"ord, {names}, count(*)"), *expressions])
        order = ", ".join(f"k{at} {part.order}" for at, part in enumerate(self.parts))
        return sql(
            f"SELECT {{}} FROM ({{}}) WHERE {{}} GROUP BY ord, {names} ORDER BY ord, {order} LIMIT {self.plan.size}",
            picked, keyed(frame, self.slots), self._after(),
        )  # fmt: skip

    def _after(self) -> Sql:
        if self.plan.after is None:
            return TRUE
        keys = []
        for at, part in enumerate(self.parts):
            stored = part.read(self.plan.after[part.source.name], pointer(self.plan.at, "after"))
            nulls_first = part.source.is_null_first if part.source.has_null else None
            keys.append(AfterKey(Sql(f"k{at}"), part.slot.sql_type, stored, part.source.descending, nulls_first))
        return comes_after(keys)

    def key(self, row: Sequence[object]) -> JsonObject:
        """The key of a row's bucket."""
        return {part.source.name: part.show(row[at + 1]) for at, part in enumerate(self.parts)}


def _bind(source: CompositeSource, frame: Frame, run: Run, now: int, at: str) -> _Part:
    if source.step is None:
        key = bind_key(KeySource(source.field), frame.relation, at)
        return _Part(source, replace(key.slot, is_optional=source.has_null), key)
    step = bind_step(source.step, source.field, frame, run, now, at=at, form=source.format, is_optional=source.has_null)
    return _Part(source, step.slot, step)
