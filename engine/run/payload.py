"""What a rule type may put onto an alert document, and how it is merged into it (rule-run.md 10)."""

from collections.abc import Iterator
from functools import lru_cache

from engine.model.jsonvalue import JsonObject, JsonValue

_OPEN = frozenset({"kibana.alert.reason", "kibana.alert.url", "kibana.alert.workflow_status", "tags"})
"""Fields of the framework that a payload may set all the same."""

_FRAMEWORK = frozenset(
    {
        "@timestamp",
        "event.action",
        "event.kind",
        "kibana.alert.action_group",
        "kibana.alert.consecutive_matches",
        "kibana.alert.duration.us",
        "kibana.alert.end",
        "kibana.alert.flapping",
        "kibana.alert.flapping_history",
        "kibana.alert.instance.id",
        "kibana.alert.maintenance_window_ids",
        "kibana.alert.maintenance_window_names",
        "kibana.alert.muted",
        "kibana.alert.pending_recovered_count",
        "kibana.alert.previous_action_group",
        "kibana.alert.rule.category",
        "kibana.alert.rule.consumer",
        "kibana.alert.rule.execution.timestamp",
        "kibana.alert.rule.execution.uuid",
        "kibana.alert.rule.name",
        "kibana.alert.rule.parameters",
        "kibana.alert.rule.producer",
        "kibana.alert.rule.revision",
        "kibana.alert.rule.rule_type_id",
        "kibana.alert.rule.tags",
        "kibana.alert.rule.uuid",
        "kibana.alert.severity_improving",
        "kibana.alert.start",
        "kibana.alert.status",
        "kibana.alert.time_range",
        "kibana.alert.uuid",
        "kibana.space_ids",
        "kibana.version",
    }
)

_OBJECT_PREFIXES = ("kibana.alert.rule.parameters.", "kibana.alert.time_range.")
"""Ways into framework fields that hold an object."""

_PARENTS = frozenset(
    ".".join(parts[:depth])
    for parts in (name.split(".") for name in _FRAMEWORK | _OPEN)
    for depth in range(1, len(parts))
)
"""Names under which framework fields hide when a payload nests its objects."""


def merge_payload(document: JsonObject, payload: JsonObject) -> JsonObject:
    """A new document with the payload in it: arrays are replaced, objects merged key by key, protected fields left out.

    ``tags`` are left out too: they are a union, see `payload_tags`.
    """
    if not _is_plain(tuple(payload)):
        payload = dict(_settable(payload, ""))
    merged = {**document, **payload}
    for name, value in payload.items():
        if isinstance(value, dict) and value != document.get(name):
            merged[name] = _merged(document.get(name), value)
    return merged


def payload_tags(payload: JsonObject) -> list[JsonValue]:
    """The tags in a payload; a single text counts as a list of one."""
    tags = payload.get("tags")
    if tags is None:
        return []
    return [tags] if isinstance(tags, str) else list(tags)


@lru_cache(maxsize=1024)
def _is_plain(names: tuple[str, ...]) -> bool:
    """Whether all fields of these names can be set as they are: a rule type's payloads have few shapes."""
    return all(_is_settable(name) and name not in _PARENTS for name in names)


def _settable(fields: JsonObject, prefix: str) -> Iterator[tuple[str, JsonValue]]:
    """The fields that may be set, by dotted names; nesting is undone as far as framework fields may hide in it."""
    for key, value in fields.items():
        name = prefix + key
        if isinstance(value, dict) and name in _PARENTS:
            yield from _settable(value, name + ".")
        elif _is_settable(name):
            yield name, value


def _is_settable(name: str) -> bool:
    return name not in _FRAMEWORK and name != "tags" and not name.startswith(_OBJECT_PREFIXES)


def _merged(old: JsonValue, new: JsonValue) -> JsonValue:
    if old == new or not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
