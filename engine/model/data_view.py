"""A data view: an index pattern with a time field, runtime fields and display data (data-views.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.model.jsonvalue import JsonObject
from engine.model.rule import DEFAULT_SPACE


@dataclass(frozen=True, slots=True)
class DataView:
    """``title`` is the index expression, ``name`` what people call it, ``time_field`` None without one.

    ``runtime_fields``: name -> ``{type, script?, fields?}``. ``source_filters``: objects with the pattern ``value`` of
    fields that hits leave out. ``version`` counts changes. The rest is kept for users of the view and means nothing to
    rules; times and users are those of the store, None elsewhere.
    """

    id: str
    title: str
    name: str
    time_field: str | None = None
    runtime_fields: Mapping[str, JsonObject] = field(default_factory=dict)
    source_filters: tuple[JsonObject, ...] = ()
    field_formats: JsonObject = field(default_factory=dict)
    field_attrs: JsonObject = field(default_factory=dict)
    type: str | None = None
    type_meta: JsonObject | None = None
    allow_no_index: bool = False
    allow_hidden: bool | None = None
    space: str = DEFAULT_SPACE
    version: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: str | None = None
    updated_by: str | None = None

    @property
    def runtime_types(self) -> dict[str, str]:
        """Field -> Elasticsearch type of the fields that the view itself defines; a composite one gives several."""
        types: dict[str, str] = {}
        for name, runtime in self.runtime_fields.items():
            if runtime["type"] == "composite":
                types |= {f"{name}.{sub}": inner["type"] for sub, inner in runtime.get("fields", {}).items()}
            else:
                types[name] = runtime["type"]
        return types
