"""The field that an unmapped value brings into being (embedded-search.md 2.1)."""

import re

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.errors import BadValue
from engine.search.local.mapping import Field, IndexMapping
from engine.timing.dates import date_format
from engine.timing.dates.format import DEFAULT_FORMAT

_ISO = date_format("strict_date_optional_time")
_SLASHED = date_format("yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||yyyy/MM/dd HH:mm:ss Z||yyyy/MM/dd Z")
# The last two alternatives let in the values with a zone that detection accepts.
_SLASHED_FORMAT = "yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis||yyyy/MM/dd HH:mm:ss Z||yyyy/MM/dd Z"
_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_DATE_START = re.compile(r"\d{4}[-/]\d{2}", re.ASCII)
_IGNORE_ABOVE = 256
_MOST_FIELDS = 5000


def infer_fields(mapping: IndexMapping, path: str, value: JsonValue, *, numeric: bool = False) -> list[Field]:
    """Add the field (and sub-field) that the first value of a path calls for. Raises BadValue.

    ``numeric`` switches numeric detection on whatever the mapping says.
    """
    if not all(part.strip() for part in path.split(".")):
        raise BadValue("illegal_argument_exception", f"field name [{path}] has an empty part")
    if mapping.columns >= _MOST_FIELDS:
        raise BadValue(
            "illegal_argument_exception",
            f"Limit of total fields [{_MOST_FIELDS}] has been exceeded: map what you need and set [dynamic: false]",
        )
    type_name, options = _type_of(mapping, value, numeric=numeric or mapping.numeric_detection)
    added = [mapping.add_field(path, type_name, path, options)]
    if type_name == "text":
        added.append(mapping.add_field(f"{path}.keyword", "keyword", path, {"ignore_above": _IGNORE_ABOVE}))
    return added


def _type_of(mapping: IndexMapping, value: JsonValue, *, numeric: bool) -> tuple[str, JsonObject]:
    if isinstance(value, bool):
        return "boolean", {}
    if isinstance(value, int):
        return "long", {}
    if isinstance(value, float):
        return "float", {}
    if mapping.date_detection:
        form = detect_date(value)
        if form is not None:
            return "date", {"format": form}
    if numeric and _PLAIN_NUMBER.fullmatch(value):
        return ("long" if _INTEGER.fullmatch(value) else "float"), {}
    return "text", {}


def detect_date(text: str) -> str | None:
    """The format of the date field that a text calls for, None if it is no date."""
    if _DATE_START.match(text) is None:
        return None
    for form, field_format in ((_ISO, DEFAULT_FORMAT), (_SLASHED, _SLASHED_FORMAT)):
        try:
            form.parse(text)
        except ValueError:
            continue
        return field_format
    return None
