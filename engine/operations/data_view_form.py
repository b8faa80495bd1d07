"""Bodies of data view operations (data-views.md 1 to 7). What they hold is judged here, whatever is stored."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from engine.model.jsonvalue import JsonObject
from engine.model.reference import DATA_VIEW_KIND
from engine.operations.validation import show
from engine.operations.values import NotNull, OrAlone, Strict, Told, refusal

_MOST_IDS = 1000
_SHOWN = ("format", "custom_label", "custom_description", "popularity")


def _check_number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refusal(f"must be a number, not {show(value)}", "write a number")
    return value


def _check_not_negative(value: object) -> object:
    if isinstance(value, int | float) and value < 0:
        raise refusal(f"{show(value)} is out of range", "use a number of at least 0")
    return value


def _check_client_id(value: object) -> object:
    return value if isinstance(value, str) else _check_number(value)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Number: TypeAlias = Annotated[Any, AfterValidator(_check_number), WithJsonSchema({"type": "number"})]
Count: TypeAlias = Annotated[
    Any,
    AfterValidator(_check_number),
    AfterValidator(_check_not_negative),
    WithJsonSchema({"type": "number", "minimum": 0}),
]
ClientId: TypeAlias = Annotated[Any, AfterValidator(_check_client_id), WithJsonSchema({"type": ["string", "number"]})]
ViewId: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
"""An id in a path or a body, or the name of a field (section 1)."""
Description: TypeAlias = Annotated[str, StringConstraints(max_length=300)]
RuntimeType: TypeAlias = Literal["keyword", "long", "double", "date", "ip", "boolean", "geo_point"]
AnyRuntimeType: TypeAlias = Literal["keyword", "long", "double", "date", "ip", "boolean", "geo_point", "composite"]


class FormatBody(Strict):
    """How a field is shown."""

    id: Annotated[str | None, NotNull] = None
    params: Any = None


class SourceFilterBody(Strict):
    value: str
    client_id: Annotated[ClientId, Field(alias="clientId")] = None


class FieldAttributesBody(Strict):
    custom_label: Annotated[str | None, NotNull, Field(alias="customLabel")] = None
    custom_description: Annotated[Description | None, NotNull, Field(alias="customDescription")] = None
    count: Number = None


class ScriptBody(Strict):
    source: str


class RuntimeSubFieldBody(Strict):
    """A field within a composite runtime field."""

    type: RuntimeType
    format: Annotated[FormatBody | None, NotNull] = None
    custom_label: Annotated[str | None, NotNull, Field(alias="customLabel")] = None
    custom_description: Annotated[Description | None, NotNull, Field(alias="customDescription")] = None
    popularity: Count = None


class RuntimeFieldChanges(Strict):
    """What a partial update gives of a runtime field (section 5)."""

    type: Annotated[AnyRuntimeType | None, NotNull] = None
    script: Annotated[ScriptBody | None, NotNull] = None
    fields: Annotated[dict[str, RuntimeSubFieldBody] | None, NotNull] = None
    format: Annotated[FormatBody | None, NotNull] = None
    custom_label: Annotated[str | None, NotNull, Field(alias="customLabel")] = None
    custom_description: Annotated[Description | None, NotNull, Field(alias="customDescription")] = None
    popularity: Count = None


class RuntimeField(RuntimeFieldChanges):
    """A runtime field; a composite one holds ``fields`` instead of being one."""

    type: AnyRuntimeType

    @model_validator(mode="after")
    def _check_members(self) -> "RuntimeField":
        if self.type != "composite":
            if self.fields is not None:
                raise refusal(f"has `fields`, but its type is {self.type}", "leave them out, or make it composite")
        elif any(getattr(self, name) is not None for name in _SHOWN):
            raise refusal("is composite: only its fields are shown", "describe each of its fields instead")
        return self


class ViewChanges(Strict):
    """What an update may change (3.2); what is absent stays, maps and lists are replaced whole."""

    title: Annotated[str | None, NotNull, Field(min_length=1)] = None
    name: Annotated[str | None, NotNull] = None
    time_field_name: Annotated[str | None, NotNull, Field(alias="timeFieldName")] = None
    type: Annotated[str | None, NotNull] = None
    type_meta: Annotated[dict[str, Any] | None, NotNull, Field(alias="typeMeta")] = None
    source_filters: Annotated[list[SourceFilterBody] | None, NotNull, Field(alias="sourceFilters")] = None
    field_formats: Annotated[dict[str, FormatBody] | None, NotNull, Field(alias="fieldFormats")] = None
    fields: Annotated[dict[str, dict[str, Any]] | None, NotNull] = None
    runtime_field_map: Annotated[dict[str, RuntimeField] | None, NotNull, Field(alias="runtimeFieldMap")] = None
    allow_no_index: Annotated[bool | None, NotNull, Field(alias="allowNoIndex")] = None


class NewView(ViewChanges):
    """A spec object as it is posted (section 2). ``version`` and ``namespaces`` are taken and not looked at."""

    title: Annotated[str, Field(min_length=1)]
    id: Annotated[str | None, NotNull, Field(max_length=1000)] = None
    version: Annotated[str | None, NotNull] = None
    field_attrs: Annotated[dict[str, FieldAttributesBody] | None, NotNull, Field(alias="fieldAttrs")] = None
    allow_hidden: Annotated[bool | None, NotNull, Field(alias="allowHidden")] = None
    namespaces: Annotated[list[str] | None, NotNull] = None


class CreateViewBody(Strict):
    """``override``: replace a view of the same name or id. ``refresh_fields`` false: without the fields, please."""

    data_view: NewView
    override: bool = False
    refresh_fields: Annotated[bool | None, NotNull] = None


class UpdateViewBody(Strict):
    data_view: ViewChanges
    refresh_fields: Annotated[bool | None, NotNull] = None


class DefaultViewBody(Strict):
    """``data_view_id`` null: none. ``force``: replace one that is set."""

    data_view_id: ViewId | None = None
    force: bool = False


class LegacyCreateBody(Strict):
    """`CreateViewBody` as clients of the time before data views send it."""

    index_pattern: NewView
    override: bool = False
    refresh_fields: Annotated[bool | None, NotNull] = None


class LegacyUpdateBody(Strict):
    index_pattern: ViewChanges
    refresh_fields: Annotated[bool | None, NotNull] = None


class LegacyDefaultBody(Strict):
    index_pattern_id: ViewId | None = None
    force: bool = False


class FieldMetadataBody(Strict):
    """What people see of a field; null removes (3.6)."""

    custom_label: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None, Field(alias="customLabel")
    ] = None
    custom_description: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=300)] | None, Field(alias="customDescription")
    ] = None
    count: Number | None = None
    format: FormatBody | None = None


class FieldsBody(Strict):
    fields: dict[ViewId, FieldMetadataBody]


class RuntimeFieldBody(Strict):
    name: ViewId
    runtime_field: Annotated[RuntimeField, Field(alias="runtimeField")]


class RuntimeFieldChangesBody(Strict):
    runtime_field: Annotated[RuntimeFieldChanges, Field(alias="runtimeField")]


ManyIds: TypeAlias = Annotated[list[str], Field(max_length=_MOST_IDS), BeforeValidator(_as_list), OrAlone()]


class SwapBody(Strict):
    """Which references come to name another object (section 7)."""

    from_id: Annotated[str, Field(alias="fromId")]
    to_id: Annotated[str, Field(alias="toId")]
    from_type: Annotated[str, Field(alias="fromType"), Told({"enum": [DATA_VIEW_KIND]})] = DATA_VIEW_KIND
    for_id: Annotated[ManyIds | None, NotNull, Field(alias="forId")] = None
    for_type: Annotated[str | None, NotNull, Field(alias="forType")] = None
    delete: bool = False


def given(body: BaseModel) -> JsonObject:
    """The members that a body gives, by their names in JSON."""
    return body.model_dump(by_alias=True, exclude_unset=True)
