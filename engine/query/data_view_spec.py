"""Data views as JSON: the spec of the API, and the form that is stored and exported (data-views.md 2)."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Final

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import DEFAULT_SPACE

SPEC_MEMBERS: Final = (
    *("id", "title", "name", "version", "timeFieldName", "type", "typeMeta", "sourceFilters", "fieldFormats"),
    *("fieldAttrs", "fields", "runtimeFieldMap", "allowNoIndex", "allowHidden", "namespaces"),
)
RUNTIME_TYPES: Final = ("keyword", "long", "double", "date", "ip", "boolean", "geo_point")

_LISTED: Final = ("id", "namespaces", "title", "name", "type", "typeMeta", "timeFieldName")
_TYPES: Final[Mapping[str, tuple[type, str]]] = {
    "id": (str, "a text"),
    "title": (str, "a text"),
    "name": (str, "a text"),
    "version": (str, "a text"),
    "timeFieldName": (str, "a text"),
    "type": (str, "a text"),
    "typeMeta": (dict, "an object"),
    "sourceFilters": (list, "a list"),
    "fieldFormats": (dict, "an object"),
    "fieldAttrs": (dict, "an object"),
    "runtimeFieldMap": (dict, "an object"),
    "allowNoIndex": (bool, "true or false"),
    "allowHidden": (bool, "true or false"),
    "namespaces": (list, "a list"),
}
_EXPORTED_AS_TEXT: Final = {
    "fields": "fields",
    "sourceFilters": "sourceFilters",
    "fieldFormatMap": "fieldFormats",
    "typeMeta": "typeMeta",
    "fieldAttrs": "fieldAttrs",
    "runtimeFieldMap": "runtimeFieldMap",
}
_LONGEST_ID = 1000
_LONGEST_DESCRIPTION = 300


def read_data_view(spec: JsonObject, *, new_id: str | None = None, space: str = DEFAULT_SPACE) -> DataView:
    """The data view of a spec object. ``new_id`` is its id if it names none.

    Raises InvalidInput with everything that is wrong.
    """
    problems = [*_unknown(spec), *_wrong_types(spec)]
    if not spec.get("title"):
        problems.append(Problem("title", "is required", "write the index pattern, like logs-*"))
    view_id = spec.get("id") or new_id
    if not view_id:
        problems.append(Problem("id", "is required here", "give the view the id that rules use for it"))
    elif isinstance(view_id, str) and len(view_id) > _LONGEST_ID:
        problems.append(Problem("id", f"is longer than {_LONGEST_ID} characters", "use a shorter one"))
    if not problems:
        problems = [
            *_source_filter_problems(spec.get("sourceFilters", ())),
            *_runtime_problems(spec.get("runtimeFieldMap", {})),
            *_attribute_problems(spec.get("fieldAttrs", {})),
        ]
    if problems:
        raise InvalidInput(problems)
    return _view(spec, str(view_id), space)


def spec_of(view: DataView) -> JsonObject:
    """The spec object, without ``fields``: absent values are left out (data-views.md 2)."""
    spec: JsonObject = {
        "id": view.id,
        "version": _opaque_version(view),
        "title": view.title,
        "name": view.name,
        "timeFieldName": view.time_field,
        "sourceFilters": list(view.source_filters) or None,
        "typeMeta": view.type_meta,
        "type": view.type,
        "fieldFormats": view.field_formats,
        "runtimeFieldMap": dict(view.runtime_fields),
        "fieldAttrs": view.field_attrs,
        "allowNoIndex": view.allow_no_index,
        "allowHidden": view.allow_hidden,
        "namespaces": [view.space],
    }
    return {name: value for name, value in spec.items() if value is not None}


def list_item_of(view: DataView) -> JsonObject:
    """The view as lists show it (data-views.md 3.4)."""
    spec = spec_of(view)
    return {name: spec[name] for name in _LISTED if name in spec}


def _opaque_version(view: DataView) -> str:
    """In Kibana's form, of which clients know that it is another one after each change: base64 of two numbers."""
    return b64encode(f"[{view.version},1]".encode()).decode()


def runtime_mappings(view: DataView) -> JsonObject:
    """The view's runtime fields as a search defines them."""
    return {name: dict(runtime) for name, runtime in view.runtime_fields.items()}


def spec_of_export(document: JsonObject) -> JsonObject:
    """The spec in a stored or exported object, whose maps are JSON text; what is a spec already stays one.

    Raises InvalidInput for a text that is no JSON.
    """
    attributes = document.get("attributes")
    if not isinstance(attributes, dict):
        return document
    if document.get("type") not in (None, "index-pattern"):
        raise InvalidInput(
            [Problem("type", f"is {document['type']!r}", "only objects of type index-pattern are views")]
        )
    spec = {name: value for name, value in attributes.items() if name not in _EXPORTED_AS_TEXT}
    for stored, name in _EXPORTED_AS_TEXT.items():
        if attributes.get(stored) is not None and stored != "fields":
            spec[name] = _parsed(attributes[stored], f"attributes.{stored}")
    if isinstance(document.get("id"), str):
        spec["id"] = document["id"]
    return spec


def _parsed(text: JsonValue, path: str) -> JsonValue:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        raise InvalidInput([Problem(path, "is no JSON text", "export the data view again")]) from None


def _view(spec: JsonObject, view_id: str, space: str) -> DataView:
    runtime, formats, attributes = _split_runtime(spec)
    return DataView(
        id=view_id,
        title=spec["title"],
        name=spec.get("name") or spec["title"],
        time_field=spec.get("timeFieldName") or None,
        runtime_fields=runtime,
        source_filters=tuple(spec.get("sourceFilters") or ()),
        field_formats=formats,
        field_attrs=attributes,
        type=spec.get("type"),
        type_meta=spec.get("typeMeta"),
        allow_no_index=spec.get("allowNoIndex", False),
        allow_hidden=spec.get("allowHidden"),
        space=space,
    )


def _split_runtime(spec: JsonObject) -> tuple[dict[str, JsonObject], JsonObject, JsonObject]:
    """Runtime fields as searches need them; what people see of them goes to formats and attributes (section 5)."""
    formats: JsonObject = dict(spec.get("fieldFormats") or {})
    attributes: JsonObject = {name: _counted(each) for name, each in (spec.get("fieldAttrs") or {}).items()}
    runtime: dict[str, JsonObject] = {}
    for name, given in (spec.get("runtimeFieldMap") or {}).items():
        runtime[name] = {member: given[member] for member in ("type", "script") if given.get(member) is not None}
        shown: list[tuple[str, JsonObject]] = [(name, given)]
        if given["type"] == "composite":
            subs = given.get("fields") or {}
            runtime[name]["fields"] = {sub: {"type": inner["type"]} for sub, inner in subs.items()}
            shown = [(f"{name}.{sub}", inner) for sub, inner in subs.items()]
        for field, definition in shown:
            if definition.get("format") is not None:
                formats[field] = definition["format"]
            said = {key: definition[key] for key in ("customLabel", "customDescription") if definition.get(key)}
            if definition.get("popularity") is not None:
                said["count"] = definition["popularity"]
            if said:
                attributes[field] = {**attributes.get(field, {}), **said}
    return runtime, formats, attributes


def _counted(attributes: JsonObject) -> JsonObject:
    """With ``count`` as a number; a text that is none counts as 0."""
    count = attributes.get("count")
    if not isinstance(count, str):
        return attributes
    try:
        return {**attributes, "count": int(count)}
    except ValueError:
        return {**attributes, "count": 0}


def _unknown(spec: JsonObject) -> list[Problem]:
    remedy = f"known here: {', '.join(SPEC_MEMBERS)}"
    return [Problem(name, "is not a known member", remedy) for name in spec if name not in SPEC_MEMBERS]


def _wrong_types(spec: JsonObject) -> list[Problem]:
    return [
        Problem(name, f"must be {words}", f"write {words}, or leave it out")
        for name, (kind, words) in _TYPES.items()
        if name in spec and not isinstance(spec[name], kind)
    ]


def _source_filter_problems(filters: Iterable[JsonValue]) -> list[Problem]:
    return [
        Problem(f"sourceFilters.{at}", "must be an object with the text `value`", 'write {"value": "secret.*"}')
        for at, each in enumerate(filters)
        if not (isinstance(each, dict) and isinstance(each.get("value"), str) and each.keys() <= {"value", "clientId"})
    ]


def _runtime_problems(fields: Mapping[str, JsonValue], path: str = "runtimeFieldMap") -> list[Problem]:
    problems = []
    for name, given in fields.items():
        here, is_outer = f"{path}.{name}", path == "runtimeFieldMap"
        kind = given.get("type") if isinstance(given, dict) else None
        if is_outer and isinstance(given, dict) and kind == "composite":
            inner = given.get("fields") or {}
            if isinstance(inner, dict):
                problems += _runtime_problems(inner, f"{here}.fields")
            else:
                problems.append(Problem(f"{here}.fields", "must be an object", "name each field with its type"))
        elif not isinstance(given, dict) or kind not in RUNTIME_TYPES:
            known = ", ".join((*RUNTIME_TYPES, "composite") if is_outer else RUNTIME_TYPES)
            problems.append(Problem(f"{here}.type", f"is {kind!r}", f"use one of {known}"))
        script = given.get("script") if isinstance(given, dict) else None
        if script is not None and not (isinstance(script, dict) and isinstance(script.get("source"), str)):
            problems.append(Problem(f"{here}.script", "must be an object with the text `source`", "write the script"))
    return problems


def _attribute_problems(attributes: Mapping[str, JsonValue]) -> list[Problem]:
    problems = []
    for name, given in attributes.items():
        path = f"fieldAttrs.{name}"
        if not isinstance(given, dict):
            problems.append(Problem(path, "must be an object", "write customLabel, customDescription or count"))
        elif len(str(given.get("customDescription") or "")) > _LONGEST_DESCRIPTION:
            message = f"is longer than {_LONGEST_DESCRIPTION} characters"
            problems.append(Problem(f"{path}.customDescription", message, "shorten it"))
    return problems
