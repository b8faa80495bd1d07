"""Which members of a rule's params name stored objects, and what they name.

A rule type tells where its params hold ids of data views by one more member, which it need not have:
``data_view_members``, a tuple of paths like ``("searchConfiguration", "index")``.
"""

from collections.abc import Iterator, Sequence

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.reference import DATA_VIEW_KIND, Reference
from engine.ports.rule_type import RuleType


def references_of(rule_type: RuleType, params: JsonObject) -> tuple[Reference, ...]:
    """What validated params refer to, each once. A data view that is defined in the params is none."""
    return tuple(
        dict.fromkeys(Reference(DATA_VIEW_KIND, view_id) for _, view_id in named_data_views(rule_type, params))
    )


def named_data_views(rule_type: RuleType, params: JsonObject) -> Iterator[tuple[str, str]]:
    """The dotted path and the value of each member that names a data view."""
    for path in _data_view_members(rule_type):
        view_id = _value_at(params, path)
        if isinstance(view_id, str) and view_id:
            yield ".".join(path), view_id


def with_data_view(rule_type: RuleType, params: JsonObject, old_id: str, new_id: str) -> JsonObject:
    """The params with another data view wherever they name the old one; what is given stays as it is."""
    for path in _data_view_members(rule_type):
        if _value_at(params, path) == old_id:
            params = _with_value(params, path, new_id)
    return params


def _data_view_members(rule_type: RuleType) -> Sequence[Sequence[str]]:
    members: Sequence[Sequence[str]] = getattr(rule_type, "data_view_members", ())
    return members


def _value_at(params: JsonValue, path: Sequence[str]) -> JsonValue:
    for name in path:
        params = params.get(name) if isinstance(params, dict) else None
    return params


def _with_value(params: JsonObject, path: Sequence[str], value: JsonValue) -> JsonObject:
    name, *rest = path
    return {**params, name: _with_value(params[name], rest, value) if rest else value}
