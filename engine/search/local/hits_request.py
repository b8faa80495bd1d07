"""The part of a request that says which hits are returned and what of them; searches and ``top_hits`` share it."""

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.errors import illegal, parsing, unsupported
from engine.search.local.plan import FieldRequest, HitsRequest, SortKey, SourceFilter
from engine.search.local.shape import (
    as_bool,
    as_int,
    as_list,
    as_many,
    as_object,
    as_text,
    check_keys,
    only_key,
    pointer,
    type_word,
)

_SORT_KEYS = ("order", "missing", "unmapped_type", "mode", "format", "numeric_type", "nested", "nested_path",
              "nested_filter")  # fmt: skip
_NO_SOURCE = SourceFilter(is_returned=False)


def parse_hits(members: JsonObject, at: str, *, default_size: int) -> HitsRequest:
    """Read the keys ``from size sort _source fields ...``. Raises SearchError 400."""
    start = as_int(members.get("from", 0), pointer(at, "from"))
    size = as_int(members.get("size", default_size), pointer(at, "size"))
    for key, number in (("from", start), ("size", size)):
        if number < 0:
            raise illegal(f"[{key}] parameter cannot be negative but was [{number}]", pointer(at, key))
    source, has_id = _stored_fields(members, at)
    return HitsRequest(
        size,
        start,
        parse_sort(members.get("sort"), pointer(at, "sort")),
        source,
        _field_requests(members.get("fields"), pointer(at, "fields")),
        _field_requests(members.get("docvalue_fields"), pointer(at, "docvalue_fields")),
        has_id,
        as_bool(members.get("version", False), pointer(at, "version")),
        as_bool(members.get("seq_no_primary_term", False), pointer(at, "seq_no_primary_term")),
        _after(members, start, at),
    )


def _after(members: JsonObject, start: int, at: str) -> tuple[JsonValue, ...] | None:
    if members.get("search_after") is None:
        return None
    here = pointer(at, "search_after")
    values = as_list(members["search_after"], here)
    if any(isinstance(each, dict | list) for each in values):
        raise illegal("[search_after] holds values only", here)
    if not members.get("sort"):
        raise illegal("Sort must contain at least one field for [search_after]", here)
    if start:
        raise illegal("`from` parameter must be set to 0 when `search_after` is used", pointer(at, "from"))
    return tuple(values)


def _stored_fields(members: JsonObject, at: str) -> tuple[SourceFilter, bool]:
    """``stored_fields`` decides on ``_source`` and ``_id`` only: nothing else is stored."""
    stored = members.get("stored_fields")
    has_source_key = members.get("_source") is not None
    if stored is None:
        return parse_source(members.get("_source", True), pointer(at, "_source")), True
    names = [as_text(each, pointer(at, "stored_fields")) for each in as_many(stored)]
    if names == ["_none_"]:
        if has_source_key and members["_source"] is not False:
            raise illegal("[stored_fields] cannot be disabled if [_source] is requested", pointer(at, "stored_fields"))
        return _NO_SOURCE, False
    if has_source_key:
        return parse_source(members["_source"], pointer(at, "_source")), True
    return (SourceFilter() if "_source" in names else _NO_SOURCE), True


def parse_source(value: JsonValue, at: str) -> SourceFilter:
    """``_source``: a boolean, a pattern, patterns, or includes and excludes."""
    if value is None or value is True or value == "true":
        return SourceFilter()
    if value is False or value == "false":
        return _NO_SOURCE
    if isinstance(value, str | list):
        return SourceFilter(includes=tuple(as_text(each, at) for each in as_many(value)))
    members = as_object(value, at)
    check_keys(members, ("includes", "include", "excludes", "exclude"), at, "_source")
    parts = []
    for names in (("includes", "include"), ("excludes", "exclude")):
        given: JsonValue = next((members[name] for name in names if members.get(name) is not None), [])
        parts.append(tuple(as_text(each, at) for each in as_many(given)))
    return SourceFilter(True, *parts)


def _field_requests(value: JsonValue, at: str) -> tuple[FieldRequest, ...]:
    found = []
    for i, each in enumerate(as_list(value, at) if value is not None else []):
        here = pointer(at, i)
        if isinstance(each, str):
            found.append(FieldRequest(each))
            continue
        members = as_object(each, here)
        check_keys(members, ("field", "format", "include_unmapped"), here, "fields")
        form = members.get("format")
        pattern = as_text(members.get("field"), pointer(here, "field"))
        unmapped = as_bool(members.get("include_unmapped", False), pointer(here, "include_unmapped"))
        found.append(FieldRequest(pattern, None if form is None else as_text(form, pointer(here, "format")), unmapped))
    return tuple(found)


def parse_sort(value: JsonValue, at: str) -> tuple[SortKey, ...]:
    """``sort``: a name, an object, or an array of them. By ``_score`` alone is no sort."""
    if value is None:
        return ()
    entries = value if isinstance(value, list) else [value]
    keys: list[SortKey] = []
    for i, entry in enumerate(entries):
        here = pointer(at, i) if isinstance(value, list) else at
        if isinstance(entry, str):
            keys.append(SortKey(entry, descending=entry == "_score"))
        elif isinstance(value, list):
            keys.append(_sort_key(*only_key(entry, here, "a sort key"), here))
        else:
            keys.extend(_sort_key(name, options, here) for name, options in as_object(entry, here).items())
    return () if keys == [SortKey("_score", descending=True)] else tuple(keys)


def _sort_key(field: str, options: JsonValue, at: str) -> SortKey:
    here = pointer(at, field)
    if field in ("_script", "_geo_distance"):
        raise unsupported(f"sort by [{field}]", here)
    if isinstance(options, str):
        options = {"order": options}
    members = as_object(options, here)
    check_keys(members, _SORT_KEYS, here, "sort")
    for key in ("nested", "nested_path", "nested_filter"):
        if members.get(key):
            raise unsupported(f"sort option [{key}]", pointer(here, key))
    if members.get("numeric_type") is not None:
        raise unsupported("sort option [numeric_type]", pointer(here, "numeric_type"))
    order = str(members.get("order", "desc" if field == "_score" else "asc")).lower()
    if order not in ("asc", "desc"):
        raise illegal(f"sort order is [asc] or [desc], not [{order}]", pointer(here, "order"))
    mode = members.get("mode")
    if mode not in (None, "min", "max", "sum", "avg", "median"):
        raise illegal(f"Unknown SortMode [{mode}]", pointer(here, "mode"))
    missing = members.get("missing", "_last")
    if isinstance(missing, dict | list) or missing is None:
        raise parsing(f"expected a value but found {type_word(missing)}", pointer(here, "missing"))
    form, unmapped = members.get("format"), members.get("unmapped_type")
    return SortKey(
        field,
        order == "desc",
        missing,
        None if unmapped is None else as_text(unmapped, pointer(here, "unmapped_type")),
        mode,
        None if form is None else as_text(form, pointer(here, "format")),
    )
