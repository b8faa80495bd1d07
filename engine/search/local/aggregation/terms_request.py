"""``terms`` and ``multi_terms`` from JSON, and the order of buckets (embedded-search.md 8)."""

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.nodes import Buckets, KeySource, Metric, Order, Terms
from engine.search.local.aggregation.options import field_option, missing_option, scalar, text_option
from engine.search.local.aggregation.paths import METRIC_PROPERTIES, metric_property
from engine.search.local.errors import illegal, parsing, unsupported
from engine.search.local.shape import as_bool, as_int, as_list, as_many, as_object, check_keys, pointer

_MOST_TERMS_SIZE = 2**31 - 1
_COMMON_TERMS_KEYS = ("size", "shard_size", "order", "min_doc_count", "shard_min_doc_count", "collect_mode",
                      "show_term_doc_count_error")  # fmt: skip
_TERMS_KEYS = (*_COMMON_TERMS_KEYS, "field", "script", "missing", "value_type", "include", "exclude", "format",
               "execution_hint")  # fmt: skip


def parse_terms(base: Buckets, members: JsonObject) -> Terms:
    """``terms``. Raises SearchError 400."""
    at = base.at
    check_keys(members, _TERMS_KEYS, at, "terms")
    source = KeySource(
        field_option(members, at, "terms"), missing_option(members, at), text_option(members, "value_type", at)
    )
    return Terms(
        base.name, at, base.meta, base.children, (source,), False, *_sizes(base, members),
        _key_list(members, "include", at), _key_list(members, "exclude", at), text_option(members, "format", at),
        as_bool(members.get("show_term_doc_count_error", False), pointer(at, "show_term_doc_count_error")),
    )  # fmt: skip


def parse_multi_terms(base: Buckets, members: JsonObject) -> Terms:
    """``multi_terms``. Raises SearchError 400."""
    at = base.at
    check_keys(members, ("terms", *_COMMON_TERMS_KEYS), at, "multi_terms")
    sources = []
    for i, each in enumerate(as_list(members.get("terms"), pointer(at, "terms"))):
        here = pointer(pointer(at, "terms"), i)
        source = as_object(each, here)
        check_keys(source, ("field", "missing", "value_type", "format", "script", "time_zone", "user_value_type"), here,
                   "multi_terms")  # fmt: skip
        for key in ("format", "time_zone"):
            if source.get(key) is not None:
                raise unsupported(f"[multi_terms] option [{key}]", pointer(here, key))
        field = field_option(source, here, "multi_terms")
        sources.append(KeySource(field, missing_option(source, here), text_option(source, "value_type", here)))
    if len(sources) < 2:
        raise illegal("The [terms] parameter in [multi_terms] must have at least 2 terms", pointer(at, "terms"))
    shows_error = as_bool(members.get("show_term_doc_count_error", False), at)
    sizes = _sizes(base, members)
    return Terms(
        base.name, at, base.meta, base.children, tuple(sources), True, *sizes, shows_error=shows_error
    )  # fmt: skip


def _sizes(base: Buckets, members: JsonObject) -> tuple[int, tuple[Order, ...], int]:
    at = base.at
    size = as_int(members.get("size", 10), pointer(at, "size"))
    if not 0 < size <= _MOST_TERMS_SIZE:
        raise illegal(f"[size] must be greater than 0. Found [{size}] in [{base.name}]", pointer(at, "size"))
    least = as_int(members.get("min_doc_count", 1), pointer(at, "min_doc_count"))
    if least < 0:
        raise illegal(f"[min_doc_count] must be greater than or equal to 0. Found [{least}]", at)
    return size, parse_order(base, members.get("order"), (Order("_count", True),)), least


def parse_order(base: Buckets, value: JsonValue, default: tuple[Order, ...]) -> tuple[Order, ...]:
    """The order of buckets. Raises SearchError 400."""
    at = pointer(base.at, "order")
    if value is None:
        return default
    found = []
    for entry in as_many(value):
        members = as_object(entry, at)
        if not members:
            raise parsing("an order needs a key", at)
        for path, direction in members.items():
            if str(direction).lower() not in ("asc", "desc"):
                raise parsing(f"Unknown order direction [{direction}]", at)
            found.append(_order_of(base, path, str(direction).lower() == "desc", at))
    return tuple(found)


def _order_of(base: Buckets, path: str, descending: bool, at: str) -> Order:
    if path in ("_key", "_count", "_term"):
        return Order("_key" if path == "_term" else path, descending)
    if ">" in path:
        raise unsupported(f"order by a metric below another aggregation [{path}]", at)
    name, _, prop = path.replace("[", ".").rstrip("]").partition(".")
    metric = next((child for child in base.children if child.name in (name, path)), None)
    if not isinstance(metric, Metric):
        reason = f"Invalid aggregation order path [{path}]. There is no metric aggregation of that name here"
        raise illegal(reason, at)
    found = metric_property(metric, "" if metric.name == path else prop)
    if found is None:
        known = ", ".join(METRIC_PROPERTIES.get(metric.kind, ("value",)))
        raise illegal(f"Invalid aggregation order path [{path}]: choose one of {known}", at)
    return Order(metric.name, descending, found)


def _key_list(members: JsonObject, key: str, at: str) -> tuple[JsonValue, ...] | str | None:
    value = members.get(key)
    here = pointer(at, key)
    if value is None:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        raise unsupported(f"partitions in [{key}]", here)
    return tuple(scalar(each, here) for each in as_list(value, here))
