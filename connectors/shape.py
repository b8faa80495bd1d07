"""Strict shapes of config, secrets and params (connectors-core.md 1.1), on pydantic.

Members are named as in JSON, in camel case. Unknown members and other JSON types are refused; nothing is coerced.
"""

from typing import Annotated, Any, TypeAlias, TypeVar

import orjson
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue

_KEPT_ABSENT = "kept_absent"


def absent() -> Any:
    """The default of a member that stays absent, where others are stored as null."""
    return Field(default=None, json_schema_extra={_KEPT_ABSENT: True})


def _read_object(value: JsonValue) -> JsonValue:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


ObjectOrText: TypeAlias = Annotated[dict[str, Any], BeforeValidator(_read_object)]
"""An open object, or a text that holds its JSON; other texts are refused as no object (connector-framework.md 4.2)."""


class Shape(BaseModel):
    """Base of the shapes. Values are never shown in its repr: they may be secrets."""

    model_config = ConfigDict(
        extra="forbid", strict=True, alias_generator=to_camel, hide_input_in_errors=True, regex_engine="python-re"
    )

    @model_serializer(mode="wrap")
    def _leave_out_absent(self, serialize: SerializerFunctionWrapHandler) -> JsonObject:
        members: JsonObject = serialize(self)
        for name, field in type(self).model_fields.items():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and _KEPT_ABSENT in extra and name not in self.model_fields_set:
                members.pop(field.alias or name, None)
        return members


ShapeT = TypeVar("ShapeT", bound=Shape)


def read_shape(shape: type[ShapeT], value: JsonObject) -> ShapeT:
    """The value in that shape, defaults filled in. Raises InvalidInput, whose texts never hold the value."""
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        raise InvalidInput([_problem(detail) for detail in error.errors(include_input=False)]) from None


def stored_form(shape: Shape) -> JsonObject:
    """The JSON that is stored and returned."""
    return shape.model_dump(by_alias=True)


def _problem(detail: ErrorDetails) -> Problem:
    path = ".".join(str(part) for part in detail["loc"])
    match detail["type"]:
        case "extra_forbidden":
            return Problem(path, "is not a known member", "remove it or correct its name")
        case "missing":
            return Problem(path, "is required", "add it")
        case "value_error":
            return Problem(path, detail["msg"].removeprefix("Value error, "))
        case _:
            return Problem(path, detail["msg"])
