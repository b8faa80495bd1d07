"""Bucket keys: where they come from in the documents, and how answers show them (embedded-search.md 8)."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.frames import KeySlot
from engine.search.local.aggregation.nodes import KeySource
from engine.search.local.errors import BadValue, bad_query_value, illegal, shard_failure, unsupported
from engine.search.local.fragment import Sql, sql, value
from engine.search.local.mapping import FAMILIES, Field
from engine.search.local.relation import Relation
from engine.search.local.values import converter, write_date, write_ip
from engine.timing.dates.format import date_format

_UNMAPPED_TYPES: Mapping[str, str] = {
    "string": "keyword", "keyword": "keyword", "long": "long", "number": "double", "numeric": "double",
    "integer": "long", "double": "double", "float": "double", "date": "date", "boolean": "boolean", "ip": "ip",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Key:
    """One component of bucket keys. ``field`` tells its type."""

    slot: KeySlot
    field: Field
    format: str | None = None

    def show(self, stored: JsonValue) -> JsonObject:
        """``key`` and, where the type has one, ``key_as_string``."""
        family = self.field.family
        if family == "boolean":
            return {"key": int(stored), "key_as_string": "true" if stored else "false"}
        if family == "date":
            nanos = stored * self.field.nanos_per_unit
            return {"key": nanos // 1_000_000, "key_as_string": write_date(self.field, stored, self.format)}
        return {"key": write_ip(stored) if family == "ip" else stored}

    def show_component(self, stored: JsonValue) -> JsonValue:
        """The component as it stands in a key of several."""
        if self.field.family == "boolean":
            return bool(stored)
        if self.field.family == "date":
            return write_date(self.field, stored, self.format)
        return write_ip(stored) if self.field.family == "ip" else stored


def bind_key(source: KeySource, relation: Relation, at: str, form: str | None = None) -> Key:
    """The key that a field gives. Raises SearchError 400."""
    if source.field == "_id":
        raise unsupported("an aggregation by [_id]", at)
    values = relation.values(source.field)
    if values is None:
        return _unmapped(source, at, form)
    if values.family in ("geo_point", "geo_shape"):
        reason = f"Field [{source.field}] of type [{values.family}] is not supported for aggregation"
        raise shard_failure(relation.parts[0].view.name, "illegal_argument_exception", reason)
    _check_format(values.field, form, at)
    expression = Sql(values.slot)
    if source.missing is not None:
        try:
            stored = converter(values.field)(source.missing)
        except BadValue as problem:
            raise bad_query_value(relation.parts[0].view.name, source.field, problem) from problem
        filler = [stored] if values.is_list else stored
        listed = f"{values.sql_type}[]" if values.is_list else values.sql_type
        expression = sql("coalesce({}, {})", expression, value(filler, listed))
    is_distinct = values.family in ("keyword", "ip")
    return Key(KeySlot(expression, values.sql_type, values.is_list, is_distinct), values.field, form)


def _check_format(field: Field, form: str | None, at: str) -> None:
    if form is None:
        return
    if field.family != "date":
        raise illegal(f"[format] is for date fields only, [{field.name}] is of type [{field.type}]", at)
    try:
        date_format(form)
    except ValueError as error:
        raise illegal(str(error), at) from error


def _unmapped(source: KeySource, at: str, form: str | None) -> Key:
    """A field that no index maps: no document has a key, or every one has that of ``missing``."""
    missing = source.missing
    default = "boolean" if isinstance(missing, bool) else "keyword" if isinstance(missing, str) else "double"
    if isinstance(missing, int) and not isinstance(missing, bool):
        default = "long"
    if source.value_type is not None and source.value_type not in _UNMAPPED_TYPES:
        raise illegal(f"unknown value type [{source.value_type}]", at)
    type_name = _UNMAPPED_TYPES[source.value_type] if source.value_type is not None else default
    field = Field(source.field, type_name if type_name in FAMILIES else "keyword", source.field, "")
    if missing is None:
        return Key(KeySlot(Sql(f"NULL::{field.sql_type}"), field.sql_type, False), field, form)
    try:
        stored = converter(field)(missing)
    except BadValue as problem:
        raise bad_query_value("_all", source.field, problem) from problem
    return Key(KeySlot(value(stored, field.sql_type), field.sql_type, False), field, form)
