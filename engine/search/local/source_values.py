"""Reading documents again for the answer: ``_source`` filtering, ``fields`` and ``docvalue_fields``."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.decimal_format import format_number
from engine.search.local.errors import BadValue, illegal, shard_failure
from engine.search.local.geo_point import parse_geo_point
from engine.search.local.geo_shape import parse_shape, show_shape
from engine.search.local.index import IndexView
from engine.search.local.mapping import Field
from engine.search.local.plan import FieldRequest, SourceFilter
from engine.search.local.table import finish_list
from engine.search.local.values import converter, parse_boolean, parse_date, parse_number, to_text, write_date, write_ip
from engine.timing.dates import date_format


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> "re.Pattern[str]":
    return re.compile("".join(".*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", pattern)), re.S)


def is_like(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern whose ``*`` stands for anything, dots included."""
    return name == pattern or ("*" in pattern and _expression(pattern).fullmatch(name) is not None)


def filter_source(source: JsonObject, wanted: SourceFilter) -> JsonObject:
    """The part of a document that the filter lets through."""
    if not wanted.includes and not wanted.excludes:
        return source
    return _filtered(source, "", wanted, is_included=not wanted.includes) or {}


def _filtered(node: JsonObject, prefix: str, wanted: SourceFilter, *, is_included: bool) -> JsonObject:
    kept: JsonObject = {}
    for key, item in node.items():
        path = prefix + key
        if any(is_like(path, pattern) for pattern in wanted.excludes):
            continue
        included = is_included or any(is_like(path, pattern) for pattern in wanted.includes)
        if isinstance(item, dict):
            inner = _filtered(item, f"{path}.", wanted, is_included=included)
            if inner or included:
                kept[key] = inner
        elif isinstance(item, list):
            elements = _filtered_list(item, path, wanted, is_included=included)
            if elements or included:
                kept[key] = elements
        elif included:
            kept[key] = item
    return kept


def _filtered_list(items: list[JsonValue], path: str, wanted: SourceFilter, *, is_included: bool) -> list[JsonValue]:
    """Objects and lists of which nothing is left are dropped from lists, while those with a name stay, empty."""
    kept: list[JsonValue] = []
    for item in items:
        if isinstance(item, dict):
            inner = _filtered(item, f"{path}.", wanted, is_included=is_included)
            if inner:
                kept.append(inner)
        elif isinstance(item, list):
            inner_list = _filtered_list(item, path, wanted, is_included=is_included)
            if inner_list:
                kept.append(inner_list)
        elif is_included:
            kept.append(item)
    return kept


def values_at(node: JsonValue, path: str) -> Iterator[JsonValue]:
    """All values of a path, dotted keys and arrays on the way included; nulls too."""
    if isinstance(node, list):
        for element in node:
            yield from values_at(element, path)
    elif isinstance(node, dict):
        if path in node:
            yield from _flat(node[path])
        at = path.find(".")
        while at > 0:
            if path[:at] in node:
                yield from values_at(node[path[:at]], path[at + 1 :])
            at = path.find(".", at + 1)


def _flat(item: JsonValue) -> Iterator[JsonValue]:
    if isinstance(item, list):
        for element in item:
            yield from _flat(element)
    else:
        yield item


def _field_values(source: JsonObject, field: Field, path: str) -> Iterator[JsonValue]:
    if field.family == "geo_point":
        yield from _points(source, path)
        return
    for item in values_at(source, path):
        if item is not None:
            yield item
        elif field.null_value is not None:
            yield field.null_value


def _points(source: JsonObject, path: str) -> Iterator[JsonValue]:
    """Points: an array of numbers is one point, not several values."""
    found: list[JsonValue] = []
    for item in values_at(source, path):
        if isinstance(item, int | float):
            found.append(item)
            if len(found) == 2:
                yield found
                found = []
        elif item is not None:
            yield item


def fetch_fields(source: JsonObject, view: IndexView, requests: Sequence[FieldRequest], within: str = "") -> JsonObject:
    """``fields``: values of the document read by the mapping, as arrays under full names.

    Nested objects come as objects under their path, with names counted from there; ``within`` is such a path with its
    dot, and ``source`` then one of the objects.
    """
    found: JsonObject = {}
    for request in requests:
        for field in _mapped(view, request.pattern):
            values = _field_values(source, field, field.source[len(within) :])
            shown = [item for item in (_shown(field, each, request.format) for each in values) if item is not None]
            if shown:
                found[field.name[len(within) :]] = shown
        if request.include_unmapped:
            for path, items in _unmapped(source, within, view):
                if is_like(path, request.pattern):
                    found.setdefault(path[len(within) :], items)
    for path, nested in view.nested.items():
        objects = [each for each in values_at(source, path[len(within) :]) if isinstance(each, dict)]
        shown = [each for each in (fetch_fields(one, nested, requests, f"{path}.") for one in objects) if each]
        if shown:
            found[path[len(within) :]] = shown
    return found


def _mapped(view: IndexView, pattern: str) -> list[Field]:
    if "*" not in pattern:
        return [view.fields[pattern]] if pattern in view.fields else []
    return [field for name, field in view.fields.items() if is_like(name, pattern)]


def _unmapped(node: JsonValue, prefix: str, view: IndexView) -> Iterator[tuple[str, list[JsonValue]]]:
    for key, item in node.items():
        path = prefix + key
        if path in view.fields or path in view.nested:
            continue
        if isinstance(item, dict):
            yield from _unmapped(item, f"{path}.", view)
            continue
        flat = [each for each in _flat(item) if each is not None]
        scalars = [each for each in flat if not isinstance(each, dict)]
        for each in flat:
            if isinstance(each, dict):
                yield from _unmapped(each, f"{path}.", view)
        if scalars:
            yield path, scalars


def _shown(field: Field, item: JsonValue, form: str | None) -> JsonValue:
    """One value of ``fields``; None for values that were not taken."""
    try:
        if field.family == "date":
            return date_format(form or field.format).write(parse_date(field, item))
        if field.family == "geo_point":
            return _shown_point(parse_geo_point(item), form)
        if field.family == "geo_shape":
            return show_shape(parse_shape(item), form)
        if field.family == "float":
            converter(field)(item)
            return float(parse_number(item))
        if field.family == "boolean":
            return parse_boolean(item)
        if field.family == "ip":
            return to_text(write_ip(str(converter(field)(item))))
        return converter(field)(item)
    except BadValue:
        return None


def _shown_point(point: Mapping[str, float], form: str | None) -> JsonValue:
    if form == "wkt":
        return f"POINT ({point['lon']} {point['lat']})"
    return {"type": "Point", "coordinates": [point["lon"], point["lat"]]}


def check_formats(
    views: Sequence[IndexView], fields: Iterable[FieldRequest], docvalues: Iterable[FieldRequest]
) -> None:
    """400 for formats that a field's type cannot have, before any document is read."""
    for request, is_docvalue in [*((each, False) for each in fields), *((each, True) for each in docvalues)]:
        for view in views:
            for each in (view, *view.nested_below()):
                for field in _mapped(each, request.pattern):
                    _check_format(field, request, view, is_docvalue=is_docvalue)


def _check_format(field: Field, request: FieldRequest, view: IndexView, *, is_docvalue: bool) -> None:
    if is_docvalue and field.family == "text" and "*" not in request.pattern:
        reason = f"Fielddata is disabled on [{field.name}]: text fields have no docvalues; use [fields] instead"
        raise shard_failure(view.name, "illegal_argument_exception", reason)
    if is_docvalue and field.family == "geo_shape" and "*" not in request.pattern:
        reason = f"Field [{field.name}] of type [geo_shape] has no docvalues to be shown; use [fields] instead"
        raise shard_failure(view.name, "illegal_argument_exception", reason)
    form = request.format
    if form is None or form == "use_field_mapping":
        return
    if field.family == "date":
        try:
            date_format(form)
        except ValueError as error:
            raise illegal(str(error)) from error
        return
    if field.family in ("geo_point", "geo_shape") and form in ("geojson", "wkt"):
        return
    if is_docvalue and field.family in ("integer", "float"):
        try:
            format_number(1.0, form)
        except ValueError as error:
            raise illegal(str(error)) from error
        return
    raise illegal(f"Field [{field.name}] of type [{field.type}] doesn't support formats.")


def fetch_docvalues(source: JsonObject, view: IndexView, requests: Iterable[FieldRequest]) -> JsonObject:
    """``docvalue_fields``: values as they are stored: sorted, keywords once."""
    found: JsonObject = {}
    for request in requests:
        form = None if request.format == "use_field_mapping" else request.format
        for field in _mapped(view, request.pattern):
            if field.family in ("text", "geo_shape"):
                continue
            stored = finish_list(field, [item for item in _stored(source, field) if item is not None])
            if stored:
                found[field.name] = [_shown_stored(field, item, form) for item in stored]
    return found


def _stored(source: JsonObject, field: Field) -> Iterator[object]:
    convert = converter(field)
    for item in _field_values(source, field, field.source):
        try:
            yield convert(item)
        except BadValue:
            continue


def _shown_stored(field: Field, stored: JsonValue, form: str | None) -> JsonValue:
    if field.family == "date":
        return write_date(field, stored, form)
    if field.family == "ip":
        return write_ip(stored)
    if field.family == "geo_point":
        return f"{stored['lat']}, {stored['lon']}" if form is None else _shown_point(stored, form)
    return format_number(stored, form) if form is not None else stored
