"""Options that many aggregations have."""

from typing import get_args

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.nodes import GapPolicy
from engine.search.local.errors import illegal, parsing, unsupported
from engine.search.local.shape import as_text, pointer


def text_option(members: JsonObject, key: str, at: str) -> str | None:
    """A text, or None if the option is not given."""
    given = members.get(key)
    return None if given is None else as_text(given, pointer(at, key))


def scalar(value: JsonValue, at: str) -> JsonValue:
    """A value that is no object and no array, or 400."""
    if isinstance(value, dict | list):
        raise parsing("expected a text, a number or a boolean", at)
    return value


def missing_option(members: JsonObject, at: str) -> JsonValue:
    """What documents without a value are given; None = nothing."""
    return scalar(members.get("missing"), pointer(at, "missing"))


def field_option(members: JsonObject, at: str, kind: str) -> str:
    """The field whose values are aggregated; scripts are refused."""
    if "script" in members:
        raise unsupported("aggregation option [script]", pointer(at, "script"))
    if "field" not in members:
        raise illegal(f"Required one of fields [field, script], but none were specified in [{kind}]", at)
    return as_text(members["field"], pointer(at, "field"))


def gap_policy(members: JsonObject, at: str) -> GapPolicy:
    """What is done where a bucket has no value."""
    given = members.get("gap_policy", "skip")
    for policy in get_args(GapPolicy):
        if given == policy:
            return policy  # type: ignore[no-any-return]
    raise illegal(f"Invalid gap policy: [{given}]", pointer(at, "gap_policy"))
