"""What templates do with values: prepare them, look them up by key, judge and print them (templates.md 4, 5)."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.template.jsontext import MAX_DATA_DEPTH, TooDeep, datetime_text, number_text, to_json
from engine.template.objects import MISSING, SETTLED, ArrayJson, DataArray, DataObject, Missing, expand, settle

Variables: TypeAlias = DataObject
"""All variables of one rendering; may be used for any number of templates and modes."""

_MAX_INDEX_DIGITS = 9


def prepare_variables(variables: JsonObject) -> Variables:
    """The variables as templates see them. Cheap: see `engine.template.objects` for what happens when.

    ``variables`` is never changed, and must not change while the result is in use.
    """
    return expand(variables)


def member_of(value: JsonValue, key: str) -> JsonValue:
    """What a settled value has under a key: MISSING if nothing. Reaches data only, never an attribute."""
    if type(value) is DataObject:
        member = value.get(key, MISSING)
        if type(member) not in SETTLED:
            member = value[key] = settle(member)
        return member
    if type(value) is DataArray:
        return _element(value, key)
    if type(value) is str:
        if key == "length":
            return len(value)
        index = _index(key, len(value))
        return MISSING if index is None else value[index]
    return MISSING


def _element(array: DataArray, key: str) -> JsonValue:
    if key == "length":
        return len(array)
    if key == "asJSON":
        return ArrayJson(array)
    index = _index(key, len(array))
    return MISSING if index is None else element_at(array, index)


def element_at(array: list[JsonValue], index: int) -> JsonValue:
    """The element at an index that exists, settled."""
    element = array[index]
    if type(element) not in SETTLED:
        element = array[index] = settle(element)
    return element


def _index(key: str, length: int) -> int | None:
    """The index that a key names, written as JavaScript writes it (no leading zero), if it is below ``length``."""
    if not (key.isascii() and key.isdigit()) or len(key) > _MAX_INDEX_DIGITS or (key[0] == "0" and key != "0"):
        return None
    index = int(key)
    return index if index < length else None


def is_falsy(value: JsonValue) -> bool:
    """Whether a section on a settled value is left out (templates.md 5); an empty object is not falsy."""
    if type(value) is DataObject:
        return False
    return not value or (type(value) is float and value != value)


def text_of(value: JsonValue) -> str:
    """The string form of a value (templates.md 4), before escaping. Raises TooDeep."""
    form = _FORMS.get(type(value))
    return form(value) if form else text_of(settle(value))


def _join(array: DataArray) -> str:
    texts: list[str] = []
    _collect(array, texts.append, MAX_DATA_DEPTH)
    return ",".join(texts)


def _collect(elements: list[JsonValue] | tuple[JsonValue, ...], append: Callable[[str], None], depth: int) -> None:
    if depth == 0:
        raise TooDeep
    for element in elements:
        if isinstance(element, (list, tuple)) and element:
            _collect(element, append, depth - 1)
        elif isinstance(element, (list, tuple)):
            append("")
        else:
            append(text_of(element))


_FORMS: Final[dict[type, Callable[..., str]]] = {
    str: lambda text: text,
    bool: lambda flag: "true" if flag else "false",
    int: str,
    float: number_text,
    type(None): lambda _: "",
    Missing: lambda _: "",
    datetime: datetime_text,
    DataObject: to_json,
    DataArray: _join,
    ArrayJson: lambda as_json: to_json(as_json.array),
}
