"""Dotted keys, by which Kibana's files name settings: ``xpack.actions.run.maxAttempts`` at the top, or further in."""

from collections.abc import Callable

from engine.model.jsonvalue import JsonObject, JsonValue
from tocsin.files.actions.section import ActionsSection

_MEMBERS = frozenset(field.alias for field in ActionsSection.model_fields.values())


def expand_dotted(value: JsonValue) -> JsonValue:
    """The content of a tocsin.yml with its settings of ``actions`` and ``xpack`` within their objects."""
    if not isinstance(value, dict):
        return value
    root = _nested(value, lambda name: name.startswith(("actions.", "xpack.")))
    if isinstance(root.get("xpack"), dict):
        root["xpack"] = expand_dotted(root["xpack"])
    if isinstance(root.get("actions"), dict):
        root["actions"] = expand_members(root["actions"])
    return root


def expand_members(actions: JsonObject) -> JsonObject:
    """The settings under ``actions`` within their objects."""
    return _nested(actions, lambda name: name.partition(".")[0] in _MEMBERS)


def _nested(members: JsonObject, is_meant: Callable[[str], bool]) -> JsonObject:
    """A key that does not fit to what is there already stays as it is; as an unknown member it is refused later."""
    nested: JsonObject = {name: member for name, member in members.items() if not _is_dotted(name, is_meant)}
    for name, member in members.items():
        if _is_dotted(name, is_meant):
            _put(nested, name, member)
    return nested


def _is_dotted(name: str, is_meant: Callable[[str], bool]) -> bool:
    return "." in name and is_meant(name)


def _put(place: JsonObject, name: str, member: JsonValue) -> None:
    first, _, rest = name.partition(".")
    if not rest:
        place.setdefault(name, member)
        return
    inner = place.get(first, {})
    if not isinstance(inner, dict):
        place[name] = member
        return
    # A copy: what was read from the file stays as it was read.
    place[first] = dict(inner)
    _put(place[first], rest, member)
