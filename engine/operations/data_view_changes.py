"""Data views as changes make them: pure functions from one to the next (data-views.md 3.2, 3.6, 5)."""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Final

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject
from engine.query.data_view_spec import read_data_view, spec_of
from engine.query.field_list import runtime_fields

_OF_STORAGE: Final = frozenset({"id", "space", "version", "created_at", "updated_at", "created_by", "updated_by"})
_CONTENT: Final = tuple(field.name for field in fields(DataView) if field.name not in _OF_STORAGE)
_ATTRIBUTES: Final = ("customLabel", "customDescription", "count")


def read_view(spec: JsonObject, new_id: str, space: str) -> DataView:
    """The view of a posted spec. Raises InvalidInput with paths below ``data_view``."""
    try:
        return read_data_view(spec, new_id=new_id, space=space)
    except InvalidInput as error:
        raise InvalidInput([problem.under("data_view") for problem in error.problems]) from None


def with_content(view: DataView, content: DataView) -> DataView:
    """The view with what another one says, keeping what is known of its storage."""
    return replace(view, **{name: getattr(content, name) for name in _CONTENT})


def differing(before: DataView, after: DataView) -> frozenset[str]:
    """The members in which two states of a view differ, apart from what is known of its storage."""
    return frozenset(name for name in _CONTENT if getattr(before, name) != getattr(after, name))


def with_changes(view: DataView, changes: JsonObject) -> DataView:
    """The view with members of a spec replaced whole. Raises InvalidInput."""
    return with_content(view, read_view(spec_of(view) | changes, view.id, view.space))


def with_metadata(view: DataView, described: JsonObject) -> DataView:
    """The view with labels, descriptions, counts and formats of fields by name; null removes one."""
    attributes, formats = dict(view.field_attrs), dict(view.field_formats)
    for name, said in described.items():
        kept = attributes.pop(name, {}) | {key: said[key] for key in _ATTRIBUTES if key in said}
        kept = {key: value for key, value in kept.items() if value is not None}
        if kept:
            attributes[name] = kept
        if "format" in said:
            formats.pop(name, None)
            if said["format"] is not None:
                formats[name] = said["format"]
    return replace(view, field_attrs=attributes, field_formats=formats)


def with_runtime_field(view: DataView, name: str, definition: JsonObject) -> DataView:
    """The view with a runtime field defined anew; what people saw of the old one is gone."""
    return with_changes(without_runtime_field(view, name), _defining(view, name, definition))


def with_changed_runtime_field(view: DataView, name: str, changes: JsonObject) -> DataView:
    """The view with members of a runtime field replaced; what people see of the fields that it yields stays."""
    definition = dict(view.runtime_fields[name]) | changes
    changed = with_changes(view, _defining(view, name, definition))
    gone = runtime_fields(view, [name]).keys() - runtime_fields(changed, [name]).keys()
    return _without_metadata(changed, gone)


def without_runtime_field(view: DataView, name: str) -> DataView:
    """The view without a runtime field and what people saw of it; one that it has not is no error."""
    if name not in view.runtime_fields:
        return view
    rest = {other: each for other, each in view.runtime_fields.items() if other != name}
    return _without_metadata(replace(view, runtime_fields=rest), runtime_fields(view, [name]))


def _defining(view: DataView, name: str, definition: JsonObject) -> JsonObject:
    return {"runtimeFieldMap": {**view.runtime_fields, name: definition}}


def _without_metadata(view: DataView, names: Iterable[str]) -> DataView:
    gone = frozenset(names)
    return replace(
        view,
        field_attrs={name: each for name, each in view.field_attrs.items() if name not in gone},
        field_formats={name: each for name, each in view.field_formats.items() if name not in gone},
    )
