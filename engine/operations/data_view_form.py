"""Bodies of data view operations (data-views.md 3)."""

from typing import Annotated, Any

from pydantic import Field

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.operations.validation import parse_model
from engine.operations.values import NotNull, Strict


class CreateViewBody(Strict):
    """``data_view`` is a spec object. ``override``: replace a view of the same name or id."""

    data_view: dict[str, Any]
    override: bool = False
    refresh_fields: bool | None = None


class ViewChanges(Strict):
    """What an update may change; what is absent stays, maps and lists are replaced whole."""

    title: Annotated[str | None, NotNull, Field(min_length=1)] = None
    name: Annotated[str | None, NotNull] = None
    time_field_name: Annotated[str | None, NotNull, Field(alias="timeFieldName")] = None
    type: Annotated[str | None, NotNull] = None
    type_meta: Annotated[dict[str, Any] | None, NotNull, Field(alias="typeMeta")] = None
    source_filters: Annotated[list[Any] | None, NotNull, Field(alias="sourceFilters")] = None
    field_formats: Annotated[dict[str, Any] | None, NotNull, Field(alias="fieldFormats")] = None
    fields: Annotated[dict[str, Any] | None, NotNull] = None
    runtime_field_map: Annotated[dict[str, Any] | None, NotNull, Field(alias="runtimeFieldMap")] = None
    allow_no_index: Annotated[bool | None, NotNull, Field(alias="allowNoIndex")] = None

    def given(self) -> JsonObject:
        """The members that were given, by the names of the spec; ``fields`` are never stored."""
        return self.model_dump(by_alias=True, exclude_unset=True, exclude={"fields"})


class UpdateViewBody(Strict):
    data_view: ViewChanges
    refresh_fields: bool | None = None


def parse_create_view(body: JsonValue) -> CreateViewBody:
    """Raises InvalidInput."""
    return parse_model(CreateViewBody, body)


def parse_update_view(body: JsonValue) -> UpdateViewBody:
    """Raises InvalidInput."""
    return parse_model(UpdateViewBody, body)
