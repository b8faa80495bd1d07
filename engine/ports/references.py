"""Which members of a rule's params name stored objects, and what they name.

A rule type tells where its params hold ids of data views by one more member, which it need not have:
``data_view_members``, a tuple of paths like ``("searchConfiguration", "index")``.
"""

from collections.abc import Sequence

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.reference import DATA_VIEW_KIND, Reference
from engine.ports.rule_type import RuleType


def references_of(rule_type: RuleType, params: JsonObject) -> tuple[Reference, ...]:
    """What validated params refer to, each once. A data view that is defined in the params is none."""
    ids = [_value_at(params, path) for path in _data_view_members(rule_type)]
    return tuple(dict.fromkeys(Reference(DATA_VIEW_KIND, each) for each in ids if isinstance(each, str) and each))


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
