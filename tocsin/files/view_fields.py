"""The fields that a data view's file lists, for looking at queries without a cluster."""

from collections.abc import Iterable
from pathlib import Path

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.field import Field, FieldList, read_field
from engine.query.field_caps import kibana_type
from tocsin.files.data_views import load_data_views
from tocsin.session import refuse


def read_view_fields(file: Path) -> FieldList:
    """The fields of the only data view in a file, those that it defines itself included.

    Stops the command if the file has mistakes. Raises InvalidInput for more views than one.
    """
    loaded = load_data_views([file])
    refuse(loaded.problems)
    if len(loaded.views) != 1:
        message = f"[{file}] holds {len(loaded.views)} data views"
        raise InvalidInput([Problem("--view", message, "name a file with one of them")])
    definition = loaded.views[0]
    listed = [read_field(spec) for spec in _listed(definition.spec.get("fields"))]
    own = [Field(name, kibana_type(kind), (kind,)) for name, kind in definition.view.runtime_types.items()]
    return FieldList([*listed, *own])


def _listed(fields: JsonValue) -> Iterable[JsonObject]:
    """Fields as the API gives them, by name, or as exports list them."""
    every = fields.values() if isinstance(fields, dict) else fields if isinstance(fields, list) else ()
    return [field for field in every if isinstance(field, dict) and isinstance(field.get("name"), str)]
