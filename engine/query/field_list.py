"""The fields of a data view as its answers list them: what indices say of theirs, and what the view adds.

data-views.md 4 and 5.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from engine.model.data_view import DataView
from engine.model.jsonvalue import JsonObject
from engine.query.field_caps import META_FIELDS, OBJECTS, dotted_prefixes, kibana_type

_FORMATS: Final = frozenset({"number", "date", "boolean", "ip", "geo_point", "histogram", "_source"})
"""Types that are shown by a format of their own; all others are shown as text."""
_FORMATS_OF_ES_TYPES: Final = {"date_nanos": "date_nanos"}
_WITHOUT_DOC_VALUES: Final = frozenset({"text", "geo_shape"})


def mapped_fields(answer: JsonObject) -> dict[str, JsonObject]:
    """Field specs by name, in order, of the answer to ``_field_caps``; without what a data view says of them.

    Objects are left out, and so are fields of every index that Kibana does not list. None where no index matches.
    """
    if answer.get("indices") == []:
        return {}
    given = answer.get("fields") or {}
    capabilities = {name: kinds for name, kinds in given.items() if isinstance(kinds, dict) and kinds}
    found = {
        name: _mapped(name, kinds, capabilities)
        for name, kinds in capabilities.items()
        if kinds.keys() - OBJECTS and not _is_unlisted(name, kinds)
    }
    found |= {name: _meta(name, kind, found.get(name, {})) for name, kind in META_FIELDS.items()}
    return {name: found[name] for name in sorted(found)}


def listed_fields(view: DataView, mapped: Mapping[str, JsonObject]) -> JsonObject:
    """All fields of a view by name, in order; a mapped one goes before a runtime field of that name."""
    found = {**runtime_fields(view, view.runtime_fields), **mapped}
    return {name: _described(found[name], view) for name in sorted(found)}


def yielded_fields(view: DataView, name: str) -> list[JsonObject]:
    """The fields that one runtime field of the view yields, in order, without their formats."""
    described = (_described(spec, view) for _, spec in sorted(runtime_fields(view, [name]).items()))
    return [{member: value for member, value in spec.items() if member != "format"} for spec in described]


def runtime_fields(view: DataView, names: Iterable[str]) -> dict[str, JsonObject]:
    """The specs of what these runtime fields yield, by name: a composite one gives a field for each of its own."""
    found: dict[str, JsonObject] = {}
    for name in names:
        definition = dict(view.runtime_fields[name])
        if definition["type"] == "composite":
            for sub, inner in definition.get("fields", {}).items():
                found[f"{name}.{sub}"] = _runtime(f"{name}.{sub}", inner["type"], definition)
        else:
            found[name] = _runtime(name, definition["type"], definition)
    return found


def _mapped(name: str, kinds: JsonObject, capabilities: Mapping[str, JsonObject]) -> JsonObject:
    es_types = list(kinds)
    types = {kibana_type(es_type) if es_type not in OBJECTS else es_type for es_type in es_types}
    is_aggregatable = any(map(_is_aggregatable, kinds.values()))
    spec: JsonObject = {
        "name": name,
        "type": types.pop() if len(types) == 1 else "conflict",
        "esTypes": es_types,
        "searchable": any(map(_is_searchable, kinds.values())),
        "aggregatable": is_aggregatable,
        "isMapped": True,
    }
    is_conflict = spec["type"] == "conflict"
    spec["readFromDocValues"] = is_aggregatable and not is_conflict and _has_doc_values(es_types[0])
    if is_conflict:
        spec["conflictDescriptions"] = {kind: each.get("indices") or [] for kind, each in kinds.items()}
    sub_type = _sub_type(name, capabilities)
    return spec | {"subType": sub_type} if sub_type else spec


def _meta(name: str, kind: str, given: JsonObject) -> JsonObject:
    """A field of every index, as far as the answer does not tell more of it."""
    without = {"searchable": False, "aggregatable": False, "readFromDocValues": False, "isMapped": True}
    return {"name": name, **without, **given, "type": kind}


def _runtime(name: str, es_type: str, definition: JsonObject) -> JsonObject:
    return {
        "name": name,
        "type": kibana_type(es_type),
        "esTypes": [es_type],
        "searchable": True,
        "aggregatable": True,
        "readFromDocValues": False,
        "runtimeField": definition,
    }


def _described(spec: JsonObject, view: DataView) -> JsonObject:
    """With what the view, or Kibana where that says nothing, tells of a field."""
    said = view.field_attrs.get(spec["name"]) or {}
    shown = {name: said[name] for name in ("customLabel", "customDescription") if said.get(name)}
    return {
        **spec,
        **shown,
        "count": said.get("count", 0),
        "format": view.field_formats.get(spec["name"]) or {"id": _default_format(spec)},
        "scripted": False,
        "shortDotsEnable": False,
    }


def _default_format(spec: JsonObject) -> str:
    es_types = spec.get("esTypes")
    own = _FORMATS_OF_ES_TYPES.get(es_types[0]) if es_types else None
    kind: str = spec["type"]
    return own or (kind if kind in _FORMATS else "string")


def _is_unlisted(name: str, kinds: JsonObject) -> bool:
    return name not in META_FIELDS and any(each.get("metadata_field") is True for each in kinds.values())


def _is_searchable(capability: JsonObject) -> bool:
    """A field that only some indices cannot search counts as one that can be."""
    return bool(capability.get("searchable") or capability.get("non_searchable_indices"))


def _is_aggregatable(capability: JsonObject) -> bool:
    return bool(capability.get("aggregatable") or capability.get("non_aggregatable_indices"))


def _has_doc_values(es_type: str) -> bool:
    return es_type not in _WITHOUT_DOC_VALUES and not es_type.startswith("_")


def _sub_type(name: str, capabilities: Mapping[str, JsonObject]) -> JsonObject:
    """Which field it is another form of (``multi``), and which nested objects hold it (``nested``)."""
    sub_type: JsonObject = {}
    around = list(dotted_prefixes(name))
    parent = around[0] if around else None
    if parent is not None and capabilities.get(parent, {}).keys() - OBJECTS:
        sub_type["multi"] = {"parent": parent}
    nested = next((each for each in around if "nested" in capabilities.get(each, {})), None)
    if nested is not None:
        sub_type["nested"] = {"path": nested}
    return sub_type
