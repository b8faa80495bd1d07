"""``range`` over numbers and ``ip_range`` (embedded-search.md 8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.frames import Frame, KeySlot, Span, SpanFrame
from engine.search.local.aggregation.keys import bind_key
from engine.search.local.aggregation.nodes import Buckets, DateBounds, KeySource, NumberRange
from engine.search.local.aggregation.options import field_option, missing_option, scalar, text_option
from engine.search.local.decimal_format import format_number
from engine.search.local.errors import BadValue, bad_query_value, illegal, shard_failure
from engine.search.local.fragment import sql
from engine.search.local.relation import Relation
from engine.search.local.shape import as_bool, as_list, as_object, as_text, check_keys, pointer
from engine.search.local.values import ip_number_text, parse_ip, parse_number, write_ip

_FAMILIES = {False: ("integer", "float"), True: ("ip",)}
_AFTER_LAST = "g"
"""Behind all addresses, which are hexadecimal."""


def parse_range(base: Buckets, members: JsonObject) -> NumberRange:
    """``range``. Raises SearchError 400."""
    return _parsed(base, members, "range", ("from", "to", "key"))


def parse_ip_range(base: Buckets, members: JsonObject) -> NumberRange:
    """``ip_range``. Raises SearchError 400."""
    return _parsed(base, members, "ip_range", ("from", "to", "mask", "key"))


def _parsed(base: Buckets, members: JsonObject, kind: str, known: Sequence[str]) -> NumberRange:
    at = base.at
    check_keys(members, ("field", "ranges", "keyed", "missing", "format", "script"), at, kind)
    ranges = []
    for i, each in enumerate(as_list(members.get("ranges"), pointer(at, "ranges"))):
        here = pointer(pointer(at, "ranges"), i)
        bounds = as_object(each, here)
        check_keys(bounds, known, here, kind)
        start, end = (scalar(bounds.get(end), pointer(here, end)) for end in ("from", "to"))
        key = text_option(bounds, "key", here)
        if bounds.get("mask") is not None:
            start = end = as_text(bounds["mask"], pointer(here, "mask"))
            key = start if key is None else key
        ranges.append(DateBounds(start, end, key))
    if not ranges:
        raise illegal(f"No [ranges] specified for the [{base.name}] aggregation", pointer(at, "ranges"))
    return NumberRange(
        base.name,
        at,
        base.meta,
        base.children,
        field_option(members, at, kind),
        tuple(ranges),
        missing_option(members, at),
        as_bool(members.get("keyed", False), pointer(at, "keyed")),
        text_option(members, "format", at),
        kind == "ip_range",
    )


@dataclass(frozen=True, slots=True)
class BoundRange:
    """The aggregation bound to the data; ``heads`` belong to ``spans``: each bucket's key and bounds as shown."""

    key: KeySlot
    spans: Sequence[Span]
    heads: Sequence[JsonObject]

    def frame(self, parent: Frame) -> SpanFrame:
        """The documents of all ranges."""
        return SpanFrame(parent, self.key, self.spans)


def bind_range(plan: NumberRange, relation: Relation) -> BoundRange:
    """Resolve ranges and field. Raises SearchError 400."""
    index = relation.parts[0].view.name if relation.parts else "_all"
    values = relation.values(plan.field)
    if values is not None and values.family not in _FAMILIES[plan.is_of_ips]:
        kind = "ip_range" if plan.is_of_ips else "range"
        reason = f"Field [{plan.field}] of type [{values.field.type}] is not supported for aggregation [{kind}]"
        raise shard_failure(index, "illegal_argument_exception", reason)
    try:
        bind = _ip_span if plan.is_of_ips else _number_span
        found = [bind(each, plan) for each in plan.ranges]
    except BadValue as problem:
        raise bad_query_value(index, plan.field, problem) from problem
    found.sort(key=lambda pair: _order(pair[0], is_of_ips=plan.is_of_ips))
    kind = "ip" if plan.is_of_ips else "double"
    key = bind_key(KeySource(plan.field, plan.missing, kind), relation, plan.at).slot
    if not plan.is_of_ips:
        listed = "[]" if key.is_list else ""
        key = KeySlot(sql("({})::DOUBLE" + listed, key.source), "DOUBLE", key.is_list)
    return BoundRange(key, [span for span, _ in found], [head for _, head in found])


def _order(span: Span, *, is_of_ips: bool) -> tuple[object, object]:
    first, last = ("", _AFTER_LAST) if is_of_ips else (float("-inf"), float("inf"))
    return first if span.start is None else span.start, last if span.end is None else span.end


def _number_span(wanted: DateBounds, plan: NumberRange) -> tuple[Span, JsonObject]:
    start, end = (None if each is None else float(parse_number(each)) for each in (wanted.start, wanted.end))
    texts = ["*" if each is None else _text(each, plan) for each in (start, end)]
    head: JsonObject = {"key": "-".join(texts) if wanted.key is None else wanted.key}
    for name, number, text in (("from", start, texts[0]), ("to", end, texts[1])):
        if number is not None:
            head[name] = number
            if plan.format is not None:
                head[f"{name}_as_string"] = text
    return Span(start, end), head


def _text(number: float, plan: NumberRange) -> str:
    if plan.format is None:
        return str(number)
    try:
        return format_number(number, plan.format)
    except ValueError as error:
        raise illegal(str(error), plan.at) from error


def _ip_span(wanted: DateBounds, plan: NumberRange) -> tuple[Span, JsonObject]:
    start, end = _ip_ends(wanted.start, wanted.end, plan)
    texts = ["*" if each is None else write_ip(each) for each in (start, end)]
    head: JsonObject = {"key": "-".join(texts) if wanted.key is None else wanted.key}
    head |= {name: text for name, text in zip(("from", "to"), texts, strict=True) if text != "*"}
    return Span(start, end), head


def _ip_ends(start: JsonValue, end: JsonValue, plan: NumberRange) -> tuple[str | None, str | None]:
    if not (isinstance(start, str) and start == end and "/" in start):
        return None if start is None else parse_ip(start), None if end is None else parse_ip(end)
    try:
        network = ip_network(start, strict=False)
    except ValueError as error:
        raise illegal(f"[{start[:100]}] is no mask: write one like 10.0.0.0/8", plan.at) from error
    shift = 0xFFFF << 32 if isinstance(network, IPv4Network) else 0
    first, after = int(network.network_address) + shift, int(network.broadcast_address) + shift + 1
    return ip_number_text(first) if first else None, ip_number_text(after) if after < 1 << 128 else None
